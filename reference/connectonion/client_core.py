"""One call of a client without its sockets: frames, polls and the time go in, effects come out.

A call ends with a result or an error, whatever becomes of its connection (sheet 5.4, 5.5).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, TypeAlias
from urllib.parse import quote

from reference.connectonion import canonical
from reference.connectonion.identity import Identity

Frame = Mapping[str, Any]
POLL_INTERVAL = 10.0  # seconds, CO-CLIENT-18
POLL_ATTEMPTS = 30  # CO-CLIENT-18
TIMEOUT = 600.0  # seconds, CO-CLIENT-12
DEAD_AFTER = 60.0  # seconds, CO-CLIENT-11
NORMAL, GIVEN_UP = 1000, 1011  # CO-CLIENT-22
OK, NOT_FOUND = 200, 404
PROOF_DEMANDED = frozenset({401, 403})  # CO-CLIENT-31
SURE = 2  # polls in a row that know nothing; what was just sent may arrive behind the first


class Stage(Enum):
    """How far a call has come."""

    OPENING = auto()
    ASKED = auto()
    ONBOARDING = auto()
    POLLING = auto()
    OVER = auto()


@dataclass(frozen=True, slots=True)
class Open:
    """Open the WebSocket at this path."""

    path: str


@dataclass(frozen=True, slots=True)
class Say:
    """Send a frame."""

    text: str


@dataclass(frozen=True, slots=True)
class Hang:
    """Close the WebSocket."""

    code: int


@dataclass(frozen=True, slots=True)
class Poll:
    """GET this path, with these headers."""

    path: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """Tell the application what the agent does or asks."""

    frame: Frame


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended."""

    result: Any = None
    error: str = ""


