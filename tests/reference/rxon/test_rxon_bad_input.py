"""Malformed input over HTTP: a JSON error with a 4xx status, never a 500; the server goes on."""

import asyncio
import io
import json
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
import pytest

from reference.rxon import signing
from reference.rxon.orchestrator import OrchestratorRole

TOKEN = "global-secret"
REGISTER = "/_worker/workers/register"
WORKER = "/_worker/workers/w"
RESULT = "/_worker/tasks/result"
EVENTS = "/_worker/events"
JOBS = "/api/v1/jobs/generic"
# Where a signed message of each kind goes.
PLACES = {
    "registration": ("POST", REGISTER),
    "heartbeat": ("PATCH", WORKER),
    "result": ("POST", RESULT),
    "event": ("POST", EVENTS),
}
BODIES: Mapping[str, Mapping[str, Any]] = {
    "registration": {"worker_id": "w"},
    "heartbeat": {"worker_id": "w", "status": "idle"},
    "result": {"worker_id": "w", "job_id": "j", "task_id": "t"},
    "event": {
        "worker_id": "w",
        "event_id": "e",
        "origin_worker_id": "w",
        "event_type": "progress",
        "payload": {},
    },
}
Answer = tuple[int, Any]


def signed(kind: str, **members: Any) -> dict[str, Any]:
    body = {
        **BODIES[kind],
        "timestamp": int(time.time()),
        "nonce": str(uuid.uuid4()),
        **members,
    }
    ignore = signing.UNSIGNED_MEMBERS.get(kind, ())
    signature = signing.sign(body, secret=TOKEN, ignore=ignore)
    return {"security": {"signature": signature}, **body}


class Peer:
    """A client of one orchestrator that knows no rules."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def ask(self, method: str, path: str, body: Any = b"", **headers: str) -> Answer:
        """Send bytes, or anything else as JSON; return the status and the parsed answer."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        shown = {"X-Worker-Token": TOKEN, "X-Client-Token": "client-1", **headers}
        async with self._session.request(
            method, path, data=io.BytesIO(data), headers=shown
        ) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text else None

    async def tell(self, kind: str, **members: Any) -> Answer:
        """Send a message that is signed as it is."""
        method, path = PLACES[kind]
        return await self.ask(method, path, signed(kind, **members))

    async def works(self) -> bool:
        """Say whether a job still finds its worker."""
        skills = [{"name": "alive"}]
        registered = await self.tell("registration", worker_id="alive", supported_skills=skills)
        accepted = await self.ask("POST", JOBS, {"initial_data": {"dispatch": {"type": "alive"}}})
        task = await self.ask("GET", "/_worker/workers/alive/tasks/next")
        return (registered[0], accepted[0], task[0]) == (200, 202, 200)


Scene = Callable[[Peer], Awaitable[Answer]]


def play(scene: Scene) -> Answer:
    """Play against a fresh orchestrator and return the answer, if it works afterwards."""

    async def run() -> Answer:
        role = OrchestratorRole()
        await role.start(host="127.0.0.1", port=0, settings={"poll_hold": 0.05}, store=None)
        limit = aiohttp.ClientTimeout(total=10)
        try:
            async with aiohttp.ClientSession(role.url, timeout=limit) as session:
                peer = Peer(session)
                answer = await scene(peer)
                assert await peer.works()
                return answer
        finally:
            await role.stop()

    return asyncio.run(run())


def error(answer: Answer, *statuses: int) -> str:
    """Return the error of an answer that refuses with one of the statuses."""
    status, body = answer
    assert status in (statuses or range(400, 500)), answer
    assert set(body) >= {"error"}
    return str(body["error"])


NOT_JSON = [b"{", b"[1,]", b'{"a":NaN}', b'"\xff"', b"\xef\xbb\xbf{}", b"[" * 2000 + b"]" * 2000]
NO_OBJECTS = [b"[]", b"[1]", b'"x"', b"5", b"true"]
DEEP = b'{"worker_id":"w","metadata":' + b'{"a":' * 150 + b"1" + b"}" * 151


@pytest.mark.parametrize("kind", PLACES)
@pytest.mark.parametrize("body", [*NOT_JSON, *NO_OBJECTS, DEEP], ids=lambda body: str(body[:12]))
def test_a_body_that_is_no_message_is_a_bad_request(kind: str, body: bytes) -> None:
    method, path = PLACES[kind]
    error(play(lambda peer: peer.ask(method, path, body)), 400)


