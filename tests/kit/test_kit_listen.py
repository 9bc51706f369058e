"""Clients that are started by hand, end to end, with the reference worker as the client."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import kit_world
import pytest

from conformance.cli.list_ import checks_of
from conformance.kit.proof import matrix
from conformance.kit.running.run import Run
from conformance.kit.targets import target
from conformance.kit.targets.instance import TargetError
from conformance.kit.targets.wish import Wish
from conformance.kit.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

STOP_WITHIN = 30.0  # seconds
HURRY = "--set=shutdown_timeout=1"  # nobody is there any more to take a result that is left
BEATS = 0.2  # seconds


@contextmanager
def worker(url: str, *options: str) -> Iterator[dict[str, Any]]:
    """Start a worker that dials the URL; yields its ready line, and sees it exit with 0."""
    command = [sys.executable, "-m", "conformance", "serve", "rxon", "worker", "--connect", url]
    process = subprocess.Popen(  # noqa: S603  (our own command)
        [*command, f"--set=heartbeat_interval={BEATS}", HURRY, *options], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOP_WITHIN) == 0
    finally:
        process.kill()
        process.communicate()


def wish(url: str) -> Wish:
    return Wish(
        protocol="rxon",
        role="worker",
        listen=url.removeprefix("http://"),
        facts={"heartbeat_interval": BEATS},
    )


def test_one_worker_is_judged_by_conversations_that_take_turns() -> None:
    url = kit_world.dead_url()
    wanted = ("RXON-EXE-03", "RXON-EXE-04", "RXON-HB-13")
    checks = [each for each in checks_of("rxon") if each.requirement in wanted]
    with worker(url) as ready:
        assert (ready["ready"], ready["role"], ready["url"]) == (True, "worker", url)
        assert ready["set"]["connect"] == url
        found = matrix.verdicts(wish(url), checks).outcomes
    assert {id: outcomes[0].verdict for id, outcomes in found.items()} == {
        "RXON-EXE-03": Verdict.PASS,
        "RXON-EXE-04": Verdict.PASS,
        "RXON-HB-13": Verdict.NOT_OBSERVED,
    }
    assert "max_concurrent_tasks" in found["RXON-HB-13"][0].reason


def test_a_run_that_nobody_dials_is_told_where_to_dial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target, "DIAL_WITHIN", 0.05)
    url = kit_world.dead_url()
    said: list[str] = []
    run = Run(wish(url), say=said.append)
    with pytest.raises(TargetError, match=f"no worker dialled {url} within"):
        run.open()
    run.close()
    assert said == [
        f"serving RXON orchestrator at {url}, token global-secret; start the worker now"
    ]


def test_a_worker_can_be_traced(tmp_path: Any) -> None:
    url, trace = kit_world.dead_url(), tmp_path / "trace.jsonl"
    with worker(url, f"--trace={trace}") as ready:
        assert ready["url"] == url
        assert ready["set"]["connect"] != url
    header, *rows = map(json.loads, trace.read_text(encoding="utf-8").splitlines())
    assert header["role"] == "worker"
    first = next(row for row in rows if row["kind"] == "http.request")
    assert (first["dir"], first["data"]["target"]) == ("<", "/_worker/workers/register")
