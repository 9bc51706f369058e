"""What a worker does next: a machine of answers and time in, requests out (sheet 5.6).

It never waits and never reads a clock. Its shell performs the effects and tells what came of
them; `tick` starts what is due at a moment, and `next_deadline` says when to call it again.
"""

from collections.abc import Callable, Mapping
from typing import Any

from reference.rxon import canonical, execution, orders
from reference.rxon.agenda import Agenda
from reference.rxon.departure import Departure, Step
from reference.rxon.errands import (
    ERRANDS,
    FAREWELL,
    HEARTBEAT,
    POLL,
    REGISTER,
    SOCKET,
    TOKEN,
    Answer,
    Cancel,
    Connect,
    Effect,
    Errand,
    HangUp,
    Key,
    Pace,
    Phase,
    Run,
    Say,
    Send,
)
from reference.rxon.execution import Outcome
from reference.rxon.worker_messages import Profile, Writer
from reference.rxon.worker_requests import Requests
from reference.rxon.worker_tokens import Tokens
from reference.rxon.workload import Workload

OK, UNAUTHORIZED, TOO_MANY = 200, 401, 429


class Worker:
    """One worker of one orchestrator."""

    def __init__(self, profile: Profile, pace: Pace, *, new_id: Callable[[], str]) -> None:
        self.profile = profile
        self.pace = pace
        self.writer = Writer(profile, new_id)
        self.agenda = Agenda(pace)
        self.tokens = Tokens(profile.token)
        self.requests = Requests(profile, pace, self.writer, self.tokens)
        self.departure = Departure()
        self.work = Workload()
        self.phase = Phase.APPLYING
        self._new_id = new_id
        self.letters: dict[Key, bytes] = {}  # results and events that must arrive
        self._effects: list[Effect] = []
        self._plugged = self._registered = self._whole = self._news = False
        self._last_beat = float("-inf")

    # Time

    def start(self, *, now: float) -> None:
        """Apply for work (RXON-REG-10)."""
        self.agenda.at(REGISTER, now)
        self.tick(now=now)

    def tick(self, *, now: float) -> None:
        """Start every errand that is due."""
        self._depart(now=now)
        for key in self.agenda.due(now=now, allowed=self._allowed):
            self._begin(key, MAKERS[key[0]](self, key, now))

    def next_deadline(self) -> float | None:
        """Return when something is due next."""
        moments = (self.agenda.next(self._allowed), self.departure.until)
        return min((moment for moment in moments if moment is not None), default=None)

    def effects(self) -> list[Effect]:
        """Return what is to be done now, once."""
        wanted, self._effects = self._effects, []
        return wanted

    def _begin(self, key: Key, request: Send | Connect) -> None:
        self.agenda.under_way[key] = request
        self._effects.append(request)

    def _allowed(self, key: Key) -> bool:
        full = key == POLL and self._full  # RXON-POLL-14
        return key[0] in ERRANDS[self.phase] and not full

    @property
    def _full(self) -> bool:
        return len(self.work.running) >= self.profile.max_concurrent_tasks

    # What comes back from the orchestrator

    def answered(self, key: Key, answer: Answer, *, now: float) -> None:
        """Take the answer to a request; one that the token spoilt may wait for another."""
        request = self.agenda.under_way.get(key)
        if isinstance(request, Send) and not self._waits_for_a_token(request, answer, now=now):
            self._hear(key, answer, now=now)
        self._go_on(now=now)

    def broken(self, key: Key, *, now: float) -> None:
        """Take note that a request got no answer."""
        if key in self.agenda.under_way:
            self._over(key)
            if key == TOKEN:
                self._take_token(None, now=now)
            else:
                self._again(key, None, now=now)
        self._go_on(now=now)

    def plugged(self, *, now: float) -> None:
        """Take note that the WebSocket is open."""
        self._plugged = True
        self.agenda.succeeded(SOCKET)
        self._go_on(now=now)

    def unplugged(self, *, now: float) -> None:
        """Take note that the WebSocket is closed, or was refused (RXON-WS-08)."""
        self._plugged = False
        self._over(SOCKET)
        self.agenda.failed(SOCKET, None, now=now)
        self._go_on(now=now)

    def commanded(self, frame: bytes, *, now: float) -> None:
        """Take a text frame; what is no known command has no effect (RXON-WS-07, -09)."""
        self._cancel(orders.task_to_cancel(frame))
        self._go_on(now=now)

    def _hear(self, key: Key, answer: Answer, *, now: float) -> None:
        self._over(key)
        HEARERS[key[0]](self, key, answer, now)

    def _over(self, key: Key) -> None:
        self.agenda.under_way.pop(key, None)
        self.tokens.settled(key)

    # What comes from the skills

    def ended(self, task_id: str, outcome: Outcome, *, now: float) -> None:
        """Report how a task ended, unless it was given up."""
        task = self.work.ended(task_id)
        if task is None:
            return
        try:
            letter = self.writer.result(task, outcome, now=now)
        except canonical.CanonicalError as error:  # a skill may return what JSON cannot carry
            letter = self.writer.result(task, execution.crashed(error), now=now)
        self._post((Errand.RESULT, task_id), letter, now=now)
        self._beat_soon(now=now)
        self._go_on(now=now)

    def happened(self, task_id: str, event: str, payload: Mapping[str, Any], *, now: float) -> None:
        """Tell what a task says meanwhile: on the WebSocket if it is open (RXON-EVT-07)."""
        task = self.work.running.get(task_id)
        if task is None or not execution.may_tell(
            self.profile.catalogue[task["type"]], event, payload
        ):
            return
        told = self.writer.event(task, event, payload, now=now)
        if self._plugged:
            self._effects.append(Say(told))
        else:
            self._post((Errand.EVENT, self._new_id()), told, now=now)
        self._go_on(now=now)

    # The end

    def stop(self, *, now: float) -> None:
        """Take no more tasks, finish what runs, say goodbye (RXON-EXE-12)."""
        if self.phase in {Phase.APPLYING, Phase.WORKING}:
            self.phase = Phase.DRAINING
            self.departure.begun(now=now, patience=self.pace.shutdown_timeout)
            self._hang_up(POLL)
            if self._registered and self.work.running:
                self.agenda.at(HEARTBEAT, now)
        self._go_on(now=now)

    def _depart(self, *, now: float) -> None:
        match self.departure.step(self.phase, busy=bool(self.work.running), now=now):
            case Step.CANCEL:
                for task_id in self.work.running:
                    self._cancel(task_id)
            case Step.GIVE_UP:
                self.work.given_up()
                self.letters.clear()
                for key in list(self.agenda.under_way):
                    self._hang_up(key)
                self._leave(now=now)
            case Step.GO:
                self._be_gone()

    def _leave(self, *, now: float) -> None:
        if not self._registered:
            self._be_gone()
            return
        self.phase = Phase.LEAVING
        self.agenda.at(FAREWELL, now)
        self.departure.leaving(now=now)

    def _be_gone(self) -> None:
        self.phase = Phase.GONE
        self.departure.over()

    def _hang_up(self, key: Key) -> None:
        if key in self.agenda.under_way:
            self._over(key)
            self._effects.append(HangUp(key))

    @property
    def _drained(self) -> bool:
        """Whether nothing runs, and nothing is under way that the farewell must not overtake."""
        talking = self.agenda.under_way.keys() & {REGISTER, HEARTBEAT}
        return not (self.work.running or self.letters or talking)

    def _go_on(self, *, now: float) -> None:
        if self.phase is Phase.DRAINING and self._drained:
            self._leave(now=now)
        self.tick(now=now)

    # Tokens

    def _waits_for_a_token(self, request: Send, answer: Answer, *, now: float) -> bool:
        """Let a request that was answered 401 wait for another token (RXON-AUTH-06)."""
        refused = answer.status == UNAUTHORIZED and request.key != TOKEN
        if not refused or not self.tokens.waits(request, answer):
            return False
        if self.tokens.outdated(request):
            self._repeat()
        else:
            self.agenda.at(TOKEN, now)
        return True

    def _take_token(self, answer: Answer | None, *, now: float) -> None:
        """Repeat what waited for a token, or let it be refused after all (RXON-AUTH-07)."""
        lifetime = self.tokens.issued(answer)
        if lifetime is not None:
            self.agenda.succeeded(TOKEN)
            self.agenda.at(TOKEN, now + lifetime)
            self._repeat()
            return
        self.agenda.failed(TOKEN, answer, now=now)
        for key, refusal in self.tokens.refusals():
            self._hear(key, refusal, now=now)

    def _repeat(self) -> None:
        for request in self.tokens.repeats():
            self._begin(request.key, request)

    # Helpers of the reactions below

    def _again(self, key: Key, answer: Answer | None, *, now: float) -> None:
        """Try an errand again after a while, or let it be."""
        if not self.agenda.failed(key, answer, now=now):
            self.letters.pop(key, None)
            if key == FAREWELL:
                self._be_gone()

    def _post(self, key: Key, letter: bytes, *, now: float) -> None:
        self.letters[key] = letter
        self.agenda.at(key, now)

    def _delivered(self, key: Key) -> None:
        del self.letters[key]
        self.agenda.forget(key)

    def _beat_soon(self, *, now: float) -> None:
        """Tell what changed, but not more often than the cool-down allows (RXON-HB-19)."""
        self._news = HEARTBEAT in self.agenda.under_way
        if not self._news and not self.agenda.tried(HEARTBEAT):
            self.agenda.by(HEARTBEAT, self._earliest_beat(now))

    def _earliest_beat(self, now: float) -> float:
        return max(now, self._last_beat + self.pace.heartbeat_cooldown)

    def _cancel(self, task_id: str | None) -> None:
        if task_id in self.work.running:
            self._effects.append(Cancel(task_id))

    def _beat(self, now: float) -> Send:
        self._last_beat, self._news = now, False
        draining = self.phase is Phase.DRAINING
        return self.requests.heartbeat(
            status="busy" if draining else "full" if self._full else "idle",  # RXON-HB-13
            running=self.work.running,
            available=not (draining or self._full),
            whole=self._whole,
            now=now,
        )

    # How each answer is taken

    def _hear_registration(self, key: Key, answer: Answer, now: float) -> None:
        if not answer.ok:
            self._again(key, answer, now=now)
            return
        self.agenda.succeeded(key)
        if self.phase is Phase.APPLYING:  # it may have been told to stop since
            self.phase = Phase.WORKING
        self.agenda.at(HEARTBEAT, now)
        self.agenda.unless_planned(POLL, now)
        if self.profile.websockets:
            self.agenda.unless_planned(SOCKET, now)
        if self.pace.first_rotation is not None:
            self.agenda.unless_planned(TOKEN, now + self.pace.first_rotation)
        self._registered = True

    def _hear_heartbeat(self, key: Key, answer: Answer, now: float) -> None:
        if answer.ok:
            self.agenda.succeeded(key)
            self._obey(answer.json, now=now)
        elif orders.is_to_register(answer) and self.phase is Phase.WORKING:  # RXON-HB-16
            self.phase = Phase.APPLYING
            self.agenda.succeeded(key)
            self.agenda.at(REGISTER, now)
        else:
            self._again(key, answer, now=now)

    def _obey(self, said: Any, *, now: float) -> None:
        """Do what the answer to a heartbeat asks for."""
        told = orders.Orders.of(said)
        self._whole = told.whole  # RXON-HB-14
        for task_id in told.cancelled:  # RXON-EXE-09
            self._cancel(task_id)
        later = now + self.pace.heartbeat_interval + told.jitter  # RXON-HB-17
        self.agenda.at(HEARTBEAT, min(self._earliest_beat(now), later) if self._news else later)

    def _hear_poll(self, key: Key, answer: Answer, now: float) -> None:
        if answer.status == TOO_MANY:
            self._again(key, answer, now=now)
            return
        self.agenda.succeeded(key)
        task = answer.json if answer.status == OK else None
        if task and self._take(task, now=now):
            self.agenda.at(key, now)
        else:  # RXON-POLL-12, -17, -18: whatever it was, go on
            self.agenda.at(key, now + self.pace.idle_delay)

    def _take(self, task: Any, *, now: float) -> bool:
        """Start a task, or answer it at once; False for what is no task."""
        if not execution.is_task(task):
            return False
        task_id = task["task_id"]
        if self.work.knows(task_id):  # RXON-EXE-10
            return True
        self.work.begun(task)
        refused = execution.refusal(task, self.profile.catalogue, now=now)
        if refused is not None:
            self.ended(task_id, refused, now=now)
            return True
        self._effects.append(Run(task))
        self._beat_soon(now=now)
        return True

    def _hear_result(self, key: Key, answer: Answer, now: float) -> None:
        if orders.is_final(answer):  # RXON-EXE-08: also a refusal is final
            self._delivered(key)
        else:  # RXON-EXE-07
            self._again(key, answer, now=now)

    def _hear_event(self, key: Key, _answer: Answer, _now: float) -> None:
        self._delivered(key)

    def _hear_token(self, _key: Key, answer: Answer, now: float) -> None:
        self._take_token(answer, now=now)

    def _hear_farewell(self, _key: Key, _answer: Answer, _now: float) -> None:
        self._be_gone()


