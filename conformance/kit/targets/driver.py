"""The driver, seen from the kit: JSON-RPC 2.0 to a program that can do what the wire cannot.

One message a line on stdio, or HTTP POST. See fixtures/drivers/README.md for the contract.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from conformance.kit import protocols, schemas
from conformance.kit.targets.process import Child, ProcessError
from conformance.kit.transcript import Recorder, Transcript
from conformance.kit.wire.http import HttpClient

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conformance.kit.wire.exchange import Answer

METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
CANNOT = -32000  # "this implementation cannot do that": costs coverage, is not a failure
CALL_WITHIN = 15.0  # seconds; `start` may have to wait for a server to come up


class DriverError(RuntimeError):
    """The driver itself is broken: gone, silent, or outside the contract."""


class DriverRefused(Exception):  # noqa: N818  (a refusal is an answer, not an error)
    """The driver answered with a JSON-RPC error."""

    def __init__(self, method: str, code: int, message: str) -> None:
        super().__init__(f"driver method `{method}` refused ({code}): {message}")
        self.method = method
        self.code = code
        self.message = message


class Channel(Protocol):
    """How JSON-RPC messages travel."""

    async def exchange(self, message: dict[str, Any], *, within: float) -> Any:
        """Send one request, return the response object."""

    async def disturb(self, line: bytes) -> None:
        """Send bytes that need no answer."""

    async def close(self) -> None:
        """Let the driver go."""


@dataclass(slots=True)
class Driver:
    """A driver that has said what it is."""

    channel: Channel
    about: Mapping[str, Any] = field(default_factory=dict)
    _ids: Any = field(default_factory=lambda: itertools.count(1))
    _known_shapes: set[Any] = field(default_factory=set)

    @classmethod
    async def meet(cls, channel: Channel) -> Driver:
        """Ask a driver to describe itself."""
        driver = cls(channel)
        try:
            driver.about = await driver.call("describe")
        except BaseException:
            await channel.close()  # nobody else knows of its child process
            raise
        return driver

    def has(self, method: str) -> bool:
        """Whether the driver lists a method."""
        return method in self.about.get("methods", ())

    async def call(self, method: str, *, within: float = CALL_WITHIN, **params: Any) -> Any:
        """Call a method and return its result.

        Raises DriverRefused for an error answer, DriverError for a broken driver.
        """
        number = next(self._ids)
        message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        answer = await self.channel.exchange(message, within=within)
        shape = (method, schemas.shape(answer))
        if shape not in self._known_shapes:
            self._check(method, answer)
            self._known_shapes.add(shape)
        if "error" in answer:
            raise DriverRefused(method, answer["error"]["code"], answer["error"]["message"])
        return answer["result"]

    def _check(self, method: str, answer: Any) -> None:
        """Hold an answer against the schemas; done once for every shape, for it takes its time."""
        parts = [("driver", "response", answer)]
        if isinstance(answer, dict) and "result" in answer:
            part = f"{method}.result"
            parts += [(schema, part, answer["result"]) for schema in self._schemas(part)]
        for schema, part, value in parts:
            schemas.check(schema, part, value, error=DriverError, about=f"`{method}`")

    async def disturb(self, line: bytes) -> None:
        """Send a line that is no request; whether anything comes back is left open."""
        await self.channel.disturb(line)

    def _schemas(self, part: str) -> list[str]:
        """Name the schema files that know a part: the kit's, and that of the driver's protocol."""
        protocol = self.about.get("protocol")
        own = [f"{protocol}/driver"] if protocol in protocols.names() else []
        return [name for name in ["driver", *own] if schemas.knows(name, part)]

    async def close(self) -> None:
        """Let the driver go; a child process is stopped and reaped."""
        await self.channel.close()


class StdioChannel:
    """One JSON message a line, to a child process; answers may come in any order."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._waiting: dict[Any, asyncio.Future[Any]] = {}
        self._end: DriverError | None = None
        self._ear = asyncio.create_task(self._listen())

    @classmethod
    async def start(
        cls, command: Sequence[str], *, env: Mapping[str, str] | None = None
    ) -> StdioChannel:
        """Start the command; raises DriverError."""
        try:
            return cls(await Child.start(command, env=env))
        except ProcessError as error:
            raise DriverError(str(error)) from error

    async def exchange(self, message: dict[str, Any], *, within: float) -> Any:
        """Send one line, wait for the line with the same id."""
        if self._end is not None:
            raise self._end
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[message["id"]] = future
        try:
            await self._child.write_line(json.dumps(message).encode())
            async with asyncio.timeout(within):
                return await future
        except TimeoutError:
            raise DriverError(
                f"the driver did not answer `{message['method']}` within {within:g} s"
            ) from None
        except ProcessError as error:
            raise DriverError(str(error)) from error
        finally:
            self._waiting.pop(message["id"], None)

    async def disturb(self, line: bytes) -> None:
        """Send one line; raises DriverError when the driver has gone."""
        try:
            await self._child.write_line(line)
        except ProcessError as error:
            raise DriverError(str(error)) from error

    async def _listen(self) -> None:
        try:
            while line := await self._child.read_line():
                self._take(line)
            reason = f"the driver has gone: {await self._child.last_moments()}"
        except (ProcessError, DriverError) as error:
            reason = str(error)
        self._end = DriverError(reason)
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(self._end)

    def _take(self, line: bytes) -> None:
        if not line.strip():
            return
        try:
            answer = json.loads(line)
            future = self._waiting.get(answer["id"])
        except (ValueError, TypeError, KeyError) as error:
            raise DriverError(
                f"a line on the driver's stdout is not a JSON-RPC response: {line[:200]!r}"
                " (logs belong on stderr)"
            ) from error
        if future is not None and not future.done():
            future.set_result(answer)

    async def close(self) -> None:
        """Close stdin and stop the child."""
        await self._child.stop()
        self._ear.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._ear


class HttpChannel:
    """One POST a message."""

    def __init__(self, url: str) -> None:
        aside = Recorder(Transcript(clock=asyncio.get_running_loop().time), "driver")
        self._client = HttpClient(aside, url)
        self._url = url
        self._target = "/" + url.split("://", 1)[1].partition("/")[2]

    async def exchange(self, message: dict[str, Any], *, within: float) -> Any:
        """POST one request object, return the response object."""
        answer = await self._post(json.dumps(message).encode(), within=within)
        if answer.json is None:
            raise DriverError(f"the driver at {self._url} gave no JSON answer: {answer.shown()}")
        return answer.json

    async def disturb(self, line: bytes) -> None:
        """POST one line, whatever the answer."""
        await self._post(line, within=CALL_WITHIN)

    async def _post(self, body: bytes, *, within: float) -> Answer:
        return await self._client.ask(
            "POST",
            self._target,
            headers=[("Content-Type", "application/json")],
            body=body,
            within=within,
        )

    async def close(self) -> None:
        """Close the idle connections."""
        self._client.close()
