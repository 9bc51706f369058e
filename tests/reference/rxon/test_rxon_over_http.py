import asyncio
import json
import socket
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from rxon_peer import Answer, Peer, play, signed

from reference.role import CannotError, SettingError
from reference.rxon.orchestrator import OrchestratorRole

CLOSED = {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING}


def test_a_job_goes_all_the_way() -> None:
    async def scene(peer: Peer, _role: OrchestratorRole) -> Any:
        await peer.register()
        job_id = await peer.submit(params={"a": 1.0, "b": None})
        task = await peer.poll()
        assert '"params":{"a":1}' in task.text
        assert (await peer.result(task.json, data={"x": 1}))["status"] == "accepted"
        return await peer.job(job_id)

    job = play(scene)
    assert (job["status"], job["result"]) == ("finished", 1)


def test_a_registration_is_answered_byte_by_byte_as_published_ones() -> None:
    async def scene(peer: Peer, _role: OrchestratorRole) -> Answer:
        return await peer.register()

    answer = play(scene)
    assert answer.text == '{"status":"registered","version":"1.0b11"}'
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["X-RXON-Version"] == "1.0b11"


def test_an_idle_poll_ends_with_204_and_nothing_else() -> None:
    async def scene(peer: Peer, _role: OrchestratorRole) -> tuple[Answer, float]:
        await peer.register()
        began = time.monotonic()
        return await peer.poll(), time.monotonic() - began

    answer, seconds = play(scene, poll_hold=0.2)
    assert (answer.status, answer.text) == (204, "")
    assert "Content-Type" not in answer.headers
    assert 0.19 <= seconds < 1.0


@pytest.mark.parametrize(
    ("query", "shortest", "longest"),
    [("?timeout=0.05", 0.05, 0.25), ("?timeout=9", 0.3, 1.0), ("?timeout=x", 0.3, 1.0)],
)
def test_the_query_shortens_the_hold_and_never_lengthens_it(
    query: str, shortest: float, longest: float
) -> None:
    async def scene(peer: Peer, _role: OrchestratorRole) -> float:
        await peer.register()
        began = time.monotonic()
        assert (await peer.poll(query=query)).status == 204
        return time.monotonic() - began

    assert shortest - 0.01 <= play(scene, poll_hold=0.3) < longest


def test_a_task_that_comes_during_the_hold_is_delivered_at_once() -> None:
    async def scene(peer: Peer, _role: OrchestratorRole) -> float:
        await peer.register()
        poll = asyncio.create_task(peer.poll())
        await asyncio.sleep(0.05)
        began = time.monotonic()
        await peer.submit()
        assert (await poll).status == 200
        return time.monotonic() - began

    assert play(scene) < 0.5


def test_one_task_goes_to_one_of_two_polls() -> None:
    async def scene(peer: Peer, _role: OrchestratorRole) -> list[int]:
        await peer.register()
        polls = [asyncio.create_task(peer.poll()) for _ in range(2)]
        await asyncio.sleep(0.05)
        await peer.submit()
        return sorted([(await poll).status for poll in polls])

    assert play(scene, poll_hold=0.3) == [200, 204]


def test_a_poll_for_other_skills_leaves_the_task_to_the_next() -> None:
    async def scene(peer: Peer, _role: OrchestratorRole) -> list[int]:
        await peer.register()
        await peer.submit()
        other = await peer.poll(query="?timeout=0.05&available_skills=a,b")
        ours = await peer.poll(query="?available_skills=a,echo")
        return [other.status, ours.status]

    assert play(scene) == [204, 200]


def test_a_task_is_not_lost_with_a_poller_that_hung_up() -> None:
    async def scene(peer: Peer, _role: OrchestratorRole) -> tuple[str, str]:
        await peer.register()
        poll = asyncio.create_task(peer.poll())
        await asyncio.sleep(0.05)
        poll.cancel()
        await asyncio.sleep(0.05)
        job_id = await peer.submit()
        return job_id, (await peer.poll()).json["job_id"]

    submitted, delivered = play(scene)
    assert submitted == delivered


def test_a_task_that_meets_a_poller_as_it_hangs_up_is_delivered_later() -> None:
    async def scene(peer: Peer, role: OrchestratorRole) -> int:
        await peer.register()
        port = int(role.url.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port)) as poller:
            head = "GET /_worker/workers/w/tasks/next HTTP/1.1\r\nHost: x\r\n"
            poller.sendall(f"{head}X-Worker-Token: global-secret\r\n\r\n".encode())
            await asyncio.sleep(0.05)
        # the server learns of the end of the connection and of the job in the same moment
        await role.call("submit_job", {"dispatch": {}})
        return (await peer.poll()).status

    assert play(scene) == 200


