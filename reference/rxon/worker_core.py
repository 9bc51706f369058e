"""What a worker does next: a machine of answers and time in, requests out (sheet 5.6).

It never waits and never reads a clock. Its shell performs the effects and tells what came of
them; `tick` starts what is due at a moment, and `next_deadline` says when to call it again.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any
from urllib.parse import quote, urlencode

from reference.rxon import canonical, execution, messages
from reference.rxon.backoff import FIRST_WAIT, Backoff, retry_after
from reference.rxon.errands import (
    ERRANDS,
    FAREWELL,
    HEARTBEAT,
    POLL,
    REGISTER,
    SOCKET,
    TRIES,
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

OK, UNAUTHORIZED, TOO_MANY, SERVER_ERROR = 200, 401, 429, 500
FAREWELL_SECONDS = 5.0  # how long the orchestrator may take to hear the last heartbeat
POLL_SLACK = 5.0  # sheet 8: seconds that an answer may come after the timeout of a poll
REMEMBERED = 10_000  # RXON-EXE-10: ids of ended tasks that will not run again
STRANGER = ("not found", "unauthorized")  # RXON-HB-16: what an answer says to an unknown worker


class Worker:
    """One worker of one orchestrator."""

    def __init__(self, profile: Profile, pace: Pace, *, new_id: Callable[[], str]) -> None:
        self.profile = profile
        self.pace = pace
        self.writer = Writer(profile, new_id)
        self.phase = Phase.APPLYING
        self.running: dict[str, Mapping[str, Any]] = {}
        self._new_id = new_id
        self._due: dict[Key, float] = {}
        self._under_way: set[Key] = set()
        self._letters: dict[Key, bytes] = {}  # results and events that must arrive
        self._tries: dict[Key, int] = {}
        self._waits: dict[Key, Backoff] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._effects: list[Effect] = []
        self._plugged = self._registered = self._whole = self._news = self._insistent = False
        self._last_beat = float("-inf")
        self._drained_by: float | None = None

    # Time

    def start(self, *, now: float) -> None:
        """Apply for work (RXON-REG-10)."""
        self._due[REGISTER] = now
        self.tick(now=now)

    def tick(self, *, now: float) -> None:
        """Start every errand that is due."""
        if self._drained_by is not None and self._drained_by <= now:
            self._lose_patience(now=now)
        for key in [key for key, moment in self._due.items() if moment <= now]:
            if self._allowed(key):
                del self._due[key]
                self._under_way.add(key)
                self._effects.append(MAKERS[key[0]](self, key, now))

    def next_deadline(self) -> float | None:
        """Return when something is due next."""
        moments = [moment for key, moment in self._due.items() if self._allowed(key)]
        if self._drained_by is not None:
            moments.append(self._drained_by)
        return min(moments, default=None)

    def effects(self) -> list[Effect]:
        """Return what is to be done now, once."""
        wanted, self._effects = self._effects, []
        return wanted

    def _allowed(self, key: Key) -> bool:
        full = key == POLL and self._full  # RXON-POLL-14
        return key[0] in ERRANDS[self.phase] and key not in self._under_way and not full

    @property
    def _full(self) -> bool:
        return len(self.running) >= self.profile.max_concurrent_tasks

    # What comes back from the orchestrator

    def answered(self, key: Key, answer: Answer, *, now: float) -> None:
        """Take the answer to a request."""
        if key in self._under_way:
            self._under_way.discard(key)
            HEARERS[key[0]](self, key, answer, now)
        self._go_on(now=now)

    def broken(self, key: Key, *, now: float) -> None:
        """Take note that a request got no answer."""
        if key in self._under_way:
            self._under_way.discard(key)
            self._retry(key, self._wait(key).failed(), now=now)
        self._go_on(now=now)

    def plugged(self, *, now: float) -> None:
        """Take note that the WebSocket is open."""
        self._plugged = True
        self._wait(SOCKET).succeeded()
        self._go_on(now=now)

    def unplugged(self, *, now: float) -> None:
        """Take note that the WebSocket is closed, or was refused (RXON-WS-08)."""
        self._plugged = False
        self._under_way.discard(SOCKET)
        self._due[SOCKET] = now + self._wait(SOCKET).failed()
        self._go_on(now=now)

    def commanded(self, frame: bytes, *, now: float) -> None:
        """Take a text frame; what is no known command has no effect (RXON-WS-07, -09)."""
        try:
            command = canonical.read_json(frame)
        except canonical.JSONError:
            return
        if isinstance(command, dict) and command.get("command") == "cancel_task":
            self._cancel(command.get("task_id"))
        self._go_on(now=now)

    # What comes from the skills

    def ended(self, task_id: str, outcome: Outcome, *, now: float) -> None:
        """Report how a task ended, unless it was given up."""
        task = self.running.pop(task_id, None)
        if task is None:
            return
        self._ended[task_id] = None
        if len(self._ended) > REMEMBERED:
            self._ended.popitem(last=False)
        try:
            letter = self.writer.result(task, outcome, now=now)
        except canonical.CanonicalError as error:  # a skill may return what JSON cannot carry
            letter = self.writer.result(task, execution.crashed(error), now=now)
        self._post((Errand.RESULT, task_id), letter, now=now)
        self._beat_soon(now=now)
        self._go_on(now=now)

    def progressed(self, task_id: str, payload: Mapping[str, Any], *, now: float) -> None:
        """Tell how far a task is: on the WebSocket if it is open (RXON-EVT-07)."""
        if task_id not in self.running:
            return
        event = self.writer.progress(self.running[task_id], payload, now=now)
        if self._plugged:
            self._effects.append(Say(event))
        else:
            self._post((Errand.EVENT, self._new_id()), event, now=now)
        self._go_on(now=now)

    # The end

    def stop(self, *, now: float) -> None:
        """Take no more tasks, finish what runs, say goodbye (RXON-EXE-12)."""
        if self.phase in {Phase.APPLYING, Phase.WORKING}:
            self.phase = Phase.DRAINING
            self._drained_by = now + self.pace.shutdown_timeout
            self._hang_up(POLL)
            if self._registered and self.running:
                self._due[HEARTBEAT] = now
        self._go_on(now=now)

    def _lose_patience(self, *, now: float) -> None:
        """Cancel what still runs; when that does not help either, leave without it."""
        if self.phase is Phase.DRAINING and self.running and not self._insistent:
            self._insistent = True
            for task_id in self.running:
                self._cancel(task_id)
            self._drained_by = now + FAREWELL_SECONDS
        elif self.phase is Phase.DRAINING:
            self.running.clear()
            self._letters.clear()
            for key in list(self._under_way):
                self._hang_up(key)
            self._leave(now=now)
        else:
            self._be_gone()

    def _leave(self, *, now: float) -> None:
        if not self._registered:
            self._be_gone()
            return
        self.phase = Phase.LEAVING
        self._due[FAREWELL] = now
        self._drained_by = now + FAREWELL_SECONDS

    def _be_gone(self) -> None:
        self.phase, self._drained_by = Phase.GONE, None

    def _hang_up(self, key: Key) -> None:
        if key in self._under_way:
            self._under_way.discard(key)
            self._effects.append(HangUp(key))

    @property
    def _drained(self) -> bool:
        """Whether nothing runs, and nothing is under way that the farewell must not overtake."""
        talking = self._under_way & {REGISTER, HEARTBEAT}
        return not (self.running or self._letters or talking)

    def _go_on(self, *, now: float) -> None:
        if self.phase is Phase.DRAINING and self._drained:
            self._leave(now=now)
        self.tick(now=now)

    # Helpers of the reactions below

    def _wait(self, key: Key) -> Backoff:
        if key not in self._waits:
            first = FIRST_WAIT.get(key[0], self.pace.heartbeat_interval)
            self._waits[key] = Backoff(first)
        return self._waits[key]

    def _worked(self, key: Key) -> None:
        self._wait(key).succeeded()

    def _refused(self, key: Key, answer: Answer, *, now: float) -> None:
        """Try an errand again, as late as the answer says or the table demands."""
        if answer.status == TOO_MANY:
            told = retry_after(answer.headers.get("retry-after"), now=now)
            self._retry(key, self._wait(key).limited(told), now=now)
        else:
            self._retry(key, self._wait(key).failed(), now=now)

    def _retry(self, key: Key, delay: float, *, now: float) -> None:
        self._tries[key] = self._tries.get(key, 0) + 1
        if key == FAREWELL:
            self._be_gone()
        elif self._tries[key] >= TRIES[key[0]](self.pace):
            self._forget(key)
        else:
            self._due[key] = now + delay

    def _forget(self, key: Key) -> None:
        for table in (self._letters, self._tries, self._waits, self._due):
            table.pop(key, None)

    def _post(self, key: Key, letter: bytes, *, now: float) -> None:
        self._letters[key] = letter
        self._due[key] = now

    def _beat_soon(self, *, now: float) -> None:
        """Tell what changed, but not more often than the cool-down allows (RXON-HB-19)."""
        self._news = HEARTBEAT in self._under_way
        soon = max(now, self._last_beat + self.pace.heartbeat_cooldown)
        if not self._news:
            self._due[HEARTBEAT] = min(soon, self._due.get(HEARTBEAT, soon))

    def _cancel(self, task_id: object) -> None:
        if isinstance(task_id, str) and task_id in self.running:
            self._effects.append(Cancel(task_id))

    # How each errand is run

    def _register(self, key: Key, now: float) -> Send:
        body = self.writer.registration(now=now)
        return Send(key=key, method="POST", path="/_worker/workers/register", body=body)

    def _beat(self, key: Key, now: float) -> Send:
        self._last_beat, self._news = now, False
        draining = self.phase is Phase.DRAINING
        body = self.writer.heartbeat(
            status="busy" if draining else "full" if self._full else "idle",  # RXON-HB-13
            running=self.running,
            available=not (draining or self._full),
            whole=self._whole,
            now=now,
        )
        return Send(key=key, method="PATCH", path=self._path, body=body)

    def _poll(self, key: Key, _now: float) -> Send:
        query = {  # RXON-POLL-13
            "timeout": self.pace.poll_timeout,
            "available_skills": ",".join(self.profile.catalogue),
        }
        return Send(
            key=key,
            method="GET",
            path=f"{self._path}/tasks/next?{urlencode(query)}",
            within=self.pace.poll_timeout + POLL_SLACK,
        )

    def _report(self, key: Key, _now: float) -> Send:
        return Send(key=key, method="POST", path="/_worker/tasks/result", body=self._letters[key])

    def _tell(self, key: Key, _now: float) -> Send:
        return Send(key=key, method="POST", path="/_worker/events", body=self._letters[key])

    def _connect(self, _key: Key, _now: float) -> Connect:
        return Connect(f"/_worker/ws/{quote(self.profile.worker_id)}")

    def _farewell(self, key: Key, now: float) -> Send:
        body = self.writer.heartbeat(
            status="offline", running=(), available=False, whole=False, now=now
        )
        return Send(key=key, method="PATCH", path=self._path, body=body, within=FAREWELL_SECONDS)

    @property
    def _path(self) -> str:
        return f"/_worker/workers/{quote(self.profile.worker_id)}"

    # How each answer is taken

    def _hear_registration(self, key: Key, answer: Answer, now: float) -> None:
        if not answer.ok:
            self._refused(key, answer, now=now)
            return
        self._worked(key)
        self._registered = True
        if self.phase is Phase.APPLYING:  # it may have been told to stop since
            self.phase = Phase.WORKING
        self._due[HEARTBEAT] = now
        self._due.setdefault(POLL, now)
        if self.profile.websockets and SOCKET not in self._under_way:
            self._due[SOCKET] = now

    def _hear_heartbeat(self, key: Key, answer: Answer, now: float) -> None:
        if answer.ok:
            self._worked(key)
            self._obey(answer.json, now=now)
        elif is_unknown(answer) and self.phase is Phase.WORKING:  # RXON-HB-16
            self.phase = Phase.APPLYING
            self._due[REGISTER] = now
        else:
            self._refused(key, answer, now=now)

    def _obey(self, said: Any, *, now: float) -> None:
        """Do what the answer to a heartbeat asks for."""
        told: Mapping[str, Any] = said if isinstance(said, dict) else {}
        self._whole = told.get("require_full_sync") is True  # RXON-HB-14
        listed = told.get("cancel_task_ids")
        for task_id in listed if isinstance(listed, list) else ():  # RXON-EXE-09
            self._cancel(task_id)
        jitter = milliseconds(told.get("next_heartbeat_jitter_ms"))  # RXON-HB-17
        later = now + self.pace.heartbeat_interval + jitter
        soon = max(now, self._last_beat + self.pace.heartbeat_cooldown)
        self._due[HEARTBEAT] = min(soon, later) if self._news else later

    def _hear_poll(self, key: Key, answer: Answer, now: float) -> None:
        if answer.status == TOO_MANY:
            self._refused(key, answer, now=now)
            return
        self._worked(key)
        task = answer.json if answer.status == OK else None
        if task and self._take(task, now=now):
            self._due[key] = now
        else:  # RXON-POLL-12, -17, -18: whatever it was, go on
            self._due[key] = now + self.pace.idle_delay

    def _take(self, task: Any, *, now: float) -> bool:
        """Start a task, or answer it at once; False for what is no task."""
        try:
            messages.mapping("task", task)
            messages.check("task", task)
        except messages.FieldError:
            return False
        task_id = task["task_id"]
        if task_id in self.running or task_id in self._ended:  # RXON-EXE-10
            return True
        self.running[task_id] = task
        refused = execution.refusal(task, self.profile.catalogue)
        if refused is not None:
            self.ended(task_id, refused, now=now)
            return True
        self._effects.append(Run(task))
        self._beat_soon(now=now)
        return True

    def _hear_result(self, key: Key, answer: Answer, now: float) -> None:
        again = answer.status == TOO_MANY or answer.status >= SERVER_ERROR
        if again:  # RXON-EXE-07
            self._refused(key, answer, now=now)
        else:  # RXON-EXE-08: also a refusal is final
            self._forget(key)

    def _hear_event(self, key: Key, _answer: Answer, _now: float) -> None:
        self._forget(key)

    def _hear_farewell(self, _key: Key, _answer: Answer, _now: float) -> None:
        self._be_gone()


def is_unknown(answer: Answer) -> bool:
    """Say whether an answer tells a worker that it is not registered."""
    text = answer.body.decode("utf-8", "replace").lower()
    return answer.status == UNAUTHORIZED or any(word in text for word in STRANGER)


def milliseconds(value: object) -> float:
    """Read a jitter as seconds; what is no number, or negative, is none."""
    try:
        number = float(value) / 1000 if isinstance(value, int | float | str) else 0.0
    except ValueError:
        return 0.0
    return number if isfinite(number) and number > 0 else 0.0


MAKERS: Mapping[Errand, Callable[[Worker, Key, float], Effect]] = {
    Errand.REGISTER: Worker._register,  # noqa: SLF001  the tables belong to the class
    Errand.HEARTBEAT: Worker._beat,  # noqa: SLF001
    Errand.POLL: Worker._poll,  # noqa: SLF001
    Errand.RESULT: Worker._report,  # noqa: SLF001
    Errand.EVENT: Worker._tell,  # noqa: SLF001
    Errand.SOCKET: Worker._connect,  # noqa: SLF001
    Errand.FAREWELL: Worker._farewell,  # noqa: SLF001
}
HEARERS: Mapping[Errand, Callable[[Worker, Key, Answer, float], None]] = {
    Errand.REGISTER: Worker._hear_registration,  # noqa: SLF001
    Errand.HEARTBEAT: Worker._hear_heartbeat,  # noqa: SLF001
    Errand.POLL: Worker._hear_poll,  # noqa: SLF001
    Errand.RESULT: Worker._hear_result,  # noqa: SLF001
    Errand.EVENT: Worker._hear_event,  # noqa: SLF001
    Errand.FAREWELL: Worker._hear_farewell,  # noqa: SLF001
}