MAKERS: Mapping[Errand, Callable[[Worker, Key, float], Send | Connect]] = {
    Errand.REGISTER: lambda worker, _, now: worker.requests.registration(now=now),
    Errand.HEARTBEAT: lambda worker, _, now: worker._beat(now),  # noqa: SLF001
    Errand.POLL: lambda worker, _key, _now: worker.requests.poll(),
    Errand.RESULT: lambda worker, key, _: worker.requests.result(key, worker.letters[key]),
    Errand.EVENT: lambda worker, key, _: worker.requests.event(key, worker.letters[key]),
    Errand.SOCKET: lambda worker, _key, _now: worker.requests.socket(),
    Errand.TOKEN: lambda worker, _key, _now: worker.requests.new_token(),
    Errand.FAREWELL: lambda worker, _, now: worker.requests.farewell(now=now),
}
HEARERS: Mapping[Errand, Callable[[Worker, Key, Answer, float], None]] = {
    Errand.REGISTER: Worker._hear_registration,  # noqa: SLF001  the tables belong to the class
    Errand.HEARTBEAT: Worker._hear_heartbeat,  # noqa: SLF001
    Errand.POLL: Worker._hear_poll,  # noqa: SLF001
    Errand.RESULT: Worker._hear_result,  # noqa: SLF001
    Errand.EVENT: Worker._hear_event,  # noqa: SLF001
    Errand.TOKEN: Worker._hear_token,  # noqa: SLF001
    Errand.FAREWELL: Worker._hear_farewell,  # noqa: SLF001
}