def test_head_leaves_no_trace() -> None:
    async def scene(peer: Peer, _role: OrchestratorRole) -> list[int]:
        await peer.register()
        await peer.submit()
        head = await peer.ask("HEAD", "/_worker/workers/w/tasks/next")
        return [head.status, (await peer.poll()).status]

    assert play(scene) == [204, 200]


def test_an_idle_worker_steals_when_its_hold_is_over() -> None:
    async def scene(peer: Peer, _role: OrchestratorRole) -> Answer:
        await peer.register("a")
        await peer.register("b")
        await peer.submit()
        return await peer.poll("b", "?timeout=0.05")

    assert play(scene).status == 200


def test_the_time_to_live_is_kept_to_the_tenth_of_a_second() -> None:
    async def scene(peer: Peer, _role: OrchestratorRole) -> list[int]:
        counts = []
        await peer.register()
        for pause in (0.1, 0.3):
            await asyncio.sleep(pause)
            counts.append(len((await peer.ask("GET", "/api/v1/workers")).json))
        return counts

    assert play(scene, worker_ttl=0.3) == [1, 0]


def test_an_unanswered_task_comes_again_during_a_hold() -> None:
    async def scene(peer: Peer, _role: OrchestratorRole) -> Any:
        await peer.register()
        await peer.submit()
        first = (await peer.poll()).json
        began = time.monotonic()
        second = (await peer.poll()).json
        assert 0.15 < time.monotonic() - began < 1.0
        assert second["task_id"] != first["task_id"]
        return await peer.result(first)

    assert play(scene, execution_timeout=0.2)["reason"] == "stale_task"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/_worker/workers/register"),
        ("GET", "/_worker/workers/w/tasks/next"),
        ("POST", "/_worker/tasks/result"),
        ("PATCH", "/_worker/workers/w"),
        ("POST", "/_worker/events"),
        ("POST", "/_worker/auth/token"),
        ("GET", "/_worker/ws/w"),
    ],
)
@pytest.mark.parametrize("token", ["", "wrong"])
def test_every_worker_route_refuses_a_bad_token(method: str, path: str, token: str) -> None:
    async def scene(peer: Peer, _role: OrchestratorRole) -> Answer:
        headers = {"X-Worker-Token": token, "Upgrade": "websocket"}
        return await peer.ask(method, path, {"worker_id": "w"}, **headers)

    answer = play(scene)
    assert answer.status == 401
    assert answer.json["error"]
    assert answer.headers["X-RXON-Version"] == "1.0b11"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "/_worker/events", 405),
        ("GET", "/_worker/tasks/result", 405),
        ("GET", "/_worker/workers/w", 405),
        ("GET", "/_worker/nothing", 404),
        ("POST", "/_worker/events/", 404),
        ("PATCH", "/_worker/workers/", 404),
    ],
)
def test_other_routes_and_methods_are_refused_in_json(method: str, path: str, status: int) -> None:
    async def scene(peer: Peer, _role: OrchestratorRole) -> Answer:
        return await peer.ask(method, path)

    answer = play(scene)
    assert answer.status == status
    assert answer.json["error"]
    assert ("Allow" in answer.headers) == (status == 405)


def test_an_encoded_worker_id_is_one_segment() -> None:
    async def scene(peer: Peer, _role: OrchestratorRole) -> Answer:
        return await peer.ask("PATCH", "/_worker/workers/a%2Fb")

    assert play(scene).json == {"error": "Worker 'a/b' not found; register again"}


def test_limits_apply_when_they_are_switched_on() -> None:
    async def scene(peer: Peer, _role: OrchestratorRole) -> list[Answer]:
        return [await peer.poll(query="?timeout=0") for _ in range(3)]

    answers = play(scene, rate_limiting=True, rate_limit_poll=2, rate_limit_period=30)
    assert [answer.status for answer in answers] == [204, 204, 429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 30


@pytest.mark.parametrize(("token", "status"), [("", 401), ("nobody", 401), ("client-2", 403)])
def test_a_job_is_shown_to_its_client_only(token: str, status: int) -> None:
    async def scene(peer: Peer, _role: OrchestratorRole) -> list[int]:
        job_id = await peer.submit()
        shown = {"X-Client-Token": token}
        looked = await peer.ask("GET", f"/api/v1/jobs/{job_id}", **shown)
        cancelled = await peer.ask("POST", f"/api/v1/jobs/{job_id}/cancel", **shown)
        return [looked.status, cancelled.status]

    assert play(scene) == [status, status]


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/api/v1/jobs/generic"), ("GET", "/api/v1/workers")]
)
def test_every_client_route_refuses_a_bad_token(method: str, path: str) -> None:
    async def scene(peer: Peer, _role: OrchestratorRole) -> Answer:
        return await peer.ask(method, path, {}, **{"X-Client-Token": "wrong"})

    answer = play(scene)
    assert (answer.status, answer.json["error"]) == (401, "Unauthorized: Invalid token")


