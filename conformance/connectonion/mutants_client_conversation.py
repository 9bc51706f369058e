"""What breaks what a client sends, and what it makes of the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.connectonion.client_mutations import (
    CALL,
    CORE,
    LINE,
    SAY,
    SHELL,
    around,
    heard,
    of_the_client,
    said,
)
from reference.connectonion import canonical
from reference.connectonion.client_core import Outcome, Told

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant

ONE_ID = "00000000-0000-4000-8000-0000000000ff"
GIVEN_UP = 1011


def keeps_its_slash(good: Callable[..., None], shell: Any, base: str, manner: Any) -> None:
    """Write its address as it was given."""
    good(shell, base, manner)
    shell._base = base  # noqa: SLF001  (a bug)


def anonymous(_call: Any, frame: dict[str, Any]) -> dict[str, Any]:
    """Leave out whom a prompt is for."""
    return {name: value for name, value in frame.items() if name != "to"}


def flipped(_call: Any, frame: dict[str, Any]) -> dict[str, Any]:
    """Have another first digit in the signatures of ASCII prompts."""
    if not frame["prompt"].isascii():
        return frame
    first, rest = frame["signature"][0], frame["signature"][1:]
    return {**frame, "signature": ("1" if first == "0" else "0") + rest}


def raw(_good: Any) -> Callable[..., dict[str, Any]]:
    """Sign letters as they are."""

    def signed(call: Any, payload: dict[str, Any], now: float) -> dict[str, Any]:
        whole, me = {**payload, "timestamp": int(now)}, call.manner.identity
        signature = me.sign(canonical.raw(whole))
        return {"payload": whole, "from": me.address, "signature": signature}

    return signed


def one_id(good: Callable[..., None], call: Any, now: float) -> None:
    """Have one id for every input."""
    call.new_id = lambda: ONE_ID
    good(call, now)


def trimmed(call: Any, frame: dict[str, Any]) -> dict[str, Any]:
    """Take a result for longer than it is."""
    odd = call.prompt.startswith("once more")
    return {**frame, "result": f"{frame.get('result')} "} if odd else frame


def forgets_the_session(good: Callable[..., None], call: Any, frame: Any, now: float) -> None:
    """Go on with nothing of the session but its id."""
    before = call.session
    good(call, frame, now)
    call.session = before


def keeps_the_error(_call: Any, frame: dict[str, Any]) -> dict[str, Any]:
    """Read `message` alone."""
    return {"type": "ERROR", "message": frame.get("message")}


def hangs_up(good: Callable[..., None], call: Any, frame: Any, now: float) -> None:
    """End the call at an event that has no type."""
    good(call, frame, now)
    if "type" not in frame:
        call._end(Outcome(error="what is this?"), GIVEN_UP)  # noqa: SLF001  (a bug)


def deaf_to_questions(good: Callable[..., None], line: Any, effects: list[Any]) -> None:
    """Have the application wait for a result while its agent waits for it."""
    good(line, [each for each in effects if not (isinstance(each, Told) and "text" in each.frame)])


def answers_elsewhere(good: Callable[..., Any], call: Any, frame: Any) -> Any:
    """Make a new prompt of an answer."""
    if "answer" in frame:
        frame = {"type": "INPUT", "input_id": call.new_id(), "prompt": frame["answer"]}
    return good(call, frame)


def patient(good: Callable[..., Any], call: Any, text: str, *, now: float) -> Any:
    """Pass over a list, as if it were an event."""
    return [] if text.startswith("[") else good(call, text, now=now)


MUTANTS: tuple[Mutant, ...] = (
    of_the_client(
        "CO-CLIENT-01",
        "a relay is dialled as a host",
        f"{CORE}:Manner.path",
        lambda _good: property(lambda _manner: "/ws"),
    ),
    of_the_client(
        "CO-CLIENT-01",
        "a slash at the end of the address stays",
        f"{SHELL}.__init__",
        around(keeps_its_slash),
        suffix="-slash",
    ),
    of_the_client("CO-CLIENT-02", "a relayed prompt is for nobody", SAY, said("INPUT", anonymous)),
    of_the_client(
        "CO-CLIENT-03", "signatures of ASCII prompts are wrong", SAY, said("INPUT", flipped)
    ),
    of_the_client("CO-CLIENT-04", "letters are signed as they are", f"{CALL}._signed", raw),
    of_the_client("CO-CLIENT-05", "every input has the same id", f"{CALL}._ask", around(one_id)),
    of_the_client(
        "CO-CLIENT-06",
        "results gain a blank",
        f"{CALL}.hear",
        heard("OUTPUT", trimmed),
    ),
    of_the_client(
        "CO-CLIENT-07",
        "the session of a result is forgotten",
        f"{CORE}:HANDLERS[OUTPUT]",
        around(forgets_the_session),
    ),
    of_the_client(
        "CO-CLIENT-08",
        "the words of an ERROR are read from `message` alone",
        f"{CALL}.hear",
        heard("ERROR", keeps_the_error),
    ),
    of_the_client(
        "CO-CLIENT-09",
        "an event without a type ends the call",
        f"{CALL}._other",
        around(hangs_up),
    ),
    of_the_client(
        "CO-CLIENT-15",
        "a question is kept from the application",
        f"{LINE}._perform",
        around(deaf_to_questions),
    ),
    of_the_client(
        "CO-CLIENT-16",
        "an answer becomes another prompt",
        f"{CALL}.answer",
        around(answers_elsewhere),
    ),
    of_the_client("CO-CLIENT-20", "a list is passed over", f"{CALL}.hear", around(patient)),
    of_the_client(
        "CO-CLIENT-21",
        "somebody else's result is taken",
        f"{CALL}._is_foreign",
        lambda _good: lambda _call, _frame: False,
    ),
    of_the_client(
        "CO-CLIENT-22",
        "a socket is closed as in trouble after a result",
        f"{CORE}:NORMAL",
        lambda _good: GIVEN_UP,
    ),
)
