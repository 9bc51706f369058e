from typing import Any

from reference.neuron.capabilities import ANY, Capability, OnBehalfOf
from reference.neuron.fleet import Fleet, Last, Neuron
from reference.neuron.frames import Cancel
from reference.neuron.timestamps import at

CANCEL = Cancel(lease_id="l", reason="r", cancelled_at=at(0.0))


def offered(*, concurrency: int = 1, user: str | None = None) -> dict[str, Capability]:
    scope: Any = ANY if user is None else OnBehalfOf(user)
    return {"a/b": Capability(type="a/b", scope=scope, concurrency=concurrency)}


def joined(fleet: Fleet, name: str, stream: int, **more: Any) -> Neuron:
    neuron = fleet.connect(name, subject="u", stream=stream)
    neuron.session_id = "s"
    fleet.offer(neuron, offered(**more))
    return neuron


def test_a_neuron_without_a_session_takes_nothing() -> None:
    fleet = Fleet()
    neuron = fleet.connect("n", subject="u", stream=1)
    fleet.offer(neuron, offered())
    assert fleet.choose("a/b", None) is None


def test_it_is_the_turn_of_each_after_the_other() -> None:
    fleet = Fleet()
    first, second = joined(fleet, "a", 1), joined(fleet, "b", 2)
    assert fleet.choose("a/b", None) is first
    fleet.refresh(first, "a/b")
    assert fleet.choose("a/b", None) is second


def test_a_full_neuron_is_not_chosen() -> None:
    fleet = Fleet()
    neuron = joined(fleet, "a", 1, concurrency=2)
    neuron.held["a/b"] = {"1"}
    fleet.refresh(neuron, "a/b")
    assert fleet.choose("a/b", None) is neuron
    neuron.held["a/b"].add("2")
    assert fleet.choose("a/b", None) is None
    fleet.refresh(neuron, "a/b")
    assert fleet.choose("a/b", None) is None


def test_one_that_is_leaving_or_does_not_read_is_not_chosen() -> None:
    fleet = Fleet()
    neuron = joined(fleet, "a", 1)
    neuron.outbox.extend([CANCEL] * 64)
    assert fleet.choose("a/b", None) is None
    neuron.outbox.popleft()
    assert fleet.choose("a/b", None) is neuron
    neuron.outbox.append(Last.END)
    assert neuron.leaving
    assert fleet.choose("a/b", None) is None


def test_a_users_own_come_first_and_only_for_the_user() -> None:
    fleet = Fleet()
    shared, own = joined(fleet, "a", 1), joined(fleet, "b", 2, user="u")
    assert fleet.choose("a/b", "u") is own
    assert fleet.choose("a/b", "v") is shared
    assert fleet.choose("a/b", None) is shared


def test_a_lost_stream_takes_everything_with_it() -> None:
    fleet = Fleet()
    neuron = joined(fleet, "a", 7)
    neuron.outbox.append(CANCEL)
    assert fleet.on_stream(7) is neuron
    fleet.disconnect(neuron)
    assert fleet.on_stream(7) is None
    assert fleet.get("a") is neuron
    assert (neuron.stream, neuron.session_id, list(neuron.outbox)) == (None, None, [])
    assert fleet.offering("a/b") == []
    fleet.disconnect(neuron)
    fleet.forget("a")
    assert list(fleet) == []


def test_a_connected_neuron_is_not_forgotten() -> None:
    fleet = Fleet()
    neuron = joined(fleet, "a", 1)
    fleet.forget("a")
    fleet.forget("nobody")
    assert list(fleet) == [neuron]


def test_what_is_no_longer_offered_is_no_longer_chosen() -> None:
    fleet = Fleet()
    neuron = joined(fleet, "a", 1)
    fleet.offer(neuron, {})
    assert fleet.choose("a/b", None) is None
    assert (fleet._free, fleet._line) == ({}, {})
