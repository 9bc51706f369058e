"""CO-WS: whatever a client says, and in whatever order, its prompts are answered as they should."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.connectonion.attempts import must
from conformance.connectonion.scenarios_ws_interleaved import (
    CHATTER,
    END,
    INPUTS,
    SAID,
    chatter,
)
from conformance.connectonion.talk import Frame, frames
from conformance.kit.judging.suite import property_check
from conformance.kit.verdict import Broken

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event

STRATEGIES = "conformance.connectonion.strategies_ws"
RESULTS = {"prompt": "echo:hello", "question": "received:"}  # how each result begins
SILENT = {"pong", "binary"}  # what no answer may come to


@property_check("CO-WS-52", for_all=f"{STRATEGIES}:interleavings", played_by=chatter, examples=50)
def test_every_prompt_that_is_run_is_answered_once_and_in_order(
    seen: Seen, *_example: object
) -> None:
    said = list(seen.notes(SAID))
    outputs = list(frames(seen, CHATTER, "OUTPUT"))
    must_be_its_own(said, outputs)
    must_be_in_order(said, outputs)
    must_all_be_answered(seen, said, outputs)
    must_not_answer_twice(said, list(frames(seen, CHATTER, "OUTPUT", "ERROR")))
    must_stay_open(seen, said)


def must_be_its_own(said: list[Event], outputs: list[Frame]) -> None:
    """Demand that an OUTPUT is that of a prompt which can have one."""
    kinds = {note.data["session"]: note.data["kind"] for note in said}
    for output in outputs:
        kind = kinds.get(str(output.body.get("session_id")), "")
        begins = str(output.body.get("result")).startswith(RESULTS.get(kind, "\n"))
        must(begins, "this OUTPUT is that of no prompt which was sent", output)


def must_be_in_order(said: list[Event], outputs: list[Frame]) -> None:
    """Demand that OUTPUTs come in the order of their prompts, each once."""
    places = {note.data["session"]: place for place, note in enumerate(said)}
    order = [places.get(str(output.body.get("session_id")), -1) for output in outputs]
    must(order == sorted(set(order)), "OUTPUTs came twice, or in another order", *outputs)


def must_all_be_answered(seen: Seen, said: list[Event], outputs: list[Frame]) -> None:
    """Demand an OUTPUT of every prompt that has a record: it was run."""
    if not _is_alive(seen):
        return
    answered = {output.body.get("session_id") for output in outputs}
    for note in said:
        session_id, kind = note.data["session"], note.data["kind"]
        if kind == "failing" or kind not in INPUTS or session_id in answered:
            continue
        for record in seen.answers(session_id):
            record.must(not record.ok, "this prompt was run, and no OUTPUT came")


def must_not_answer_twice(said: list[Event], answers: list[Frame]) -> None:
    """Demand no more answers than there were frames that may have one."""
    asked = [note for note in said if note.data["kind"] not in SILENT]
    must(len(answers) <= len(asked), "there are more answers than questions", *answers)


def must_stay_open(seen: Seen, said: list[Event]) -> None:
    """Demand that the connection outlives everything but JSON that is no object (CO-WS-16)."""
    harmless = all(note.data["kind"] != "no object" for note in said)
    if harmless and not _is_alive(seen):
        raise Broken("a last prompt was not answered", seen.noted(END))


def _is_alive(seen: Seen) -> Any:
    return seen.noted(END).data["alive"]
