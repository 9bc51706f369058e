"""A request and what came of it, as scenarios get it live and as checks find it in a transcript."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.kit.verdict import Broken, Unmet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conformance.kit.transcript import Event, Recorder

LONG_WAIT = 2.0  # seconds; who waits for less may want to hear silence
UNANSWERED_ENOUGH = 5  # long waits in a row, after which a target counts as dead


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP request and its response, or the reason why there is none."""

    request: Event
    reply: Event

    @property
    def evidence(self) -> tuple[Event, ...]:
        """The events that show this exchange."""
        return (self.request, self.reply)

    @property
    def status(self) -> int | None:
        """The status code; None when no complete answer came."""
        status: int | None = self.reply.data.get("status")
        return status

    @property
    def failure(self) -> str:
        """Why there is no answer; empty when there is one."""
        why: str = self.reply.data.get("why", "")
        return why

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004

    @property
    def seconds(self) -> float:
        """From the request's last byte to the answer's."""
        return self.reply.time - self.request.time

    @property
    def body(self) -> bytes:
        """The body as received."""
        return self.reply.body

    @property
    def json(self) -> Any:
        """The body as JSON; None when it is not JSON."""
        try:
            return json.loads(self.reply.body)
        except (ValueError, RecursionError):  # nesting without end is no JSON that anybody reads
            return None

    def member(self, name: str) -> Any:
        """Return one member of a JSON object body; None when there is none."""
        body = self.json
        return body.get(name) if isinstance(body, dict) else None

    def header(self, name: str) -> str | None:
        """Return the first header of that name, in any case."""
        wanted = name.lower()
        for key, value in self.reply.data.get("headers", ()):
            if key.lower() == wanted:
                return str(value)
        return None

    def shown(self) -> str:
        """Say in a few words what came."""
        if self.failure:
            return self.failure
        return f"{self.status} {self.body[:160].decode('utf-8', 'replace')}".rstrip()

    def must(self, condition: object, sentence: str) -> None:
        """Break the requirement with this exchange as evidence unless the condition holds."""
        if not condition:
            raise Broken(sentence, *self.evidence)

    def must_be(self, *statuses: int) -> None:
        """Demand one of the statuses."""
        wanted = " or ".join(map(str, statuses))
        self.must(self.status in statuses, f"expected {wanted}, {self._came()}")

    def must_be_refused(self) -> None:
        """Demand any 4xx."""
        refused = self.status is not None and 400 <= self.status < 500  # noqa: PLR2004
        self.must(refused, f"expected a refusal (4xx), {self._came()}")

    def must_be_ok(self) -> None:
        """Demand any 2xx."""
        self.must(self.ok, f"expected acceptance (2xx), {self._came()}")

    def must_say(self, **members: Any) -> None:
        """Demand a JSON object body with these members."""
        for name, value in members.items():
            said = self.member(name)
            self.must(said == value, f"expected `{name}` to be {value!r}, it is {said!r}")

    def _came(self) -> str:
        return f"got {self.status}" if self.status is not None else f"got none: {self.failure}"


def waited(recorder: Recorder, within: float) -> None:
    """Remember that no answer came in so many seconds."""
    if within >= LONG_WAIT:
        recorder.transcript.unanswered += 1


def ask_only_the_living(recorder: Recorder) -> None:
    """Raise Unmet when the target hangs: a run must not last a time-out per question."""
    if recorder.transcript.unanswered >= UNANSWERED_ENOUGH:
        raise Unmet(
            f"the target left {UNANSWERED_ENOUGH} requests in a row without an answer,"
            " so it was asked nothing more"
        )


def answers(events: Iterable[Event]) -> Iterator[Answer]:
    """Pair requests with what came of them, in the order of the replies."""
    requests: dict[int, Event] = {}
    for event in events:
        if event.kind == "http.request":
            requests[event.number] = event
        elif event.kind in {"http.response", "http.failure"} and event.data["to"] in requests:
            yield Answer(requests[event.data["to"]], event)
