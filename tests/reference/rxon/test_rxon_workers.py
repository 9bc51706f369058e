from typing import Any

import pytest

from reference.rxon import workers
from reference.rxon.workers import Fleet, Worker


def skills(*names: str) -> list[dict[str, Any]]:
    return [{"name": name} for name in names]


def register(fleet: Fleet, worker_id: str, **members: Any) -> Worker:
    body = {"worker_id": worker_id, "supported_skills": skills("echo"), **members}
    return fleet.register(worker_id, body, expires=1.0)


def offering(fleet: Fleet, skill: str) -> list[str]:
    return [place[-1] for place in fleet.offering(skill)]


def priced(price: float) -> dict[str, Any]:
    return {"cost_per_skill": {"echo": price}}


def test_workers_are_offered_cheapest_first_then_by_reputation_then_by_arrival() -> None:
    fleet = Fleet()
    for worker_id, price in (("late", 1), ("dear", 2), ("cheap", 0.5), ("bad", 1)):
        register(fleet, worker_id, capabilities=priced(price))
    register(fleet, "unpriced")
    bad = fleet.get("bad")
    assert bad is not None
    bad.reputation = 0.5
    fleet.index(bad)
    assert offering(fleet, "echo") == ["cheap", "late", "bad", "dear", "unpriced"]


def test_a_new_registration_replaces_the_catalogue_and_keeps_the_place() -> None:
    fleet = Fleet()
    register(fleet, "a")
    register(fleet, "b")
    register(fleet, "a", supported_skills=skills("echo", "other"))
    assert offering(fleet, "echo") == ["a", "b"]
    register(fleet, "a", supported_skills=skills("other"))
    assert offering(fleet, "echo") == ["b"]
    assert offering(fleet, "other") == ["a"]


def test_a_removed_worker_is_in_no_index() -> None:
    fleet = Fleet()
    register(fleet, "a", hot_skills=["echo"])
    fleet.remove("a")
    assert fleet.get("a") is None
    assert offering(fleet, "echo") == []
    assert list(fleet.warm_for("echo")) == []


@pytest.mark.parametrize("status", ["busy", "full", "offline", "draining", "IDLE", "", "active"])
def test_only_an_idle_worker_is_offered(status: str) -> None:
    fleet = Fleet()
    worker = register(fleet, "a")
    workers.merge(worker, {"status": status})
    fleet.index(worker)
    assert offering(fleet, "echo") == []
    workers.merge(worker, {"status": "idle"})
    fleet.index(worker)
    assert offering(fleet, "echo") == ["a"]


@pytest.mark.parametrize("hot", [["echo"], [{"name": "echo"}], ["echo", {"name": "echo"}]])
def test_hot_skills_may_be_names_or_objects(hot: list[Any]) -> None:
    fleet = Fleet()
    register(fleet, "a", hot_skills=hot)
    assert list(fleet.warm_for("echo")) == ["a"]
    assert offering(fleet, "echo") == ["a"]


@pytest.mark.parametrize("cache", [5, "llama", {"llama": 1}, [None, 5, ["llama"]]])
def test_a_hot_cache_of_no_use_warms_nothing(cache: Any) -> None:
    fleet = Fleet()
    register(fleet, "a", hot_cache=cache)
    assert list(fleet.warm_for("llama")) == []


def test_a_heartbeat_changes_neither_reputation_nor_worker_id() -> None:
    worker = register(Fleet(), "a")
    workers.merge(worker, {"reputation": 5, "worker_id": "b", "usage": {"cpu_load_percent": 1.0}})
    assert worker.public()["reputation"] == 1.0
    assert worker.public()["worker_id"] == "a"
    assert worker.public()["usage"] == {"cpu_load_percent": 1}


def test_the_signature_of_a_registration_is_not_kept() -> None:
    worker = register(Fleet(), "a", security={"signature": "x"}, timestamp=1, reputation=9)
    assert set(worker.record) == {"worker_id", "supported_skills"}


def test_a_new_hash_with_a_catalogue_replaces_the_catalogue() -> None:
    worker = register(Fleet(), "a", skills_hash="h1")
    assert not workers.merge(worker, {"skills_hash": "h2", "supported_skills": skills("new")})
    assert worker.record["supported_skills"] == skills("new")
    assert worker.record["skills_hash"] == "h2"


def test_a_catalogue_with_the_known_hash_is_dropped() -> None:
    worker = register(Fleet(), "a", skills_hash="h1")
    assert not workers.merge(worker, {"skills_hash": "h1", "supported_skills": skills("new")})
    assert worker.record["supported_skills"] == skills("echo")


def test_a_missing_catalogue_is_asked_for_until_it_comes() -> None:
    worker = register(Fleet(), "a", skills_hash="h1", supported_skills=[])
    assert workers.merge(worker, {"skills_hash": "h1"})
    assert workers.merge(worker, {"skills_hash": "h1"})
    assert not workers.merge(worker, {"skills_hash": "h1", "supported_skills": skills("echo")})
    assert not workers.merge(worker, {"skills_hash": "h1"})
    assert worker.record["supported_skills"] == skills("echo")


def test_a_hash_that_no_catalogue_came_with_is_asked_about() -> None:
    worker = register(Fleet(), "a", skills_hash="h1")
    assert workers.merge(worker, {"skills_hash": "h2"})
    assert worker.record["skills_hash"] == "h1"


def test_an_unpriced_skill_costs_infinitely_much() -> None:
    worker = register(Fleet(), "a", capabilities=priced(2))
    assert workers.cost_of(worker, "echo") == 2
    assert workers.cost_of(worker, "other") == float("inf")
