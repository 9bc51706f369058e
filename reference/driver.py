"""The driver of the reference: JSON-RPC 2.0 over role classes, on stdio and over HTTP POST.

On stdio each message is one line in UTF-8; answers come as they are ready. End of input: finish.
"""

import asyncio
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

from aiohttp import web

from reference.role import CannotError, ParameterError, Role, SettingError

NAME = "assay-reference"
VERSION = "0.1.0"

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
CANNOT = -32000

# What a failed call means to the caller, most specific first.
FAULTS: tuple[tuple[type[Exception], int], ...] = (
    (ParameterError, INVALID_PARAMS),
    (SettingError, CANNOT),
    (CannotError, CANNOT),
    (OSError, CANNOT),
)

Function: TypeAlias = Callable[[Mapping[str, Any]], Any]
NOTHING: Mapping[str, Function] = MappingProxyType({})

FINISH_SECONDS = 10.0  # how long requests under way may still take after the end of input
READ_BYTES = 65536


class FaultError(Exception):
    """A JSON-RPC error object on its way out."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Call:
    """One checked request."""

    method: str
    params: Mapping[str, Any]


class Driver:
    """Answers JSON-RPC requests about the instances that it starts or adopts.

    `library` are functions of JSON that need no instance, by the name of their method.
    """

    def __init__(
        self,
        roles: Mapping[str, type[Role]],
        *,
        protocol: str,
        revision: str,
        library: Mapping[str, Function] = NOTHING,
    ) -> None:
        self._roles = roles
        self._library = library
        self._protocol = protocol
        self._revision = revision
        self._instances: dict[str, Role] = {}
        self._started = 0

    def adopt(self, role: Role) -> str:
        """Make an instance that somebody else started addressable; returns its name."""
        self._started += 1
        name = f"i{self._started}"
        self._instances[name] = role
        return name

    async def handle(self, message: Any) -> dict[str, Any] | None:
        """Answer one request object; None when it asked for no answer."""
        identifier = message.get("id") if isinstance(message, dict) else None
        try:
            call = _checked(message)
            body: dict[str, Any] = {"result": await self._run(call)}
        except FaultError as fault:
            body = {"error": {"code": fault.code, "message": str(fault)}}
        except Exception as error:  # noqa: BLE001  the caller must learn of a bug here, not wait
            traceback.print_exc()
            body = {"error": {"code": INTERNAL_ERROR, "message": repr(error)}}
        if isinstance(message, dict) and "method" in message and "id" not in message:
            return None
        return {"jsonrpc": "2.0", "id": identifier, **body}

    async def handle_text(self, line: bytes) -> dict[str, Any] | None:
        """Answer one request in JSON text."""
        try:
            message = json.loads(line)
        except (ValueError, RecursionError) as error:
            return _parse_failure(error)
        return await self.handle(message)

    async def handle_http(self, request: web.Request) -> web.Response:
        """Answer one POST whose body is a request object."""
        answer = await self.handle_text(await request.read())
        return web.json_response(answer) if answer is not None else web.Response(status=204)

    async def close(self) -> None:
        """Stop every instance, all at the same time: each may have something to finish."""
        running = [self._instances.pop(name) for name in tuple(self._instances)]
        await asyncio.gather(*(role.stop() for role in running))

    async def _run(self, call: Call) -> Any:
        try:
            own = OWN_METHODS.get(call.method)
            if own is not None:
                return await own(self, call.params)
            if call.method in self._library:
                return self._library[call.method](call.params)
            return await self._call_role(call)
        except tuple(kind for kind, _ in FAULTS) as error:
            raise FaultError(_code(error), str(error)) from error

    async def _call_role(self, call: Call) -> Any:
        if not any(call.method in role.methods for role in self._roles.values()):
            raise FaultError(METHOD_NOT_FOUND, f"unknown method {call.method!r}")
        role = self._instances[self._pick(call.params)]
        if call.method not in role.methods:
            raise CannotError(f"a {role.role} has no method {call.method!r}")
        params = {key: value for key, value in call.params.items() if key != "instance"}
        return await role.call(call.method, params)

    def _pick(self, params: Mapping[str, Any]) -> str:
        if not self._instances:
            raise CannotError("no instance is running; call start first")
        name: str = _typed(params, "instance", (str,), next(reversed(self._instances)))
        if name not in self._instances:
            raise ParameterError(f"instance: {name!r} is not running")
        return name

    async def _describe(self, params: Mapping[str, Any]) -> dict[str, Any]:
        _known(params, ())
        methods = {name for role in self._roles.values() for name in role.methods}
        return {
            "protocol": self._protocol,
            "role": next(iter(self._roles)),
            "roles": list(self._roles),
            "revision": self._revision,
            "implementation": {"name": NAME, "version": VERSION},
            "methods": sorted(methods | set(OWN_METHODS) | set(self._library)),
        }

    async def _start(self, params: Mapping[str, Any]) -> dict[str, Any]:
        _known(params, ("role", "connect", "set", "store", "host", "port"))
        kind = _typed(params, "role", (str,), next(iter(self._roles)))
        if kind not in self._roles:
            raise ParameterError(f"role: {kind!r} is not one of {', '.join(self._roles)}")
        role = self._roles[kind]()
        # What to dial is a setting of client roles; a server role refuses it as unknown.
        dialled = {"connect": params["connect"]} if "connect" in params else {}
        await role.start(
            host=_typed(params, "host", (str,), "127.0.0.1"),
            port=_typed(params, "port", (int,), 0),
            settings={**_typed(params, "set", (dict,), {}), **dialled},
            store=_typed(params, "store", (str, type(None)), None),
        )
        told = {"instance": self.adopt(role), "role": kind, "url": role.url, "set": role.facts}
        return {**told, "store": params["store"]} if params.get("store") else told

    async def _stop(self, params: Mapping[str, Any]) -> dict[str, Any]:
        _known(params, ("instance",))
        name = self._pick(params)
        await self._instances.pop(name).stop()
        return {"instance": name}

    async def _reset(self, params: Mapping[str, Any]) -> dict[str, Any]:
        _known(params, ("instance",))
        name = self._pick(params)
        await self._instances[name].reset()
        return {"instance": name}


OWN_METHODS: Mapping[str, Callable[[Driver, Mapping[str, Any]], Awaitable[dict[str, Any]]]] = {
    "describe": Driver._describe,  # noqa: SLF001  the table belongs to the class
    "start": Driver._start,  # noqa: SLF001
    "stop": Driver._stop,  # noqa: SLF001
    "reset": Driver._reset,  # noqa: SLF001
}


def _checked(message: Any) -> Call:
    if not isinstance(message, dict) or not isinstance(message.get("method"), str):
        raise FaultError(INVALID_REQUEST, "a request is an object with a text member 'method'")
    params = message.get("params", {})
    if not isinstance(params, dict):
        raise FaultError(INVALID_PARAMS, "params: an object with named parameters is needed")
    return Call(method=message["method"], params=params)


def _typed(params: Mapping[str, Any], key: str, kinds: tuple[type, ...], default: Any) -> Any:
    value = params.get(key, default)
    if not isinstance(value, kinds) or isinstance(value, bool):
        names = " or ".join(kind.__name__ for kind in kinds)
        raise ParameterError(f"{key}: {names} is needed, not {type(value).__name__}")
    return value


def _known(params: Mapping[str, Any], names: tuple[str, ...]) -> None:
    for key in params:
        if key not in names:
            raise ParameterError(f"{key}: unknown parameter; known: {', '.join(names) or 'none'}")


def _code(error: Exception) -> int:
    return next(code for kind, code in FAULTS if isinstance(error, kind))


def _parse_failure(error: Exception) -> dict[str, Any]:
    fault = {"code": PARSE_ERROR, "message": f"not JSON: {error}"}
    return {"jsonrpc": "2.0", "id": None, "error": fault}


async def serve_stdio(
    roles: Mapping[str, type[Role]],
    *,
    protocol: str,
    revision: str,
    library: Mapping[str, Function] = NOTHING,
) -> None:
    """Answer requests from standard input until it ends or SIGTERM comes, then stop everything."""
    driver = Driver(roles, protocol=protocol, revision=revision, library=library)
    lines = _lines_of(0)
    answers: set[asyncio.Task[None]] = set()
    try:
        while (line := await lines.get()) is not None:
            if line.strip():
                answer = asyncio.create_task(_answer(driver, line))
                answers.add(answer)
                answer.add_done_callback(answers.discard)
        if answers:
            await asyncio.wait(answers, timeout=FINISH_SECONDS)
    finally:
        await driver.close()


async def _answer(driver: Driver, line: bytes) -> None:
    answer = await driver.handle_text(line)
    if answer is not None:
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


def _lines_of(descriptor: int) -> "asyncio.Queue[bytes | None]":
    """Read lines in a thread, since a descriptor may be a file, a terminal or a pipe."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[bytes | None] = asyncio.Queue()

    def hand_over(line: bytes | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(lines.put_nowait, line)

    def read() -> None:
        rest = b""
        while chunk := os.read(descriptor, READ_BYTES):
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                hand_over(line)
        hand_over(rest)
        hand_over(None)

    threading.Thread(target=read, daemon=True).start()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, lines.put_nowait, None)
    return lines
