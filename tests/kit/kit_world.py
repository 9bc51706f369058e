"""A toy protocol, raw servers and short conversations for the tests of the kit."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sys
import types
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import hypothesis.strategies

import conformance
from conformance.kit import protocols
from conformance.kit.judging.suite import Check, Scenario
from conformance.kit.proof import mutation
from conformance.kit.protocols import Protocol, Role
from conformance.kit.requirements import Requirement, Source
from conformance.kit.running.loop import LoopThread
from conformance.kit.targets.driver import DriverRefused
from conformance.kit.targets.instance import Fixed
from conformance.kit.targets.target import Target
from conformance.kit.transcript import Recorder, Transcript
from conformance.kit.verdict import Level

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping

    import pytest

    from conformance.kit.running.stage import Stage
    from conformance.kit.targets.instance import Source as InstanceSource
    from conformance.kit.wire.http import HttpClient

    Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

T = TypeVar("T")
WITHIN = 10.0  # seconds; a test that gets here hangs
DRIVER = Path(__file__).parent / "toy_driver.py"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n" + b'{"ok":true}'
REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"


def talk(conversation: Coroutine[Any, Any, T]) -> T:
    """Run a conversation that must come to an end."""
    return asyncio.run(asyncio.wait_for(conversation, WITHIN))


def recorder(scenario: str = "toy.scene") -> Recorder:
    """Return a recorder whose clock counts events."""
    ticks = itertools.count()
    return Recorder(Transcript(clock=lambda: float(next(ticks))), scenario)


# Raw servers


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """Serve every connection with a handler; yields the URL."""
    talks: set[asyncio.Task[Any]] = set()

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await handler(reader, writer)
        writer.transport.abort()

    server = await asyncio.start_server(guarded, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


@contextmanager
def served(handler: Handler) -> Iterator[str]:
    """Serve from a thread, for tests that block; yields the URL."""
    loop = LoopThread()
    place = serving(handler)
    try:
        yield loop.run(place.__aenter__(), within=WITHIN)
    finally:
        loop.run(place.__aexit__(None, None, None), within=WITHIN)
        loop.close()


async def request_head(reader: asyncio.StreamReader) -> bytes:
    """Read one request with its body; ``b""`` when the client has gone."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            await reader.readexactly(int(line.split(b":")[1]))
    return head


def replying(*replies: bytes, hang_up: bool = False) -> Handler:
    """Return a handler that answers requests with these bytes, the last one for ever."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        queue = list(replies)
        while await request_head(reader):
            writer.write(queue.pop(0) if len(queue) > 1 else queue[0])
            await writer.drain()
            if hang_up and len(queue) == 1:
                writer.close()
                return

    return handle


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accept, read for ever and never answer."""
    while await reader.read(65536):
        pass


def dead_url() -> str:
    """Return a URL at which nothing listens."""
    import socket  # noqa: PLC0415  (only the dead port needs one)

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


# A protocol that nobody speaks

ROWS = (
    ("TOY-A-01", "MUST", "spec", "The server greets.", ""),
    ("TOY-A-02", "SHOULD", "kit", "The server greets warmly.", ""),
    ("TOY-A-03", "MAY", "spec", "The server sings.", ""),
    ("TOY-F-01", "MUST", "observed", "The server dances.", "dancing"),
)


async def probe(client: HttpClient) -> str | None:
    """Recognise whoever answers 200 to GET /toy."""
    answer = await client.ask("GET", "/toy", within=1.0)
    return "server" if answer.status == 200 else None


SERVER = Role(name="server", kind="server", settings={"pace": 1}, facts={"token": "the secret"})
LIBRARY = Role(name="library", kind="library")
TOY = Protocol(
    name="toy", title="Toy", revision="7", schemes=("http",), roles=(SERVER, LIBRARY), probe=probe
)


def row(level: str = "MUST", *, id: str = "TOY-A-01", ledger: str = "") -> Requirement:
    """Return a requirement of a level."""
    return Requirement(
        id=id,
        protocol="toy",
        roles=("server",),
        level=Level(level),
        source=Source.SPEC,
        sentence="The server greets.",
        ledger=ledger,
    )


def install_toy(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    """Make the toy the only protocol that is installed; returns its folder."""
    folder = folder / "conformance"
    place = folder / "toy"
    place.mkdir(parents=True)
    for package_folder in (folder, place):
        (package_folder / "__init__.py").touch()
    lines = ['protocol = "toy"']
    for id, level, source, sentence, feature in ROWS:
        lines += [
            "[[requirement]]",
            f'id = "{id}"\nroles = ["server"]\nlevel = "{level}"\nsource = "{source}"',
            f'sentence = "{sentence}"',
            f'feature = "{feature}"' if feature else "",
        ]
    (place / "requirements.toml").write_text("\n".join(lines), encoding="utf-8")
    package = types.ModuleType("conformance.toy")
    package.__dict__.update(PROTOCOL=TOY, __path__=[str(place)])
    monkeypatch.setitem(sys.modules, "conformance.toy", package)
    monkeypatch.setattr(conformance, "toy", package, raising=False)
    monkeypatch.setattr(protocols, "PACKAGE", folder)
    monkeypatch.setattr(mutation, "PACKAGE", folder)
    forget()
    return place


def forget() -> None:
    """Empty the caches that remember which protocols there are."""
    for cached in (protocols.names, protocols.get, protocols.requirements_of, mutation.of):
        cached.cache_clear()


# Suites of the toy


def scene(
    play: Callable[[Stage], Awaitable[None]],
    *,
    settings: Mapping[str, Any] | None = None,
    exclusive: bool = False,
    bound: float = 5.0,
) -> Scenario:
    """Return a scenario named after its function."""
    return Scenario(
        name=f"toy.{play.__name__}",
        play=play,
        settings=settings or {},
        exclusive=exclusive,
        bound=bound,
    )


def checking(
    function: Callable[..., None],
    *scenarios: Scenario,
    requirement: str = "TOY-A-01",
    cases: tuple[str, ...] = (),
    **more: Any,
) -> Check:
    """Return a check that seems to stand in a suite of the toy."""
    function.__module__ = "conformance.toy.test_toy"
    return Check(
        requirement=requirement,
        function=function,
        scenarios=scenarios,
        cases=cases,
        passive=not scenarios and "for_all" not in more,
        **more,
    )


def target(source: InstanceSource, **more: Any) -> Target:
    """Return an opened target of the toy."""
    return Target(text="toy", protocol=TOY, role=SERVER, revision="7", source=source, **more)


def fixed(url: str = "http://127.0.0.1:9", **facts: Any) -> Target:
    """Return a target that runs already."""
    return target(Fixed(url, facts))


def small_numbers() -> Any:
    """Generate the examples of the toy's property."""
    return hypothesis.strategies.integers(min_value=0, max_value=1000)


class FakeChannel:
    """A driver in this process: answers by method, and remembers what it was asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[dict[str, Any]] = []
        self.closed = False

    async def exchange(self, message: dict[str, Any], *, within: float) -> Any:
        """Answer as told; a DriverRefused is sent as a JSON-RPC error."""
        self.asked.append(message)
        answer = self.answers[message["method"]]
        whole = {"jsonrpc": "2.0", "id": message["id"]}
        if isinstance(answer, DriverRefused):
            return {**whole, "error": {"code": answer.code, "message": answer.message}}
        return {**whole, "result": answer(message["params"]) if callable(answer) else answer}

    async def disturb(self, line: bytes) -> None:
        """Take a line that is no request."""

    async def close(self) -> None:
        """Remember that it was let go."""
        self.closed = True
