"""``assay task`` as a person or a script meets it: a real gateway, a neuron that plays along."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from click.testing import CliRunner

from conformance.cli import main
from reference.neuron.gateway import GatewayRole
from reference.neuron.sse import Decoder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

AT = "2026-05-09T10:00:00Z"
WITHIN = 30.0


def assay(*words: str, text: str | None = None) -> Result:
    return CliRunner().invoke(main, list(words), input=text)


class Desk:
    """A gateway on a loop of its own, and a neuron with a script."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.role = GatewayRole()
        self._settings = settings
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()))

    async def _main(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        await self.role.start(host="127.0.0.1", port=0, settings=self._settings, store=None)
        self._ready.set()
        try:
            await self._over.wait()
        finally:
            await self.role.stop()  # which ends the neurons' streams, and so the neurons

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(WITHIN)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(WITHIN)

    def task(self, *words: str, text: str | None = None) -> Result:
        return assay("task", *words, "--url", self.role.url, text=text)

    def neuron(self, *frames: dict[str, Any]) -> None:
        """Answer every lease with these frames."""
        opened = threading.Event()
        asyncio.run_coroutine_threadsafe(self._play(frames, opened), self._loop)
        assert opened.wait(WITHIN)

    async def _play(self, frames: tuple[dict[str, Any], ...], opened: threading.Event) -> None:
        headers = {"Authorization": "Bearer neuron-token"}
        capability = {"type": "conf/echo", "scope": "any", "concurrency": 1}
        register = {
            "type": "register",
            "neuronId": "n1",
            "protocolVersion": "1.0.0",
            "capabilities": [capability],
        }
        async with (
            aiohttp.ClientSession(self.role.url, headers=headers) as session,
            session.get("/neuron/events?neuronId=n1") as stream,
        ):
            await post(session, register)
            opened.set()
            decoder = Decoder()
            async for chunk in stream.content.iter_any():
                for event in decoder.feed(chunk):
                    if event.name == "lease":
                        lease_id = json.loads(event.data)["lease"]["leaseId"]
                        for frame in frames:
                            await self._watched()
                            await post(session, {"leaseId": lease_id, **frame})

    async def _watched(self) -> None:
        """Wait for somebody who watches, so that everything is news."""
        shell = self.role._running()
        while not shell._watchers:  # noqa: ASYNC110  nobody else wants to be told
            await asyncio.sleep(0.005)


async def post(session: aiohttp.ClientSession, frame: dict[str, Any]) -> None:
    async with session.post(f"/neuron/{frame['type']}", json=frame) as answer:
        await answer.read()


@contextmanager
def desk(**settings: Any) -> Iterator[Desk]:
    found = Desk(settings)
    found.start()
    try:
        yield found
    finally:
        found.stop()


ACK = {"type": "ack", "output": {"echo": "é"}, "completedAt": AT}
HALF = {"type": "progress", "percent": 50, "message": "halfway", "data": [1], "sentAt": AT}
FAIL = {"type": "nack", "kind": "terminal", "reason": "nope", "code": "MY_CODE", "failedAt": AT}


def test_the_result_comes_on_stdout_and_the_way_there_on_stderr() -> None:
    with desk() as at:
        at.neuron(HALF, ACK)
        done = at.task("submit", "conf/echo", '{"a": 1}')
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout) == {"echo": "é"}
    first, *rest = done.stderr.splitlines()
    assert first.startswith("task ")
    assert rest == ["leased to n1, attempt 1", " 50.0 %  halfway  [1]", "done"]


def test_machines_get_one_event_a_line() -> None:
    with desk() as at:
        at.neuron(HALF, ACK)
        done = at.task("submit", "conf/echo", "--json")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["event"] for each in events] == ["state", "progress", "outcome"]
    assert events[-1]["output"] == {"echo": "é"}
    assert done.stderr == ""


def test_a_failure_says_why_and_exits_1() -> None:
    with desk() as at:
        at.neuron(FAIL)
        failed = at.task("submit", "conf/echo")
    assert (failed.exit_code, failed.stdout) == (1, "")
    assert failed.stderr.splitlines()[-1] == "failed: terminal: nope (MY_CODE)"


