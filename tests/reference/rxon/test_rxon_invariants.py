"""Whatever workers and clients do in whatever order, nothing is lost, doubled or revived."""

from typing import Any

import orjson
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule
from rxon_world import World

from reference.rxon.jobs import Stage
from reference.rxon.state import STORED, Policy

POLICY = Policy(
    worker_ttl=20.0, execution_timeout=10.0, max_retries=2, job_retention=30.0, jobs_kept=5
)
workers = st.sampled_from(["a", "b", "c"])
skills = st.sampled_from(["x", "y"])
codes = st.sampled_from(["TRANSIENT_ERROR", "PERMANENT_ERROR", "INVALID_INPUT_ERROR"])


class Traffic(RuleBasedStateMachine):
    """Workers and clients of one orchestrator, which is restarted now and then."""

    jobs = Bundle("jobs")
    tasks = Bundle("tasks")

    def __init__(self) -> None:
        super().__init__()
        self.world = World(policy=POLICY)
        self.store: dict[str, dict[str, Any]] = {kind: {} for kind in STORED}
        self.ended: dict[str, Any] = {}

    @initialize()
    def begin(self) -> None:
        for worker in ("a", "b"):
            self.world.register(worker, skills=["x", "y"])

    @rule(worker=workers, offered=st.lists(skills, unique=True))
    def register(self, worker: str, offered: list[str]) -> None:
        assert self.world.register(worker, skills=offered).status == 200

    @rule(worker=workers, status=st.sampled_from(["idle", "busy"]))
    def beat(self, worker: str, status: str) -> None:
        assert self.world.beat(worker, status=status).status in {200, 404}

    @rule(target=jobs, skill=skills, priority=st.integers(0, 2))
    def submit(self, skill: str, priority: int) -> str:
        return self.world.submit(type=skill, priority=priority)

    @rule(target=jobs, wanted=st.lists(skills, min_size=2, max_size=3))
    def submit_parallel(self, wanted: list[str]) -> str:
        return self.world.submit(parallel=[{"type": skill} for skill in wanted])

    @rule(target=tasks, worker=workers, steal=st.booleans())
    def poll(self, worker: str, *, steal: bool) -> Any:
        take = self.world.core.steal if steal else self.world.core.take
        task = take(worker, skills=None, now=self.world.now)
        return multiple() if task is None else (worker, task)

    @rule(held=tasks)
    def hang_up(self, held: tuple[str, Any]) -> None:
        self.world.core.give_back(held[1]["task_id"])

    @rule(held=tasks)
    def succeed(self, held: tuple[str, Any]) -> None:
        self.world.result(*held, data={"n": 1})

    @rule(held=tasks, code=codes)
    def fail(self, held: tuple[str, Any], code: str) -> None:
        self.world.fail(*held, code)

    @rule(job=jobs)
    def cancel(self, job: str) -> None:
        assert self.world.cancel(job).status in {200, 404}

    @rule(seconds=st.sampled_from([0.5, 4.0, 11.0]))
    def wait(self, seconds: float) -> None:
        self.world.wait(seconds)

    @rule()
    def restart(self) -> None:
        for change in self.world.core.changes():
            if change.document is None:
                self.store[change.kind].pop(change.key, None)
            else:
                self.store[change.kind][change.key] = orjson.loads(orjson.dumps(change.document))
        again = World(policy=POLICY)
        again.now, again._ids = self.world.now, self.world._ids
        again.core.restore(self.store)
        self.world = again

    @invariant()
    def every_open_job_has_its_tasks_in_one_place(self) -> None:
        state = self.world.core.state
        queued = [task for worker in "abc" for task in state.queues.waiting(worker)]
        running = [task for worker in "abc" for task in state.running.get(worker, ())]
        places = queued + running
        assert len(places) == len(set(places))
        wanted = {
            task.task_id: task.stage
            for job in state.jobs.values()
            for task in job.tasks.values()
            if task.stage is not Stage.OVER
        }
        assert set(places) == set(wanted)
        assert all(wanted[task] is Stage.QUEUED for task in queued)

    @invariant()
    def an_open_job_waits_for_something_and_an_ended_one_for_nothing(self) -> None:
        for job in self.world.core.state.jobs.values():
            waiting = any(task.stage is not Stage.OVER for task in job.tasks.values())
            assert waiting == (not job.terminal)

    @invariant()
    def a_running_task_is_watched(self) -> None:
        state = self.world.core.state
        if any(state.running.values()):
            moment = state.deadlines.next()
            assert moment is not None
            assert self.world.now < moment <= self.world.now + POLICY.execution_timeout

    @invariant()
    def the_load_is_what_is_queued_and_running(self) -> None:
        state = self.world.core.state
        for worker in state.fleet:
            running = state.running.get(worker.worker_id, ())
            assert worker.load == state.queues.length(worker.worker_id) + len(running)

    @invariant()
    def what_ended_stays_as_it_ended(self) -> None:
        for job_id, job in self.world.core.state.jobs.items():
            seen = (job.status, dict(job.state_history)) if job.terminal else None
            assert job_id not in self.ended or self.ended[job_id] == seen
            if seen is not None:
                self.ended[job_id] = seen

    @invariant()
    def only_live_idle_workers_are_offered_and_each_once(self) -> None:
        fleet = self.world.core.state.fleet
        for skill in ("x", "y"):
            offered = [place[-1] for place in fleet.offering(skill)]
            able = [w.worker_id for w in fleet if skill in w.skills and w.status == "idle"]
            assert sorted(offered) == sorted(able)


TestTraffic = Traffic.TestCase
TestTraffic.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
