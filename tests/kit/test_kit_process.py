from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from kit_world import talk

from conformance.kit.targets import process
from conformance.kit.targets.process import Child, ProcessError


def python(code: str) -> list[str]:
    return [sys.executable, "-S", "-c", code]


def alive(pid: int) -> bool:
    """Whether a process exists and is more than an entry that waits to be reaped."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in {"Z", "X"}


async def gone(pid: int) -> bool:
    """Wait until a killed process has disappeared."""
    async with asyncio.timeout(5):
        while alive(pid):  # noqa: ASYNC110  (the kernel announces it to the parent alone)
            await asyncio.sleep(0.005)
    return True


def test_lines_travel_both_ways() -> None:
    async def conversation() -> None:
        child = await Child.start(python("print(input() + '!')"))
        await child.write_line(b"hello")
        assert await child.read_line() == b"hello!\n"
        assert await child.read_line() == b""
        assert await child.stop() == 0

    talk(conversation())


def test_a_child_leads_a_group_of_its_own() -> None:
    async def conversation() -> None:
        child = await Child.start(python("input()"))
        assert os.getpgid(child.pid) == child.pid != os.getpgid(0)
        assert child.returncode is None
        await child.stop()
        assert child.returncode is not None

    talk(conversation())


def test_a_stopped_child_is_reaped_and_its_grandchildren_are_killed() -> None:
    code = (
        "import subprocess, sys\n"
        "deaf = 'import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);'\n"
        "deaf += 'print(0, flush=True); time.sleep(60)'\n"
        "pipes = {'stdin': -3, 'stdout': -1, 'stderr': -3}\n"  # none that the kit would wait for
        "child = subprocess.Popen([sys.executable, '-S', '-c', deaf], **pipes)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "input()\n"
    )

    async def conversation() -> int:
        child = await Child.start(python(code))
        grandchild = int(await child.read_line())
        assert alive(grandchild)
        await child.stop()
        assert await gone(child.pid)
        assert await gone(grandchild)
        return child.pid

    pid = talk(conversation())
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def test_a_child_that_ignores_sigterm_is_killed() -> None:
    code = (
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('deaf', flush=True)\n"
        "time.sleep(60)\n"
    )

    async def conversation() -> int:
        child = await Child.start(python(code))
        await child.read_line()
        return await child.stop(within=0.05)

    assert talk(conversation()) == -signal.SIGKILL


def test_stopping_twice_is_allowed() -> None:
    async def conversation() -> list[int]:
        child = await Child.start(python("raise SystemExit(3)"))
        await child.read_line()
        return [await child.stop(), await child.stop()]

    first, second = talk(conversation())
    assert first == second


def test_the_last_words_on_stderr_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "KEPT_LINES", 2)
    code = "import sys; print('one\\ntwo\\nthree', file=sys.stderr); raise SystemExit(3)"

    async def conversation() -> str:
        child = await Child.start(python(code))
        assert await child.read_line() == b""
        await child.stop()
        return child.obituary()

    said = talk(conversation())
    assert "ended with code 3; its last words:\n    two\n    three" in said
    assert "one\n" not in said.partition("last words")[2]


def test_a_command_that_does_not_exist_is_named() -> None:
    with pytest.raises(ProcessError, match="cannot start '/nowhere/driver --x'"):
        talk(Child.start(["/nowhere/driver", "--x"]))


def test_an_endless_line_is_an_error_and_not_a_flood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "LINE_LIMIT", 1000)

    async def conversation() -> None:
        child = await Child.start(python("import sys\nwhile True: sys.stdout.write('x' * 999)"))
        try:
            with pytest.raises(ProcessError, match="a line of more than 1000 bytes"):
                await child.read_line()
        finally:
            await child.stop(within=0.5)

    talk(conversation())


def test_writing_to_one_who_has_gone_tells_how_he_went() -> None:
    async def conversation() -> None:
        child = await Child.start(python("raise SystemExit('no licence')"))
        while await child.read_line():
            pass
        with pytest.raises(ProcessError, match="no licence"):  # noqa: PT012  (a pipe takes a while)
            for _ in range(100):
                await child.write_line(b"x" * 100_000)
        await child.stop()

    talk(conversation())


def test_what_nobody_reads_does_not_block_the_child() -> None:
    code = "import sys\nfor _ in range(100): sys.stdout.write('x' * 10000 + '\\n')\ninput()"

    async def conversation() -> int:
        child = await Child.start(python(code))
        child.stop_listening()
        await child.write_line(b"done?")
        assert "ended with code 0" in await child.last_moments()
        return await child.stop()

    assert talk(conversation()) == 0
