import pytest

from reference.rxon import jobs
from reference.rxon.demands import Demand
from reference.rxon.jobs import Job, Status, Task


def job(status: Status = Status.FINISHED) -> Job:
    return Job(job_id="j", owner="c", created=1.0, status=status)


@pytest.mark.parametrize("status", ["finished", "failed", "quarantined", "cancelled"])
def test_nothing_leads_out_of_a_terminal_status(status: str) -> None:
    assert job(Status(status)).terminal


@pytest.mark.parametrize("status", ["waiting_for_worker", "waiting_for_parallel_tasks"])
def test_a_waiting_job_is_not_terminal(status: str) -> None:
    assert not job(Status(status)).terminal


@pytest.mark.parametrize(
    ("state", "status"), [("finished", "finished"), ("failed", "failed"), ("custom", "failed")]
)
def test_every_end_state_but_finished_is_a_failure(state: str, status: str) -> None:
    assert jobs.end_state(state) == status


@pytest.mark.parametrize(
    ("code", "status", "penalty"),
    [
        ("PERMANENT_ERROR", "quarantined", -0.05),
        ("SECURITY_ERROR", "quarantined", -0.05),
        ("DEPENDENCY_ERROR", "quarantined", -0.05),
        ("CONTRACT_VIOLATION_ERROR", "quarantined", -0.2),
        ("INVALID_INPUT_ERROR", "failed", 0.0),
        ("INTEGRITY_MISMATCH_ERROR", "failed", 0.0),
    ],
)
def test_an_error_code_ends_the_job_and_costs_reputation(
    code: str, status: str, penalty: float
) -> None:
    assert (jobs.FAILURES[code].status, jobs.FAILURES[code].penalty) == (status, penalty)


@pytest.mark.parametrize(
    "code",
    ["TRANSIENT_ERROR", "TIMEOUT_ERROR", "RESOURCE_EXHAUSTED_ERROR", "INTERNAL_ERROR", "unheard"],
)
def test_any_other_error_code_is_transient(code: str) -> None:
    assert code not in jobs.FAILURES


def test_the_result_is_the_end_state_s_own_entry_or_the_last_one_merged() -> None:
    ended = job()
    assert jobs.result_of(ended) is None
    ended.state_history = {"a": 1, "b": 2}
    assert jobs.result_of(ended) == 2
    ended.state_history = {"finished": 3, "b": 2}
    assert jobs.result_of(ended) == 3


def test_a_waiting_job_shows_no_result() -> None:
    waiting = job(Status.WAITING)
    waiting.state_history = {"a": 1}
    assert "result" not in jobs.view(waiting)


def test_a_task_is_due_when_the_client_says_so() -> None:
    task = Task("t", "j", "w", Demand(result_timeout_seconds=5), {}, order=1, created=10.0)
    assert task.deadline == 15.0
    assert Task("t", "j", "w", Demand(), {}, order=1, created=10.0).deadline is None
