"""What breaks each requirement of what may not disturb a run."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.connectonion.host_mutations import of_the_host
from conformance.connectonion.socket_mutations import HEAR, UNREADABLE, hears, read, type_of
from reference.connectonion.authentication import Refused
from reference.connectonion.conversation import Begin, error

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant
    from reference.connectonion.conversation import Conversation, Effect

    Hear = Callable[..., list[Effect]]

BUSY = "a run is active on this connection"


def runs_both(talk: Conversation, text: str | None) -> list[Effect] | None:
    """Complain of a second prompt, and run it all the same."""
    if talk.run is None or type_of(text) != "INPUT":
        return None
    frame = read(text)
    return [error(BUSY), Begin(replace(talk.run, prompt=str(frame["payload"]["prompt"])))]


def silent_on_a_second(talk: Conversation, text: str | None) -> list[Effect] | None:
    """Say nothing to a second prompt."""
    return [] if talk.run is not None and type_of(text) == "INPUT" else None


def uses_it_up(hear: Hear) -> Hear:
    """Take the signature of a prompt that is not run."""

    def heard(talk: Conversation, text: str | None, *, now: float) -> list[Effect]:
        if talk.run is not None and type_of(text) == "INPUT":
            talk._desk.gate.use(read(text), now=now)  # noqa: SLF001  (a bug)
        return hear(talk, text, now=now)

    return heard


def dies_of_other_json(talk: Conversation, text: str | None) -> list[Effect] | None:
    """Drop the connection when JSON that is no object comes during a run."""
    frame = read(text)
    if talk.run is not None and frame is not UNREADABLE and not isinstance(frame, dict):
        raise ConnectionResetError
    return None


def dies_of_no_json(talk: Conversation, text: str | None) -> list[Effect] | None:
    """Drop the connection when no JSON comes during a run."""
    if talk.run is not None and text is not None and read(text) is UNREADABLE:
        raise ConnectionResetError
    return None


def obeys_at_once(hear: Hear) -> Hear:
    """Carry out orders during a run."""

    def heard(talk: Conversation, text: str | None, *, now: float) -> list[Effect]:
        frame: Any = read(text)
        if talk.run is None or not str(type_of(text)).startswith("ADMIN_"):
            return hear(talk, text, now=now)
        with contextlib.suppress(Refused):
            talk._order(frame, now)  # noqa: SLF001  (a bug)
        return []

    return heard


MUTANTS: tuple[Mutant, ...] = (
    of_the_host(
        "CO-WS-08",
        "a second prompt is run beside the first",
        HEAR,
        hears(runs_both),
        also=("CO-WS-52",),
    ),
    of_the_host(
        "CO-WS-18",
        "JSON that is no object ends a run's connection",
        HEAR,
        hears(dies_of_other_json),
    ),
    of_the_host("CO-WS-42", "a second prompt is passed over", HEAR, hears(silent_on_a_second)),
    of_the_host("CO-WS-43", "a second prompt's signature is used up", HEAR, uses_it_up),
    of_the_host(
        "CO-WS-46",
        "what is no JSON ends a run's connection",
        HEAR,
        hears(dies_of_no_json),
        also=("CO-WS-52",),
    ),
    of_the_host("CO-WS-47", "an order during a run is carried out", HEAR, obeys_at_once),
)
