"""``assay task URL`` and ``assay peers URL``: nodes on loopback, and what only seems to be one."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from conformance.cli import main
from conformance.elo.desk import Desk
from conformance.elo.wire import framed, written
from conformance.kit.desks import DeskFailure, Late, Order, desk_of
from reference.elo import ROLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.testing import Result

    from reference.role import Role

WITHIN = 20.0  # seconds; a test that gets here hangs
SEED = "22" * 32  # of oJql9HpnWYAv-VX43C0qFKXJnSO-l_hkEn_5ODRVpPA
ACK: dict[str, Any] = {"type": "hello_ack", "node_id": "n", "caps": {}, "interests": []}


def assay(*words: str, text: str | None = None) -> Result:
    return CliRunner().invoke(main, list(words), input=text)


class Mesh:
    """Roles on a loop of their own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._roles: list[Role] = []

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WITHIN)

    def start(self, name: str = "node", **settings: Any) -> Role:
        role = ROLES[name]()
        self._do(role.start(host="127.0.0.1", port=0, settings=settings, store=None))
        self._roles.append(role)
        return role

    def close(self) -> None:
        for role in self._roles:
            self._do(role.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WITHIN)
        self._loop.close()


@pytest.fixture
def mesh() -> Iterator[Mesh]:
    made = Mesh()
    try:
        yield made
    finally:
        made.close()


def at(role: Role) -> str:
    return role.url.removeprefix("elo://")


