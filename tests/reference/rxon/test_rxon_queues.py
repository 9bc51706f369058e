import pytest

from reference.rxon.queues import Queues


def anything(_task_id: str) -> bool:
    return True


@pytest.fixture
def queues() -> Queues:
    return Queues()


def drain(queues: Queues, worker_id: str) -> list[str | None]:
    return [queues.take(worker_id, accepts=anything) for _ in range(queues.length(worker_id))]


def test_the_highest_priority_comes_first_and_equals_keep_their_order(queues: Queues) -> None:
    for order, priority in enumerate((0, 5, -1, 5.5, 5)):
        queues.put("w", priority=priority, order=order, task_id=f"t{order}")
    assert drain(queues, "w") == ["t3", "t1", "t4", "t0", "t2"]


def test_a_task_that_comes_back_is_first_among_equals(queues: Queues) -> None:
    for order in (1, 2):
        queues.put("w", priority=0, order=order, task_id=f"t{order}")
    assert queues.take("w", accepts=anything) == "t1"
    queues.put("w", priority=0, order=1, task_id="t1")
    assert drain(queues, "w") == ["t1", "t2"]


def test_an_unacceptable_task_is_passed_over_and_stays(queues: Queues) -> None:
    for order in (1, 2):
        queues.put("w", priority=0, order=order, task_id=f"t{order}")
    assert queues.take("w", accepts=lambda task_id: task_id == "t2") == "t2"
    assert queues.waiting("w") == ["t1"]


def test_an_empty_or_unknown_queue_gives_nothing(queues: Queues) -> None:
    assert queues.take("w", accepts=anything) is None
    assert queues.length("w") == 0


def test_a_removed_task_is_gone_and_an_unknown_one_is_ignored(queues: Queues) -> None:
    queues.put("w", priority=0, order=1, task_id="t1")
    queues.remove("w", "other")
    queues.remove("w", "t1")
    assert list(queues.longest_first()) == []


def test_the_longest_queue_is_named_first(queues: Queues) -> None:
    queues.put("a", priority=0, order=1, task_id="t1")
    queues.put("b", priority=0, order=2, task_id="t2")
    queues.put("b", priority=0, order=3, task_id="t3")
    assert list(queues.longest_first()) == ["b", "a"]