@pytest.mark.parametrize("kind", ["registration", "result", "event"])
@pytest.mark.parametrize("body", [b"", b"null", b"{}"])
def test_an_empty_message_is_refused(kind: str, body: bytes) -> None:
    method, path = PLACES[kind]
    error(play(lambda peer: peer.ask(method, path, body)))


@pytest.mark.parametrize("kind", PLACES)
def test_a_body_over_the_limit_is_too_large(kind: str) -> None:
    method, path = PLACES[kind]
    error(play(lambda peer: peer.ask(method, path, b" " * 1_048_577)), 413)


def test_a_body_of_exactly_the_limit_is_read() -> None:
    assert "JSON" in error(play(lambda peer: peer.ask("POST", REGISTER, b" " * 1_048_576)), 400)


@pytest.mark.parametrize("kind", PLACES)
@pytest.mark.parametrize(
    "security",
    ["x", [1], 5, {"signature": 5}, {"signature": "é"}, {"signature": "0" * 64}, {}, None],
    ids=repr,
)
def test_a_malformed_or_wrong_security_is_refused(kind: str, security: Any) -> None:
    method, path = PLACES[kind]
    body = {**signed(kind), "security": security}
    assert "security" in error(play(lambda peer: peer.ask(method, path, body)), 400, 403)


@pytest.mark.parametrize("kind", PLACES)
@pytest.mark.parametrize("number", ["1e22", "18446744073709551616", "-1e19"])
def test_a_number_that_cannot_be_passed_on_is_a_bad_request(kind: str, number: str) -> None:
    method, path = PLACES[kind]
    text = json.dumps({**signed(kind), "n": 0}).replace('"n": 0', f'"n": {number}')
    error(play(lambda peer: peer.ask(method, path, text.encode())), 400)


