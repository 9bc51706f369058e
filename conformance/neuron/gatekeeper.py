"""The kit as a gateway: how scenarios lease work to a neuron and answer what it says.

The reference gateway stands behind the tap that the neuron dials, but only one conversation uses
it: in the others the kit answers in its place. It accepts whatever the neuron POSTs, since what is
wrong with it the checks shall say, and no strict gateway; and it writes the stream by hand, so that
frames may be odd in any way.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from conformance.kit.verdict import NotObserved
from conformance.kit.wire.tap_stream import OpenStream
from conformance.neuron import leasing
from conformance.neuron.hearing import (
    CONNECTED,
    ENDINGS,
    LEASE,
    OPEN,
    body_of,
    is_a,
    is_about,
    is_accepted,
    is_refused,
    kind_of,
)
from conformance.neuron.leasing import OK, OWN_STREAM, SENT_AT, asks_for, block, cancelling

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from conformance.kit.running.stage import Stage
    from conformance.kit.transcript import Event
    from conformance.kit.wire.tap import Asked, Reply, Rule
    from conformance.neuron.leasing import Frame, Lease

    End = Callable[[OpenStream], None]

PATIENCE = 4.0  # seconds that anything may take on a busy machine before the kit waits no longer
A_MOMENT = 0.15  # seconds in which what should not happen would have happened
SETTLING = 0.03  # seconds for what was open before to be seen to end
HEARTBEAT_INTERVAL = 10.0  # NEURON-NRN-HB-01
RECONNECT_DELAY = 0.5  # NEURON-NRN-RECON-02
DRAIN_TIMEOUT = 30.0
SHOWN = 4096  # characters of an input that a note repeats
CONFIRMED = ("type", "scope", "concurrency", "leaseTtlMs")  # what 1.0 neurons know


class Gatekeeper:
    """Waits for the neuron and leases work to it; waits never judge, so they end in silence."""

    def __init__(self, stage: Stage, *, greets: bool = True) -> None:
        self.stage = stage
        self.greets = greets  # answers a register on the stream too, as gateways do
        self._offered: list[Frame] = []
        self._usual: list[Rule] = []
        self._do_as_usual()

    # What is known of the neuron

    @property
    def interval(self) -> float:
        """Seconds between two heartbeats."""
        return float(self.stage.facts.get("heartbeat_interval", HEARTBEAT_INTERVAL))

    @property
    def delay(self) -> float:
        """Seconds before the first attempt to connect again."""
        return float(self.stage.facts.get("reconnect_delay", RECONNECT_DELAY))

    @property
    def drain_timeout(self) -> float:
        """Seconds that a stopping neuron gives what still runs."""
        return float(self.stage.facts.get("drain_timeout", DRAIN_TIMEOUT))

    def needs(self, capability: str) -> None:
        """Raise NotObserved when the neuron lacks a capability of the profile."""
        if capability not in [each.get("type") for each in self._offered]:
            raise NotObserved(
                f"the neuron does not offer {capability} (fixtures/neurons/README.md)"
            )

    # How the neuron comes

    async def come(self, path: str = "") -> None:
        """Let the neuron come, whatever becomes of it."""
        self.stage.note("the clock", wall=self.stage.now())
        await self.stage.begin(path)
        await asyncio.sleep(SETTLING)

    async def connected(self, path: str = "") -> Gatekeeper:
        """Let the neuron come; without an accepted register there is nothing to judge."""
        await self.come(path)
        await self.stage.expect(
            "a register that the gateway accepts",
            is_accepted("register"),
            within=self.interval + 2 * PATIENCE,
        )
        while not self.stage.tap.streams:  # what was open from before may end, and be opened again
            await self.back()
        self.stage.note(CONNECTED)
        self._greet()
        return self

    def _greet(self) -> None:
        """Note what the neuron offers, and confirm it."""
        for event in filter(is_a("register"), self._events):
            listed = body_of(event).get("capabilities")
            self._offered = [each for each in listed or () if isinstance(each, dict)]
        if self.greets:
            confirmed = [
                {name: value for name, value in each.items() if name in CONFIRMED}
                for each in self._offered
            ]
            self.tell("registered", sessionId="assay", capabilities=confirmed, acceptedAt=SENT_AT)

    async def registered(self, *, within: float = PATIENCE) -> bool:
        """Wait until a register is accepted that is newer than the neuron's last stream."""
        last = max((event.number for event in filter(is_a(OPEN), self._events)), default=-1)
        fits = is_accepted("register")
        came = await self._heard(lambda event: fits(event) and event.number > last, within=within)
        if came:
            self._greet()
        return came

    async def back(self) -> bool:
        """Wait until a neuron that lost its stream has another and is registered there."""
        within = PATIENCE + 10 * self.delay
        await self.stage.until(self._has_stream, bool, within=within)
        return await self.registered()

    async def _has_stream(self) -> bool:
        return bool(self.stage.tap.streams)

    async def renewed(
        self, ready: Callable[[], Awaitable[bool]], *, end: End = OpenStream.end
    ) -> bool:
        """End the neuron's stream in some way and wait for what comes of its next."""
        opened = sum(map(is_a(OPEN), self._events))
        for stream in self.stage.tap.streams:
            end(stream)
        if not await self.times(opened + 1, OPEN, within=PATIENCE + 10 * self.delay):
            return False
        return await ready()

    async def reconnected(self, *, end: End = OpenStream.end) -> bool:
        """End the neuron's stream, and wait until it has opened another and registered there."""
        return await self.renewed(self.registered, end=end)

    # What the gateway writes

    def lease(
        self,
        capability: str,
        input: Any = None,  # noqa: A002  (the frame's own word)
        *,
        about: str,
        **schemas: Any,
    ) -> Lease:
        """Return a lease that the kit alone knows; ``about`` names it for the checks."""
        lease_id = self.stage.unique(f"{self.stage.name}:{about}".replace(" ", "-"))
        return leasing.lease(lease_id, capability, input, about=about, **schemas)

    def announce(self, *leases: Lease) -> None:
        """Note leases for the checks, just before they are written."""
        for each in leases:
            frame = each.frame.get("lease")
            task = frame.get("task") if isinstance(frame, dict) else None
            told = task if isinstance(task, dict) else {}
            self.stage.note(
                LEASE,
                about=each.about,
                lease_id=each.id,
                task_id=told.get("taskId"),
                capability=told.get("capability"),
                input=_short(told.get("input")),
            )

    def send(self, *leases: Lease, then: bytes = b"") -> None:
        """Write leases into the neuron's stream, and perhaps something else, all at once."""
        self.announce(*leases)
        self.write(b"".join([*(each.block for each in leases), then]))

    def write(self, data: bytes, *, tag: str = "") -> None:
        """Write bytes into the neuron's newest stream, if it has one."""
        for stream in self.stage.tap.streams[-1:]:
            stream.write(data, tag=tag)

    def tell(self, type: str, **members: Any) -> None:  # noqa: A002  (the frame's own word)
        """Write a frame that is no lease."""
        self.write(block({"type": type, **members}), tag=type)

    def cancel(self, each: Lease) -> None:
        """Write a cancel."""
        self.write(cancelling(each.id), tag="cancel")

    def end_stream(self) -> None:
        """End the neuron's stream as an answer ends."""
        for stream in self.stage.tap.streams:
            stream.end()

    # What the neuron does

    async def ended(self, *leases: Lease, within: float = PATIENCE) -> bool:
        """Wait for the acks or nacks of leases; say whether all came."""
        waiting = {each.id for each in leases}

        def all_ended(event: Event) -> bool:
            if kind_of(event) in ENDINGS:
                waiting.discard(str(body_of(event).get("leaseId")))
            return not waiting

        return not waiting or await self._heard(all_ended, within=within)

    async def accepts(self, kind: str, *, within: float = PATIENCE) -> bool:
        """Wait until a request of a kind is accepted."""
        return await self._heard(is_accepted(kind), within=within)

    async def recovers(self, kind: str, *, within: float = PATIENCE) -> bool:
        """Wait until a request of a kind is accepted after one that was answered 401."""
        accepted, refused = is_accepted(kind), is_refused(kind, status=401)
        begun = False

        def fits(event: Event) -> bool:
            nonlocal begun
            begun |= refused(event)
            return accepted(event) and begun

        return await self._heard(fits, within=within)

    async def settled(self, *kinds: str) -> bool:
        """Wait until every request of these kinds has been answered, or given up."""
        waiting = {event.number for event in self._events if kind_of(event) in kinds}
        over = {"http.response", "http.failure"}

        def enough(event: Event) -> bool:
            if event.kind in over:
                waiting.discard(event.data["to"])
            return not waiting

        return not waiting or await self._heard(enough)

    async def times(self, count: int, *kinds: str, within: float = PATIENCE) -> bool:
        """Wait until the neuron has sent so many requests of these kinds in all."""
        fits, seen = is_a(*kinds), 0

        def enough(event: Event) -> bool:
            nonlocal seen
            seen += fits(event)
            return seen >= count

        return await self._heard(enough, within=within)

    async def more(self, count: int, *kinds: str, within: float = PATIENCE) -> bool:
        """Wait until the neuron sends so many more requests of these kinds from now on."""
        so_far = sum(map(is_a(*kinds), self._events))
        return await self.times(so_far + count, *kinds, within=within)

    async def fence(self, about: str = "the next lease", *, moment: float = 0.0) -> bool:
        """Lease something ordinary and wait for its end, or for a new stream.

        Whatever was written before has been read by then, and so long ago.
        """
        each, opened = self.lease("conf/echo", {"fence": True}, about=about), is_a(OPEN)
        before = len(self._events)
        self.send(each)
        ended = is_about(each.id)
        numbers = {event.number for event in self._events[:before]}
        await self._heard(
            lambda event: event.number not in numbers and (ended(event) or opened(event))
        )
        await asyncio.sleep(moment)
        return any(map(ended, self._events))

    async def gone(self) -> bool:
        """Stop the neuron, and wait until it has closed its stream."""
        await self.stage.end()
        return await self._heard(lambda event: event.kind == "http.end", within=PATIENCE / 2)

    # What it answers

    def answer(self, fits: Callable[[Asked], bool], *replies: Reply) -> list[Rule]:
        """Answer the next requests that fit with these replies in turn."""
        return [self.stage.tap.answer_next(fits, reply) for reply in replies]

    def always(self, fits: Callable[[Asked], bool], reply: Reply) -> Rule:
        """Answer every request that fits until the rule is withdrawn."""
        for rule in self._usual:  # of two standing rules the older one counts
            rule.withdraw()
        rule = self.stage.tap.answer(fits, reply)
        self._do_as_usual()
        return rule

    def step_aside(self) -> None:
        """Leave everything to the gateway behind the tap."""
        self.greets = False
        for rule in self._usual:
            rule.withdraw()

    def _do_as_usual(self) -> None:
        """Open every stream, and accept every POST."""
        answer = self.stage.tap.answer
        self._usual = [
            answer(asks_for(OPEN), OWN_STREAM),
            answer(lambda asked: asked.method == "POST", OK),
        ]

    async def until_used(self, *rules: Rule, within: float = PATIENCE) -> bool:
        """Wait until rules have answered; give the last answer time to arrive."""

        async def look() -> bool:
            return not any(rule.valid for rule in rules)

        return await self.stage.until(look, bool, within=within + 10 * self.delay)

    @property
    def _events(self) -> list[Event]:
        return self.stage.recorder.transcript.of(self.stage.name)

    async def _heard(self, fits: Callable[[Event], bool], *, within: float = PATIENCE) -> bool:
        return await self.stage.heard(fits, within=within) is not None


def _short(value: Any) -> Any:
    """Return a value as notes hold it: a giant one would be kept twice."""
    return value if len(json.dumps(value)) < SHOWN else "…"
