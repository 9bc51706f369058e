"""Orchestrator and workers together, whatever the network does between them and whoever dies."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule
from rxon_joint import SKILLS, Joint, Passage

from reference.rxon.execution import Outcome, failure
from reference.rxon.state import Policy

WORKERS = ("a", "b")
ENDS = {"finished", "failed", "quarantined", "cancelled"}
LONG = 400.0  # seconds after which nothing of what went wrong can have an effect any more
DONE = Outcome("success", {"n": 1})

skills = st.sampled_from(SKILLS)
workers = st.sampled_from(WORKERS)
numbers = st.integers(0, 9)


class TogetherMachine(RuleBasedStateMachine):
    """Two workers, one orchestrator, and clients."""

    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        self.world = Joint(*WORKERS)
        self.world.calm(1.0, lambda _task: DONE)  # both are registered and poll
        self.ends: dict[str, tuple[Any, ...]] = {}

    # --- what may happen

    @rule(target=jobs, skill=skills, priority=st.integers(0, 1))
    def submit(self, skill: str, priority: int) -> str:
        return self.world.submit(skill, priority=priority)

    @rule(job=jobs)
    def cancel(self, job: str) -> None:
        self.world.cancel(job)

    @precondition(lambda self: self.world.passages)
    @rule(number=numbers)
    def arrive(self, number: int) -> None:
        self.world.arrive(self._passage(number))

    @rule()
    def all_arrive(self) -> None:
        self.world.flow()

    @rule(target=jobs, skill=skills)
    def a_job_is_taken_up(self, skill: str) -> str:
        job_id = self.world.submit(skill)
        for _ in range(3):
            self.world.flow()
        return job_id

    @rule(worker=workers)
    def all_skills_end_at_once(self, worker: str) -> None:
        for task_id in list(self.world.stations[worker].running):
            self.world.finish(worker, task_id, DONE)

    @precondition(lambda self: self.world.passages)
    @rule(number=numbers)
    def lose(self, number: int) -> None:
        self.world.lose(self._passage(number))

    @precondition(lambda self: self.world.captured)
    @rule(number=numbers)
    def repeat(self, number: int) -> None:
        self.world.repeat(-number - 1)

    @rule(worker=workers, number=numbers, succeeds=st.booleans())
    def finish(self, worker: str, number: int, *, succeeds: bool) -> None:
        running = list(self.world.stations[worker].running)
        if running:
            outcome = DONE if succeeds else failure("TRANSIENT_ERROR", "try again")
            self.world.finish(worker, running[number % len(running)], outcome)

    @rule(worker=workers)
    def plug(self, worker: str) -> None:
        self.world.plug(worker)

    @rule(worker=workers)
    def disconnect(self, worker: str) -> None:
        self.world.break_all(worker)

    @rule(worker=workers)
    def the_worker_dies_and_comes_back(self, worker: str) -> None:
        self.world.hire(worker)

    @rule()
    def the_orchestrator_dies_and_comes_back(self) -> None:
        self.world.restart()

    @rule(seconds=st.sampled_from([0.5, 6.0, 31.0]))
    def wait(self, seconds: float) -> None:
        self.world.wait(seconds)

    def _passage(self, number: int) -> Passage:
        return self.world.passages[number % len(self.world.passages)]

    # --- what must hold meanwhile

    @invariant()
    def no_task_is_accepted_twice(self) -> None:
        tasks = [task for _, task, _ in self.world.accepted]
        assert len(tasks) == len(set(tasks))

    @invariant()
    def no_job_succeeds_twice(self) -> None:
        done = [job for job, _, transition in self.world.accepted if transition.startswith("succ")]
        assert len(done) == len(set(done))

    @invariant()
    def what_has_ended_stays_as_it_ended(self) -> None:
        for job_id in self.world.orchestrator.state.jobs:
            job = self.world.job(job_id)
            seen = tuple(job.get(name) for name in ("status", "result", "error_message"))
            if job_id in self.ends:
                assert self.ends[job_id] == seen
            elif job["status"] in ENDS:
                self.ends[job_id] = seen

    @invariant()
    def no_worker_runs_a_task_twice(self) -> None:
        assert len(self.world.started) == len(set(self.world.started))

    @invariant()
    def a_worker_runs_no_more_than_it_can(self) -> None:
        assert all(len(each.running) <= 2 for each in self.world.stations.values())

    # --- what must hold in the end

    def teardown(self) -> None:
        """No job is lost: when all is well again, each comes to its end."""
        self.world.calm(LONG, lambda _task: DONE)
        jobs = {job_id: self.world.job(job_id) for job_id in self.world.orchestrator.state.jobs}
        assert {job["status"] for job in jobs.values()} <= ENDS, jobs
        assert not any(each.running for each in self.world.stations.values())
        self.what_has_ended_stays_as_it_ended()
        self.no_task_is_accepted_twice()


TestTogether = TogetherMachine.TestCase
TestTogether.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)


def test_a_quiet_day_leaves_nothing_undone() -> None:
    world = Joint(*WORKERS)
    world.calm(2, lambda _: DONE)
    jobs = [world.submit(skill) for skill in SKILLS * 5]
    world.calm(20, lambda _: DONE)
    assert {world.job(job)["status"] for job in jobs} == {"finished"}
    assert sorted(job for job, _, _ in world.accepted) == sorted(jobs)


def test_a_job_whose_only_worker_dies_is_done_by_another() -> None:
    world = Joint("a", "b")
    world.calm(2, lambda _: DONE)
    job = world.submit("x")
    while not any(each.running for each in world.stations.values()):
        world.arrive(world.passages[0])
        world.wait(0.1)
    [name] = [name for name, each in world.stations.items() if each.running]
    world.break_all(name, tell=False)
    del world.stations[name]
    world.calm(LONG, lambda _: DONE)
    assert world.job(job)["status"] == "finished"


def test_the_policy_of_these_tests_forgets_no_job() -> None:
    assert Joint().orchestrator.state.policy.jobs_kept > Policy().jobs_kept
