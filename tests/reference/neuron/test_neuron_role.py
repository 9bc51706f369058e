"""The neuron as a role, dialling a gateway that the test plays on the loopback interface."""

import asyncio
import gzip
import json
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from neuron_core_bench import cancel, disconnect, lease
from neuron_scripted_gateway import Asked, Say, ScriptedGateway

from reference.neuron import sse
from reference.neuron.neuron import NeuronRole
from reference.role import CannotError, ParameterError, SettingError

SECONDS = 20  # the bound of every scene
QUICK = {"heartbeat_interval": 0.1, "reconnect_delay": 0.02, "drain_timeout": 5}

Scene = Callable[[ScriptedGateway, NeuronRole], Awaitable[None]]


def play(scene: Scene, *, path: str = "", **settings: Any) -> None:
    """Play a scene with a gateway and a neuron that dials it."""

    async def run() -> None:
        gateway, neuron = ScriptedGateway(), NeuronRole()
        await gateway.start()
        given = {**QUICK, "connect": gateway.url + path, "neuron_id": "n1", **settings}
        try:
            async with asyncio.timeout(SECONDS):
                await neuron.start(host="", port=0, settings=given, store=None)
                await scene(gateway, neuron)
        finally:
            await neuron.stop()
            await gateway.close()

    asyncio.run(run())


def numbers(asked: list[Asked]) -> list[int]:
    """Return the numbers of the bearers."""
    return [int(each.bearer.removeprefix("neuron-token-")) for each in asked]


def test_a_neuron_opens_its_stream_and_registers_what_the_profile_offers() -> None:
    async def scene(gateway: ScriptedGateway, _neuron: NeuronRole) -> None:
        register = await gateway.asked_for("register")
        (events,) = gateway.of("events")
        assert (events.method, events.query) == ("GET", "neuronId=n1")
        assert events.headers["Accept"] == "text/event-stream"
        assert register.headers["Content-Type"] == "application/json"
        assert register.json == {
            "type": "register",
            "neuronId": "n1",
            "protocolVersion": "1.0.0",
            "capabilities": [
                {"type": "conf/echo", "scope": "any", "concurrency": 2},
                {"type": "conf/ctl", "scope": "any", "concurrency": 2, "leaseTtlMs": 30000},
                {"type": "conf/serial", "scope": "any", "concurrency": 1},
                {"type": "conf/typed", "scope": {"onBehalfOf": "user:conf"}, "concurrency": 1},
                {"type": "conf/sync", "scope": "any", "concurrency": 2},
            ],
        }

    play(scene)


def test_a_base_path_is_kept_and_the_id_is_encoded() -> None:
    async def scene(gateway: ScriptedGateway, _neuron: NeuronRole) -> None:
        await gateway.asked_for("register")
        assert gateway.asked[0].query == "neuronId=a%20b%2Fc%3Fd%3D%C3%A9%26x%23y%2541"
        assert {each.path for each in gateway.asked} >= {
            "/base/neuron/events",
            "/base/neuron/register",
        }

    play(scene, path="/base//", neuron_id="a b/c?d=é&x#y%41")


def test_every_request_has_a_token_of_its_own() -> None:
    async def scene(gateway: ScriptedGateway, _neuron: NeuronRole) -> None:
        await gateway.serving()
        await gateway.send(lease(1))
        await gateway.asked_for("ack")
        await gateway.asked_for("heartbeat", 2)
        found = numbers(gateway.asked)
        assert sorted(found) == list(range(1, len(found) + 1))

    play(scene)


def test_a_token_may_be_one_and_the_same() -> None:
    async def scene(gateway: ScriptedGateway, _neuron: NeuronRole) -> None:
        await gateway.asked_for("heartbeat")
        assert {each.bearer for each in gateway.asked} == {"t0ken"}

    play(scene, token="t0ken\n", counted_tokens=False)


