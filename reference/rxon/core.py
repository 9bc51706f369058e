"""The orchestrator without I/O: requests and the time go in, replies, changes and effects come out.

Nothing here waits. A shell calls a method, writes what `changes` returns, performs what `effects`
returns and answers with the reply, in this order: then all that was answered is stored.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from reference.change import Change
from reference.rxon import (
    admission,
    assignment,
    canonical,
    clients,
    documents,
    events,
    messages,
    presence,
    results,
    retention,
    revision,
)
from reference.rxon.identity import Credentials, TokenService
from reference.rxon.jobs import Task
from reference.rxon.limits import RateLimiter
from reference.rxon.replay import Replays
from reference.rxon.state import (
    DISPATCH,
    JOB,
    RESULT,
    SIGNATURE,
    TASK,
    TOKEN,
    WORKER,
    Effect,
    Policy,
    State,
)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: HTTP status, JSON body (None: no body at all), headers."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message that was let in, for the rule that handles its kind."""

    body: Mapping[str, Any]
    sender: str
    version: str | None
    now: float


class Orchestrator:
    """One orchestrator; `new_id` and `new_token` are where its randomness comes from."""

    def __init__(
        self,
        *,
        policy: Policy,
        tokens: TokenService,
        limiter: RateLimiter | None,
        new_id: Callable[[], str],
        new_token: Callable[[], str],
    ) -> None:
        self.state = State(policy=policy, new_id=new_id)
        self._tokens = tokens
        self._limiter = limiter
        self._new_token = new_token
        self._replays = Replays(window=revision.TIMESTAMP_WINDOW, changed=self._used)

    # --- workers

    def receive(  # noqa: PLR0913  everything that a request shows
        self,
        kind: str,
        body: bytes,
        *,
        credentials: Credentials,
        now: float,
        path_id: str | None = None,
        version: str | None = None,
    ) -> Reply:
        """Answer a registration, heartbeat, result or event (sheet 4.4)."""
        self.tick(now=now)
        message, fault = parsed(body)
        hint = path_id or named_worker(message)
        sender = self._identify(kind, credentials, hint=hint, now=now)
        if isinstance(sender, Reply):
            return sender
        if fault is not None:
            return fault
        if kind == "heartbeat" and is_empty(message):
            return Reply(*presence.refresh(self.state, sender=sender, now=now))
        return self._handle(kind, message, sender=sender, version=version, now=now)

    def receive_frame(self, body: bytes, *, sender: str, now: float) -> Reply:
        """Take an event from a WebSocket; the reply is for the log, the wire stays silent."""
        self.tick(now=now)
        message, fault = parsed(body)
        limited = self._limit(sender, "event", now=now)
        return (
            fault or limited or self._handle("event", message, sender=sender, version=None, now=now)
        )

    def let_in(
        self, kind: str, worker_id: str, *, credentials: Credentials, now: float
    ) -> Reply | None:
        """Say why a poll or an upgrade of this worker is refused."""
        self.tick(now=now)
        sender = self._identify(kind, credentials, hint=worker_id, now=now)
        return sender if isinstance(sender, Reply) else None

    def issue_token(self, *, credentials: Credentials, now: float) -> Reply:
        """Answer a request for an access token (RXON-AUTH-08, -09)."""
        identity = self._tokens.identify_for_token(credentials, now=now)
        if not isinstance(identity, str):
            return Reply(identity.status, identity.body, identity.headers)
        limited = self._limit(identity, "token", now=now)
        if limited is not None:
            return limited
        answer = self._tokens.issue(identity, now=now, token=self._new_token())
        self.state.changed[TOKEN, answer["access_token"]] = None
        return Reply(200, messages.order("token", answer))

    def take(
        self, worker_id: str, *, skills: Collection[str] | None, now: float
    ) -> dict[str, Any] | None:
        """Return the TaskPayload of the worker's next task, which is running from now on."""
        self.tick(now=now)
        if self.state.fleet.get(worker_id) is None:  # RXON-HB-03
            return None
        return self._payload(assignment.take(self.state, worker_id, skills=skills, now=now))

    def steal(
        self, worker_id: str, *, skills: Collection[str] | None, now: float
    ) -> dict[str, Any] | None:
        """Return the TaskPayload of a task of another worker, which is this one's from now on."""
        return self._payload(assignment.steal(self.state, worker_id, skills=skills, now=now))

    def give_back(self, task_id: str) -> None:
        """Take back a task that could not be delivered."""
        job = self.state.jobs.get(self.state.job_of_task.get(task_id, ""))
        if job is not None and task_id in job.tasks:
            assignment.give_back(self.state, job.tasks[task_id])

    def workers(self) -> list[dict[str, Any]]:
        """Return the records of the live workers."""
        return [worker.public() for worker in self.state.fleet]

    def worker(self, worker_id: str) -> list[dict[str, Any]]:
        """Return the record of a worker, if it lives."""
        worker = self.state.fleet.get(worker_id)
        return [] if worker is None else [worker.public()]

    # --- clients

    def submit(self, body: Any, *, owner: str, now: float) -> Reply:
        """Take a job."""
        self.tick(now=now)
        return Reply(*clients.submit(self.state, body, owner=owner, now=now))

    def job(self, job_id: str, *, owner: str, fields: Collection[str] | None, now: float) -> Reply:
        """Show a job."""
        self.tick(now=now)
        return Reply(*clients.look(self.state, job_id, owner=owner, fields=fields))

    def cancel(self, job_id: str, *, owner: str, now: float) -> Reply:
        """Cancel a job."""
        self.tick(now=now)
        return Reply(*clients.cancel(self.state, job_id, owner=owner))

    # --- time, store, effects

    def next_deadline(self) -> float | None:
        """Return when `tick` has something to do."""
        return self.state.deadlines.next()

    def tick(self, *, now: float) -> None:
        """Let happen what is due."""
        retention.keep(self.state, now=now)
        while (key := self.state.deadlines.due(now=now)) is not None:
            kind, name = key
            DUE[kind](self.state, name, now=now)

    def effects(self) -> list[Effect]:
        """Return what the shell has to do, once."""
        effects, self.state.effects = self.state.effects, []
        return effects

    def changes(self) -> Iterator[Change]:
        """Return the documents that are not what they were, once."""
        changed, self.state.changed = self.state.changed, {}
        for kind, key in changed:
            yield Change(kind, key, self._document(kind, key))

    def forget_changes(self) -> None:
        """Drop the list of changes where there is no store."""
        self.state.changed.clear()

    def restore(self, stored: Mapping[str, Mapping[str, Any]]) -> None:
        """Take back the documents of a store: key and document by kind."""
        for document in stored.get(WORKER, {}).values():
            documents.restore_worker(self.state, document)
        for document in stored.get(JOB, {}).values():
            documents.restore_job(self.state, document)
        self._tokens.load(stored.get(TOKEN, {}))
        self._replays.load(stored.get(SIGNATURE, {}))

    # --- inside

    def _identify(
        self, kind: str, credentials: Credentials, *, hint: str | None, now: float
    ) -> str | Reply:
        identity = self._tokens.identify(credentials, hint=hint, now=now)
        if not isinstance(identity, str):
            return Reply(identity.status, identity.body, identity.headers)
        return self._limit(identity, kind, now=now) or identity

    def _limit(self, sender: str, kind: str, *, now: float) -> Reply | None:
        wait = self._limiter.check(sender, kind, now=now) if self._limiter else None
        return None if wait is None else too_many(wait)

    def _handle(
        self, kind: str, message: Any, *, sender: str, version: str | None, now: float
    ) -> Reply:
        refusal = admission.admit(
            kind,
            message,
            identity=sender,
            secret=self._tokens.secret_for(sender),
            now=now,
            replays=self._replays,
            window=revision.TIMESTAMP_WINDOW,
        )
        if refusal is not None:
            return Reply(refusal.status, refusal.body, refusal.headers)
        letter = Letter(body=message, sender=sender, version=version, now=now)
        status, body = HANDLERS[kind](self.state, letter)
        if status == UNKNOWN_WORKER:
            # It had no effect; after registering, the worker may say the same within the second.
            self._replays.forget((message.get("security") or {}).get("signature", ""))
        return Reply(status, body)

    def _used(self, signature: str) -> None:
        """Have it written that a signature was used or forgotten."""
        self.state.changed[SIGNATURE, signature] = None

    def _payload(self, task: Task | None) -> dict[str, Any] | None:
        if task is None:
            return None
        return assignment.payload(self.state.jobs[task.job_id], task)

    def _document(self, kind: str, key: str) -> Any:
        return DOCUMENTS[kind](self, key)

    def stored_job(self, job_id: str) -> Any:
        """Write a job, unless it is forgotten."""
        job = self.state.jobs.get(job_id)
        return None if job is None else documents.of_job(job)

    def stored_worker(self, worker_id: str) -> Any:
        """Write a worker, unless it has gone."""
        worker = self.state.fleet.get(worker_id)
        return None if worker is None else documents.of_worker(worker)

    def stored_token(self, token: str) -> Any:
        """Write an access token, unless its time is over."""
        return self._tokens.dump().get(token)

    def stored_signature(self, signature: str) -> Any:
        """Write until when a used signature is remembered, unless it is forgotten."""
        return self._replays.until(signature)


