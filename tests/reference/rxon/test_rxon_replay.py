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
