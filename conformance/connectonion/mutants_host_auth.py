"""What breaks each requirement of who signs, and when."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from conformance.connectonion.host_mutations import of_the_host
from reference.connectonion.authentication import Signed
from reference.connectonion.identity import same_person

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.connectonion.host_mutations import Replacement
    from conformance.kit.proof.mutation import Mutant

    Test = Callable[[Any, Any, float], None]
    Tests = tuple[Test, ...]
    IsSigned = Callable[[Any], bool]
    Signing = Callable[..., Signed]

AUTHENTICATION = "reference.connectonion.authentication"
TESTS, IS_SIGNED = f"{AUTHENTICATION}:TESTS", f"{AUTHENTICATION}:is_signed"
MEMORY = 40  # callers; with more of them a host is so slow that others see it
SIGNED = "reference.connectonion.running:Desk.signed"


def tested(name: str, change: Callable[[Test], Test]) -> Replacement:
    """Have one of the tests of a request changed."""
    return lambda tests: tuple(change(test) if test.__name__ == name else test for test in tests)


def moved_to_the_end(name: str) -> Replacement:
    """Have one of the tests made after all others."""
    return lambda tests: tuple(sorted(tests, key=lambda test: test.__name__ == name))


def unless(fits: Callable[[Any, Any, float], bool]) -> Callable[[Test], Test]:
    """Make a test only of those that do not fit."""

    def changed(test: Test) -> Test:
        def made(gate: Any, envelope: Any, now: float) -> None:
            if not fits(gate, envelope, now):
                test(gate, envelope, now)

        return made

    return changed


def has_no_time(_gate: Any, envelope: Any, _now: float) -> bool:
    """Whether a payload says something, but not when."""
    payload = envelope["payload"]
    return bool(payload) and payload.get("timestamp") is None


def is_of_the_near_future(gate: Any, envelope: Any, now: float) -> bool:
    """Whether a prompt is of the ten minutes that come."""
    payload = envelope["payload"]
    return "prompt" in payload and bool(now <= payload["timestamp"] <= now + 2 * gate.window)


def is_of_no_time(_gate: Any, envelope: Any, _now: float) -> bool:
    """Whether the time is NaN, the only value that is not itself."""
    told = envelope["payload"]["timestamp"]
    return bool(told != told)  # noqa: PLR0124


def forgets_time(tests: Tests) -> Tests:
    """Let those in who do not say when, but something."""
    for name in ("_has_time", "_is_recent"):
        tests = tested(name, unless(has_no_time))(tests)
    return tests


def fits_too(read: Callable[[Any], Any]) -> Callable[[IsSigned], IsSigned]:
    """Take a signature also when it is that of what is read into the payload."""

    def changed(is_signed: IsSigned) -> IsSigned:
        def signed(envelope: Any) -> bool:
            other = {**envelope, "payload": read(envelope["payload"])}
            return is_signed(envelope) or is_signed(other)

        return signed

    return changed


def without_experiments(payload: Any) -> Any:
    """Leave out members that begin with x_."""
    return {name: value for name, value in payload.items() if not name.startswith("x_")}


def knows_everybody(is_signed: IsSigned) -> IsSigned:
    """Take the signature of anybody who has signed before for that of whoever is named."""
    known: deque[str] = deque(maxlen=MEMORY)

    def signed(envelope: Any) -> bool:
        if is_signed(envelope):
            known.append(envelope["from"])
            return True
        return any(is_signed({**envelope, "from": each}) for each in known)

    return signed


def believes(fits: Callable[[Any, Any], bool]) -> Callable[[Signing], Signing]:
    """Believe some who have not signed right."""

    def changed(signing: Signing) -> Signing:
        def signed(self: Any, envelope: Any, *, now: float) -> Signed:
            named = isinstance(envelope, Mapping) and isinstance(envelope.get("from"), str)
            if named and isinstance(envelope.get("payload"), Mapping) and fits(self, envelope):
                return Signed(same_person(envelope["from"]), envelope["payload"])
            return signing(self, envelope, now=now)

        return signed

    return changed


def is_unsigned_and_open(desk: Any, envelope: Any) -> bool:
    """Whether a signature is empty, and everybody is welcome."""
    return bool(envelope.get("signature") == "" and desk.trust.policy.name == "open")


def is_on_the_list(desk: Any, envelope: Any) -> bool:
    """Whether somebody is on the whitelist that the host was started with."""
    return "signature" in envelope and envelope["from"] in desk.trust.whitelist


MUTANTS: tuple[Mutant, ...] = (
    of_the_host(
        "CO-AUTH-01",
        "asks for no signature when it is open",
        SIGNED,
        believes(is_unsigned_and_open),
    ),
    of_the_host(
        "CO-AUTH-08",
        "takes prompts of the next ten minutes",
        TESTS,
        tested("_is_recent", unless(is_of_the_near_future)),
    ),
    of_the_host(
        "CO-AUTH-09",
        "takes a payload without a time for one of now",
        TESTS,
        forgets_time,
    ),
    of_the_host(
        "CO-AUTH-10",
        "takes NaN for a time",
        TESTS,
        tested("_is_recent", unless(is_of_no_time)),
    ),
    of_the_host(
        "CO-AUTH-11",
        "takes the signature of anybody whom it knows",
        IS_SIGNED,
        knows_everybody,
    ),
    of_the_host(
        "CO-AUTH-12",
        "leaves members that begin with x_ out of what is signed",
        IS_SIGNED,
        fits_too(without_experiments),
    ),
    of_the_host(
        "CO-AUTH-13",
        "looks at the time after it has looked at the signature",
        TESTS,
        moved_to_the_end("_is_recent"),
    ),
    of_the_host(
        "CO-AUTH-14",
        "looks at its blacklist after everything else",
        TESTS,
        moved_to_the_end("_not_blacklisted"),
    ),
    of_the_host(
        "CO-AUTH-15",
        "asks who is on its whitelist for no signature",
        SIGNED,
        believes(is_on_the_list),
    ),
)