def test_a_schema_mismatch_lists_what_does_not_match() -> None:
    with desk() as at:
        at.neuron(ACK)
        failed = at.task("submit", "conf/echo", "--output-schema", '{"type": "string"}')
    assert failed.exit_code == 1
    assert failed.stderr.splitlines()[-1] == "  {'echo': 'é'} is not of type 'string'"


def test_a_task_that_nobody_takes_is_queued_and_says_so() -> None:
    with desk() as at:
        queued = at.task("submit", "conf/none", "--timeout", "0.2")
    assert queued.exit_code == 3
    lines = queued.stderr.splitlines()
    assert lines[1] == "queued: waits for a neuron that offers conf/none; none is connected"
    assert lines[-1].startswith("no outcome in time; the task goes on: assay task watch ")


def test_a_task_can_be_left_alone_shown_listed_and_cancelled() -> None:
    with desk() as at:
        task_id = at.task("submit", "conf/echo", "[1]", "--detach").stdout.strip()
        shown = json.loads(at.task("show", task_id).stdout)
        assert (shown["state"], shown["capability"]) == ("pending", "conf/echo")
        listed = at.task("list").stdout
        assert listed.startswith(task_id)
        assert listed.endswith("pending    conf/echo\n")
        assert at.task("cancel", task_id, "--reason", "a b&c").stdout == "cancelled\n"
        (only,) = json.loads(at.task("list", "--json").stdout)
        assert only["state"] == "cancelled"
        watched = at.task("watch", task_id)
        assert (watched.exit_code, watched.stderr) == (1, "cancelled\n")
        again = at.task("cancel", task_id)
        assert (again.exit_code, again.stderr[:12]) == (2, "Error: task ")


def test_a_leased_task_is_called_off() -> None:
    with desk() as at:
        at.neuron()
        task_id = at.task("submit", "conf/echo", "--detach").stdout.strip()
        assert at.task("cancel", task_id).stdout == "its neuron n1 has been asked to stop\n"


def test_input_comes_from_a_file_or_from_stdin(tmp_path: Path) -> None:
    path = tmp_path / "input.json"
    path.write_text('{"from": "file"}', encoding="utf-8")
    with desk() as at:
        for word, text in ((f"@{path}", None), ("-", '{"from": "stdin"}')):
            done = at.task("submit", "conf/echo", word, "--detach", text=text)
            assert done.exit_code == 0, done.stderr


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("conf/echo", "hello"), "INPUT is not JSON"),
        (("conf/echo", "@/no/such/file"), "INPUT: [Errno 2]"),
        (("conf",), "capability: expected a type such as owner/name"),
        (("conf/echo", "--input-schema", "5"), "input_schema: expected an object or null"),
        (
            ("conf/echo", "--output-schema", '{"$ref": "http://x/"}'),
            "output_schema: 'http://x/' would be fetched by every neuron",
        ),
    ],
)
def test_what_is_no_task_is_refused(words: tuple[str, ...], complaint: str) -> None:
    with desk() as at:
        refused = at.task("submit", *words)
    assert refused.exit_code == 2
    assert complaint in refused.stderr


def test_an_unknown_task_is_said_to_be_unknown() -> None:
    with desk() as at:
        for command in ("show", "watch", "cancel"):
            refused = at.task(command, "nobody")
            assert (refused.exit_code, refused.stderr) == (2, "Error: no task 'nobody'\n")


def test_an_operator_token_is_asked_for() -> None:
    with desk(operator_token="secret") as at:
        refused = at.task("list")
        assert (refused.exit_code, refused.stderr.count("--token")) == (2, 1)
        assert at.task("list", "--token", "secret").exit_code == 0


def test_nobody_there_is_said_with_the_command_that_helps() -> None:
    with desk() as at:
        pass
    gone = at.task("list")
    assert gone.exit_code == 2
    assert gone.stderr.startswith(f"Error: no gateway at {at.role.url}: ")
    assert "assay serve neuron gateway --port " in gone.stderr


@pytest.mark.parametrize("url", ["nonsense", "http://", "ftp://x/", "http://127.0.0.1:99999"])
def test_what_is_no_url_is_refused(url: str) -> None:
    refused = assay("task", "list", "--url", url)
    assert (refused.exit_code, refused.stderr[:7]) == (2, "Error: ")
