"""Which tasks a worker runs and remembers (RXON-EXE-10)."""

from reference.rxon import workload
from reference.rxon.workload import Workload

TASK = {"task_id": "t", "job_id": "j", "type": "echo"}


def test_a_task_is_known_while_it_runs_and_after_it_has_ended() -> None:
    work = Workload()
    assert not work.knows("t")
    work.begun(TASK)
    assert work.knows("t")
    assert work.ended("t") == TASK
    assert work.knows("t")
    assert work.running == {}


def test_a_task_ends_once_and_not_at_all_when_it_was_given_up() -> None:
    work = Workload()
    work.begun(TASK)
    work.given_up()
    assert work.ended("t") is None


def test_memory_is_bounded() -> None:
    work = Workload()
    for number in range(workload.REMEMBERED + 1):
        work.begun({"task_id": f"t{number}"})
        work.ended(f"t{number}")
    assert not work.knows("t0")
    assert work.knows("t1")