def test_a_provider_of_tokens_that_fails_is_asked_again_later() -> None:
    async def scene(gateway: ScriptedGateway, _neuron: NeuronRole) -> None:
        await gateway.asked_for("heartbeat")
        assert numbers(gateway.asked)[0] == 4

    play(scene, token_failures=3)


def test_nothing_is_posted_before_the_head_of_the_stream() -> None:
    async def scene(gateway: ScriptedGateway, _neuron: NeuronRole) -> None:
        register = await gateway.asked_for("register")
        assert register.at - gateway.asked[0].at > 0.2

    async def late(gateway: ScriptedGateway, neuron: NeuronRole) -> None:
        gateway.answers["events"].append(Say(after=0.25))
        await scene(gateway, neuron)

    play(late)


def test_a_401_is_repeated_at_once_with_another_token() -> None:
    async def scene(gateway: ScriptedGateway, _neuron: NeuronRole) -> None:
        gateway.answers["events"].append(Say(401))
        gateway.answers["register"].append(Say(401))
        await gateway.asked_for("register", 2)
        assert numbers(gateway.asked) == [1, 2, 3, 4]
        assert gateway.of("register")[0].body == gateway.of("register")[1].body

    play(scene)


@pytest.mark.parametrize(
    "say",
    [
        Say(body=b'{"ok":true}'),
        Say(202, body=b"fine", content_type="text/plain"),
        Say(204, body=b""),
        Say(body=b""),
        Say(body=b"{nope"),
    ],
)
def test_any_2xx_accepts_a_register(say: Say) -> None:
    async def scene(gateway: ScriptedGateway, _neuron: NeuronRole) -> None:
        gateway.answers["register"].append(say)
        await gateway.asked_for("heartbeat")
        assert len(gateway.of("register")) == 1

    play(scene)


@pytest.mark.parametrize("say", [Say(503), Say(cut=True)])
def test_a_register_that_fails_is_retried(say: Say) -> None:
    async def scene(gateway: ScriptedGateway, _neuron: NeuronRole) -> None:
        gateway.answers["register"].append(say)
        await gateway.asked_for("heartbeat")
        assert len(gateway.of("register")) == 2

    play(scene)


@pytest.mark.parametrize("status", [204, 302, 404, 503])
def test_what_does_not_open_is_dialled_again(status: int) -> None:
    async def scene(gateway: ScriptedGateway, _neuron: NeuronRole) -> None:
        gateway.answers["events"].extend([Say(status), Say(status), Say(cut=True)])
        await gateway.asked_for("register")
        assert len(gateway.of("events")) == 4

    play(scene)


def test_a_broken_dialling_is_not_repeated_at_once_or_with_the_same_token() -> None:
    async def scene(gateway: ScriptedGateway, _neuron: NeuronRole) -> None:
        await gateway.serving()
        gateway.answers["events"].append(Say(cut=True))
        gateway.end_stream()
        third = await gateway.asked_for("events", 3)
        second = gateway.of("events")[1]
        assert third.at - second.at > 0.9 * 2 * 0.1
        assert third.bearer != second.bearer

    play(scene, reconnect_delay=0.1)


