"""An orchestrator core and worker cores on one virtual clock; the test is the network between.

A request is under way until the test lets it arrive, its answer until the test lets that arrive;
either may be lost. A poll that finds no task is held, as the orchestrator's shell holds it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import orjson

from reference.rxon import errands, execution
from reference.rxon.core import Orchestrator, Reply
from reference.rxon.errands import Answer, Cancel, Connect, Errand, HangUp, Key, Pace, Run, Send
from reference.rxon.execution import Outcome
from reference.rxon.identity import Credentials, TokenService
from reference.rxon.state import STORED, CancelTask, Policy, Wake
from reference.rxon.worker_core import Worker
from reference.rxon.worker_messages import Profile

SECRET = "global-secret"
CLIENT = "client-1"
CREDENTIALS = Credentials(token=SECRET, certificate_name=None)
HOLD = 5.0  # seconds of a poll
POLICY = Policy(
    worker_ttl=40.0, execution_timeout=30.0, max_retries=2, job_retention=1e9, jobs_kept=10**6
)
PACE = Pace(heartbeat_interval=5.0, poll_timeout=HOLD)
SKILLS = ("x", "y")
KINDS = {
    Errand.REGISTER: "registration",
    Errand.HEARTBEAT: "heartbeat",
    Errand.FAREWELL: "heartbeat",
    Errand.RESULT: "result",
    Errand.EVENT: "event",
}


@dataclass(eq=False)
class Passage:
    """A request of a worker, and its answer when there is one."""

    worker: str
    send: Send
    since: float
    held: bool = False
    reply: Reply | None = None

    @property
    def key(self) -> Key:
        """What tells it from the worker's other requests."""
        return self.send.key


@dataclass(eq=False)
class Station:
    """A worker core with its running skills."""

    core: Worker
    running: dict[str, Any] = field(default_factory=dict)
    plugged: bool = False
    dialling: bool = False


