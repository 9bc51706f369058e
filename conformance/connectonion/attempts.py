"""A frame and what came of it: noted while scenarios talk, found again by checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.connectonion.peer import COMES
from conformance.connectonion.talk import ENDS, Frame, Talk, frame_of, of_type
from conformance.kit.verdict import Broken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event

    Said = Mapping[str, Any] | str | bytes

ANSWERS = (*ENDS, "ONBOARD_SUCCESS", "ADMIN_RESULT")


async def attempt(
    talk: Talk, about: str, said: Said, *types: str, within: float = COMES
) -> Frame | None:
    """Send a frame, wait for what answers it, and note both as ``about``."""
    sent = await _say(talk, said)
    answer = await talk.hear(*(types or ANSWERS), after=sent.number, within=within)
    noted(talk, about, sent, answer)
    return answer


async def pass_over(talk: Talk, about: str, said: Said) -> None:
    """Send what is to be passed over in silence, and then a prompt whose OUTPUT ends the wait."""
    sent = await _say(talk, said)
    session_id = talk.stage.unique("session")
    await talk.say(talk.input(session={"session_id": session_id}))
    output = await talk.await_frame(lambda frame: frame.body.get("session_id") == session_id)
    noted(talk, about, sent, output)


def noted(talk: Talk, about: str, sent: Event, answer: Frame | None) -> None:
    """Note what was sent and what answered it."""
    number = None if answer is None else answer.event.number
    talk.stage.note(about, sent=sent.number, answer=number)


async def _say(talk: Talk, said: Said) -> Event:
    if isinstance(said, bytes):
        return await talk.socket.send_bytes(said, tag=talk.tag)
    return await talk.say(said)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was sent, what answered it, and what came before that on the same connection."""

    sent: Event
    answer: Frame | None
    between: tuple[Frame, ...]

    @property
    def came(self) -> Frame:
        """The answer; raises Broken when there is none."""
        if self.answer is None:
            raise Broken("nothing answered it", self.sent)
        return self.answer

    def must_be(self, kind: str, sentence: str = "") -> Frame:
        """Demand an answer of a type, and return it."""
        answer = self.came
        must(answer.type == kind, sentence or f"expected {kind}, got {answer.shown()}", answer)
        return answer

    def must_be_error(self, text: str) -> None:
        """Demand an ERROR with this text."""
        answer = self.must_be("ERROR")
        must(answer.message == text, f"`message` is {answer.message!r}, not {text!r}", answer)

    def must_be_refused(self, kind: str) -> None:
        """Demand an ERROR whose text begins so: `unauthorized` or `forbidden`."""
        answer = self.must_be("ERROR")
        sentence = f"`message` does not begin with {kind}: {answer.message!r}"
        must(answer.message.startswith(kind), sentence, answer)


def attempted(seen: Seen, about: str) -> Attempt:
    """Return what was noted as ``about``."""
    data = seen.noted(about).data
    by_number = {event.number: event for event in seen.events}
    sent, last = by_number[data["sent"]], data["answer"]
    end = float("inf") if last is None else last
    between = of_type(
        event
        for event in seen.events
        if event.connection == sent.connection and sent.number < event.number < end
    )
    answer = None if last is None else frame_of(by_number[last])
    return Attempt(sent, answer, tuple(between))


def must(condition: object, sentence: str, *frames: Frame) -> None:
    """Break the requirement with these frames as evidence unless the condition holds."""
    if not condition:
        raise Broken(sentence, *(frame.event for frame in frames))


def must_be_passed_over(seen: Seen, about: str) -> None:
    """Demand that nothing was said to a frame, and that the prompt after it was answered."""
    tried = attempted(seen, about)
    answer = tried.must_be("OUTPUT")
    others = [frame for frame in tried.between if frame.type != "PING"]
    must(not others, "it was answered", *others, answer)
