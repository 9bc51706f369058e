from __future__ import annotations

import asyncio
import stat
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from reference.elo import ROLES, frames, key_file, messages, signing
from reference.elo.identity import Identity
from reference.role import CannotError, ParameterError, SettingError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine
    from pathlib import Path

    from reference.role import Role

WITHIN = 20.0  # seconds; a test that gets here hangs
ME = Identity.of_seed(b"\x63" * 32)


def talk(conversation: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(conversation, WITHIN))


@asynccontextmanager
async def running(name: str = "node", **settings: Any) -> AsyncIterator[Role]:
    role = ROLES[name]()
    await role.start(host="127.0.0.1", port=0, settings=settings, store=None)
    try:
        yield role
    finally:
        await role.stop()


class Raw:
    """A peer of the test's own, on a real socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._frames = frames.Reader()
        self._read: list[dict[str, Any]] = []

    @classmethod
    async def dial(cls, role: Role) -> Raw:
        host, _, port = role.url.removeprefix("elo://").rpartition(":")
        return cls(*await asyncio.open_connection(host, int(port)))

    @classmethod
    async def greeted(cls, role: Role) -> Raw:
        raw = await cls.dial(role)
        raw.say({"type": "hello", "node_id": ME.node_id})
        assert (await raw.hear())["type"] == "hello_ack"
        return raw

    def say(self, message: dict[str, Any]) -> None:
        self.writer.write(frames.encode(message))

    async def hear(self, *ignored: str) -> dict[str, Any]:
        """Return the next message; an empty one stands for the end."""
        while True:
            while self._read:
                message = self._read.pop(0)
                if message["type"] not in ignored:
                    return message
            data = await self.reader.read(65536)
            if not data:
                return {}
            self._read += self._frames.feed(data)

    def task(self, capability: str, payload: Any, **members: Any) -> None:
        made = messages.task(
            "t",
            target="",
            caller=ME.node_id,
            capability=capability,
            payload=payload,
            timestamp=int(time.time()),
        )
        self.say(signing.sign({**made, **members}, ME))

    def close(self) -> None:
        self.writer.close()


def test_a_node_tells_who_it_is_and_what_it_was_started_with() -> None:
    async def conversation() -> None:
        async with running(seed="11" * 32, heartbeat_interval=5) as node:
            assert node.url.startswith("elo://127.0.0.1:")
            assert node.facts["node_id"] == "0EqyMnQrtKs6E2i9RhXk5tAiSrcaAWuvhSCjMsl3hzc"
            assert node.facts["heartbeat_interval"] == 5.0
            assert "echo" in node.facts["agents"].split(",")

    talk(conversation())


@pytest.mark.parametrize(
    ("capability", "payload", "status", "said"),
    [
        ("echo", {"é": 1}, "success", {"echo": {"é": 1}}),
        ("slow", {"s": 0}, "success", {"slept": 0}),
        ("slow", {"s": "x"}, "error", "INTERNAL"),
        ("raise", {"message": "no"}, "error", "INTERNAL"),
        ("none", {}, "success", None),
        ("big", {}, "error", "INTERNAL"),
        ("big", {"size": 3}, "success", "xxx"),
        ("big", {"size": "x"}, "error", "INTERNAL"),
        ("half", {}, "error", "INTERNAL"),
        ("object", {}, "error", "INTERNAL"),
        ("ask", {"target": 5}, "error", "INTERNAL"),
        ("ask", {"capability": "relay"}, "error", "INTERNAL"),
        ("unknown", {}, "error", "NO_CAPABILITY"),
    ],
)
def test_a_node_has_the_conformance_profile(
    capability: str, payload: Any, status: str, said: Any
) -> None:
    async def conversation() -> None:
        async with running(run=False) as node:
            raw = await Raw.greeted(node)
            raw.task(capability, payload)
            result = await raw.hear()
            assert result["status"] == status
            outcome = result.get("payload") if status == "success" else result["error"]["code"]
            assert outcome == said
            raw.close()

    talk(conversation())


def test_a_task_may_ask_for_another_and_tell_what_came_of_it() -> None:
    async def conversation() -> None:
        async with running(run=False) as node:
            raw = await Raw.greeted(node)
            raw.task("ask", {"target": "nobody", "capability": "echo"})
            result = await raw.hear()
            assert result["payload"]["error"]["code"] == "NO_PEER"
            raw.task("ask", {"target": ME.node_id, "capability": "mine", "payload": 1}, id="u")
            asked = await raw.hear()
            assert (asked["type"], asked["capability"]) == ("task", "mine")
            raw.say(signing.sign(messages.success(asked["id"], 2), ME))
            assert (await raw.hear())["payload"] == {"status": "success", "payload": 2}
            raw.close()

    talk(conversation())


def test_what_was_asked_before_the_end_is_answered_before_it() -> None:
    async def conversation() -> None:
        async with running(run=False) as node:
            raw = await Raw.greeted(node)
            raw.task("slow", {"s": 0.1})
            raw.writer.write_eof()
            assert (await raw.hear())["payload"] == {"slept": 0.1}
            assert await raw.hear() == {}
            raw.close()

    talk(conversation())


def test_a_running_node_beats_and_says_bye() -> None:
    async def conversation() -> None:
        async with running(heartbeat_interval=0.1) as node:
            raw = await Raw.greeted(node)
            assert (await raw.hear("event"))["type"] == "heartbeat"
            await node.stop()
            assert (await raw.hear("heartbeat")) == {"type": "bye"}
            assert await raw.hear() == {}
            raw.close()

    talk(conversation())


def test_a_node_stops_although_somebody_never_greeted() -> None:
    async def conversation() -> None:
        async with running() as node:
            raw = await Raw.dial(node)
            await node.stop()
            assert await raw.hear() == {}
            raw.close()

    talk(conversation())


def test_tasks_go_through_a_tracker_to_who_cannot_be_dialled() -> None:
    async def conversation() -> None:
        async with running("tracker") as tracker:
            place = tracker.url.removeprefix("elo://")
            async with running(peers=place) as caller:
                raw = await Raw.greeted(tracker)
                asking = asyncio.create_task(
                    caller.call(
                        "send_task", {"target": ME.node_id, "capability": "x", "payload": 1}
                    )
                )
                task = await raw.hear("event", "heartbeat")
                assert (task["capability"], task["caller"]) == ("x", tracker.facts["node_id"])
                raw.say(signing.sign(messages.success(task["id"], "done"), ME))
                assert await asking == {"status": "success", "payload": "done"}
                raw.close()

    talk(conversation())


def test_two_nodes_are_introduced_and_work_for_each_other() -> None:
    async def conversation() -> None:
        async with running("tracker") as tracker, running("node") as first:
            place = tracker.url.removeprefix("elo://")
            assert await first.call("dial", {"address": place}) == {"connected": True}
            async with running(peers=place, agents="other") as second:
                there = {"address": first.url.removeprefix("elo://")}
                assert await second.call("dial", there) == {"connected": True}  # it has dialled
                told = await first.call("peers", {})
                names = {each["node_id"] for each in told}
                assert second.facts["node_id"][:12] in names
                done = await first.call("send_task", {"capability": "other", "payload": 5})
                assert done == {"status": "success", "payload": {"echo": 5}}
                found = await second.call("discover", {"seconds": 0.2})
                assert first.facts["node_id"][:12] in {each["node_id"] for each in found}
                discovery = await second.call("send_task", {"capability": "discovery"})
                assert discovery["status"] == "success"

    talk(conversation())


def test_capabilities_may_change_and_everything_be_forgotten() -> None:
    async def conversation() -> None:
        async with running(run=False) as node:
            raw = await Raw.greeted(node)
            await node.call("register", {"agents": ["a"], "tools": ["t"]})
            assert await raw.hear() == {"type": "interest_update", "interests": ["a", "t"]}
            assert (await raw.hear())["caps"]["agents"] == [{"name": "a"}]
            await node.reset()
            assert await raw.hear() == {"type": "bye"}
            assert await node.call("peers", {}) == []
            raw.close()

    talk(conversation())


def test_a_task_may_be_sent_without_waiting() -> None:
    async def conversation() -> None:
        async with running(run=False) as node:
            raw = await Raw.greeted(node)
            assert await node.call("send_task_async", {"target": ME.node_id}) == {}
            assert (await raw.hear())["type"] == "task"
            raw.close()

    talk(conversation())


def test_who_hangs_up_when_dialled_keeps_no_task_waiting() -> None:
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def conversation() -> None:
        server = await asyncio.start_server(hang_up, "127.0.0.1")
        async with server, running(run=False, query_within=0.2) as node:
            raw = await Raw.greeted(node)
            asking = asyncio.create_task(node.call("send_task", {"capability": "far"}))
            query = await raw.hear()
            place = f"x@127.0.0.1:{server.sockets[0].getsockname()[1]}"
            named = {"addr": place, "node_id": "x", "caps": ["far"]}
            raw.say({"type": "query_resp", "id": query["id"], "nodes": [named]})
            assert (await asking)["code"] == "NO_PEER"
            raw.close()

    talk(conversation())


def test_a_node_that_reconnects_says_bye_and_listens_where_it_did() -> None:
    async def conversation() -> None:
        async with running() as node:
            before = await Raw.greeted(node)
            await node.call("reconnect", {})
            assert await before.hear("event") == {"type": "bye"}
            after = await Raw.greeted(node)
            assert await node.call("peers", {}) != []
            for raw in (before, after):
                raw.close()

    talk(conversation())


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"seed": "zz"}, "seed"),
        ({"seed": "00"}, "32 bytes"),
        ({"rate_limit": -1}, "rate_limit"),
        ({"heartbeat_interval": "soon"}, "heartbeat_interval"),
        ({"colour": "red"}, "unknown setting 'colour'"),
        ({"peers": "somewhere"}, "'somewhere' is no HOST:PORT"),
        ({"peers": "127.0.0.1:7878,elo://"}, "'elo://' is no HOST:PORT"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], said: str) -> None:
    async def conversation() -> None:
        with pytest.raises(SettingError, match=said):
            async with running(**settings):
                pass

    talk(conversation())


def test_a_peer_is_named_by_its_place_or_its_url(caplog: pytest.LogCaptureFixture) -> None:
    async def conversation() -> None:
        async with running("tracker") as first, running("tracker") as second:
            peers = f"{first.url}, {second.url.removeprefix('elo://')}"
            async with running(peers=peers) as node:
                assert len(await node.call("peers", {})) == 2

    talk(conversation())
    assert not caplog.messages


def test_a_peer_that_does_not_answer_is_told(caplog: pytest.LogCaptureFixture) -> None:
    async def conversation() -> None:
        async with running() as gone:
            place = gone.url.removeprefix("elo://")
        async with running(peers=place):
            assert caplog.messages == [f"no greeting came from {place} yet; it is dialled again"]

    talk(conversation())


def test_a_driver_call_that_cannot_be_is_refused() -> None:
    async def conversation() -> None:
        async with running() as node:
            for method, params in (
                ("dial", {"address": 5}),
                ("register", {"agents": "a"}),
                ("discover", {"seconds": "x"}),
            ):
                with pytest.raises(ParameterError):
                    await node.call(method, params)
            assert await node.call("dial", {"address": "127.0.0.1:1", "within": 1}) == {
                "connected": False
            }
        with pytest.raises(CannotError, match="the node is not running"):
            await node.call("peers", {})

    talk(conversation())


def test_a_key_file_is_made_once_and_kept(tmp_path: Path) -> None:
    async def identity(file: Path) -> str:
        async with running(key_file=str(file)) as node:
            return str(node.facts["node_id"])

    file = tmp_path / "new" / "identity.seed"
    first = asyncio.run(identity(file))
    assert asyncio.run(identity(file)) == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        key_file.create(file)


def test_a_key_file_that_cannot_be_read_is_reported_and_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "identity.seed"
    file.write_text("garbage")
    assert key_file.load(file) is None
    assert "will not outlive it" in caplog.text
    assert file.read_text() == "garbage"
    assert key_file.load(tmp_path / "none") is None
    assert key_file.default_path().name == "identity.seed"


def test_a_node_comes_back_to_the_tracker_that_it_was_started_with() -> None:
    async def conversation() -> None:
        arrivals: asyncio.Queue[Raw] = asyncio.Queue()

        async def arrive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            arrivals.put_nowait(Raw(reader, writer))

        server = await asyncio.start_server(arrive, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        starting = asyncio.create_task(
            anext_of(running(peers=f"127.0.0.1:{port}", return_pause=0.05))
        )
        first = await arrivals.get()
        assert (await first.hear())["type"] == "hello"
        first.say({"type": "hello_ack", "node_id": ME.node_id})
        context = await starting
        first.writer.close()
        second = await arrivals.get()
        assert (await second.hear())["type"] == "hello"
        second.writer.close()
        await context.__aexit__(None, None, None)
        server.close()

    talk(conversation())


async def anext_of(context: Any) -> Any:
    """Enter a context, to be left later."""
    await context.__aenter__()
    return context