class Joint:
    """Both sides and what is between them; every method is one thing that may happen."""

    def __init__(self, *workers: str) -> None:
        self.now = 1_700_000_000.0
        self._ids = count(1)
        self.store: dict[str, dict[str, Any]] = {kind: {} for kind in STORED}
        self.orchestrator = self._core()
        self.stations: dict[str, Station] = {}
        self.passages: list[Passage] = []
        self.accepted: list[tuple[str, str, str]] = []  # job, task, transition
        self.captured: list[tuple[str, str, bytes]] = []  # kind, worker, body
        self.started: list[str] = []
        for name in workers:
            self.hire(name)

    def _core(self) -> Orchestrator:
        return Orchestrator(
            policy=POLICY,
            tokens=TokenService(global_token=SECRET, individual={}),
            limiter=None,
            new_id=lambda: f"id-{next(self._ids)}",
            new_token=lambda: f"token-{next(self._ids)}",
        )

    # --- clients

    def submit(self, skill: str, **wishes: Any) -> str:
        """Create a job."""
        body = {"initial_data": {"dispatch": {"type": skill, **wishes}}}
        reply = self.orchestrator.submit(body, owner=CLIENT, now=self.now)
        self.settle()
        return str(reply.body["job_id"])

    def cancel(self, job_id: str) -> None:
        """Cancel a job."""
        self.orchestrator.cancel(job_id, owner=CLIENT, now=self.now)
        self.settle()

    def job(self, job_id: str) -> dict[str, Any]:
        """Look at a job."""
        reply = self.orchestrator.job(job_id, owner=CLIENT, fields=None, now=self.now)
        return dict(reply.body)

    # --- workers

    def hire(self, name: str) -> None:
        """Start a worker, or start it again after its process died."""
        self.break_all(name, tell=False)
        catalogue = {skill: {"name": skill, "type": skill} for skill in SKILLS}
        profile = Profile(worker_id=name, token=SECRET, catalogue=catalogue, max_concurrent_tasks=2)
        core = Worker(profile, PACE, new_id=lambda: f"{name}-{next(self._ids)}")
        self.stations[name] = Station(core)
        core.start(now=self.now)
        self.settle()

    def finish(self, name: str, task_id: str, outcome: Outcome) -> None:
        """Let a skill end."""
        station = self.stations[name]
        if station.running.pop(task_id, None) is not None:
            station.core.ended(task_id, outcome, now=self.now)
            self.settle()

    def plug(self, name: str) -> None:
        """Let a worker's WebSocket be opened."""
        station = self.stations[name]
        if station.dialling:
            station.dialling, station.plugged = False, True
            station.core.plugged(now=self.now)
            self.settle()

    def unplug(self, name: str) -> None:
        """Close a worker's WebSocket, or refuse it."""
        station = self.stations[name]
        if station.plugged or station.dialling:
            station.dialling = station.plugged = False
            station.core.unplugged(now=self.now)
            self.settle()

    # --- the network

    def arrive(self, passage: Passage) -> None:
        """Let a request arrive, or its answer if it has one."""
        if passage.reply is not None:
            self.passages.remove(passage)
            body = passage.reply.body
            answer = Answer(
                status=passage.reply.status,
                headers={name.lower(): text for name, text in passage.reply.headers.items()},
                body=b"" if body is None else orjson.dumps(body),
            )
            self.stations[passage.worker].core.answered(passage.key, answer, now=self.now)
        elif not passage.held:
            self._serve(passage)
        self.settle()

    def flow(self) -> None:
        """Let all that is under way arrive, each one step further."""
        for passage in list(self.passages):
            if passage in self.passages:
                self.arrive(passage)

    def lose(self, passage: Passage) -> None:
        """Break the connection of a request, before or after it arrived."""
        self.passages.remove(passage)
        self.stations[passage.worker].core.broken(passage.key, now=self.now)
        self.settle()

    def repeat(self, number: int) -> Reply:
        """Send a message again that was captured on its way."""
        kind, worker, body = self.captured[number % len(self.captured)]
        path_id = worker if kind == "heartbeat" else None
        reply = self.orchestrator.receive(
            kind, body, credentials=CREDENTIALS, path_id=path_id, now=self.now
        )
        self._note(kind, body, reply)
        self.settle()
        return reply

    def break_all(self, name: str, *, tell: bool = True) -> None:
        """Break every connection of a worker."""
        for passage in [each for each in self.passages if each.worker == name]:
            if tell:
                self.lose(passage)
            else:
                self.passages.remove(passage)
        if tell:
            self.unplug(name)

    def restart(self) -> None:
        """Kill the orchestrator and start another one on its store."""
        for name in self.stations:
            self.break_all(name)
        self.orchestrator = self._core()
        self.orchestrator.restore(orjson.loads(orjson.dumps(self.store)))
        self.settle()

    def _serve(self, passage: Passage) -> None:
        send = passage.send
        if send.key[0] is Errand.POLL:
            passage.held = True
            self._look(passage)
            return
        kind = KINDS[send.key[0]]
        path_id = passage.worker if kind == "heartbeat" else None
        self.captured.append((kind, passage.worker, send.body))
        passage.reply = self.orchestrator.receive(
            kind, send.body, credentials=CREDENTIALS, path_id=path_id, now=self.now
        )
        self._note(kind, send.body, passage.reply)

    def _note(self, kind: str, body: bytes, reply: Reply) -> None:
        if kind == "result" and reply.body.get("status") == "accepted":
            said = orjson.loads(body)
            self.accepted.append((said["job_id"], said["task_id"], reply.body["transition"]))

    def _look(self, passage: Passage) -> None:
        """Answer a held poll if there is something to answer."""
        over = self.now >= passage.since + HOLD
        task = self.orchestrator.take(passage.worker, skills=None, now=self.now)
        if task is None and over:
            task = self.orchestrator.steal(passage.worker, skills=None, now=self.now)
        if task is not None or over:
            passage.held = False
            passage.reply = Reply(204) if task is None else Reply(200, task)

    # --- effects

    def settle(self) -> None:
        """Store what changed and do what the cores want done, until they want nothing more."""
        while self._settled():
            pass

    def _settled(self) -> bool:
        self._write()
        wanted = self.orchestrator.effects()
        for effect in wanted:
            match effect:
                case Wake(name):
                    for passage in [p for p in self.passages if p.held and p.worker == name]:
                        self._look(passage)
                case CancelTask(name, task_id, job_id):
                    self._command(name, task_id, job_id)
        did = bool(wanted)
        for name, station in list(self.stations.items()):
            for each in station.core.effects():
                did = True
                self._perform(name, station, each)
        return did

    def _write(self) -> None:
        for change in self.orchestrator.changes():
            if change.document is None:
                self.store[change.kind].pop(change.key, None)
            else:
                self.store[change.kind][change.key] = change.document

    def _command(self, name: str, task_id: str, job_id: str) -> None:
        station = self.stations.get(name)
        if station is not None and station.plugged:
            command = {"command": "cancel_task", "task_id": task_id, "job_id": job_id}
            station.core.commanded(orjson.dumps(command), now=self.now)

    def _perform(self, name: str, station: Station, effect: errands.Effect) -> None:
        match effect:
            case Send():
                self.passages.append(Passage(name, effect, self.now))
            case Connect():
                station.dialling = True
            case HangUp(key):
                gone = [p for p in self.passages if p.worker == name and p.key == key]
                for passage in gone:
                    self.passages.remove(passage)
            case Run(task):
                self.started.append(task["task_id"])
                station.running[task["task_id"]] = task
            case Cancel(task_id):
                station.running.pop(task_id)
                station.core.ended(task_id, execution.CANCELLED, now=self.now)

    # --- time

    def wait(self, seconds: float) -> None:
        """Let time pass, stopping wherever something is due."""
        end = self.now + seconds
        while (due := min(self._moments(), default=end)) <= end:
            self.now = max(self.now, due)
            self._tick()
        self.now = end
        self._tick()

    def _moments(self) -> Iterator[float]:
        """Yield when something is due on either side or in between."""
        moments = [self.orchestrator.next_deadline()]
        moments += [each.core.next_deadline() for each in self.stations.values()]
        yield from (moment for moment in moments if moment is not None)
        for passage in self.passages:
            yield passage.since + (HOLD if passage.held else passage.send.within)

    def _tick(self) -> None:
        self.orchestrator.tick(now=self.now)
        for station in self.stations.values():
            station.core.tick(now=self.now)
        for passage in list(self.passages):
            if passage.held and self.now >= passage.since + HOLD:
                self._look(passage)
            elif passage in self.passages and self.now >= passage.since + passage.send.within:
                self.lose(passage)
        self.settle()

    def calm(self, seconds: float, outcome: Callable[[Any], Outcome]) -> None:
        """Let everything arrive and every skill end for a while, without any trouble."""
        end = self.now + seconds
        while self.now < end:
            for name in self.stations:
                self.plug(name)
            self.flow()
            for name, station in self.stations.items():
                for task_id, task in list(station.running.items()):
                    self.finish(name, task_id, outcome(task))
            self.wait(0.5)
