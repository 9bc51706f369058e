from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import kit_world
import pytest
from kit_world import DRIVER, OK, replying, serving, silent, talk

from conformance.kit import protocols
from conformance.kit.targets.instance import Driven, Fixed, Functions, Launched, TargetError
from conformance.kit.targets.target import open_target
from conformance.kit.targets.wish import Wish
from conformance.kit.wire import http

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator

    from kit_world import Handler

    from conformance.kit.targets.target import Target
    from conformance.kit.wire.tcp import Tcp

pytestmark = pytest.mark.usefixtures("toy")
EXEC = f"exec:{sys.executable} -S {DRIVER}"


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    kit_world.install_toy(monkeypatch, tmp_path)
    yield
    monkeypatch.undo()
    kit_world.forget()


def opened(text: str, **more: Any) -> Target:
    """Open a target, let it go, and return what it was."""

    async def conversation() -> Target:
        target = await open_target(Wish(text=text, **more))
        await target.source.close()
        return target

    return talk(conversation())


def opened_at(handler: Handler, form: str = "{url}", **more: Any) -> Target:
    async def conversation() -> Target:
        async with serving(handler) as url:
            target = await open_target(Wish(text=form.format(url=url), **more))
            await target.source.close()
            return target

    return talk(conversation())


@pytest.mark.parametrize("form", ["{url}", "toy+{url}"])
def test_a_url_is_recognised_by_probing(form: str) -> None:
    target = opened_at(replying(OK), form, facts={"token": "t"})
    assert (target.protocol.name, target.role.name, target.revision) == ("toy", "server", "7")
    assert isinstance(target.source, Fixed)
    assert target.source.facts == {"token": "t"}
    assert target.title == target.text


@pytest.mark.parametrize(("greeting", "said"), [(b"hi", "server"), (b"no", None)])
def test_a_protocol_without_http_is_recognised_over_tcp(
    monkeypatch: pytest.MonkeyPatch, greeting: bytes, said: str | None
) -> None:
    async def probe(tcp: Tcp) -> str | None:
        return "server" if (await tcp.receive_bytes(within=1)).body == b"hi" else None

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await writer.drain()

    bare = replace(kit_world.TOY, schemes=("toyp",), probe=None, probe_tcp=probe)
    monkeypatch.setattr(protocols, "get", lambda _: bare)

    async def conversation() -> str | None:
        async with serving(greet) as url:
            try:
                target = await open_target(Wish(text=url.replace("http", "toyp")))
            except TargetError as error:
                assert "does not answer as any role of Toy" in str(error)  # noqa: PT017
                return None
            return target.role.name

    assert talk(conversation()) == said


def test_nothing_at_an_address_without_http_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    async def probe(_: Tcp) -> str | None:
        return None

    bare = replace(kit_world.TOY, schemes=("toyp",), probe=None, probe_tcp=probe)
    monkeypatch.setattr(protocols, "get", lambda _: bare)
    with pytest.raises(TargetError, match=r"nothing answers at toyp://.*is the target running\?"):
        opened(kit_world.dead_url().replace("http", "toyp"))


def test_a_named_protocol_and_role_need_no_recognition() -> None:
    target = opened_at(replying(kit_world.REFUSED), protocol="toy", role="server", revision="8")
    assert (target.role.name, target.revision) == ("server", "8")


def test_a_driver_beside_a_url_is_met() -> None:
    target = opened_at(replying(OK), driver=EXEC)
    assert isinstance(target.source, Fixed)
    assert target.source.driver is not None
    assert target.source.driver.has("echo")


def test_a_command_is_a_driver() -> None:
    target = opened(EXEC, facts={"token": "t"})
    assert isinstance(target.source, Driven)
    assert target.source.given == {"token": "t"}
    assert target.source.wishes == {"pace": 1}
    assert (target.title, target.protocol.name, target.role.name) == ("toy 1", "toy", "server")


def test_a_library_is_its_driver_and_has_nothing_to_start() -> None:
    target = opened(EXEC, role="library", facts={"token": "t"})
    assert isinstance(target.source, Functions)
    assert target.source.given == {"revision": "7", "token": "t"}
    assert target.role.kind == "library"


def test_a_library_has_no_address() -> None:
    with pytest.raises(TargetError, match="a library has no address; its driver is the target"):
        opened("toy+http://127.0.0.1:9", role="library")


MANIFEST = """
name = "toyd"
version = "2"
protocol = "toy"
role = "server"
[set]
token = "t"
[features.unsupported]
dancing = "it has no legs"
"""


def written(folder: Path, text: str) -> str:
    path = folder / "toyd.toml"
    path.write_text(MANIFEST + text, encoding="utf-8")
    return str(path)


