"""A client's calls as checks see them: what it sent for each, what it was told, how each ended.

A client without a driver asks what it likes, and may go on with a call when the kit has begun the
next. Of such a client it is seen that it fetched a result, or hung up, and no more.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.connectonion.hosting import CALL
from conformance.connectonion.polls import polls_at, session_id
from conformance.connectonion.talk import CLOSE, of_type
from conformance.kit.judging.seen import Missing
from conformance.kit.transcript import Direction
from conformance.kit.verdict import Broken, NotObserved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.connectonion.talk import Frame
    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event

ANSWER, ASKED = "driver.answer", "driver.call"


@dataclass(frozen=True, slots=True)
class Told:
    """One call, from its note to the next."""

    note: Event
    events: tuple[Event, ...]

    @property
    def about(self) -> str:
        """What the call is about."""
        return str(self.note.data["about"])

    @property
    def ours(self) -> bool:
        """Whether the kit had the client ask."""
        return bool(self.note.data["ours"])

    def must_be_ours(self, method: str = "ask") -> None:
        """Raise NotObserved when what the client does may be about an earlier call."""
        if not self.ours:
            raise NotObserved(
                f"needs a client that does as it is told: the driver method `{method}`"
            )

    def frames(self, *types: str) -> list[Frame]:
        """Return what the client sent on its WebSockets."""
        return list(of_type(self.events, *types))

    @property
    def inputs(self) -> list[Frame]:
        """The INPUT frames; there is at least one."""
        found = self.frames("INPUT")
        if not found:
            raise Broken(f"the client sent no INPUT in “{self.about}”", self.note)
        return found

    @property
    def input(self) -> Frame:
        """The first of them."""
        return self.inputs[0]

    @property
    def prompt(self) -> str:
        """What the client was asked to send; NotObserved of one that asks what it likes."""
        self.must_be_ours()
        (asked,) = (e for e in self.events if e.kind == ASKED and e.data["method"] == "ask")
        return str(asked.data["params"]["prompt"])

    @property
    def session_id(self) -> str:
        """The id that the first INPUT asks its result to be kept by; empty without one."""
        return session_id(self.input)

    @property
    def polls(self) -> list[Event]:
        """The client's looks at the session of the call."""
        return [event for event in self.events if polls_at(event, self.session_id)]

    @property
    def closes(self) -> list[Event]:
        """How the client's side of its WebSockets ended."""
        return [
            event
            for event in self.events
            if event.kind == CLOSE and event.direction is Direction.TARGET
        ]

    def outcomes(self) -> list[Event]:
        """Return what the driver said of the call, in turn; raises NotObserved without a driver."""
        self.must_be_ours()
        return [event for event in self.events if event.kind == ANSWER and event.tag == self.about]

    @property
    def outcome(self) -> tuple[Event, dict[str, Any]]:
        """How the call ended; that it did not breaks the requirement."""
        found = self.outcomes()
        if not found:
            raise Broken(f"the call of “{self.about}” did not end", self.note, *self._last_words)
        return found[-1], dict(found[-1].data["result"])

    @property
    def _last_words(self) -> tuple[Event, ...]:
        return tuple(each.event for each in self.frames()[-1:])

    def must_bring(self, result: Any) -> None:
        """Demand that the call ended with this result."""
        if not self.ours:
            self._must_have_fetched(result)
            return
        event, outcome = self.outcome
        if outcome.get("error"):
            raise Broken(f"the call ended with the error {outcome['error']!r}", self.note, event)
        if outcome.get("done") is not True:
            raise Broken("the call did not end as done", self.note, event)
        if outcome.get("result") != result:
            raise Broken(f"the result is {outcome.get('result')!r}, not {result!r}", event)

    def must_fail(self, *words: str) -> None:
        """Demand that the call ended with an error that contains these words."""
        if not self.ours:
            self._must_have_hung_up()
            return
        event, outcome = self.outcome
        error = outcome.get("error")
        if not error:
            raise Broken("the call did not end with an error", self.note, event)
        if missing := [word for word in words if word not in str(error)]:
            raise Broken(f"the error {error!r} does not say {missing[0]!r}", event)

    def _must_have_fetched(self, result: Any) -> None:
        told = f'"result": {json.dumps(result)}'.encode()
        said = (e for e in self.events if e.direction is Direction.KIT)
        if not any(told in event.body for event in said):
            raise Broken("the client never fetched the result", self.note, self.input.event)

    def _must_have_hung_up(self) -> None:
        asked = self.input.event
        if not any(each.connection == asked.connection for each in self.closes):
            raise Broken("the client did not hang up", self.note, asked)


def calls(seen: Seen) -> Iterator[Told]:
    """Yield every call, of every conversation."""
    for note in seen.notes(CALL):
        own = [e for e in seen.events if e.scenario == note.scenario and e.number > note.number]
        after = (e.number for e in own if e.tag == CALL)
        end = next(after, own[-1].number + 1 if own else note.number)
        about = note.data["about"]
        # How it ended may be told when the next one has begun.
        ends = {e.number for e in own if e.kind in {ASKED, ANSWER} and e.tag == about}
        yield Told(note, tuple(e for e in own if e.number < end or e.number in ends))


def call(seen: Seen, about: str) -> Told:
    """Return the call that is about something."""
    for each in calls(seen):
        if each.about == about:
            return each
    raise Missing(about)
