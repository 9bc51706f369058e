"""Targets that hang, lie, flood and hang up: the run ends in time, and says what happened."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import impatience
import kit_world
import leftovers
import pytest
from kit_world import OK, replying, request_head, served, silent

from conformance.kit.proof.matrix import verdicts
from conformance.kit.targets.wish import Wish
from conformance.kit.verdict import Outcome, Unmet, Verdict
from conformance.kit.wire import http

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator

    from kit_world import Handler

    from conformance.kit.judging.seen import Seen
    from conformance.kit.judging.suite import Check
    from conformance.kit.running.stage import Stage

FORCED = ("--assay-protocol=rxon", "--assay-role=orchestrator", "--assay-set=token=secret-token")
HANDFUL = ("-k", "RXON-REG-01 or RXON-SER-11 or RXON-WS-01")
SLOW_MACHINE = 20.0  # seconds that everything else may take
MEMORY = 400 * 1024 * 1024  # bytes of address space that a run may really touch
# Says at the end what the command and its children took at most, in KiB; ours alone would be
# lost among all that this process has ever waited for.
WEIGHED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""
IMPATIENT = ("-p", "impatience")
IMPORTABLE = (Path(__file__).parent, *filter(None, [os.environ.get("PYTHONPATH")]))


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run in a process of its own ended."""

    code: int
    text: str
    seconds: float
    memory: int  # bytes, at most


def run(
    url: str, *arguments: str, folder: Path, program: tuple[str, ...] = ("-m", "pytest")
) -> Ended:
    """Judge a target as a user would; the process and its children must be gone afterwards."""
    begun = time.monotonic()
    command = [sys.executable, *program, f"--target={url}", "-p", "no:cacheprovider"]
    done = subprocess.run(  # noqa: S603  (pytest itself)
        [sys.executable, "-c", WEIGHED, *command, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, IMPORTABLE))},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        start_new_session=True,
    )
    text, _, peak = done.stdout.rstrip().rpartition("\n")
    return Ended(done.returncode, text + done.stderr, time.monotonic() - begun, int(peak) * 1024)


async def plain_web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await request_head(reader):
        body = b"<html><title>Welcome to nginx!</title></html>"
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()


