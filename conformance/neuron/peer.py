"""The kit's neuron: how scenarios speak to a gateway, politely or not."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from conformance.kit.judging.seen import TWIN
from conformance.kit.verdict import Unmet
from conformance.neuron.streams import CHUNK, Frame, Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Mapping

    from conformance.kit.running.stage import Stage
    from conformance.kit.transcript import Event
    from conformance.kit.wire.exchange import Answer
    from conformance.kit.wire.stream import HttpStream

    Headers = Iterable[tuple[str, str]]

EVENTS = "/neuron/events"
KINDS = ("register", "update-capability", "heartbeat", "ack", "nack", "progress")
VERSION = "1.0.0"
LONG_TTL_MS = 60_000
RENEWED_TTL_MS = 2000  # long enough for heartbeats that a slow machine delays
SHORT_TTL_MS = 1000  # sheet 3.1: the least that a capability may ask for
HEAD_SOON = 2.0  # seconds within which a stream's head should come
HEAD_AT_ALL = 6.0  # seconds within which one must come for anything else to be seen
ENOUGH = 256 * 1024  # bytes of a stream; none that says something says as much
COMES = 5.0  # seconds within which what must come has come, even on a slow machine
DEFAULT_TTL = 30.0  # seconds; sheet 5.8, where the target does not say

Body = dict[str, Any]
T = TypeVar("T")


def path_of(kind: str) -> str:
    """Return where frames of a kind are posted."""
    return f"/neuron/{kind}"


def instant(seconds: float) -> str:
    """Return a time as the published neurons write it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def encoded(body: Any) -> bytes:
    """Return compact JSON in UTF-8."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease that came."""

    id: str
    task_id: str
    seconds: float  # from sentAt to expiresAt
    frame: Frame

    @classmethod
    def of(cls, frame: Frame) -> Lease:
        """Read a lease; one whose times cannot be read lasts as long as by default."""
        return cls(frame.lease_id, frame.task_id, lifetime(frame) or DEFAULT_TTL, frame)


def lifetime(frame: Frame) -> float | None:
    """Return the seconds from sentAt to expiresAt; None when one is no instant with a zone."""
    try:
        sent, expires = (
            datetime.fromisoformat(frame.at(*path))
            for path in (("sentAt",), ("lease", "expiresAt"))
        )
        return (expires - sent).total_seconds()
    except (TypeError, ValueError):
        return None


