"""Processes for the kit's own commands, forked before they are needed, with libraries imported.

To start an interpreter and to import aiohttp and the like takes most of half a second of processor
time, and the kill matrix needs fresh processes for every mutant. A process that has imported them
and has no threads forks spares for itself; `Child.start` then takes a spare for ``assay`` commands.
A spare forgets our own modules and imports them anew, so that a mutant is seeded as in any new
process: before whatever is imported later looks at the mutated place.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import runpy
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Sequence

LOOK_EVERY = 0.005  # seconds between two looks whether an adopted process has ended
PREFIX = (sys.executable, "-m", "conformance")
OURS = frozenset({"conformance", "reference"})


@dataclass(frozen=True, slots=True)
class Spare:
    """A forked process that waits for its arguments, and our ends of its pipes."""

    pid: int
    stdin: int
    stdout: int
    stderr: int

    @property
    def ends(self) -> tuple[int, int, int]:
        """Our ends of its pipes."""
        return (self.stdin, self.stdout, self.stderr)


SPARES: list[Spare] = []  # of this process


def prepare(number: int) -> None:
    """Fork so many spares; there may be no threads in this process by now."""
    for _ in range(number):
        SPARES.append(_fork())  # noqa: PERF401  (each must know of the ones before it)


def take(command: Sequence[str]) -> Spare | None:
    """Return a spare that has been told to run a command, if it is one of the kit's own."""
    if not SPARES or tuple(command[: len(PREFIX)]) != PREFIX:
        return None
    spare = SPARES.pop()
    os.write(spare.stdin, json.dumps(command[len(PREFIX) :]).encode() + b"\n")
    return spare


def discard() -> None:
    """End the spares that nobody took."""
    while SPARES:
        spare = SPARES.pop()
        for end in spare.ends:
            os.close(end)
        os.waitpid(spare.pid, 0)


def _fork() -> Spare:
    theirs_in, our_in = os.pipe()
    our_out, theirs_out = os.pipe()
    our_err, theirs_err = os.pipe()
    pid = os.fork()
    if not pid:
        for end in (our_in, our_out, our_err, *(end for other in SPARES for end in other.ends)):
            os.close(end)
        _live((theirs_in, theirs_out, theirs_err))
    os.setpgid(pid, pid)  # here too: whoever comes first, the group is there when it is needed
    for end in (theirs_in, theirs_out, theirs_err):
        os.close(end)
    return Spare(pid, our_in, our_out, our_err)


def _live(pipes: Sequence[int]) -> NoReturn:
    """Be the spare: wait for the arguments, run them, and end without looking back."""
    code = 1
    try:
        os.setpgid(0, 0)
        for number, pipe in enumerate(pipes):
            os.dup2(pipe, number)
            os.close(pipe)
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
        if line := _first_line():
            _run(json.loads(line))
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001  (the last frame of this process: there is nobody above)
        sys.excepthook(*sys.exc_info())
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        with contextlib.suppress(OSError):
            sys.stderr.flush()
        os._exit(code)


def _run(arguments: Sequence[str]) -> None:
    """Do what ``python -m conformance`` does."""
    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]
    sys.argv = ["assay", *arguments]
    runpy.run_module("conformance", run_name="__main__", alter_sys=True)


def _first_line() -> bytes:
    """Read up to the line's end and not a byte more: the rest is for the command."""
    line = b""
    while byte := os.read(0, 1):
        if byte == b"\n":
            return line
        line += byte
    return b""


@dataclass(slots=True, eq=False)
class Pipes:
    """The pipes of an adopted process, which are closed together."""

    transports: list[asyncio.BaseTransport] = field(default_factory=list)

    def close(self) -> None:
        """Close them."""
        for transport in self.transports:
            transport.close()


class Adopted:
    """A spare with the face of an `asyncio.subprocess.Process`."""

    stdin: asyncio.StreamWriter
    stdout: asyncio.StreamReader
    stderr: asyncio.StreamReader

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._transport = Pipes()
        self._code: int | None = None

    @classmethod
    async def from_spare(cls, spare: Spare, *, limit: int) -> Adopted:
        """Open the pipes of a spare."""
        adopted = cls(spare.pid)
        adopted.stdout = await adopted._reader(spare.stdout, limit)
        adopted.stderr = await adopted._reader(spare.stderr, limit)
        adopted.stdin = await adopted._writer(spare.stdin)
        return adopted

    async def _reader(self, end: int, limit: int) -> asyncio.StreamReader:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=limit)
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(end, "rb", 0)
        )
        self._transport.transports.append(transport)
        return reader

    async def _writer(self, end: int) -> asyncio.StreamWriter:
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.connect_write_pipe(
            lambda: asyncio.streams.FlowControlMixin(loop), os.fdopen(end, "wb", 0)
        )
        self._transport.transports.append(transport)
        return asyncio.StreamWriter(transport, protocol, None, loop)

    @property
    def returncode(self) -> int | None:
        """The exit code (negative: the signal), None while it runs."""
        if self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
        return self._code

    async def wait(self) -> int:
        """Wait for its end."""
        while (code := self.returncode) is None:  # noqa: ASYNC110  (portably told to nobody)
            await asyncio.sleep(LOOK_EVERY)
        return code
