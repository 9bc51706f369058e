"""What a check looks at: a transcript, counted as it is looked at."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from conformance.kit.transcript import Direction
from conformance.kit.verdict import Unmet
from conformance.kit.wire.exchange import Answer, answers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from conformance.kit.transcript import Event

T = TypeVar("T")
TWIN = " (twin)"


class Missing(Exception):  # noqa: N818  (how the scenario ended decides what it means)
    """The transcript has no such subject."""


class Seen:
    """The events of one or more scenarios; everything handed out counts as a subject."""

    def __init__(self, events: Sequence[Event], facts: Mapping[str, Any]) -> None:
        self.events = events
        self.facts = facts
        self.subjects = 0

    @cached_property
    def _answers(self) -> list[Answer]:
        return list(answers(self.events))

    def answers(self, tag: str) -> Iterator[Answer]:
        """Yield the exchanges that a scenario gave this tag."""
        return self._count([each for each in self._answers if each.request.tag == tag])

    def all_answers(self) -> Iterator[Answer]:
        """Yield every exchange that ended in a response."""
        return self._count([each for each in self._answers if each.status is not None])

    def exchanges(self, fits: Callable[[Answer], bool]) -> Iterator[Answer]:
        """Yield the exchanges, tagged or not, that fit: what a client asked on its own."""
        return self._count([each for each in self._answers if fits(each)])

    def matching(self, fits: Callable[[Event], bool]) -> Iterator[Event]:
        """Yield the events that fit."""
        return self._count([event for event in self.events if fits(event)])

    def answer(self, tag: str) -> Answer:
        """Return the one exchange with this tag."""
        for found in self.answers(tag):
            return found
        raise Missing(tag)

    def negatives(self, tag: str) -> Iterator[Answer]:
        """Yield the exchanges with this tag, once their twins are seen to be accepted.

        A twin differs in the one thing that the requirement forbids. Where the target refuses
        the twin as well, its refusal proves nothing: the prerequisite is unmet.
        """
        twins = [each for each in self._answers if each.request.tag == tag + TWIN]
        if not twins:
            raise Missing(tag + TWIN)
        for twin in twins:
            if not twin.ok:
                raise Unmet(
                    f"the twin of “{tag}”, which must be accepted, was not: {twin.shown()}",
                    *twin.evidence,
                )
        return self.answers(tag)

    def events_of(
        self, kind: str, *, tag: str | None = None, direction: Direction = Direction.TARGET
    ) -> Iterator[Event]:
        """Yield the events of a kind, by default those that the target sent."""
        return self._count(
            [
                event
                for event in self.events
                if event.kind == kind
                and event.direction is direction
                and (tag is None or event.tag == tag)
            ]
        )

    def noted(self, tag: str) -> Event:
        """Return the note with this tag; what was noted is in its ``data``."""
        for event in self.events_of("note", tag=tag, direction=Direction.NOTE):
            return event
        raise Missing(tag)

    def notes(self, tag: str) -> Iterator[Event]:
        """Yield every note with this tag."""
        return self.events_of("note", tag=tag, direction=Direction.NOTE)

    def fact(self, name: str, default: Any = None) -> Any:
        """Return what is known of the target instance, such as a configured time."""
        for event in reversed(self.events):  # a client may tell more once it has been started
            if event.kind == "instance":
                return event.data["facts"].get(name, default)
        return self.facts.get(name, default)

    def _count(self, found: list[T]) -> Iterator[T]:
        self.subjects += len(found)
        return iter(found)