@contextmanager
def pretending(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Listen, and treat the one who comes as no node would."""

    def serve() -> None:
        line, _ = listening.accept()
        with line:
            line.settimeout(WITHIN)
            answer(line)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(WITHIN)
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"elo://127.0.0.1:{listening.getsockname()[1]}"
        thread.join(WITHIN)


def saying(*messages: dict[str, Any] | bytes) -> Callable[[socket.socket], None]:
    """Return what reads the hello, says something, and waits for the end."""

    def answer(line: socket.socket) -> None:
        line.recv(65536)
        for each in messages:
            line.sendall(each if isinstance(each, bytes) else framed(written(each)))
        try:
            while line.recv(65536):
                pass
        except ConnectionError:
            return

    return answer


# A task


def test_a_task_is_done_and_its_payload_printed(mesh: Mesh) -> None:
    result = assay("task", mesh.start().url, "--capability", "echo", "--payload", '{"é": [1]}')
    assert (result.exit_code, json.loads(result.stdout)) == (0, {"echo": {"é": [1]}})


def test_send_may_be_said_and_nothing_is_an_empty_object(mesh: Mesh) -> None:
    result = assay("task", "send", mesh.start().url, "--capability", "echo")
    assert json.loads(result.stdout) == {"echo": {}}


def test_a_payload_is_read_from_a_file_or_from_standard_input(mesh: Mesh, tmp_path: Path) -> None:
    url, path = mesh.start().url, tmp_path / "payload.json"
    path.write_text("[5]", encoding="utf-8")
    for payload in (f"@{path}", "-"):
        result = assay("task", url, "--capability", "echo", "--payload", payload, text="[5]")
        assert json.loads(result.stdout) == {"echo": [5]}


def test_a_machine_reads_one_object(mesh: Mesh) -> None:
    role = mesh.start()
    result = assay("task", role.url, "--capability", "echo", "--payload", "1", "--json")
    assert json.loads(result.stdout) == {
        "done": True,
        "who": role.facts["node_id"],
        "payload": {"echo": 1},
        "code": "",
        "message": "",
    }


def test_a_task_for_another_goes_through_a_tracker(mesh: Mesh) -> None:
    tracker = mesh.start("tracker")
    node = mesh.start(peers=at(tracker), agents="echo,only-here")
    for target in (node.facts["node_id"], node.facts["node_id"][:12]):
        words = ("--capability", "only-here", "--payload", "1", "--target", target)
        result = assay("task", tracker.url, *words)
        assert json.loads(result.stdout) == {"echo": 1}


def test_a_task_may_name_the_node_that_is_dialled(mesh: Mesh) -> None:
    role = mesh.start()
    words = ("--capability", "echo", "--target", role.facts["node_id"])
    assert assay("task", role.url, *words).exit_code == 0


def test_who_relays_nothing_is_not_asked_to(mesh: Mesh) -> None:
    result = assay("task", mesh.start().url, "--capability", "echo", "--target", "x" * 43)
    assert result.exit_code == 2
    assert "does not offer `relay`" in result.output


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("NO_CAPABILITY", ["--capability", "nobody-has-it"]),
        ("INTERNAL: no", ["--capability", "raise", "--payload", '{"message": "no"}']),
        ("NO_PEER", ["--capability", "echo", "--target", "x" * 43]),
    ],
)
def test_what_was_refused_is_told_with_its_code(mesh: Mesh, code: str, words: list[str]) -> None:
    result = assay("task", mesh.start("tracker").url, *words)
    assert result.exit_code == 1
    assert code in result.stderr
    told = json.loads(assay("task", mesh.start("tracker").url, *words, "--json").stdout)
    assert told["done"] is False
    assert told["code"] == code.partition(":")[0]


def test_a_task_that_takes_too_long_is_given_up(mesh: Mesh) -> None:
    words = ("--capability", "slow", "--payload", '{"s": 60}', "--timeout", "0.3")
    url = mesh.start().url
    result = assay("task", url, *words)
    assert (result.exit_code, result.stderr) == (3, "TIMEOUT: no result came within 0.3 s\n")
    told = json.loads(assay("task", url, *words, "--json").stdout)
    assert told["code"] == "TIMEOUT"


def test_the_caller_has_the_key_that_it_is_given(mesh: Mesh) -> None:
    role = mesh.start(rate_limit=2)  # a hello and one task: budgets are identities'
    words = ("task", role.url, "--capability", "echo", "--key")
    assert assay(*words, SEED).exit_code == 0
    assert "RATE_LIMITED" in assay(*words, SEED).output
    assert assay(*words, "33" * 32).exit_code == 0
    assert "no 32 bytes" in assay(*words, "abc").output


# Who is there


def test_peers_are_listed_with_the_node_itself_first(mesh: Mesh) -> None:
    tracker = mesh.start("tracker", agents="relay")
    node = mesh.start(peers=at(tracker), agents="echo,other")
    result = assay("peers", tracker.url)
    lines = [line.split(maxsplit=2) for line in result.stdout.splitlines()]
    assert lines == [
        [tracker.facts["node_id"][:12], at(tracker), "relay"],
        [node.facts["node_id"][:12], at(node), "echo, other"],
    ]


def test_a_machine_reads_peers_as_objects(mesh: Mesh) -> None:
    tracker = mesh.start("tracker", agents="relay")
    node = mesh.start(peers=at(tracker), agents="echo")
    told = json.loads(assay("peers", tracker.url, "--json").stdout)
    assert (told["id"], told["address"]) == (tracker.facts["node_id"], at(tracker))
    assert told["peers"] == [
        {"id": node.facts["node_id"][:12], "address": at(node), "capabilities": ["echo"]}
    ]


def test_who_lists_nobody_in_its_ack_is_asked(mesh: Mesh) -> None:
    reserved = mesh.start(visibility="public-ish", allowlist="oJql9HpnWYAv-VX43C0qFKXJnSO")
    assert len(assay("peers", reserved.url).stdout.splitlines()) == 1

    def answer(line: socket.socket) -> None:
        line.recv(65536)
        line.sendall(framed(written(ACK)))
        query = json.loads(line.recv(65536)[4:])
        nodes = [{"node_id": "a", "addr": "a@h:1", "caps": ["x"]}, 5, {"caps": 5}]
        told = {"type": "query_resp", "id": query["id"], "nodes": nodes}
        line.sendall(framed(written(told)))
        line.recv(65536)

    with pretending(answer) as url:
        told = json.loads(assay("peers", url, "--json").stdout)
    assert told["peers"] == [
        {"id": "a", "address": "h:1", "capabilities": ["x"]},
        {"id": "", "address": "", "capabilities": []},
    ]


# Who is none


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.mark.parametrize("words", [["task", "URL", "--capability", "echo"], ["peers", "URL"]])
def test_where_nobody_listens_the_next_step_is_told(words: list[str]) -> None:
    port = free_port()
    result = assay(*(f"elo://127.0.0.1:{port}" if word == "URL" else word for word in words))
    assert result.exit_code == 2
    assert f"assay serve elo node --port {port}" in result.output


@pytest.mark.parametrize(
    "answer",
    [
        saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        saying({"type": "event"}),
        saying({**ACK, "node_id": 5}),
        saying({**ACK, "caps": []}),
        saying(framed(b"[]")),
        lambda line: line.close(),
    ],
)
def test_what_does_not_greet_back_is_no_node(answer: Callable[[socket.socket], None]) -> None:
    with pretending(answer) as url:
        result = assay("peers", url)
    assert result.exit_code == 2
    assert "Elo node" in result.output or "hello_ack" in result.output


def test_who_says_nothing_is_no_node_and_is_waited_for_only_so_long() -> None:
    with pretending(saying()) as url:
        result = assay("peers", url, "--timeout", "0.3")
    assert (result.exit_code, "is no Elo node" in result.output) == (2, True)


def test_who_talks_without_end_is_given_up_in_time() -> None:
    def answer(line: socket.socket) -> None:
        line.recv(65536)
        line.sendall(framed(written(ACK)))
        beat = framed(written({"type": "heartbeat", "node_id": "n", "ts": 1})) * 100
        try:
            while True:
                line.sendall(beat)
        except OSError:
            return

    with pretending(answer) as url, pytest.raises(Late):
        Desk(url).send(Order(capability="echo"), within=0.5)


def test_a_result_that_the_node_did_not_sign_is_none(mesh: Mesh) -> None:
    node_id = mesh.start().facts["node_id"]

    def answer(line: socket.socket) -> None:
        line.recv(65536)
        line.sendall(framed(written({**ACK, "node_id": node_id})))
        task = json.loads(line.recv(65536)[4:])
        result = {"type": "result", "id": task["id"], "status": "success", "payload": "forged"}
        line.sendall(framed(written(result)))
        line.recv(65536)

    with pretending(answer) as url:
        outcome = Desk(url).send(Order(capability="echo"), within=WITHIN)
    assert (outcome.done, outcome.code, outcome.payload) == (False, "BAD_SIGNATURE", None)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:1", "elo://HOST:PORT"),
        ("nonsense", "elo://HOST:PORT"),
        ("elo://", "looks like elo://127.0.0.1:7878"),
        ("elo://127.0.0.1:99999999", "Port out of range"),
    ],
)
def test_what_is_no_url_of_a_node_is_told(url: str, said: str) -> None:
    with pytest.raises(DeskFailure, match=said):
        desk_of(url)


def test_what_no_frame_can_carry_is_not_sent(mesh: Mesh) -> None:
    url = mesh.start().url
    with pytest.raises(DeskFailure, match="too large"):
        Desk(url).send(Order(capability="echo", payload="x" * 2_000_000), within=WITHIN)