UNKNOWN_WORKER = 404

Answer = tuple[int, Mapping[str, Any]]


def handle_registration(state: State, letter: Letter) -> Answer:
    """Take a worker in."""
    return presence.register(
        state, letter.body, sender=letter.sender, version=letter.version, now=letter.now
    )


def handle_heartbeat(state: State, letter: Letter) -> Answer:
    """Hear from a worker."""
    return presence.beat(state, letter.body, sender=letter.sender, now=letter.now)


def handle_result(state: State, letter: Letter) -> Answer:
    """Take a result; whatever becomes of it, the answer is 200 (RXON-RES)."""
    result = results.read(letter.body, sender=letter.sender)
    return 200, results.apply(state, result, now=letter.now)


def handle_event(state: State, letter: Letter) -> Answer:
    """Take an event."""
    return events.apply(state, letter.body, sender=letter.sender)


HANDLERS: Mapping[str, Callable[[State, Letter], Answer]] = {
    "registration": handle_registration,
    "heartbeat": handle_heartbeat,
    "result": handle_result,
    "event": handle_event,
}

DOCUMENTS: Mapping[str, Callable[[Orchestrator, str], Any]] = {
    JOB: Orchestrator.stored_job,
    WORKER: Orchestrator.stored_worker,
    TOKEN: Orchestrator.stored_token,
    SIGNATURE: Orchestrator.stored_signature,
}

DUE: Mapping[str, Callable[..., None]] = {
    JOB: retention.forget,
    WORKER: presence.expire,
    TASK: presence.time_out,
    RESULT: presence.time_out,
    DISPATCH: presence.overlook,
}


def parsed(body: bytes) -> tuple[Any, Reply | None]:
    """Read a body, empty as null; the reply says what is wrong with it."""
    if not body:
        return None, None
    try:
        return canonical.read_json(body), None
    except canonical.JSONError as error:
        return None, Reply(400, {"error": str(error)})


def named_worker(message: Any) -> str | None:
    """Return the worker that a message says it comes from."""
    named = message.get("worker_id") if isinstance(message, dict) else None
    return named if isinstance(named, str) else None


def is_empty(message: Any) -> bool:
    """Say whether a heartbeat says nothing but that the worker lives (RXON-HB-02)."""
    return message is None or message == {}


def too_many(wait: float) -> Reply:
    """Refuse a message above the limit and say when to come again (RXON-RL-01, -02)."""
    body = {"error": "Too Many Requests", "code": "LIMIT_EXCEEDED_ERROR"}
    return Reply(429, body, {"Retry-After": str(max(1, ceil(wait)))})