def test_a_manifest_with_a_driver_is_driven(tmp_path: Path) -> None:
    command = [sys.executable, "-S", str(DRIVER)]
    target = opened(written(tmp_path, f"[driver]\ncommand = {command}"), facts={"pace": 2})
    assert isinstance(target.source, Driven)
    assert target.source.given == {"token": "t", "pace": 2}
    assert target.title == "toyd 2"
    assert target.unsupported == {"dancing": "it has no legs"}


def test_a_manifest_with_a_command_is_launched(tmp_path: Path) -> None:
    target = opened(written(tmp_path, '[target]\ncommand = ["toyd", "{manifest_dir}"]'))
    assert isinstance(target.source, Launched)
    assert target.source.launch.command == ("toyd", str(tmp_path))


def test_what_a_running_target_cannot_be_judged_without_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    role = replace(kit_world.SERVER, needs=("token",))
    monkeypatch.setattr(
        protocols, "get", lambda _: replace(kit_world.TOY, roles=(role, kit_world.LIBRARY))
    )
    with pytest.raises(TargetError) as error:
        opened_at(replying(OK))
    told = "a server cannot be judged without --assay-set token=… (`token` is the secret)"
    assert told in str(error.value)
    assert opened_at(replying(OK), facts={"token": "t"}).role == role
    assert opened(EXEC).role == role  # a driver may tell when it starts one


def refusal(text: str, **more: Any) -> str:
    with pytest.raises(TargetError) as error:
        opened(text, **more)
    return str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("localhost:8080", "'localhost:8080' is no target: give http://HOST:PORT"),
        ("absent.toml", "no manifest 'absent.toml'; shipped are: "),
        ("exec:", "a driver is a command"),
        ("exec:/nowhere/driver", "cannot start '/nowhere/driver'"),
        ("exec:'open", "No closing quotation"),
        ("gopher://h", "no installed protocol is spoken over gopher://"),
        ("smtp+http://h", "no protocol 'smtp'; installed: toy"),
        ("http://127.0.0.1:99999", "'http://127.0.0.1:99999' cannot be used: Port out of range"),
        ("http://127.0.0.1:port", "cannot be used: "),
        ("http://:80", "'http://:80' names no host"),
        ("http://", "'http://' names no host"),
        (f"{EXEC} garbage", "logs belong on stderr"),
        (f"{EXEC} wrong-schema", "'protocol' is a required property"),
    ],
)
def test_what_is_no_target_is_told_with_what_to_do(text: str, said: str) -> None:
    assert said in refusal(text)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"protocol": "smtp"}, "no protocol 'smtp'; installed: toy"),
        ({"role": "client"}, "Toy has no role 'client'; it has server"),
    ],
)
def test_a_driver_that_is_not_wanted_is_not_left_running(
    monkeypatch: pytest.MonkeyPatch, more: dict[str, str], said: str
) -> None:
    from conformance.kit.targets.process import Child  # noqa: PLC0415  (watched here alone)

    started: list[int] = []
    start = Child.start

    async def watched(*args: Any, **kwargs: Any) -> Child:
        child = await start(*args, **kwargs)
        started.append(child.pid)
        return child

    monkeypatch.setattr(Child, "start", watched)
    assert said in refusal(EXEC, **more)
    assert len(started) == 1
    assert not Path(f"/proc/{started[0]}").exists()


def test_a_driver_that_cannot_start_anything_must_tell_a_url() -> None:
    async def handle(reader: Any, writer: Any) -> None:
        body = (
            b'{"jsonrpc": "2.0", "id": 1, "result":'
            b' {"protocol": "toy", "role": "server", "methods": []}}'
        )
        await kit_world.request_head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()

    with pytest.raises(TargetError, match="neither offers `start` nor tells the `url`"):
        opened_at(handle, "driver+{url}")


def test_a_dead_port_is_told() -> None:
    url = kit_world.dead_url()
    said = refusal(url)
    assert said.startswith(f"nothing answers at {url}: ")
    assert said.endswith("is the target running?")


def test_a_dead_port_stays_dead_when_the_protocol_is_named() -> None:
    said = refusal(kit_world.dead_url(), protocol="toy", role="server")
    assert "is the target running?" in said


def test_another_kind_of_server_is_told_with_what_it_said() -> None:
    with pytest.raises(TargetError) as error:
        opened_at(replying(b"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nnginx"))
    assert "does not answer as any role of Toy would (to GET / it said: 404 nginx)" in str(
        error.value
    )
    assert "name --assay-protocol and --assay-role" in str(error.value)


def test_a_server_that_says_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = http.HttpClient.ask

    async def impatient(self: Any, *args: Any, **more: Any) -> Any:
        return await ask(self, *args, **{**more, "within": 0.05})

    monkeypatch.setattr(http.HttpClient, "ask", impatient)
    with pytest.raises(TargetError, match=r"it said: no complete answer within 0\.05 s"):
        opened_at(silent)


def test_a_role_that_the_protocol_lacks_is_told() -> None:
    with pytest.raises(TargetError, match="Toy has no role 'client'; it has server"):
        opened_at(replying(OK), role="client")