async def babbles(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(os.urandom(65536))
        await writer.drain()


async def hangs_up_half_way(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of")
    await writer.drain()
    writer.close()


async def floods_headers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-Flood: 0123456789\r\n" * 1000)
        await writer.drain()


async def sends_a_gigabyte(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
    for _ in range(16384):
        writer.write(b"x" * 65536)
        await writer.drain()


EMPTY = replying(
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
)
OOPS = replying(b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops")


# Where the protocol is not named, a target that does not speak it is refused


@pytest.mark.parametrize(
    ("handler", "said"),
    [
        (plain_web, "it said: 404 <html><title>Welcome to nginx!"),
        (EMPTY, "it said: 200 {}"),
        (babbles, "not an HTTP/1.1 answer"),
        (hangs_up_half_way, "not an HTTP/1.1 answer"),
    ],
    ids=["a plain web server", "empty objects", "noise", "half answers"],
)
def test_who_does_not_speak_the_protocol_is_refused_with_what_to_do(
    pytester: pytest.Pytester, handler: Handler, said: str
) -> None:
    with served(handler) as url:
        result = pytester.runpytest_inprocess(f"--target={url}")
    assert result.ret == 10
    text = result.stdout.str()
    assert said in text
    assert "name --assay-protocol and --assay-role" in text


# Where it is named, every item is judged


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """A run over a target that sends a gigabyte as the answer to everything."""
    with served(sends_a_gigabyte) as url:
        return run(url, *FORCED, *HANDFUL, folder=tmp_path_factory.mktemp("flood"))


def test_a_gigabyte_for_an_answer_is_cut_off_in_bounded_memory(ended: Ended) -> None:
    assert ended.code == 1, ended.text
    assert f"the body does not end within {http.ANSWER_LIMIT} bytes" in ended.text
    assert ended.memory < MEMORY
    assert ended.seconds < 60


@pytest.mark.parametrize(
    ("handler", "said"),
    [
        (plain_web, "404"),
        (EMPTY, "200"),
        (OOPS, "500"),
        (babbles, "not an HTTP/1.1 answer"),
        (hangs_up_half_way, "not an HTTP/1.1 answer"),
        (floods_headers, "not an HTTP/1.1 answer"),
    ],
    ids=["a plain web server", "empty objects", "errors", "noise", "half answers", "headers"],
)
def test_every_item_is_judged_whatever_the_target_does(
    pytester: pytest.Pytester, handler: Handler, said: str
) -> None:
    with served(handler) as url:
        result = pytester.runpytest_inprocess(f"--target={url}", *FORCED, *HANDFUL)
    text = result.stdout.str()
    assert result.ret == 1, text
    assert "KIT-ERROR" not in text
    assert said in text


# A target that hangs


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    kit_world.install_toy(monkeypatch, tmp_path)
    yield
    monkeypatch.undo()
    kit_world.forget()


async def asks(stage: Stage) -> None:
    answer = await stage.http().ask("GET", "/", tag="a question")
    if not answer.ok:
        raise Unmet(answer.failure, *answer.evidence)


async def guess(stage: Stage, example: int) -> None:
    await stage.http().ask("GET", f"/{example}", tag="a question")


def looks(seen: Seen, *_: object) -> None:
    seen.answer("a question").must_be(200)


def big_suite() -> list[Check]:
    """Return twenty conversations at once, twenty in turn, and a property."""
    scenarios = [kit_world.scene(asks, exclusive=number >= 20) for number in range(40)]
    return [
        *(
            kit_world.checking(looks, replace(scenario, name=f"toy.{number}"))
            for number, scenario in enumerate(scenarios)
        ),
        kit_world.checking(looks, for_all="kit_world:small_numbers", play=guess, examples=50),
    ]


def judged(handler: Handler, checks: list[Check]) -> list[Outcome]:
    with served(handler) as url:
        return judged_at(url, checks)


def judged_at(url: str, checks: list[Check]) -> list[Outcome]:
    wish = Wish(text=url, protocol="toy", role="server")
    return [each for found in verdicts(wish, checks).outcomes.values() for each in found]


@pytest.mark.usefixtures("toy")
def test_a_target_that_hangs_costs_a_few_time_outs_and_not_one_per_conversation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with served(silent) as url:
        monkeypatch.setattr(http.HttpClient, "ask", impatience.hurried(url))
        begun = time.monotonic()
        outcomes = judged_at(url, big_suite())
        took = time.monotonic() - begun
    assert {outcome.verdict for outcome in outcomes} == {Verdict.FAIL}
    assert len(outcomes) == 41
    assert took < 0.1 * 20  # two to recognise it, one for all who talk at once; not forty


@pytest.mark.usefixtures("toy")
def test_a_target_that_dies_under_way_is_told_for_every_later_item() -> None:
    left = 10

    async def dies(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal left
        while left > 0 and await request_head(reader):
            left -= 1
            writer.write(OK)
            await writer.drain()

    outcomes = judged(dies, big_suite())
    assert len(outcomes) == 41
    assert {outcome.verdict for outcome in outcomes} == {Verdict.PASS, Verdict.FAIL}
    dead = [outcome for outcome in outcomes if outcome.verdict is Verdict.FAIL]
    assert any("the connection was closed before an answer" in each.reason for each in dead)


def test_a_whole_run_over_a_target_that_hangs_ends_within_its_bound(tmp_path: Path) -> None:
    with served(silent) as url:
        ended = run(
            url,
            *FORCED,
            *IMPATIENT,
            "--assay-report=out",
            "--assay-transcript=all",
            folder=tmp_path,
        )
    assert ended.code == 1, ended.text
    assert "KIT-ERROR" not in ended.text
    lines = (tmp_path / "out" / "transcript.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[-1])["t"] < 60 / impatience.FACTOR + SLOW_MACHINE


@pytest.mark.parametrize("handler", [silent, babbles, OOPS], ids=["silence", "noise", "errors"])
def test_no_process_thread_or_socket_is_left_behind(tmp_path: Path, handler: Handler) -> None:
    driver = f"--assay-driver={sys.executable} -S {kit_world.DRIVER}"
    with served(handler) as url:
        ended = run(
            url,
            *FORCED,
            *IMPATIENT,
            driver,
            "-k",
            "RXON-REG-01",
            folder=tmp_path,
            program=(leftovers.__file__,),
        )
    assert ended.code == 1, ended.text
    left = json.loads((tmp_path / "left.json").read_text("utf-8"))
    assert left == {"processes": [], "sockets": [], "threads": []}