def test_each_handler_of_the_profile_does_its_part() -> None:
    async def scene(gateway: ScriptedGateway, _neuron: NeuronRole) -> None:
        await gateway.serving()
        await gateway.send(
            lease("echo", input=[1.0, None, "é\x00", 10**20]),
            lease("none", "conf/ctl", input={"output": None}),
            lease("fail", "conf/ctl", input={"fail": {"reason": "no", "code": "C"}}),
            lease("empty", "conf/ctl", input={"fail": {"reason": ""}}),
            lease("raise", "conf/ctl", input={"raise": "boom"}),
            lease("self", "conf/ctl", input={"selfCancel": True}),
            lease("typed", "conf/typed", input={"a": 1}),
            lease("wrong", "conf/typed", input={"a": "x"}),
            lease("sync", "conf/sync", input={"sleepMs": 20}),
            lease("nosync", "conf/sync", input=None),
            lease("noctl", "conf/ctl", input=None),
        )
        await gateway.until(lambda: len(gateway.results()) == 11)
        assert gateway.results() == {
            "lecho": ["ack"],
            "lnone": ["ack"],
            "lfail": ["terminal"],
            "lempty": ["terminal"],
            "lraise": ["retryable"],
            "lself": ["cancelled"],
            "ltyped": ["ack"],
            "lwrong": ["schema-mismatch"],
            "lsync": ["ack"],
            "lnosync": ["ack"],
            "lnoctl": ["ack"],
        }
        acks = {each.json["leaseId"]: each.json for each in gateway.of("ack")}
        nacks = {each.json["leaseId"]: each.json for each in gateway.of("nack")}
        assert acks["lecho"]["output"] == {"echo": [1.0, None, "é\x00", 10**20]}
        assert "output" not in acks["lnone"]
        assert acks["lnosync"]["output"] == {"sync": True}
        assert (nacks["lfail"]["reason"], nacks["lfail"]["code"]) == ("no", "C")
        assert nacks["lraise"]["reason"] == "boom"

    play(scene)


def test_reports_come_in_order_and_before_the_result_and_block_nobody() -> None:
    async def scene(gateway: ScriptedGateway, _neuron: NeuronRole) -> None:
        await gateway.serving()
        gateway.answers["progress"].extend([Say(after=3), Say(500, after=3), Say(after=3)])
        reports = [{"percent": 1}, {"percent": 101}, {"message": "m"}, {"data": {"k": None}}]
        await gateway.send(lease(1, "conf/ctl", input={"progress": reports}))
        first = await gateway.asked_for("progress")
        ack = await gateway.asked_for("ack")
        assert ack.at - first.at < 2.9
        told = [each.json for each in gateway.asked if each.path.endswith(("progress", "ack"))]
        assert [
            each.get("percent") or each.get("message") or each.get("data") for each in told
        ] == [
            1.0,
            "m",
            {"k": None},
            None,
        ]

    play(scene)


def test_a_cancel_interrupts_a_handler_also_before_its_first_step() -> None:
    async def scene(gateway: ScriptedGateway, _neuron: NeuronRole) -> None:
        await gateway.serving()
        endless = {"sleepMs": 100_000}
        await gateway.send(lease(1, "conf/ctl", input=endless))
        await gateway.until(lambda: any(b.json["inFlight"] for b in gateway.of("heartbeat")))
        await gateway.send(cancel(1), lease(2, "conf/ctl", input=endless), cancel(2))
        await gateway.until(lambda: len(gateway.results()) == 2)
        assert gateway.results() == {"l1": ["cancelled"], "l2": ["cancelled"]}

    play(scene)


def test_a_handler_may_ignore_a_cancel() -> None:
    async def scene(gateway: ScriptedGateway, _neuron: NeuronRole) -> None:
        await gateway.serving()
        stubborn = {"sleepMs": 500, "ignoreCancel": True}
        await gateway.send(lease(1, "conf/ctl", input=stubborn))
        await gateway.until(lambda: any(b.json["inFlight"] for b in gateway.of("heartbeat")))
        await gateway.send(cancel(1))
        await gateway.asked_for("ack")

    play(scene)


def test_a_blocking_handler_blocks_nobody_else() -> None:
    async def scene(gateway: ScriptedGateway, _neuron: NeuronRole) -> None:
        await gateway.serving()
        await gateway.send(lease(1, "conf/sync", input={"sleepMs": 400}), lease(2))
        await gateway.until(lambda: len(gateway.results()) == 2)
        assert list(gateway.results()) == ["l2", "l1"]
        assert any(beat.json["inFlight"] for beat in gateway.of("heartbeat"))

    play(scene)


