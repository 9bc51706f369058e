"""What one orchestrator knows, and the two lists of what it wants done: changes and effects."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from reference.deadlines import Deadlines
from reference.rxon import revision
from reference.rxon.dispatch import Market
from reference.rxon.jobs import Job, Task
from reference.rxon.queues import Queues
from reference.rxon.workers import Fleet, Worker

WORKER, JOB, TOKEN, SIGNATURE = "worker", "job", "token", "signature"  # what is stored
TASK, DISPATCH, RESULT = "task", "dispatch", "result"  # what can be due, besides workers and jobs
STORED = (WORKER, JOB, TOKEN, SIGNATURE)


@dataclass(frozen=True, slots=True)
class Policy:
    """The timers and limits of one orchestrator, in seconds and counts."""

    poll_hold: float = revision.POLL_HOLD
    worker_ttl: float = revision.WORKER_TTL
    execution_timeout: float = revision.EXECUTION_TIMEOUT
    max_retries: int = revision.MAX_RETRIES
    job_retention: float = revision.JOB_RETENTION
    jobs_kept: int = revision.JOBS_KEPT


@dataclass(frozen=True, slots=True)
class Wake:
    """There may be a task now for a poll of this worker."""

    worker_id: str


@dataclass(frozen=True, slots=True)
class CancelTask:
    """A worker that keeps a WebSocket open should stop a task."""

    worker_id: str
    task_id: str
    job_id: str


Effect = Wake | CancelTask


@dataclass(slots=True)
class State:
    """Everything that the rules work on; nothing here decides anything."""

    policy: Policy
    new_id: Callable[[], str]
    fleet: Fleet = field(default_factory=Fleet)
    queues: Queues = field(default_factory=Queues)
    deadlines: Deadlines = field(default_factory=Deadlines)
    jobs: dict[str, Job] = field(default_factory=dict)
    job_of_task: dict[str, str] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)  # job ids, since somebody looked at the clock
    kept: OrderedDict[str, None] = field(default_factory=OrderedDict)  # jobs in order of their end
    running: dict[str, dict[str, None]] = field(default_factory=dict)  # task ids by worker id
    turns: dict[str, int] = field(default_factory=dict)
    given: int = 0  # how many tasks there have been
    effects: list[Effect] = field(default_factory=list)
    changed: dict[tuple[str, str], None] = field(default_factory=dict)

    @property
    def market(self) -> Market:
        """Return what a choice of worker may look at."""
        return Market(fleet=self.fleet, queues=self.queues, turns=self.turns)

    def task(self, task_id: str) -> Task:
        """Return a task whose result is or was wanted."""
        return self.jobs[self.job_of_task[task_id]].tasks[task_id]

    def changed_job(self, job: Job) -> None:
        """Have the job written."""
        self.changed[JOB, job.job_id] = None

    def changed_worker(self, worker: Worker) -> None:
        """Have the worker written."""
        self.changed[WORKER, worker.worker_id] = None
