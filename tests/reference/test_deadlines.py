from reference.deadlines import Deadlines, Key

A: Key = ("task", "a")
B: Key = ("task", "b")


def test_nothing_is_due_before_its_moment() -> None:
    deadlines = Deadlines()
    deadlines.set(A, 2.0)
    assert deadlines.due(now=1.9) is None
    assert deadlines.due(now=2.0) == A
    assert deadlines.due(now=9.0) is None


def test_what_is_due_comes_in_the_order_of_time() -> None:
    deadlines = Deadlines()
    deadlines.set(A, 2.0)
    deadlines.set(B, 1.0)
    assert deadlines.next() == 1.0
    assert [deadlines.due(now=5.0), deadlines.due(now=5.0)] == [B, A]


def test_a_moment_that_moves_later_is_not_due_at_the_old_one() -> None:
    deadlines = Deadlines()
    deadlines.set(A, 1.0)
    deadlines.set(A, 3.0)
    assert deadlines.next() == 3.0
    assert deadlines.due(now=2.0) is None
    assert deadlines.due(now=3.0) == A
    assert deadlines.next() is None


def test_a_moment_that_moves_earlier_is_due_once() -> None:
    deadlines = Deadlines()
    deadlines.set(A, 3.0)
    deadlines.set(A, 1.0)
    assert deadlines.due(now=4.0) == A
    assert deadlines.due(now=4.0) is None


def test_a_dropped_key_is_never_due() -> None:
    deadlines = Deadlines()
    deadlines.set(A, 1.0)
    deadlines.drop(A)
    deadlines.drop(B)
    assert deadlines.next() is None


def test_a_key_that_was_dropped_may_be_set_again() -> None:
    deadlines = Deadlines()
    deadlines.set(A, 1.0)
    deadlines.drop(A)
    deadlines.set(A, 2.0)
    assert deadlines.due(now=1.5) is None
    assert deadlines.due(now=2.0) == A
    assert deadlines.due(now=9.0) is None