def test_a_handler_updates_a_capability() -> None:
    async def scene(gateway: ScriptedGateway, neuron: NeuronRole) -> None:
        await gateway.serving()
        update = {"type": "conf/serial", "concurrency": 3}
        await gateway.send(lease(1, "conf/ctl", input={"update": update}))
        told = await gateway.asked_for("update-capability")
        assert told.json["capability"] == {
            "type": "conf/serial",
            "scope": "any",
            "concurrency": 3,
        }
        await neuron.call("update_capability", {"type": "conf/echo", "concurrency": 9})
        told = await gateway.asked_for("update-capability", 2)
        assert told.json["capability"]["concurrency"] == 9
        for wrong in (
            {"type": "conf/echo", "concurrency": 0},
            {"type": "conf/none", "concurrency": 1},
            {},
        ):
            with pytest.raises(ParameterError):
                await neuron.call("update_capability", wrong)

    play(scene)


def test_a_driver_asks_what_is_in_flight() -> None:
    async def scene(gateway: ScriptedGateway, neuron: NeuronRole) -> None:
        await gateway.serving()
        assert await neuron.call("in_flight", {}) == []
        await gateway.send(lease(1, "conf/ctl", input={"sleepMs": 100_000}))
        await gateway.until(lambda: any(b.json["inFlight"] for b in gateway.of("heartbeat")))
        (running,) = await neuron.call("in_flight", {})
        assert (running["leaseId"], running["taskId"]) == ("l1", "t1")
        await gateway.send(cancel(1))
        await gateway.asked_for("nack")

    play(scene)


@pytest.mark.parametrize("how", ["end", "abort"])
def test_a_stream_that_ends_is_opened_again_and_what_runs_goes_on(how: str) -> None:
    async def scene(gateway: ScriptedGateway, _neuron: NeuronRole) -> None:
        await gateway.serving()
        await gateway.send(lease(1, "conf/ctl", input={"sleepMs": 300}))
        await gateway.until(lambda: any(b.json["inFlight"] for b in gateway.of("heartbeat")))
        (gateway.end_stream if how == "end" else gateway.abort_stream)()
        await gateway.asked_for("register", 2)
        assert gateway.of("register")[0].body == gateway.of("register")[1].body
        beats = len(gateway.of("heartbeat"))
        await gateway.asked_for("heartbeat", beats + 2)
        await gateway.asked_for("ack")

    play(scene)


def test_a_gateway_that_restarts_gets_the_result_that_it_missed() -> None:
    async def scene(gateway: ScriptedGateway, _neuron: NeuronRole) -> None:
        await gateway.serving()
        await gateway.send(lease(1, "conf/ctl", input={"sleepMs": 200}))
        await gateway.until(lambda: any(b.json["inFlight"] for b in gateway.of("heartbeat")))
        port = gateway.port
        await gateway.close()
        await asyncio.sleep(0.4)
        assert gateway.of("ack") == []
        await gateway.start(port)
        await gateway.asked_for("ack")
        await gateway.asked_for("register", 2)
        beats = len(gateway.of("heartbeat"))
        await gateway.asked_for("heartbeat", beats + 1)

    play(scene)


def test_two_refused_tokens_lead_to_another_stream() -> None:
    async def scene(gateway: ScriptedGateway, _neuron: NeuronRole) -> None:
        gateway.answers["heartbeat"].extend([Say(401), Say(401)])
        await gateway.asked_for("register", 2)
        assert len(gateway.of("events")) == 2

    play(scene)


def test_after_a_dismissal_nobody_comes_back() -> None:
    async def scene(gateway: ScriptedGateway, _neuron: NeuronRole) -> None:
        await gateway.serving()
        await gateway.send(disconnect(reconnectable=False))
        gateway.end_stream()
        await asyncio.sleep(0.3)
        assert len(gateway.of("events")) == 1

    play(scene)


