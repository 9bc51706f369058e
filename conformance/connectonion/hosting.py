"""The kit as a host: how scenarios have a client ask, and answer what it says.

A reference host stands behind the tap that the client dials, but no conversation uses it: the kit
takes every WebSocket and answers every poll in its place, so that a host may be odd in any way.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.connectonion.peer import COMES
from conformance.connectonion.polls import (
    JSON,
    POLL_INTERVAL,
    TAKEN,
    UNKNOWN,
    is_given_up,
    is_poll,
    is_upgrade,
    polls_at,
    session_id,
)
from conformance.connectonion.talk import CLOSE, frame_of, of_type
from conformance.kit.transcript import Direction
from conformance.kit.wire.tap import Reply
from conformance.kit.wire.tap_sockets import whole_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.connectonion.talk import Frame
    from conformance.kit.running.stage import Stage
    from conformance.kit.transcript import Event
    from conformance.kit.wire.tap import Rule
    from conformance.kit.wire.tap_sockets import OpenSocket

CALL = "a call"  # the note that goes before each call of the client
LEFT = "a call is waited for no longer"  # the note of what the kit ends by force
LONG = 90.0  # seconds that a call may last, with its polls
DEAD_AFTER, TIMEOUT = 60.0, 600.0  # seconds: CO-CLIENT-11, CO-CLIENT-12
PING = {"type": "PING"}
A_MOMENT = 0.15  # seconds in which what should not happen would have happened


@dataclass(slots=True, eq=False)
class Call:
    """One prompt that the client was asked to send; nobody knows it of a client without driver."""

    about: str
    prompt: str | None
    begun: int  # the number of its note
    work: asyncio.Task[Any] | None = None
    input: Frame | None = None
    heard: int = 0  # the number of the last event that was waited for
    session: str = ""  # the id of a call that is only to be brought back

    @property
    def session_id(self) -> str:
        """By which id the client asked its result to be kept; empty where it did not say."""
        return self.session if self.input is None else session_id(self.input)


class Hosting:
    """Waits for the client and answers it; waits never judge, so they end in silence."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        stage.tap.answer(is_upgrade, TAKEN)
        self._polls: Rule = stage.tap.answer(is_poll, UNKNOWN)

    async def comes(self, path: str = "") -> Hosting:
        """Let the client come."""
        self.stage.note("the clock", wall=self.stage.now())
        await self.stage.begin(path)
        return self

    # What is known of the client

    def seconds(self, name: str, default: float) -> float:
        """Return an interval of the client's."""
        return float(self.stage.facts.get(name, default))

    @property
    def poll_interval(self) -> float:
        """Seconds between two polls."""
        return self.seconds("poll_interval", POLL_INTERVAL)

    @property
    def driven(self) -> bool:
        """Whether the kit decides what the client asks."""
        return self.stage.client_can("ask")

    @property
    def socket(self) -> OpenSocket | None:
        """The client's newest WebSocket."""
        taken = self.stage.tap.sockets
        return taken[-1] if taken else None

    # What the client is made to do

    def call(self, prompt: str, *, about: str) -> Call:
        """Have the client ask; without a driver its own prompt comes by itself."""
        note = self.stage.note(CALL, about=about, ours=self.driven)
        if not self.driven:
            return Call(about, None, note.number, heard=note.number)
        asking = self.stage.have("ask", tag=about, within=LONG, prompt=prompt)
        work = self.stage.beside(asking)
        return Call(about, prompt, note.number, work, heard=note.number)

    async def asked(self, prompt: str, *, about: str) -> Call:
        """Have the client ask, and wait for its INPUT; raises Unmet when none comes."""
        call = self.call(prompt, about=about)
        await self.input(call)
        return call

    async def input(self, call: Call) -> None:
        """Wait for a call's next INPUT; raises Unmet."""
        within = COMES + 2 * self.poll_interval
        event = await self.stage.expect("an INPUT", self._is_input_of(call), within=within)
        call.heard, call.input = event.number, frame_of(event)

    async def comes_back(self, call: Call, *, within: float = COMES) -> bool:
        """Wait until a call's prompt comes again; say whether it did."""
        event = await self.stage.heard(self._is_input_of(call), within=within)
        if event is not None:
            call.heard, call.input = event.number, frame_of(event)
        return event is not None

    @staticmethod
    def _is_input_of(call: Call) -> Callable[[Event], bool]:
        """Return what tells the next INPUT of a call; those of others are told by the prompt."""

        def fits(event: Event) -> bool:
            found = next(of_type([event], "INPUT"), None)
            if found is None or event.number <= call.heard:
                return False
            payload = found.body.get("payload")
            signed = payload.get("prompt") if isinstance(payload, dict) else None
            return call.prompt in {None, found.body.get("prompt"), signed}

        return fits

    def answers(self, call: Call, **answer: Any) -> None:
        """Have the client answer what the agent asked."""
        if self.stage.client_can("answer"):
            call.work = self.stage.beside(
                self.stage.have("answer", tag=call.about, within=LONG, **answer)
            )

    def recovers(self, session_id: str, *, about: str) -> Call:
        """Have the client bring back the result of an earlier prompt."""
        note = self.stage.note(CALL, about=about, ours=self.stage.client_can("recover"))
        asking = self.stage.have("recover", tag=about, within=LONG, session_id=session_id)
        work = self.stage.beside(asking)
        return Call(about, None, note.number, work, heard=note.number, session=session_id)

    # What the host says

    async def say(self, frame: Mapping[str, Any] | str | bytes, *, tag: str = "") -> None:
        """Send a frame, if the client is there."""
        said = frame if isinstance(frame, str | bytes) else json.dumps(frame)
        if self.socket is not None:
            with contextlib.suppress(ConnectionError):
                await self.socket.say(said, tag=tag)

    def output(self, call: Call, result: Any, **members: Any) -> dict[str, Any]:
        """Return a call's OUTPUT; in relay mode it has its input's id."""
        known = call.input.body if call.input is not None else {}
        relayed = {"input_id": known.get("input_id")} if known.get("to") else {}
        told = {"type": "OUTPUT", "result": result, "session_id": call.session_id}
        return {**told, "duration_ms": 1, "session": known.get("session"), **relayed, **members}

    @staticmethod
    def record(call: Call, status: str = "done", result: Any = None, **members: Any) -> Reply:
        """Return a poll's answer: what is known of a call."""
        asked = {} if call.input is None else call.input.body
        told = {"session_id": call.session_id, "status": status, "prompt": asked.get("prompt")}
        times = {"created": 1.5, "expires": 2.0**33, "duration_ms": None}
        document = {**told, "result": result, **times, **members}
        return Reply(200, JSON, json.dumps(document).encode())

    async def done(self, call: Call, **members: Any) -> str:
        """End a call with a result that nobody else gets, and return it."""
        result = self.stage.unique("result")
        await self.say(self.output(call, result, **members))
        await self.over(call)
        return result

    def cut(self) -> None:
        """Break every connection of the client."""
        self.stage.tap.cut_all()

    def break_off(self, frame: Mapping[str, Any], part: float) -> None:
        """Begin a frame, and close the connection after a part of its bytes: one at least."""
        text = json.dumps(frame)
        if self.socket is not None:
            size = len(whole_frame(text.encode())) - 1
            self.socket.say_part(text, max(1, int(part * size)))

    def knows(self, *replies: Reply, then: Reply | None = None) -> None:
        """Answer the next polls with these, and all the others, if that is said, with ``then``."""
        for reply in replies:
            self.stage.tap.answer_next(is_poll, reply)
        if then is not None:
            self._polls.withdraw()
            self._polls = self.stage.tap.answer(is_poll, then)

    # What the client does

    async def over(self, call: Call, *, within: float = COMES) -> bool:
        """Wait until a call has ended, or its agent has asked something."""
        if call.work is not None:
            await asyncio.wait({call.work}, timeout=within)
            return call.work.done()
        return await self.heard(call, lambda event: event.kind == CLOSE, within=within)

    async def fetched(self, call: Call, result: Any, *, within: float) -> bool:
        """Wait until a call has ended; of a client without driver, until it was told a result."""
        if call.work is not None:
            return await self.over(call, within=within)
        told = f'"result": {json.dumps(result)}'.encode()

        def tells(event: Event) -> bool:
            return event.number > call.begun and told in event.body

        return await self.stage.heard(tells, within=within) is not None

    async def hears(self, call: Call, *types: str, within: float = COMES) -> Frame | None:
        """Wait for the client's next frame of some types."""

        def fits(event: Event) -> bool:
            return any(of_type([event], *types))

        found = await self._next(call, fits, within=within)
        return None if found is None else frame_of(found)

    async def heard(
        self, call: Call, fits: Callable[[Event], bool], *, within: float = COMES
    ) -> bool:
        """Wait for the client to do something, later than what was waited for before."""
        return await self._next(call, fits, within=within) is not None

    async def _next(
        self, call: Call, fits: Callable[[Event], bool], *, within: float
    ) -> Event | None:
        def later(event: Event) -> bool:
            mine = event.direction is Direction.TARGET and event.number > call.heard
            return mine and fits(event)

        event = await self.stage.heard(later, within=within)
        if event is not None:
            call.heard = event.number
        return event

    async def polled(self, call: Call, times: int = 1) -> bool:
        """Wait until the client has looked so often at a session."""
        count = 0

        def enough(event: Event) -> bool:
            nonlocal count
            count += event.number > call.begun and polls_at(event, call.session_id)
            return count >= times

        within = COMES + 2 * times * self.poll_interval
        return await self.stage.heard(enough, within=within) is not None

    async def gives_up(self, call: Call, *, within: float) -> bool:
        """Wait until the client listens no more for the answer to its INPUT."""
        asked = call.input
        return asked is not None and await self.heard(
            call, lambda event: is_given_up(event, asked), within=within
        )

    async def leave(self, call: Call) -> None:
        """Let a call end that nobody waits for, so that it does not disturb the next."""
        self.stage.note(LEFT, about=call.about)
        self.knows(then=self.record(call, result="assay goes on"))
        await self.say(self.output(call, "assay goes on"))
        await self.over(call, within=1.0)
        self.knows(then=UNKNOWN)
        self.cut()
