from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest
from kit_world import talk

from conformance.kit.targets import warm
from conformance.kit.targets.process import Child

if TYPE_CHECKING:
    from collections.abc import Iterator

DRIVER = [*warm.PREFIX, "driver", "rxon"]
DESCRIBE = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "describe"}).encode()

pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")


@pytest.fixture(autouse=True)
def _nobody_is_left() -> Iterator[None]:
    yield
    warm.discard()


def test_a_command_of_the_kit_runs_in_a_spare() -> None:
    warm.prepare(1)
    [spare] = warm.SPARES

    async def conversation() -> None:
        child = await Child.start(DRIVER)
        assert child.pid == spare.pid
        assert os.getpgid(child.pid) == child.pid
        await child.write_line(DESCRIBE)
        assert json.loads(await child.read_line())["result"]["protocol"] == "rxon"
        assert child.returncode is None
        assert await child.stop() == 0
        assert child.returncode == 0

    talk(conversation())
    assert not warm.SPARES


def test_it_imports_our_own_modules_anew() -> None:
    """The mutated place must be seen by whoever is imported later, as in any new process."""
    import reference.rxon.orchestrator  # noqa: PLC0415, F401  (what a mutant may come too late for)

    warm.prepare(1)
    start = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "start", "params": {}}).encode()

    async def conversation() -> None:
        child = await Child.start([*DRIVER, "--mutant", "rxon-orc-reg-01"])
        await child.write_line(start)
        assert "url" in json.loads(await child.read_line())["result"]
        await child.stop()

    talk(conversation())


def test_last_words_and_the_exit_code_are_told() -> None:
    warm.prepare(1)

    async def conversation() -> None:
        child = await Child.start([*warm.PREFIX, "no-such-command"])
        assert await child.read_line() == b""
        words = await child.last_moments()
        assert "ended with code 2" in words
        assert "No such command 'no-such-command'" in words
        await child.stop()

    talk(conversation())


def test_other_commands_are_started_as_ever() -> None:
    warm.prepare(1)

    async def conversation() -> None:
        child = await Child.start([sys.executable, "-S", "-c", "print('hello')"])
        assert await child.read_line() == b"hello\n"
        await child.stop()
        changed = await Child.start(DRIVER, env={"ASSAY": "x"})
        await changed.stop()

    talk(conversation())
    assert len(warm.SPARES) == 1


def test_spares_that_nobody_took_are_ended() -> None:
    warm.prepare(2)
    pids = [spare.pid for spare in warm.SPARES]
    warm.discard()
    for pid in pids:
        with pytest.raises(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def test_a_spare_that_does_not_end_is_killed() -> None:
    warm.prepare(1)

    async def conversation() -> None:
        child = await Child.start([*warm.PREFIX, "serve", "rxon", "orchestrator"])
        assert json.loads(await child.read_line())["ready"]
        os.kill(child.pid, 19)  # SIGSTOP: it cannot hear SIGTERM
        assert await child.stop(within=0.05) == -9

    talk(conversation())