def test_a_stopping_neuron_acks_what_runs_and_then_closes_its_stream() -> None:
    async def scene(gateway: ScriptedGateway, neuron: NeuronRole) -> None:
        await gateway.serving()
        await gateway.send(lease(1, "conf/serial", input={"sleepMs": 300}), lease(2, "conf/serial"))
        await gateway.asked_for("heartbeat")
        stopping = asyncio.create_task(neuron.stop())
        await gateway.asked_for("nack")
        await gateway.send(lease(3))
        await stopping
        assert gateway.results() == {"l2": ["retryable"], "l3": ["retryable"], "l1": ["ack"]}
        assert gateway.stream is not None

    play(scene)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("conf/ctl", {"sleepMs": 100_000}),
        ("conf/ctl", {"sleepMs": 100_000, "ignoreCancel": True}),
        ("conf/sync", {"sleepMs": 100_000}),
    ],
)
def test_a_handler_that_does_not_end_does_not_keep_the_neuron(kind: str, given: Any) -> None:
    async def scene(gateway: ScriptedGateway, neuron: NeuronRole) -> None:
        await gateway.serving()
        await gateway.send(lease(1, kind, input=given))
        await gateway.until(lambda: any(b.json["inFlight"] for b in gateway.of("heartbeat")))
        await neuron.stop()
        assert gateway.results() == {"l1": ["cancelled"]}

    began = time.monotonic()
    play(scene, drain_timeout=0.1)
    assert time.monotonic() - began < 10  # also the event loop ends


def test_a_neuron_without_a_gateway_stops_all_the_same() -> None:
    async def run() -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            neuron = NeuronRole()
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            await neuron.start(host="", port=0, settings={"connect": url}, store=None)
            await asyncio.sleep(0.05)
            async with asyncio.timeout(5):
                await neuron.stop()

    asyncio.run(run())


def test_a_reset_neuron_begins_again() -> None:
    async def scene(gateway: ScriptedGateway, neuron: NeuronRole) -> None:
        await gateway.serving()
        await gateway.send(lease(1, "conf/ctl", input={"sleepMs": 100_000}))
        await gateway.asked_for("heartbeat", 2)
        await neuron.reset()
        await gateway.asked_for("register", 2)
        assert gateway.results() == {"l1": ["cancelled"]}

    play(scene)


# What a neuron must survive: sheet 7

LEASE = sse.encode(json.dumps(lease("after")), name="lease")


@pytest.mark.parametrize(
    "raw",
    [
        b"data: 5\n\n",
        b"data: [[\n\n",
        b"data: " + b"[" * 100_000 + b"\n\n",
        b'data: {"type":"lease","n":' + b"9" * 5000 + b"}\n\n",
        b'data: {"type":"lease","x":"\xff\xfe"}\n\n',
        b"\x00" * 1000 + b"\n\n",
        b": " + b"x" * 1_000_000 + b"\n\n",
        b"data: x\n" * 10_000 + b"\n",
    ],
    ids=lambda raw: raw[:16].decode("latin-1").replace("\x00", "0"),
)
def test_garbage_is_dropped_and_the_stream_goes_on(raw: bytes) -> None:
    async def scene(gateway: ScriptedGateway, _neuron: NeuronRole) -> None:
        await gateway.serving()
        await gateway.write(raw + LEASE)
        await gateway.asked_for("ack")
        assert len(gateway.of("events")) == 1

    play(scene)


def test_a_lease_of_eight_mebibytes_is_echoed() -> None:
    async def scene(gateway: ScriptedGateway, _neuron: NeuronRole) -> None:
        await gateway.serving()
        text = "x" * 8 * 1024 * 1024
        await gateway.send(lease(1, input=text))
        ack = await gateway.asked_for("ack")
        assert ack.json["output"] == {"echo": text}

    play(scene)