Effect: TypeAlias = Open | Say | Hang | Poll | Told | Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a client calls: whom, in which way, and how patient it is (seconds)."""

    identity: Identity
    to: str = ""  # relay mode: the address of the host
    invite_code: str = ""
    poll_interval: float = POLL_INTERVAL
    poll_attempts: int = POLL_ATTEMPTS
    timeout: float = TIMEOUT
    dead_after: float = DEAD_AFTER

    @property
    def path(self) -> str:
        """Where prompts are taken (CO-CLIENT-01)."""
        return "/ws/input" if self.to else "/ws"


@dataclass(slots=True, eq=False)
class Call:
    """One prompt on its way to a result."""

    manner: Manner
    prompt: str
    session: Frame
    new_id: Callable[[], str]
    begun: float
    stage: Stage = Stage.OPENING
    input_id: str = ""
    heard: float = 0.0
    polls: int = 0
    next_poll: float = 0.0
    unknown: int = 0  # polls in a row that knew nothing of the run
    begun_there: bool = False  # the host has shown that it works on the prompt
    proving: bool = False  # the host tells of a session only who shows whose it is
    offered: bool = False
    why: str = ""  # why it polls
    _effects: list[Effect] = field(default_factory=list)

    @property
    def session_id(self) -> str:
        """The id by which the result can be recovered (CO-CLIENT-19)."""
        return str(self.session["session_id"])

    def take(self) -> list[Effect]:
        """Hand out what is to be done."""
        effects, self._effects = self._effects, []
        return effects

    def start(self) -> list[Effect]:
        """Begin."""
        self._effects.append(Open(self.manner.path))
        return self.take()

    def recover(self, *, now: float) -> list[Effect]:
        """Begin with the question what became of an earlier call (CO-CLIENT-17)."""
        self._lost("the client was restarted", now)
        return self.take()

    def opened(self, *, now: float) -> list[Effect]:
        """Send the prompt: the socket is open."""
        self._ask(now)
        return self.take()

    def answer(self, frame: Frame) -> list[Effect]:
        """Answer what the agent asked, on the same connection (CO-CLIENT-16)."""
        self._say(frame)
        return self.take()

    def hear(self, text: str, *, now: float) -> list[Effect]:
        """Take a frame."""
        if self.stage not in LISTENING:  # it was under way when the call hung up
            return []
        self.heard = now
        try:
            frame = json.loads(text)
        except (ValueError, RecursionError):
            frame = None
        if not isinstance(frame, dict):  # CO-CLIENT-20
            self._end(Outcome(error="the host sent a frame that is no JSON object"), GIVEN_UP)
        elif not self._is_foreign(frame):
            kind = frame.get("type")
            handler = HANDLERS.get(kind) if isinstance(kind, str) else None
            (handler or Call._other)(self, frame, now)
        return self.take()

    def _is_foreign(self, frame: Frame) -> bool:
        """Whether a relay delivers what is another call's (CO-CLIENT-21)."""
        told = frame.get("input_id")
        return bool(self.manner.to) and told is not None and told != self.input_id

    def closed(self, why: str, *, now: float) -> list[Effect]:
        """Go on without the socket."""
        if self.stage not in {Stage.OVER, Stage.POLLING}:
            self._lost(why, now)
        return self.take()

    def polled(self, status: int | None, body: Any, *, now: float) -> list[Effect]:
        """Take what a poll brought: the record, a refusal, or nothing at all (None)."""
        if self.stage is not Stage.POLLING:
            return []
        self.proving |= status in PROOF_DEMANDED
        record = body if status == OK and isinstance(body, dict) else {}
        absent = status == NOT_FOUND or self._is_earlier(record)
        self.unknown = self.unknown + 1 if absent else 0
        state = None if absent else record.get("status")
        if state == "running":
            self._begun()
        if state == "done":
            self._end(Outcome(result=record.get("result")), None)
        elif self._is_unknown and (self.begun_there or not self.prompt):
            # A second run would be another deed (CO-CLIENT-28).
            self._end(Outcome(error=f"{self.why}, and the host knows no result"), None)
        elif self.polls >= self.manner.poll_attempts:
            self._end(Outcome(error=f"{self.why}, and polling brought no result"), None)
        elif self._is_unknown:
            self._begin_again(now)
        else:
            self.next_poll = now + self.manner.poll_interval
        return self.take()

    @property
    def _is_unknown(self) -> bool:
        """Whether the host certainly knows nothing of the prompt, if it was sent at all."""
        return self.unknown >= (SURE if self.input_id else 1)

    def _is_earlier(self, record: Frame) -> bool:
        """Whether a record is that of the session's run before this one (CO-CLIENT-27)."""
        return bool(self.prompt) and record.get("prompt", self.prompt) != self.prompt

    def _begin_again(self, now: float) -> None:
        """Ask once more: the host knows nothing of the run, so it never began."""
        if now - self.begun >= self.manner.timeout:
            self._end(Outcome(error=f"{self.why}, and the host knows nothing of it"), None)
            return
        self.stage, self.unknown = Stage.OPENING, 0
        self._effects.append(Open(self.manner.path))

    def tick(self, *, now: float) -> list[Effect]:
        """Do what is due."""
        if self.stage is Stage.POLLING and now >= self.next_poll:
            self._poll(now)
        elif self.stage in LISTENING and now - self.heard >= self.manner.dead_after:
            self._hang_up(f"nothing was heard for {self.manner.dead_after:g} s", now)
        elif self.stage in LISTENING and now - self.begun >= self.manner.timeout:
            self._hang_up(f"no result within {self.manner.timeout:g} s", now)
        return self.take()

    def due(self) -> float | None:
        """Return when something will be due."""
        if self.stage is Stage.POLLING:
            return self.next_poll
        if self.stage in LISTENING:
            patience = self.heard + self.manner.dead_after
            return min(patience, self.begun + self.manner.timeout)
        return None

    # What it does

    def _hang_up(self, why: str, now: float) -> None:
        self._effects.append(Hang(GIVEN_UP))
        self._lost(why, now)

    def _lost(self, why: str, now: float) -> None:
        """Ask for the record instead: the run goes on without us."""
        self.stage, self.why, self.heard = Stage.POLLING, why, now
        self._poll(now)

    def _poll(self, now: float) -> None:
        self.polls += 1
        self.next_poll = float("inf")
        path = f"/sessions/{quote(self.session_id, safe='')}"
        self._effects.append(Poll(path, self._proof(now) if self.proving else ()))

    def _proof(self, now: float) -> tuple[tuple[str, str], ...]:
        """Return the headers that sign a GET (sheet 4.3)."""
        me = self.manner.identity
        signature = me.sign(canonical.escaped({"timestamp": now}))
        return (("X-From", me.address), ("X-Signature", signature), ("X-Timestamp", repr(now)))

    def _ask(self, now: float) -> None:
        self.stage, self.heard, self.input_id = Stage.ASKED, now, self.new_id()
        to = {"to": self.manner.to} if self.manner.to else {}
        # The id is signed too: the same prompt twice in a second is no replay (CO-AUTH-23).
        signed = self._signed({"prompt": self.prompt, **to, "input_id": self.input_id}, now)
        self._say(
            {
                "type": "INPUT",
                "input_id": self.input_id,
                "prompt": self.prompt,
                **to,
                **signed,
                "timestamp": int(now),
                "session": self.session,
            }
        )

    def _signed(self, payload: Frame, now: float) -> dict[str, Any]:
        """Return payload, sender and signature (CO-CLIENT-03, CO-CLIENT-04)."""
        whole = {**payload, "timestamp": int(now)}
        me = self.manner.identity
        return {
            "payload": whole,
            "from": me.address,
            "signature": me.sign(canonical.escaped(whole)),
        }

    def _say(self, frame: Frame) -> None:
        self._effects.append(Say(json.dumps(frame)))

    def _end(self, outcome: Outcome, code: int | None) -> None:
        self.stage = Stage.OVER
        if code is not None:
            self._effects.append(Hang(code))
        self._effects.append(outcome)

    def _begun(self) -> None:
        """Remember that the host works on the prompt: it is not to come a second time."""
        self.begun_there = True

    # What it hears

    def _ping(self, _frame: Frame, _now: float) -> None:
        self._begun()
        self._say({"type": "PONG"})  # CO-CLIENT-10

    def _other(self, frame: Frame, _now: float) -> None:
        """Tell it to the application, and otherwise ignore it (CO-CLIENT-09)."""
        self._begun()
        self._effects.append(Told(frame))

    def _output(self, frame: Frame, _now: float) -> None:
        session = frame.get("session")
        if isinstance(session, dict):  # by whatever id it goes on, it can be recovered
            named = isinstance(session.get("session_id"), str) and session["session_id"]
            self.session = session if named else {**session, "session_id": self.session_id}
        self._end(Outcome(result=frame.get("result")), NORMAL)

    def _error(self, frame: Frame, _now: float) -> None:
        said = frame.get("message") or frame.get("error")  # CO-CLIENT-08
        self._end(Outcome(error=str(said)), GIVEN_UP)

    def _onboard(self, frame: Frame, now: float) -> None:
        """Offer the code, once (CO-CLIENT-13)."""
        methods = frame.get("methods")
        takes_codes = isinstance(methods, list) and "invite_code" in methods
        if self.offered or not self.manner.invite_code or not takes_codes:
            self._end(Outcome(error=f"the host demands onboarding: {methods}"), GIVEN_UP)
            return
        self.offered, self.stage = True, Stage.ONBOARDING
        signed = self._signed({"invite_code": self.manner.invite_code}, now)
        self._say({"type": "ONBOARD_SUBMIT", **signed})

    def _onboarded(self, frame: Frame, now: float) -> None:
        self._effects.append(Told(frame))
        if self.stage is Stage.ONBOARDING:
            self._ask(now)


LISTENING = frozenset({Stage.ASKED, Stage.ONBOARDING})
HANDLERS: Mapping[str, Callable[[Call, Frame, float], None]] = {
    "PING": Call._ping,  # noqa: SLF001  (the table belongs to the class)
    "OUTPUT": Call._output,  # noqa: SLF001
    "ERROR": Call._error,  # noqa: SLF001
    "ONBOARD_REQUIRED": Call._onboard,  # noqa: SLF001
    "ONBOARD_SUCCESS": Call._onboarded,  # noqa: SLF001
}
