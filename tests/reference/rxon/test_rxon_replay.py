"""The memory of used signatures (RXON-SIG-19)."""

import pytest

from reference.rxon.replay import Replays


@pytest.fixture
def replays() -> Replays:
    return Replays(window=60.0)


def test_a_signature_is_new_only_once(replays: Replays) -> None:
    assert not replays.seen("a", now=0.0)
    assert not replays.seen("b", now=0.0)
    assert replays.seen("a", now=0.0)


def test_it_is_remembered_while_its_timestamp_may_still_be_accepted(replays: Replays) -> None:
    replays.seen("sent one window ahead of the clock", now=0.0)
    assert replays.seen("sent one window ahead of the clock", now=120.9)


def test_it_is_forgotten_when_its_timestamp_is_stale_anyway(replays: Replays) -> None:
    for index in range(1000):
        replays.seen(str(index), now=float(index) / 1000)
    assert not replays.seen("later", now=500.0)
    assert len(replays._expiry) == 1


def test_seeing_it_again_does_not_prolong_the_memory(replays: Replays) -> None:
    replays.seen("a", now=0.0)
    replays.seen("a", now=100.0)
    assert not replays.seen("a", now=121.0)


def test_a_message_without_effect_may_come_again(replays: Replays) -> None:
    replays.seen("a", now=0.0)
    replays.forget("a")
    replays.forget("never seen")
    assert not replays.seen("a", now=0.0)


def test_what_comes_and_goes_is_told() -> None:
    told: list[str] = []
    replays = Replays(window=60.0, changed=told.append)
    for name in ("a", "b", "b"):
        replays.seen(name, now=0.0)
    replays.forget("a")
    replays.forget("never seen")
    replays.seen("c", now=500.0)
    assert told == ["a", "b", "a", "b", "c"]


def test_a_memory_that_was_stored_goes_on(replays: Replays) -> None:
    for number, name in enumerate(["late", "early"]):
        replays.seen(name, now=10.0 - number)
    again = Replays(window=60.0)
    again.load({name: replays.until(name) or 0.0 for name in ("late", "early")})
    assert again.until("late") == 131.0
    assert again.seen("early", now=129.9)
    assert not again.seen("early", now=130.0)
    assert again.seen("late", now=130.0)