def test_the_public_status_needs_no_token() -> None:
    async def scene(peer: Peer, _role: OrchestratorRole) -> Answer:
        return await peer.ask("GET", "/_public/status", **{"X-Client-Token": ""})

    assert play(scene).json == {"status": "ok"}


def test_a_large_task_is_not_compressed_and_names_the_version() -> None:
    async def scene(peer: Peer, _role: OrchestratorRole) -> Answer:
        await peer.register()
        await peer.submit(params={"long": "x" * 5000})
        return await peer.poll()

    answer = play(scene)
    assert "Content-Encoding" not in answer.headers
    assert answer.headers["X-RXON-Version"] == "1.0b11"


# --- WebSocket


async def close_code(line: aiohttp.ClientWebSocketResponse) -> int | None:
    assert (await line.receive()).type in CLOSED
    return line.close_code


def test_an_event_on_the_socket_counts_and_garbage_does_not_close_it() -> None:
    async def scene(peer: Peer, _role: OrchestratorRole) -> Any:
        await peer.register()
        job_id = await peer.submit()
        await peer.poll()
        event = {
            "event_id": "e",
            "worker_id": "w",
            "origin_worker_id": "w",
            "event_type": "progress",
            "payload": {"progress": 0.5},
            "target_job_id": job_id,
        }
        line = await peer.socket()
        bad = signed("event", {**event, "payload": {"progress": 0.9}}, secret="wrong")
        for frame in ("nonsense", "[1]", "{}", json.dumps(bad)):
            await line.send_str(frame)
        await line.send_bytes(b"\x00")
        await line.send_str(json.dumps(signed("event", event)))
        await peer.until(job_id, "progress", 0.5)
        assert not line.closed
        await line.close()

    play(scene)


def test_a_second_socket_replaces_the_first() -> None:
    async def scene(peer: Peer, _role: OrchestratorRole) -> tuple[int | None, Any]:
        first = await peer.socket()
        second = await peer.socket()
        message = await first.receive()
        await peer.register()
        job_id = await peer.submit()
        await peer.poll()
        await peer.ask("POST", f"/api/v1/jobs/{job_id}/cancel")
        return first.close_code, (message.extra, (await second.receive_json())["job_id"] == job_id)

    assert play(scene) == (1008, ("New connection established", True))


def test_cancelling_a_running_job_sends_a_command() -> None:
    async def scene(peer: Peer, _role: OrchestratorRole) -> tuple[str, Any]:
        await peer.register(capabilities={"extra": {"websockets": True}})
        line = await peer.socket()
        job_id = await peer.submit()
        task = (await peer.poll()).json
        await peer.ask("POST", f"/api/v1/jobs/{job_id}/cancel")
        return await line.receive_str(), task

    text, task = play(scene)
    command = {"command": "cancel_task", "task_id": task["task_id"], "job_id": task["job_id"]}
    assert text == json.dumps(command)


def test_a_shutdown_closes_sockets_and_ends_held_polls() -> None:
    async def scene(peer: Peer, role: OrchestratorRole) -> tuple[int | None, int, float]:
        await peer.register()
        line = await peer.socket()
        poll = asyncio.create_task(peer.poll())
        await asyncio.sleep(0.05)
        began = time.monotonic()
        code, _ = await asyncio.gather(close_code(line), role.stop())
        return code, (await poll).status, time.monotonic() - began

    code, status, seconds = play(scene)
    assert (code, status) == (1001, 204)
    assert seconds < 2.0


def test_a_giant_frame_closes_the_socket() -> None:
    async def scene(peer: Peer, _role: OrchestratorRole) -> int | None:
        line = await peer.socket()
        await line.send_str("x" * (5 * 1024 * 1024))
        return await close_code(line)

    assert play(scene) == 1009


def test_a_refused_upgrade_is_answered_in_json() -> None:
    async def scene(peer: Peer, _role: OrchestratorRole) -> tuple[int, int]:
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await peer.socket(**{"X-Worker-Token": "wrong"})
        plain = await peer.ask("GET", "/_worker/ws/w")
        return caught.value.status, plain.status

    assert play(scene) == (401, 400)


# --- the role


def test_the_driver_shows_all_workers_or_one() -> None:
    async def scene(peer: Peer, role: OrchestratorRole) -> list[list[str]]:
        for name in ("w1", "w2"):
            await peer.register(name)
        shown = [
            await role.call("workers", wish)
            for wish in ({}, {"worker_id": "w2"}, {"worker_id": "w3"})
        ]
        return [[each["worker_id"] for each in found["workers"]] for found in shown]

    assert play(scene) == [["w1", "w2"], ["w2"], []]


