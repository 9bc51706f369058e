from typing import Any

import orjson
import pytest
from rxon_world import GLOBAL, World, signed

from reference.rxon.core import Reply
from reference.rxon.identity import Credentials

NOBODY = Credentials(token=None)


def registration(world: World, **members: Any) -> dict[str, Any]:
    return {"worker_id": "w", "timestamp": int(world.now), **members}


def deliver(world: World, body: Any, *, credentials: Credentials = GLOBAL) -> Reply:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return world.core.receive("registration", raw, credentials=credentials, now=world.now)


def test_a_refused_message_has_no_effect() -> None:
    world = World()
    body = signed("registration", registration(world), secret="wrong")
    assert deliver(world, body).status == 403
    assert world.core.workers() == []


def test_credentials_are_looked_at_before_the_body() -> None:
    world = World()
    assert deliver(world, b"{", credentials=NOBODY).status == 401
    assert deliver(world, b"{").status == 400
    assert deliver(world, b"").status == 400


def test_an_exact_replay_of_a_registration_is_refused() -> None:
    world = World()
    body = signed("registration", registration(world))
    assert [deliver(world, body).status for _ in range(2)] == [200, 403]


def test_an_exact_repetition_of_a_result_is_answered_and_counts_once() -> None:
    world = World()
    world.register("w")
    world.submit()
    task = world.take("w")
    ids = {"job_id": task["job_id"], "task_id": task["task_id"], "worker_id": "w"}
    raw = orjson.dumps(signed("result", {**ids, "timestamp": int(world.now)}))
    answers = [
        world.core.receive("result", raw, credentials=GLOBAL, now=world.now).body["status"]
        for _ in range(2)
    ]
    assert answers == ["accepted", "ignored"]


def test_the_global_token_is_not_good_for_a_worker_with_its_own() -> None:
    world = World()
    assert world.register("own").status == 403
    body = signed("registration", registration(world, worker_id="own"), secret="own-secret")
    assert deliver(world, body, credentials=Credentials(token="own-secret")).status == 200


def poll(world: World, worker_id: str = "w") -> Reply | None:
    return world.core.let_in("poll", worker_id, credentials=GLOBAL, now=world.now)


def test_too_many_polls_are_refused_with_the_time_to_wait() -> None:
    world = World(limits={"poll": 2})
    assert [poll(world), poll(world)] == [None, None]
    world.now += 20.0
    refused = poll(world)
    assert refused is not None
    assert (refused.status, refused.headers) == (429, {"Retry-After": "40"})
    assert refused.body["code"] == "LIMIT_EXCEEDED_ERROR"


def test_refused_polls_do_not_prolong_the_wait() -> None:
    world = World(limits={"poll": 1})
    assert poll(world) is None
    for _ in range(59):
        world.now += 1.0
        assert poll(world) is not None
    world.now += 1.0
    assert poll(world) is None


def test_limits_are_counted_by_worker_and_kind() -> None:
    world = World(limits={"poll": 1})
    assert [poll(world, "a"), poll(world, "b")] == [None, None]
    assert poll(world, "a") is not None
    assert world.register("a").status == 200


def test_an_access_token_serves_its_owner_only() -> None:
    world = World()
    certificate = Credentials(token=None, certificate_name="w")
    answer = world.core.issue_token(credentials=certificate, now=world.now)
    assert answer.status == 200
    assert list(answer.body) == ["access_token", "expires_in", "worker_id"]
    shown = Credentials(token=answer.body["access_token"])
    ours, foreign = (
        world.core.let_in("poll", worker_id, credentials=shown, now=world.now)
        for worker_id in ("w", "other")
    )
    assert ours is None
    assert foreign is not None
    assert foreign.status == 403


def test_an_access_token_ends() -> None:
    world = World()
    certificate = Credentials(token=None, certificate_name="w")
    issued = world.core.issue_token(credentials=certificate, now=world.now)
    shown = Credentials(token=issued.body["access_token"])
    world.now += 3600.0
    refused = world.core.let_in("poll", "w", credentials=shown, now=world.now)
    assert refused is not None
    assert refused.status == 401


def test_no_access_token_without_a_certificate() -> None:
    world = World()
    assert world.core.issue_token(credentials=GLOBAL, now=world.now).status == 403


def test_a_frame_has_the_effect_of_a_post() -> None:
    world = World()
    world.register("w")
    job_id = world.submit()
    task = world.take("w")
    event = {
        "event_id": "e",
        "worker_id": "w",
        "origin_worker_id": "w",
        "event_type": "progress",
        "payload": {"progress": 0.5},
        "target_job_id": task["job_id"],
        "timestamp": int(world.now),
    }
    raw = orjson.dumps(signed("event", event))
    assert world.core.receive_frame(raw, sender="w", now=world.now).status == 200
    assert world.job(job_id)["progress"] == 0.5


@pytest.mark.parametrize("frame", [b"", b"{", b"[1]", b'"x"', b"{}", b"\xff"])
def test_a_bad_frame_is_refused_quietly(frame: bytes) -> None:
    world = World()
    assert world.core.receive_frame(frame, sender="w", now=world.now).status >= 400


def test_an_unregistered_worker_gets_nothing() -> None:
    assert World().has_none("w")


def test_the_next_deadline_is_the_earliest_end() -> None:
    world = World()
    assert world.core.next_deadline() is None
    world.register("w")
    assert world.core.next_deadline() == world.now + 120.0
    world.submit(timeout_seconds=5)
    world.take("w")
    assert world.core.next_deadline() == world.now + 5.0
