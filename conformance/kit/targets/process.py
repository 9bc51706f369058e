"""Child processes: each in a group of its own, bounded, and always reaped."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections import deque
from typing import TYPE_CHECKING

from conformance.kit.targets import warm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STOP_WITHIN = 5.0  # seconds between SIGTERM and SIGKILL
LINE_LIMIT = 16 * 1024 * 1024  # bytes of one line on stdout
KEPT_LINES = 40  # of stderr, for the error text
LAST_MOMENTS = 1.0  # seconds between closing its pipes and its end


class ProcessError(RuntimeError):
    """A child process could not be started, or ended when it should not have."""


class Child:
    """A running child process with piped stdin and stdout; stderr's last lines are kept."""

    def __init__(
        self, process: asyncio.subprocess.Process | warm.Adopted, command: Sequence[str]
    ) -> None:
        self._process = process
        self.command = tuple(command)
        self.last_words: deque[str] = deque(maxlen=KEPT_LINES)
        self._ear = asyncio.create_task(self._listen())
        self._sink: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, command: Sequence[str], *, env: Mapping[str, str] | None = None) -> Child:
        """Start a command in a process group of its own.

        Raises ProcessError when the operating system refuses.
        """
        if not env and (spare := warm.take(command)):
            return cls(await warm.Adopted.from_spare(spare, limit=LINE_LIMIT), command)
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={**os.environ, **(env or {})},
                start_new_session=True,
                limit=LINE_LIMIT,
            )
        except OSError as error:
            raise ProcessError(f"cannot start {' '.join(command)!r}: {error}") from error
        return cls(process, command)

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its group."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, None while it runs."""
        return self._process.returncode

    async def write_line(self, line: bytes) -> None:
        """Write one line to its stdin; raises ProcessError when it has gone."""
        if self._process.stdin is None:
            raise ProcessError(self.obituary())
        try:
            self._process.stdin.write(line + b"\n")
            await self._process.stdin.drain()
        except OSError as error:
            raise ProcessError(await self.last_moments()) from error

    async def read_line(self) -> bytes:
        """Return the next line of its stdout, ``b""`` at the end."""
        if self._process.stdout is None:
            return b""
        try:
            return await self._process.stdout.readline()
        except ValueError as error:
            raise ProcessError(
                f"{self.command[0]}: a line of more than {LINE_LIMIT} bytes"
            ) from error

    async def _listen(self) -> None:
        if self._process.stderr is None:
            return
        with contextlib.suppress(ValueError):  # an endless line on stderr is no reason to die
            while line := await self._process.stderr.readline():
                self.last_words.append(line.decode("utf-8", "replace").rstrip())

    def stop_listening(self) -> None:
        """Read its stdout into the void from now on, so that a full pipe cannot block it."""
        self._sink = asyncio.create_task(self._drain())

    async def _drain(self) -> None:
        if self._process.stdout is not None:
            while await self._process.stdout.read(LINE_LIMIT):
                pass

    async def last_moments(self) -> str:
        """Wait a moment for the exit code and the last words of one who closed its pipes."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_MOMENTS):
                await self._process.wait()
                await asyncio.shield(self._ear)
        return self.obituary()

    def obituary(self) -> str:
        """Say how the process ended and what it said last."""
        code = self._process.returncode
        ending = "is still running" if code is None else f"ended with code {code}"
        words = "\n    ".join(self.last_words)
        return f"{' '.join(self.command)!r} {ending}" + (
            f"; its last words:\n    {words}" if words else ""
        )

    async def stop(self, *, within: float = STOP_WITHIN) -> int:
        """End it: close stdin, SIGTERM, and after ``within`` seconds SIGKILL to the whole group."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(within):
                code = await self._process.wait()
        except TimeoutError:
            self._signal(signal.SIGKILL)
            code = await self._process.wait()
        self._signal(signal.SIGKILL)  # grandchildren that outlived their parent
        listening = [task for task in (self._ear, self._sink) if task is not None]
        await asyncio.wait(listening, timeout=LAST_MOMENTS)  # for what is still in the pipes
        for task in listening:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        # Nothing public closes a pipe whose end was not read.
        self._process._transport.close()  # type: ignore[union-attr]  # noqa: SLF001
        return code

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)