class Neuron:
    """A neuron played by the kit; its frames are valid unless told otherwise."""

    def __init__(
        self, stage: Stage, *, neuron_id: str = "", token: str | None = None, takes: str = ""
    ) -> None:
        self.stage = stage
        self.id = neuron_id or stage.unique("neuron")
        self.token = stage.need("token") if token is None else token
        self.type = takes or f"conf/{stage.unique('task')}"
        self.http = stage.http()
        self.frames: list[Frame] = []
        self._taken = 0
        self._news = asyncio.Event()
        self._reader = Reader()
        self._requests: set[int] = set()
        self._streams: list[asyncio.Task[tuple[HttpStream | None, Answer]]] = []
        listening = stage.recorder.transcript.listening(stage.name, self._hear)
        stage.closing.enter_context(listening)

    # Frames

    def capability(self, **members: Any) -> Body:
        """Return a capability of this neuron's own type; members replace, None takes away.

        Its leases last long, so that on a slow machine none expires unnoticed.
        """
        own = {"type": self.type, "scope": "any", "concurrency": 1, "leaseTtlMs": LONG_TTL_MS}
        return without_none({**own, **members})

    def registration(self, **members: Any) -> Body:
        """Return a registration of one capability."""
        return without_none(
            {
                "type": "register",
                "neuronId": self.id,
                "protocolVersion": VERSION,
                "capabilities": [self.capability()],
                **members,
            }
        )

    def update(self, **members: Any) -> Body:
        """Return a change of the capability."""
        capability = self.capability(**members)
        return {"type": "update-capability", "neuronId": self.id, "capability": capability}

    def beat(self, *leases: Lease, **members: Any) -> Body:
        """Return a heartbeat that lists these leases."""
        now = instant(self.stage.now())
        flights = [
            {"leaseId": lease.id, "taskId": lease.task_id, "startedAt": now} for lease in leases
        ]
        return without_none(
            {
                "type": "heartbeat",
                "neuronId": self.id,
                "inFlight": flights,
                "sentAt": now,
                **members,
            }
        )

    def success(self, lease_id: str, **members: Any) -> Body:
        """Return an ack."""
        at = instant(self.stage.now())
        return {"type": "ack", "leaseId": lease_id, "output": {"ok": True}, "completedAt": at} | (
            members
        )

    def failure(self, lease_id: str, kind: str, **members: Any) -> Body:
        """Return a nack."""
        return {
            "type": "nack",
            "leaseId": lease_id,
            "kind": kind,
            "reason": "said by assay",
            "code": "ASSAY",
            "failedAt": instant(self.stage.now()),
            **members,
        }

    def news(self, lease_id: str, **members: Any) -> Body:
        """Return a progress."""
        now = instant(self.stage.now())
        return {"type": "progress", "leaseId": lease_id, **members, "sentAt": now}

    # Posts

    def headers(self, token: str | None = None) -> list[tuple[str, str]]:
        """Return the headers of every request; ``token=""`` leaves the bearer out."""
        bearer = self.token if token is None else token
        return [("Authorization", f"Bearer {bearer}")] if bearer else []

    async def post(
        self,
        kind: str,
        body: Body | bytes,
        *,
        tag: str = "",
        token: str | None = None,
        within: float = COMES,
    ) -> Answer:
        """Post a frame where its kind belongs; bytes go out as they are."""
        raw = body if isinstance(body, bytes) else encoded(body)
        headers = [("Content-Type", "application/json"), *self.headers(token)]
        return await self.http.ask(
            "POST", path_of(kind), headers=headers, body=raw, tag=tag, within=within
        )

    async def register(self, *, tag: str = "register", **members: Any) -> Answer:
        """Register; the answer may be anything."""
        return await self.post("register", self.registration(**members), tag=tag)

    async def heartbeat(self, *leases: Lease, tag: str = "", **members: Any) -> Answer:
        """Send a heartbeat."""
        return await self.post("heartbeat", self.beat(*leases, **members), tag=tag)

    async def ack(self, lease: Lease, *, tag: str = "", **members: Any) -> Answer:
        """Report success."""
        return await self.post("ack", self.success(lease.id, **members), tag=tag)

    async def nack(self, lease: Lease, kind: str, *, tag: str = "", **members: Any) -> Answer:
        """Report a failure."""
        return await self.post("nack", self.failure(lease.id, kind, **members), tag=tag)

    async def progress(self, lease: Lease, *, tag: str = "", **members: Any) -> Answer:
        """Report how far it is."""
        return await self.post("progress", self.news(lease.id, **members), tag=tag)

    # The stream

    def target(self) -> str:
        """Return where this neuron's stream is opened."""
        return f"{EVENTS}?neuronId={quote(self.id, safe='')}"

    async def open(
        self,
        *,
        tag: str = "a stream",
        target: str = "",
        headers: Headers | None = None,
        also: Headers = (),
        within: float = HEAD_AT_ALL,
    ) -> Answer | None:
        """Open a stream; None when there is no head in so many seconds, though it may come yet."""
        bearer = self.headers() if headers is None else headers
        asked = [("Accept", "text/event-stream"), ("Cache-Control", "no-store"), *bearer, *also]
        opening = asyncio.create_task(self._opened(target or self.target(), asked, tag=tag))
        self.stage.closing.callback(opening.cancel)
        self._streams.append(opening)
        done, _ = await asyncio.wait([opening], timeout=within)
        return opening.result()[1] if done else None

    async def _opened(
        self, target: str, headers: Headers, *, tag: str
    ) -> tuple[HttpStream | None, Answer]:
        bound = 2.0 * HEAD_AT_ALL
        stream, answer = await self.http.stream(
            "GET", target, headers=headers, tag=tag, within=bound
        )
        if stream is not None:
            stream.limit = ENOUGH
        return stream, answer

    async def joined(self, *, tag: str = "a stream", **members: Any) -> Neuron:
        """Open a stream and register as a prerequisite: a refusal ends the scenario."""
        opened = await self.open(tag=tag, within=HEAD_SOON)
        if opened is not None and not opened.ok:
            raise Unmet(f"a stream was refused: {opened.shown()}", *opened.evidence)
        answer = await self.register(tag="prerequisite: register", **members)
        if not answer.ok:
            raise Unmet(
                f"a valid registration was not accepted: {answer.shown()}", *answer.evidence
            )
        return self

    async def offering(self, *, tag: str = "a stream", **members: Any) -> Neuron:
        """Join with a capability that has these members."""
        return await self.joined(tag=tag, capabilities=[self.capability(**members)])

    async def hang_up(self) -> None:
        """Cut the newest stream."""
        stream, _ = await self._streams[-1]
        if stream is not None:
            await stream.hang_up()

    async def stream(self) -> HttpStream:
        """Return the newest stream, which must be open."""
        stream, answer = await self._streams[-1]
        if stream is None:
            raise Unmet(f"a stream was refused: {answer.shown()}", *answer.evidence)
        return stream

    async def ended(self, *, within: float, which: int = -1) -> bool:
        """Wait for the end of a stream, the newest unless said; tell whether it came."""
        async with asyncio.timeout(COMES):
            stream, _ = await self._streams[which]
        if stream is None:
            return True
        try:
            async with asyncio.timeout(within):
                await stream.stopped.wait()
        except TimeoutError:
            return False
        return True

    def _hear(self, event: Event) -> None:
        if event.kind == "http.request" and event.data["target"] == self.target():
            self._requests.add(event.number)
        if event.kind == CHUNK and event.data["to"] in self._requests:
            self.frames += self._reader.feed(event)
            self._news.set()

    async def _until(self, look: Callable[[], T | None], *, within: float) -> T | None:
        """Look whenever a chunk has come, until something is found or time is up."""
        try:
            async with asyncio.timeout(within):
                while (found := look()) is None:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return None
        return found

    async def frame(self, fits: Callable[[Frame], bool], *, within: float = COMES) -> Frame | None:
        """Wait for the first frame, of those that came already and those that come, that fits."""
        return await self._until(
            lambda: next((frame for frame in self.frames if fits(frame)), None), within=within
        )

    async def of_kind(self, kind: str, *, within: float = COMES) -> Frame | None:
        """Wait for the first frame of a kind."""
        return await self.frame(lambda frame: frame.kind == kind, within=within)

    async def cancel_of(self, lease: Lease, *, within: float = COMES) -> Frame | None:
        """Wait for the cancellation of a lease."""
        return await self.frame(
            lambda frame: frame.kind == "cancel" and frame.lease_id == lease.id, within=within
        )

    @property
    def waiting(self) -> list[Frame]:
        """The leases that came and that nobody has taken."""
        return [frame for frame in self.frames if frame.kind == "lease"][self._taken :]

    def take(self) -> None:
        """Let nobody take the next lease again."""
        self._taken += 1

    async def next_lease(self, *, within: float = COMES) -> Lease | None:
        """Take the next lease; None when none comes."""
        frame = await self._until(lambda: next(iter(self.waiting), None), within=within)
        if frame is None:
            return None
        self._taken += 1
        return Lease.of(frame)

    async def delivery(
        self, task_id: str, *, number: int = 0, within: float = COMES
    ) -> Lease | None:
        """Wait for a lease of a task: the first, or a later one."""

        def look() -> Frame | None:
            leases = (frame for frame in self.frames if frame.kind == "lease")
            found = [frame for frame in leases if frame.task_id == task_id]
            return found[number] if len(found) > number else None

        frame = await self._until(look, within=within)
        return None if frame is None else Lease.of(frame)

    async def lease_of(self, task_id: str) -> Lease:
        """Return the first lease of a task, which must come."""
        lease = await self.delivery(task_id)
        if lease is None:
            raise Unmet(f"no lease came within {COMES:g} s for a task of {self.type}")
        return lease

    async def linger(self, seconds: float) -> None:
        """Wait, unless a lease comes that nobody has taken."""
        await self._until(lambda: self.waiting or None, within=seconds)

    async def lease(self, *, within: float = COMES) -> Lease:
        """Take the next lease, which must come; its absence ends the scenario."""
        lease = await self.next_lease(within=within)
        if lease is None:
            raise Unmet(f"no lease came within {within:g} s for a task of {self.type}")
        return lease


async def side_by_side(*talks: Coroutine[Any, Any, Any]) -> None:
    """Let conversations go on at the same time, all to their end; then raise the first complaint.

    A task group would wrap it, and a complaint in a group is a crash to the kit.
    """
    for ending in await asyncio.gather(*talks, return_exceptions=True):
        if isinstance(ending, BaseException):
            raise ending


def without_none(body: Mapping[str, Any]) -> Body:
    """Return the members that are not None."""
    return {key: value for key, value in body.items() if value is not None}


def twin(tag: str) -> str:
    """Return the tag of the message that differs in one thing and must be accepted."""
    return tag + TWIN