def test_an_event_that_is_too_large_is_dropped_and_the_stream_goes_on() -> None:
    async def scene(gateway: ScriptedGateway, _neuron: NeuronRole) -> None:
        await gateway.serving()
        for _ in range(20):
            await gateway.write(b"x" * 1024 * 1024)
        await gateway.write(b"\n\n" + LEASE)
        await gateway.asked_for("ack")
        assert len(gateway.of("events")) == 1

    play(scene)


def test_a_stream_may_be_written_byte_by_byte() -> None:
    async def scene(gateway: ScriptedGateway, _neuron: NeuronRole) -> None:
        await gateway.serving()
        for byte in sse.encode(json.dumps(lease(1, input="é☃"), ensure_ascii=False), name="x"):
            await gateway.write(bytes([byte]))
        ack = await gateway.asked_for("ack")
        assert ack.json["output"] == {"echo": "é☃"}

    play(scene)


@pytest.mark.parametrize(
    "head",
    [
        b"garbage\r\n\r\n",
        b"HTTP/1.1 999999 x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: nope\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 401 no\r\n\r\n",
        b"",
    ],
    ids=lambda head: head[:40].decode(),
)
def test_a_broken_answer_to_the_dialling_is_dialled_again(head: bytes) -> None:
    async def run() -> None:
        dials = asyncio.Queue[bytes]()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            line = await reader.readline()
            while (await reader.readline()).strip():
                pass
            dials.put_nowait(line)
            writer.write(head)
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        neuron = NeuronRole()
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        settings = {"connect": url, "reconnect_delay": 0.01}
        await neuron.start(host="", port=0, settings=settings, store=None)
        try:
            async with asyncio.timeout(SECONDS):
                seen = [await dials.get() for _ in range(5)]
            assert sum(line.startswith(b"GET ") for line in seen) >= 2
        finally:
            await neuron.stop()
            server.close()

    asyncio.run(run())


def test_a_compressed_stream_is_read() -> None:
    async def run() -> None:
        posted = asyncio.Event()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            line = await reader.readline()
            while (await reader.readline()).strip():
                pass
            if line.startswith(b"GET"):
                packed = gzip.compress(LEASE)
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
                    b"Content-Type: text/event-stream\r\n\r\n" + packed
                )
                await posted.wait()
            else:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            if b"/ack" in line:
                posted.set()
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        neuron = NeuronRole()
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await neuron.start(host="", port=0, settings={"connect": url}, store=None)
        try:
            async with asyncio.timeout(SECONDS):
                await posted.wait()
        finally:
            await neuron.stop()
            server.close()

    asyncio.run(run())


# Settings


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"connect": "elo://x"},
        {"connect": "http://x/?a=b"},
        {"connect": "http://x", "token": ""},
        {"connect": "http://x", "token": "a\nb"},
        {"connect": "http://x", "heartbeat_interval": 0},
        {"connect": "http://x", "reconnect_delay": 0},
        {"connect": "http://x", "nope": 1},
    ],
)
def test_a_setting_that_cannot_be_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(SettingError):
        asyncio.run(NeuronRole().start(host="", port=0, settings=settings, store=None))


def test_a_neuron_stores_nothing() -> None:
    with pytest.raises(CannotError):
        asyncio.run(
            NeuronRole().start(host="", port=0, settings={"connect": "http://x"}, store="a")
        )


def test_a_neuron_has_an_id_of_its_own_unless_it_is_told_one() -> None:
    ids = []

    async def scene(_gateway: ScriptedGateway, neuron: NeuronRole) -> None:
        ids.append(neuron.facts["neuron_id"])
        with pytest.raises(CannotError):
            await neuron.call("nope", {})

    play(scene, neuron_id="")
    play(scene, neuron_id="")
    assert len(set(ids)) == 2


def test_a_neuron_that_does_not_run_says_so() -> None:
    with pytest.raises(CannotError):
        asyncio.run(NeuronRole().call("in_flight", {}))
