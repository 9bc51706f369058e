"""How long a neuron waits before it dials again (sheet 5.2)."""

from reference.neuron.backoff import Backoff


def test_delays_double_from_half_a_second_to_half_a_minute() -> None:
    backoff = Backoff()
    assert [backoff.failed() for _ in range(9)] == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_a_success_begins_again_with_the_shortest_delay() -> None:
    backoff = Backoff()
    assert [backoff.failed(), backoff.failed()] == [0.5, 1]
    backoff.succeeded()
    assert (backoff.failed(), backoff.attempts) == (0.5, 1)


def test_attempts_are_counted() -> None:
    backoff = Backoff(first=0.1)
    backoff.failed()
    backoff.failed()
    assert backoff.attempts == 2


def test_there_is_no_last_attempt() -> None:
    backoff = Backoff()
    assert [backoff.failed() for _ in range(5000)][-1] == 30


def test_a_first_delay_above_the_longest_is_the_longest() -> None:
    assert Backoff(first=100).failed() == 30


def test_no_first_delay_is_no_delay() -> None:
    backoff = Backoff(first=0)
    assert [backoff.failed(), backoff.failed()] == [0, 0]