def test_reset_forgets_workers_and_jobs_and_goes_on() -> None:
    async def scene(peer: Peer, role: OrchestratorRole) -> list[Any]:
        await peer.register()
        job_id = await peer.submit()
        await role.reset()
        gone = await peer.ask("GET", f"/api/v1/jobs/{job_id}")
        workers = await role.call("workers", {})
        return [gone.status, workers, (await peer.register()).status]

    assert play(scene) == [404, {"workers": []}, 200]


def test_reset_empties_the_store_and_closes_sockets(tmp_path: Path) -> None:
    store = str(tmp_path / "store")

    async def run() -> tuple[int | None, Any]:
        role = OrchestratorRole()
        await role.start(host="127.0.0.1", port=0, settings={}, store=store)
        async with asyncio.timeout(10), aiohttp.ClientSession(role.url) as session:
            peer = Peer(session)
            await peer.register()
            line = await peer.socket()
            code, _ = await asyncio.gather(close_code(line), role.reset())
        await role.stop()
        again = OrchestratorRole()
        await again.start(host="127.0.0.1", port=0, settings={}, store=store)
        workers = await again.call("workers", {})
        await again.stop()
        return code, workers

    assert asyncio.run(run()) == (1001, {"workers": []})


def test_stopping_twice_is_no_error() -> None:
    async def scene(_peer: Peer, role: OrchestratorRole) -> None:
        await role.stop()

    play(scene)


def test_a_finished_parallel_job_can_be_looked_at() -> None:
    async def scene(peer: Peer, role: OrchestratorRole) -> Any:
        await peer.register()
        branches = [{"type": "echo"}, {"type": "echo"}]
        created = await role.call("submit_job", {"parallel": branches})
        for _ in branches:
            await peer.result((await peer.poll()).json, data={"n": 1})
        return (await peer.job(created["job_id"]))["status"]

    assert play(scene) == "finished"


def test_the_driver_methods_do_what_the_client_api_does() -> None:
    async def scene(peer: Peer, role: OrchestratorRole) -> Any:
        await peer.register()
        job = {"dispatch": {"priority": 3}, "metadata": {"m": 1}}
        submitted = await role.call("submit_job", job)
        created = {"job_id": submitted["job_id"]}
        job = (await role.call("job", created))["job"]
        assert job == await peer.job(created["job_id"])
        assert job["status"] == submitted["status"]
        assert job["metadata"] == {"m": 1}
        assert (await role.call("job", {"job_id": "x"})) == {"job": None}
        assert (await role.call("cancel_job", created)) == {"cancelled": True}
        assert (await role.call("cancel_job", created)) == {"cancelled": False}
        return (await role.call("workers", {}))["workers"][0]["worker_id"]

    assert play(scene) == "w"


@pytest.mark.parametrize(
    ("method", "params", "text"),
    [
        ("submit_job", {"dispatch": {"priority": "x"}}, "initial_data.dispatch.priority"),
        ("submit_job", {"dispach": {}}, "dispach"),
        ("job", {}, "job_id"),
        ("cancel_job", {"job_id": 5}, "job_id"),
        ("workers", {"x": 1}, "x"),
    ],
)
def test_a_bad_driver_parameter_is_named(method: str, params: dict[str, Any], text: str) -> None:
    async def scene(_peer: Peer, role: OrchestratorRole) -> None:
        with pytest.raises(ValueError, match=text):
            await role.call(method, params)

    play(scene)


@pytest.mark.parametrize(
    "settings", [{"hold": 1}, {"poll_hold": "x"}, {"tls_cert": "/nowhere", "tls_key": "/nowhere"}]
)
def test_impossible_settings_are_refused(settings: dict[str, Any]) -> None:
    role = OrchestratorRole()
    with pytest.raises(SettingError):
        asyncio.run(role.start(host="127.0.0.1", port=0, settings=settings, store=None))


def test_an_unusable_store_is_refused() -> None:
    role = OrchestratorRole()
    with pytest.raises(CannotError, match="nowhere"):
        asyncio.run(role.start(host="127.0.0.1", port=0, settings={}, store="/nowhere/x"))


def test_a_port_in_use_is_refused_and_nothing_is_left() -> None:
    async def scene(_peer: Peer, role: OrchestratorRole) -> None:
        other = OrchestratorRole()
        port = int(role.url.rsplit(":", 1)[1])
        with pytest.raises(OSError, match="address already in use"):
            await other.start(host="127.0.0.1", port=port, settings={}, store=None)
        with pytest.raises(CannotError):
            await other.reset()

    play(scene)
