"""Who signed a request: tests in a fixed order, each with its own refusal (sheet 4.4)."""

import math
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from reference.change import Change
from reference.connectonion import canonical, identity
from reference.connectonion.identity import same_person

T = TypeVar("T")
SIGNATURE = "signature"  # the kind of document that a store keeps
WINDOW = 300.0  # seconds, both ways, inclusive (CO-AUTH-08)


class Refused(Exception):  # noqa: N818  (an answer, not an error of ours)
    """A request is not let in; the text is what its sender is told."""

    @property
    def status(self) -> int:
        """The HTTP status that goes with the text (CO-HOST-13)."""
        kind = str(self).partition(":")[0]
        return {"unauthorized": 401, "forbidden": 403}.get(kind, 400)


@dataclass(frozen=True, slots=True)
class Signed:
    """A request whose signer is known; ``caller`` is the one spelling of its address."""

    caller: str
    payload: Mapping[str, Any]


@dataclass(slots=True)
class Gate:
    """What a host lets through to its policy.

    ``blacklist`` refuses before any signature is looked at; ``address`` is the host's own.
    """

    address: str = ""
    blacklist: Collection[str] = ()
    window: float = WINDOW
    _used: OrderedDict[str, float] = field(default_factory=OrderedDict)  # the oldest first
    _changed: dict[str, None] = field(default_factory=dict)  # signatures, in order

    def check(self, envelope: Any, *, now: float) -> Signed:
        """Return who signed an envelope; raises Refused.

        Administration and onboarding pass here too, so the blacklist holds there (CO-TRUST-38).
        """
        if not isinstance(envelope, Mapping) or not {"payload", "signature"} <= envelope.keys():
            raise Refused("unauthorized: signed request required")
        for test in TESTS:
            test(self, envelope, now)
        payload: Mapping[str, Any] = envelope["payload"]
        return Signed(same_person(envelope["from"]), payload)

    def use(self, envelope: Mapping[str, Any], *, now: float) -> None:
        """Take a signature for something that is really done; raises Refused the second time.

        Not for a prompt that was refused: its sender repeats it, byte for byte within a second,
        as soon as it has onboarded (CO-AUTH-16, CO-AUTH-19, CO-AUTH-22).
        """
        while self._used and self._is_over(next(iter(self._used.values())), now):
            old, _ = self._used.popitem(last=False)
            self._changed[old] = None
        self.unused(envelope, now=now)
        taken = _signature(envelope)
        self._used[taken] = now
        self._changed[taken] = None

    def once(self, envelope: Mapping[str, Any], deed: Callable[[], T], *, now: float) -> T:
        """Do something for a signature that has done nothing yet; a repeated one does nothing."""
        self.unused(envelope, now=now)
        done = deed()
        self.use(envelope, now=now)
        return done

    def unused(self, envelope: Mapping[str, Any], *, now: float) -> None:
        """Refuse a signature that has been taken."""
        if not self._is_over(self._used.get(_signature(envelope), -math.inf), now):
            raise Refused("unauthorized: signature already used")

    def changes(self) -> list[Change]:
        """Hand out what a store has to write."""
        changed = list(self._changed)
        self.let_go()
        return [Change(SIGNATURE, taken, self._used.get(taken)) for taken in changed]

    def let_go(self) -> None:
        """Forget what changed: no store wants to know."""
        self._changed.clear()

    def restore(self, taken: Mapping[str, float]) -> None:
        """Take the signatures of a store: what they were good for has been done."""
        self._used = OrderedDict(sorted(taken.items(), key=lambda each: each[1]))

    def _is_over(self, used: float, now: float) -> bool:
        """Whether a signature taken then would be refused for its age by now."""
        return now - used > 2 * self.window


def _signature(envelope: Mapping[str, Any]) -> str:
    return "".join(envelope["signature"].lower().removeprefix("0x").split())


Envelope = Mapping[str, Any]


def _not_blacklisted(gate: Gate, envelope: Envelope, _now: float) -> None:
    sender = envelope.get("from")
    names = {same_person(each) for each in gate.blacklist}
    if isinstance(sender, str) and same_person(sender) in names:
        raise Refused("forbidden: blacklisted")


def _has_sender(_gate: Gate, envelope: Envelope, _now: float) -> None:
    sender = envelope.get("from")
    if not sender:
        raise Refused("unauthorized: 'from' field required")
    if not isinstance(sender, str):  # CO-HOST-16
        raise Refused("unauthorized: 'from' must be a string")


def _has_signature(_gate: Gate, envelope: Envelope, _now: float) -> None:
    signature = envelope.get("signature")
    if not signature:
        raise Refused("unauthorized: signature required")
    if not isinstance(signature, str):
        raise Refused("unauthorized: signature must be a string")


def _has_payload(_gate: Gate, envelope: Envelope, _now: float) -> None:
    if not isinstance(envelope["payload"], Mapping):
        raise Refused("unauthorized: payload must be an object")


def _has_time(_gate: Gate, envelope: Envelope, _now: float) -> None:
    told = envelope["payload"].get("timestamp")
    if not told:
        raise Refused("unauthorized: timestamp required in payload")
    if not isinstance(told, int | float):
        raise Refused("unauthorized: timestamp must be a number")


def _is_recent(gate: Gate, envelope: Envelope, now: float) -> None:
    told = envelope["payload"]["timestamp"]
    # Compared, not subtracted: NaN is in no window (CO-AUTH-10), and no integer is too great.
    if not now - gate.window <= told <= now + gate.window:
        raise Refused("unauthorized: signature expired")


def _is_for_this_host(gate: Gate, envelope: Envelope, _now: float) -> None:
    """Refuse what names another recipient; who names none means whoever reads it (CO-AUTH-17)."""
    named = envelope["payload"].get("to")
    if named is None or not gate.address:
        return
    if not isinstance(named, str) or same_person(named) != same_person(gate.address):
        raise Refused("unauthorized: wrong recipient")


def is_signed(envelope: Envelope) -> bool:
    """Whether the sender signed the payload in one of the forms that clients write."""
    texts: set[bytes] = set()  # most payloads are written alike in all forms
    for form in canonical.FORMS:
        try:
            text = form(envelope["payload"])
        except (ValueError, RecursionError):  # half a surrogate pair has no raw form
            continue
        if text in texts:
            continue
        if identity.is_signed(text, envelope["signature"], envelope["from"]):
            return True
        texts.add(text)
    return False


def _is_signed_by_sender(_gate: Gate, envelope: Envelope, _now: float) -> None:
    if not is_signed(envelope):
        raise Refused("unauthorized: invalid signature")


TESTS: tuple[Callable[[Gate, Envelope, float], None], ...] = (
    _not_blacklisted,
    _has_sender,
    _has_signature,
    _has_payload,
    _has_time,
    _is_recent,
    _is_for_this_host,
    _is_signed_by_sender,
)


def of_headers(sender: str, signature: str, timestamp: str) -> dict[str, Any]:
    """Return the envelope that three headers of a GET stand for (sheet 4.3, CO-AUTH-20).

    Raises Refused for a time that is no number (CO-HOST-26).
    """
    try:
        told = float(timestamp)
    except ValueError:
        raise Refused("Invalid X-Timestamp header") from None
    return {"payload": {"timestamp": told}, "from": sender, "signature": signature}
