"""Tasks of others: taken or refused, done, answered in their order (sheet 5.6, 6.1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reference.elo import messages, signing
from reference.elo.acceptance import INTERNAL, RATE_LIMITED
from reference.elo.answers import Answers
from reference.elo.effects import Execute
from reference.elo.frames import FrameError
from reference.elo.links import Link
from reference.elo.state import State

Message = Mapping[str, Any]
NO_HANDLER = {"message": "no handler registered"}  # ELO-TASK-04


@dataclass(frozen=True, slots=True)
class Job:
    """A task that is being done: on which connection it came, and its id."""

    link: Link
    id: Any


@dataclass(slots=True)
class Work:
    """The tasks that a node has taken."""

    _jobs: dict[int, Job] = field(default_factory=dict)
    _numbers: int = 0

    def take(self, state: State, link: Link, message: Message) -> None:
        """Do a task, or answer why not."""
        job = self._expect(state, link, message)
        refusal = state.executor.refusal(message, now=state.now)
        if refusal is not None:
            self.failed(state, job, refusal.code, refusal.message)
        elif not state.executor.handles:
            self.done(state, job, NO_HANDLER)
        else:
            payload = message.get("payload", {})
            state.do(Execute(job, message.get("capability", ""), payload, message))

    def refuse_too_many(self, state: State, link: Link, message: Message) -> None:
        """Answer a task above the limit (ELO-RATE-09)."""
        job = self._expect(state, link, message)
        self.failed(state, job, RATE_LIMITED, "too many messages")

    def _expect(self, state: State, link: Link, message: Message) -> int:
        self._numbers += 1
        self._jobs[self._numbers] = Job(link, message.get("id", ""))
        state.answers.setdefault(link.id, Answers()).expect(self._numbers)
        return self._numbers

    def done(self, state: State, job: int, payload: Any) -> Link:
        """Answer with what the handler returned; return whose task it was."""
        unsigned = messages.success(self._jobs[job].id, payload)
        try:
            answer = signing.sign(unsigned, state.identity)  # ELO-SIG-09
        except (TypeError, ValueError, RecursionError) as error:  # ELO-TASK-06
            why = f"the result cannot be written as JSON: {error}"
            return self.failed(state, job, INTERNAL, why)
        return self._answer(state, job, answer)

    def failed(self, state: State, job: int, code: str, message: str) -> Link:
        """Answer that it was not done; return whose task it was."""
        return self._answer(state, job, messages.failure(self._jobs[job].id, code, message))

    def _answer(self, state: State, job: int, answer: Message) -> Link:
        """Send the answers whose turn it is; who asked may have gone."""
        link = self._jobs.pop(job).link
        waiting = state.answers.get(link.id)
        if waiting is None:
            return link
        for each in waiting.take(job, answer):
            try:
                state.send(link, each)
            except FrameError as error:  # ELO-FRAME-20
                state.send(link, messages.failure(_sendable(each["id"]), INTERNAL, str(error)))
        return link


def _sendable(id: Any) -> Any:
    """Return an id that a frame can carry: a task's that cannot be is left empty."""
    return id if isinstance(id, str) and id.isascii() and len(id) < MAX_ID else ""


MAX_ID = 1024  # characters of an id that is told again with an error
