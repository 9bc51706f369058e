"""What breaks how a client comes by a result whose connection was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.connectonion.client_mutations import (
    CALL,
    CORE,
    around,
    of_the_client,
    polled,
)
from reference.connectonion.client_core import Outcome, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant

OK, NOT_FOUND, BROKEN = 200, 404, 500
MANY = 40


def running_is_the_end(good: Callable[..., Any], call: Any, *answer: Any, now: float) -> Any:
    """Take the result of a run that is under way."""
    status, body = answer
    if status == OK and isinstance(body, dict) and body.get("status") == "running":
        call._end(Outcome(result=body.get("result")), None)  # noqa: SLF001  (a bug)
        return call.take()
    return good(call, *answer, now=now)


def hurries(good: Callable[..., Any], call: Any, *answer: Any, now: float) -> Any:
    """Wait half as long between two polls."""
    effects = good(call, *answer, now=now)
    if call.next_poll > now:
        call.next_poll = now + call.manner.poll_interval / 2
    return effects


def asks_for_another(good: Callable[..., None], call: Any, now: float) -> None:
    """Ask for a session that is spelled in another way, unless it is all that is known."""
    session = call.session
    if call.prompt:
        call.session = {**session, "session_id": f"{session['session_id']}-"}
    good(call, now)
    call.session = session


def impatient(good: Callable[..., Any], call: Any, why: str, *, now: float) -> Any:
    """Ask again at once when nothing was heard of a run."""
    if call.stage is Stage.ASKED and not call.begun_there:
        call._begin_again(now)  # noqa: SLF001  (a bug)
        return call.take()
    return good(call, why, now=now)


def gives_up_at_500(good: Callable[..., Any], call: Any, *answer: Any, now: float) -> Any:
    """Take a 500 for the end."""
    if answer[0] == BROKEN:
        call._end(Outcome(error="the host is broken"), None)  # noqa: SLF001  (a bug)
        return call.take()
    return good(call, *answer, now=now)


def wants_more(_call: Any, status: int | None, body: Any) -> tuple[int | None, Any]:
    """Take an empty result for none."""
    full = not isinstance(body, dict) or body.get("status") != "done" or body.get("result")
    return (status, body) if full else (BROKEN, None)


def trusts_the_host(call: Any, status: int | None, body: Any) -> tuple[int | None, Any]:
    """Take a 404 for trouble that will pass."""
    return (BROKEN if status == NOT_FOUND and call.prompt and call.input_id else status), body


def stays_away(good: Callable[..., Any], call: Any, why: str, *, now: float) -> Any:
    """Do nothing when a connection could not be opened."""
    return [] if call.stage is Stage.OPENING else good(call, why, now=now)


def knows_nothing(_good: Any) -> Callable[..., Any]:
    """Say that there is no result without a question."""

    def recover(call: Any, *, now: float) -> Any:
        call.begun = now
        call._end(Outcome(error="gone"), None)  # noqa: SLF001  (a bug)
        return call.take()

    return recover


def signs_another_time(good: Callable[..., Any], call: Any, now: float) -> Any:
    """Sign another second than is told."""
    (who, _, when), (_, signature, _) = good(call, now), good(call, now + 1)
    return who, signature, when


POLLED = f"{CALL}.polled"

MUTANTS: tuple[Mutant, ...] = (
    of_the_client(
        "CO-CLIENT-17",
        "a run under way has a result",
        POLLED,
        around(running_is_the_end),
        also=("CO-CLIENT-23",),  # whose property knows runs under way
    ),
    of_the_client("CO-CLIENT-18", "polls come twice as often", POLLED, around(hurries)),
    of_the_client(
        "CO-CLIENT-18",
        "there are more polls",
        f"{CORE}:POLL_ATTEMPTS",
        lambda _good: MANY,
        suffix="-many",
    ),
    of_the_client(
        "CO-CLIENT-19", "another session is polled", f"{CALL}._poll", around(asks_for_another)
    ),
    of_the_client(
        "CO-CLIENT-23",
        "a prompt of which nothing was heard is sent again at once",
        f"{CALL}.closed",
        around(impatient),
    ),
    of_the_client("CO-CLIENT-24", "a 500 ends the call", POLLED, around(gives_up_at_500)),
    of_the_client("CO-CLIENT-25", "an empty result is none", POLLED, polled(wants_more)),
    of_the_client("CO-CLIENT-26", "a 404 is waited out", POLLED, polled(trusts_the_host)),
    of_the_client(
        "CO-CLIENT-27",
        "any record of the session is taken",
        f"{CALL}._is_earlier",
        lambda _good: lambda _call, _record: False,
    ),
    of_the_client(
        "CO-CLIENT-28",
        "a run that the host forgot is begun again",
        f"{CALL}._begun",
        around(lambda _good, _call: None),
    ),
    of_the_client(
        "CO-CLIENT-29",
        "a host that is not there is waited for in vain",
        f"{CALL}.closed",
        around(stays_away),
    ),
    of_the_client("CO-CLIENT-30", "nothing is brought back", f"{CALL}.recover", knows_nothing),
    of_the_client(
        "CO-CLIENT-31",
        "the time that is signed is not the one that is told",
        f"{CALL}._proof",
        around(signs_another_time),
    ),
)
