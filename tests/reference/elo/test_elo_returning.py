from __future__ import annotations

from elo_world import START, World

from reference.elo.returning import Returns


def test_a_kept_address_is_due_after_a_pause_that_doubles() -> None:
    returns, now, pauses = Returns(pause=1.0), START, []
    returns.keep("127.0.0.1:1")
    for _ in range(7):
        returns.lost("127.0.0.1:1", now=now)
        at = returns.due()
        assert at is not None
        pauses.append(at - now)
        now = at
        assert returns.take_due(now=now) == ["127.0.0.1:1"]
        assert returns.due() is None
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]


def test_nothing_is_due_too_early() -> None:
    returns = Returns(pause=1.0)
    returns.keep("a:1")
    returns.lost("a:1", now=START)
    assert returns.take_due(now=START + 0.9) == []


def test_who_was_found_is_lost_with_the_first_pause_again() -> None:
    returns = Returns(pause=1.0)
    returns.keep("x@a:1")
    for _ in range(3):
        returns.lost("a:1", now=START)
    returns.found("a:1")
    returns.lost("a:1", now=START)
    assert returns.due() == START + 1.0


def test_the_pause_has_an_end_however_long_nobody_is_there() -> None:
    returns = Returns(pause=1.0)
    returns.keep("a:1")
    for _ in range(5000):
        returns.lost("a:1", now=START)
    assert returns.due() == START + 30.0


def test_nobody_comes_back_to_who_is_not_kept() -> None:
    returns = Returns(pause=1.0)
    returns.lost("a:1", now=START)
    returns.found("a:1")
    assert returns.due() is None


def test_a_node_dials_again_who_it_was_started_with() -> None:
    world = World()
    node, place = world.host(1), world.listen()
    world.run(node, node.node.dial(place, keeps=True, now=world.now))
    (first,) = world.listeners[place]
    first.say({"type": "hello_ack", "node_id": "t" * 43})
    first.leave()
    world.wait(0.9)
    assert len(world.listeners[place]) == 1
    world.wait(0.2)
    assert [each.read[0]["type"] for each in world.listeners[place]] == ["hello", "hello"]


def test_a_node_dials_again_who_was_not_there_or_answered_badly() -> None:
    world = World()
    node = world.host(1)
    world.run(node, node.node.dial("127.0.0.1:9", keeps=True, now=world.now))
    place = "127.0.0.1:9"
    world.listeners[place] = []
    world.wait(1.0)
    (first,) = world.listeners[place]
    first.say({"type": "event"})
    assert first.closed
    world.wait(1.9)
    assert len(world.listeners[place]) == 1
    world.wait(0.2)
    assert len(world.listeners[place]) == 2


def test_a_node_does_not_dial_again_who_it_was_told_to_dial_once() -> None:
    world = World()
    node, place = world.host(1), world.listen()
    node.dial(place)
    (first,) = world.listeners[place]
    first.say({"type": "hello_ack", "node_id": "t" * 43})
    first.leave()
    world.wait(60)
    assert len(world.listeners[place]) == 1
