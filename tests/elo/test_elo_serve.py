"""``assay serve elo`` as a person starts it: it keeps its key, and takes leave when it is ended."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from conformance.elo.wire import Splitter, framed, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVE = [sys.executable, "-m", "conformance", "serve", "elo"]
WITHIN = 20.0  # seconds; a test that gets here hangs


@contextmanager
def served(*words: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    with subprocess.Popen(  # noqa: S603
        [*SERVE, *words], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def ended(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(WITHIN)


@pytest.mark.parametrize("role", ["node", "tracker"])
@pytest.mark.parametrize("words", [["--store"], ["--set"]])
def test_a_role_makes_its_key_file_once_and_is_the_same_ever_after(
    role: str, words: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "keys" / "identity.seed"
    where = ["--store", str(path)] if words == ["--store"] else ["--set", f"key_file={path}"]
    ids, keys = [], []
    for _ in range(2):
        with served(role, *where) as (process, ready):
            ids.append(ready["set"]["node_id"])
            keys.append(path.read_bytes())
            assert ended(process) == 0
    assert ids[0] == ids[1]
    assert keys[0] == keys[1]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_without_a_file_nobody_is_the_same_twice() -> None:
    ids = []
    for _ in range(2):
        with served("node") as (process, ready):
            ids.append(ready["set"]["node_id"])
            ended(process)
    assert ids[0] != ids[1]


def test_a_file_that_holds_no_key_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "identity.seed"
    path.write_text("not a key", encoding="ascii")
    with served("node", "--store", str(path)) as (process, ready):
        assert len(ready["set"]["node_id"]) == 43
        ended(process)
    assert path.read_text(encoding="ascii") == "not a key"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("role", ["node", "tracker"])
def test_who_is_ended_by_a_signal_says_bye(role: str, number: signal.Signals) -> None:
    with served(role) as (process, ready):
        host, _, port = ready["url"].removeprefix("elo://").rpartition(":")
        with socket.create_connection((host, int(port)), timeout=WITHIN) as peer:
            peer.sendall(framed(written({"type": "hello", "node_id": "assay"})))
            splitter = Splitter()
            heard: list[bytes] = []
            while not heard:
                heard += splitter.feed(peer.recv(65536))
            process.send_signal(number)
            while data := peer.recv(65536):
                heard += splitter.feed(data)
        assert process.wait(WITHIN) == 0
    assert json.loads(heard[0])["type"] == "hello_ack"
    assert json.loads(heard[-1]) == {"type": "bye"}


def test_the_port_of_every_published_node_can_be_served() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with served("node", "--port", str(port)) as (process, ready):
        assert ready["url"] == f"elo://127.0.0.1:{port}"
        ended(process)