@pytest.mark.parametrize("kind", PLACES)
@pytest.mark.parametrize("timestamp", ["soon", [1], {"a": 1}, None, 0, True, 1e300, -5])
def test_a_timestamp_that_is_no_time_of_now_is_refused(kind: str, timestamp: Any) -> None:
    method, path = PLACES[kind]
    body = {**signed(kind), "timestamp": timestamp}
    error(play(lambda peer: peer.ask(method, path, body)), 400, 403)


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"supported_skills": "x"}, "supported_skills"),
        ({"supported_skills": {}}, "supported_skills"),
        ({"supported_skills": ["echo"]}, "supported_skills[0]"),
        ({"supported_skills": [5]}, "supported_skills[0]"),
        ({"supported_skills": [{"type": "t"}]}, "supported_skills[0].name"),
        ({"supported_skills": [{"name": ["n"]}]}, "supported_skills[0].name"),
        ({"supported_skills": [{"name": "n", "input_schema": 5}]}, "input_schema"),
        ({"resources": "x"}, "resources"),
        ({"resources": {"devices": ["gpu"]}}, "resources.devices[0]"),
        ({"resources": {"properties": []}}, "resources.properties"),
        ({"capabilities": "x"}, "capabilities"),
        ({"capabilities": {"cost_per_skill": {"a": "1"}}}, "capabilities.cost_per_skill.a"),
        ({"capabilities": {"extra": []}}, "capabilities.extra"),
        ({"hot_skills": 5}, "hot_skills"),
        ({"hot_cache": 5}, "hot_cache"),
        ({"installed_software": ["python"]}, "installed_software"),
        ({"installed_artifacts": [5]}, "installed_artifacts[0]"),
        ({"worker_type": 5}, "worker_type"),
        ({"metadata": []}, "metadata"),
        ({"worker_id": 5}, "worker_id"),
        ({"worker_id": None}, "worker_id"),
        ({"worker_id": "a b"}, "worker_id"),
        ({"worker_id": "a\n"}, "worker_id"),
        ({"worker_id": ""}, "worker_id"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_member_of_a_registration_is_named(members: dict[str, Any], path: str) -> None:
    assert path in error(play(lambda peer: peer.tell("registration", **members)), 400)


@pytest.mark.parametrize(
    ("kind", "members", "path"),
    [
        ("heartbeat", {"current_tasks": "ab"}, "current_tasks"),
        ("heartbeat", {"current_tasks": 5}, "current_tasks"),
        ("heartbeat", {"current_tasks": [[1]]}, "current_tasks[0]"),
        ("heartbeat", {"usage": "x"}, "usage"),
        ("heartbeat", {"status": []}, "status"),
        ("heartbeat", {"supported_skills": ["x"]}, "supported_skills[0]"),
        ("heartbeat", {"capabilities": 5}, "capabilities"),
        ("heartbeat", {"resources": [1]}, "resources"),
        ("heartbeat", {"hot_cache": {"a": 1}}, "hot_cache"),
        ("result", {"job_id": None}, "job_id"),
        ("result", {"task_id": None}, "task_id"),
        ("result", {"job_id": [1]}, "job_id"),
        ("result", {"data_metadata": {"a": 5}}, "data_metadata.a"),
    ],
)
def test_a_wrong_member_of_a_message_is_named(
    kind: str, members: dict[str, Any], path: str
) -> None:
    async def scene(peer: Peer) -> Answer:
        await peer.tell("registration")
        return await peer.tell(kind, **members)

    assert path in error(play(scene), 400)


@pytest.mark.parametrize("member", ["event_id", "event_type", "origin_worker_id", "payload"])
@pytest.mark.parametrize("value", [None, 5, ["x"]], ids=repr)
def test_a_malformed_event_is_told_which_member(member: str, value: Any) -> None:
    status, body = play(lambda peer: peer.tell("event", **{member: value}))
    assert (status, body["status"]) == (200, "error")
    assert member in body["message"]


@pytest.mark.parametrize(
    "members",
    [
        {"status": 5},
        {"status": ["x"]},
        {"error": "text"},
        {"error": {"code": 5}},
        {"data": [1]},
        {"data": "x"},
    ],
    ids=repr,
)
def test_strange_results_of_unknown_jobs_are_ignored(members: dict[str, Any]) -> None:
    status, body = play(lambda peer: peer.tell("result", **members))
    assert (status, body["status"], body["reason"]) == (200, "ignored", "job_not_found")


async def run_one_task(peer: Peer, **result: Any) -> str:
    """Let a worker end a job with this result; return the job's id."""
    await peer.tell("registration", supported_skills=[{"name": "echo"}])
    _, job = await peer.ask("POST", JOBS, {"initial_data": {"dispatch": {}}})
    _, task = await peer.ask("GET", f"{WORKER}/tasks/next")
    names = {name: task[name] for name in ("job_id", "task_id")}
    status, body = await peer.tell("result", **names, **result)
    assert (status, body["status"]) == (200, "accepted")
    return str(job["job_id"])


@pytest.mark.parametrize(
    "result",
    [
        {"status": 5},
        {"status": {"a": 1}},
        {"status": "SUCCESS"},
        {"status": "failure", "error": [1]},
        {"status": "failure", "error": {"code": ["x"], "message": {"a": 1}}},
        {"data": [[1], None]},
        {"data": "x"},
        {"data": {"status": "quarantined", "job_id": 5}},
    ],
    ids=repr,
)
def test_a_strange_result_never_spoils_the_job_for_its_client(result: dict[str, Any]) -> None:
    async def scene(peer: Peer) -> Answer:
        return await peer.ask("GET", f"/api/v1/jobs/{await run_one_task(peer, **result)}")

    status, job = play(scene)
    assert status == 200
    assert job["status"] in {"finished", "failed", "waiting_for_worker"}


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def test_a_worker_that_fills_the_depth_limit_can_be_listed() -> None:
    async def scene(peer: Peer) -> Answer:
        assert (await peer.tell("registration", metadata={"a": nested(98)}))[0] == 200
        return await peer.ask("GET", "/api/v1/workers")

    status, workers = play(scene)
    assert status == 200
    assert workers[0]["metadata"] == {"a": nested(98)}


def test_a_result_that_fills_the_depth_limit_can_be_shown() -> None:
    async def scene(peer: Peer) -> Answer:
        job_id = await run_one_task(peer, data=nested(99))
        return await peer.ask("GET", f"/api/v1/jobs/{job_id}")

    status, job = play(scene)
    assert status == 200
    assert job["result"] == nested(99)


@pytest.mark.parametrize("query", ["abc", "nan", "-1", "1e400", "", "0x5", "inf"])
def test_a_poll_with_a_strange_timeout_is_still_a_poll(query: str) -> None:
    path = f"{WORKER}/tasks/next?timeout={query}&available_skills=,,"
    assert play(lambda peer: peer.ask("GET", path)) == (204, None)


@pytest.mark.parametrize("worker_id", ["a%2Fb", "a%20b", "%C3%A9", "%FF", "%00", "%ED%A0%80", "*"])
def test_a_strange_worker_id_in_a_path_is_just_unknown(worker_id: str) -> None:
    path = f"/_worker/workers/{worker_id}"
    assert "not found" in error(play(lambda peer: peer.ask("PATCH", path)), 404)


@pytest.mark.parametrize("token", ["", "x", "global-secret2", "\u00e9"])
@pytest.mark.parametrize(
    ("method", "path"),
    [*PLACES.values(), ("GET", f"{WORKER}/tasks/next"), ("POST", "/_worker/auth/token")],
)
def test_a_wrong_token_is_unauthorised_everywhere(method: str, path: str, token: str) -> None:
    headers = {"X-Worker-Token": token}
    error(play(lambda peer: peer.ask(method, path, b"{}", **headers)), 401)


@pytest.mark.parametrize(
    "body",
    [
        *NOT_JSON,
        *NO_OBJECTS,
        b"",
        b"null",
        b"{}",
        b'{"metadata":' + b'{"a":' * 150 + b"1" + b"}" * 151,
        b'{"metadata":{"a":1e22}}',
        b'{"security":"x"}',
        b'{"metadata":[1]}',
        b'{"initial_data":[1]}',
        b'{"initial_data":{"dispatch":[1]}}',
        b'{"initial_data":{"parallel":{}}}',
        b'{"initial_data":{"parallel":[]}}',
        b'{"initial_data":{"parallel":[5]}}',
        b'{"dispatch_timeout":"soon"}',
    ],
    ids=lambda body: str(body[:40]),
)
def test_a_job_that_is_none_is_a_bad_request(body: bytes) -> None:
    error(play(lambda peer: peer.ask("POST", JOBS, body)), 400)


@pytest.mark.parametrize(
    ("dispatch", "path"),
    [
        ({"type": 5}, "type"),
        ({"params": [1]}, "params"),
        ({"priority": "high"}, "priority"),
        ({"priority": True}, "priority"),
        ({"max_cost": "cheap"}, "max_cost"),
        ({"timeout_seconds": "soon"}, "timeout_seconds"),
        ({"timeout_seconds": -1}, "timeout_seconds"),
        ({"result_timeout_seconds": 1.8446744073709550e19}, "result_timeout_seconds"),
        ({"transitions": {"success": 5}}, "transitions"),
        ({"event_transitions": []}, "event_transitions"),
        ({"dispatch_strategy": []}, "dispatch_strategy"),
        ({"skill_version": 1}, "skill_version"),
        ({"resource_requirements": "x"}, "resource_requirements"),
        ({"resource_requirements": {"resources": [1]}}, "resources"),
        ({"resource_requirements": {"resources": {"devices": {}}}}, "resources.devices"),
        ({"resource_requirements": {"resources": {"devices": ["gpu"]}}}, "devices"),
        ({"resource_requirements": {"resources": {"devices": [{"model": 5}]}}}, "devices"),
        ({"resource_requirements": {"resources": {"devices": [{"properties": [1]}]}}}, "devices"),
        ({"resource_requirements": {"resources": {"properties": 5}}}, "properties"),
        ({"resource_requirements": {"installed_artifacts": "cuda"}}, "installed_artifacts"),
        ({"resource_requirements": {"installed_artifacts": [5]}}, "installed_artifacts"),
        (
            {"resource_requirements": {"installed_artifacts": [{"name": "a", "properties": [1]}]}},
            "installed_artifacts",
        ),
        ({"resource_requirements": {"installed_software": {"python": 3}}}, "installed_software"),
        ({"resource_requirements": {"skill": "echo"}}, "skill"),
        ({"resource_requirements": {"extra_requirements": ["a"]}}, "extra_requirements"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_member_of_a_job_is_named(dispatch: dict[str, Any], path: str) -> None:
    async def scene(peer: Peer) -> Answer:
        await peer.tell(
            "registration",
            supported_skills=[{"name": "echo"}],
            resources={"devices": [{"type": "gpu", "model": "m", "properties": {"a": 1}}]},
            installed_artifacts=[{"name": "a", "properties": {"a": 1}}],
        )
        return await peer.ask("POST", JOBS, {"initial_data": {"dispatch": dispatch}})

    assert path in error(play(scene), 400)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", REGISTER, 405),
        ("DELETE", WORKER, 405),
        ("POST", f"{WORKER}/tasks/next", 405),
        ("GET", "/_worker/nothing", 404),
        ("POST", f"{REGISTER}/", 404),
        ("GET", "/api/v1/jobs/no-such-job", 404),
        ("POST", "/api/v1/jobs/no-such-job/cancel", 404),
        ("GET", "/_worker/ws/w", 400),
    ],
)
def test_a_wrong_route_is_told_in_json(method: str, path: str, status: int) -> None:
    error(play(lambda peer: peer.ask(method, path)), status)
