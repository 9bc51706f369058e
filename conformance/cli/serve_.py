"""``assay serve PROTOCOL ROLE``: a reference role that listens until it is told to stop."""

from __future__ import annotations

import asyncio
import json
import signal
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from conformance.cli.roles import apply_mutant, parts_of, reference_of
from conformance.kit.targets.instance import TargetError
from conformance.kit.targets.wish import parse_set
from reference.role import CannotError

if TYPE_CHECKING:
    from conformance.kit.transcript import Recorder


@click.command("serve")
@click.argument("protocol")
@click.argument("role")
@click.option("--host", default="127.0.0.1", show_default=True, help="address to listen on")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=True,
    help="port to listen on; 0 takes a free one",
)
@click.option("--connect", metavar="URL", help="client roles: what to dial")
@click.option(
    "--store", type=click.Path(dir_okay=False), help="SQLite file that survives a restart"
)
@click.option(
    "--set", "pairs", multiple=True, metavar="KEY=VALUE", help="a setting; may be repeated"
)
@click.option("--mutant", metavar="ID", help="play with one seeded bug (assay list mutants)")
@click.option(
    "--trace", type=click.Path(dir_okay=False), help="write the traffic here, for assay judge"
)
def command(**options: Any) -> None:
    """Start the reference ROLE of PROTOCOL.

    The first line on stdout is one JSON object: {"ready": true, "protocol", "role",
    "revision", "url", "driver", "set"}. `set` holds what `pytest --assay-set` takes, `driver`
    is the URL of the role's driver. A client role, such as a worker, dials the URL that
    --connect names, and that is its `url`. SIGTERM or Ctrl-C drains and exits 0.
    """
    package = reference_of(options["protocol"])
    if options["role"] not in package.ROLES:
        known = ", ".join(package.ROLES)
        raise click.UsageError(
            f"{options['protocol']} has no role {options['role']!r}; it has {known}"
        )
    apply_mutant(options["protocol"], options["mutant"])
    try:
        asyncio.run(_serve(package, options))
    except (TargetError, CannotError, OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error


async def _serve(package: Any, options: dict[str, Any]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as closing:
        role = package.ROLES[options["role"]]()
        start = _start if options["trace"] is None else _start_traced
        url = await start(role, options, closing)
        ready = {
            "ready": True,
            "protocol": options["protocol"],
            "role": options["role"],
            "revision": package.REVISION,
            "url": url,
            "driver": await _driver(package, role, options, closing),
            "set": role.facts,
        }
        click.echo(json.dumps(ready))
        await stop.wait()


async def _driver(package: Any, role: Any, options: dict[str, Any], closing: AsyncExitStack) -> str:
    """Offer the role's driver over HTTP and return its URL."""
    from aiohttp import web  # noqa: PLC0415  (only this command serves)

    from reference.driver import Driver  # noqa: PLC0415

    driver = Driver(package.ROLES, **parts_of(package, options["protocol"]))
    driver.adopt(role)
    application = web.Application()
    application.router.add_post("/", driver.handle_http)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    closing.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, options["host"], 0).start()
    host, port = runner.addresses[0][:2]
    return f"http://{host}:{port}/"


async def _start(role: Any, options: dict[str, Any], closing: AsyncExitStack) -> str:
    """Start the role and return its URL."""
    dialled = {"connect": options["connect"]} if options["connect"] else {}
    await role.start(
        host=options["host"],
        port=options["port"],
        settings={**parse_set(options["pairs"]), **dialled},
        store=options["store"],
    )
    closing.push_async_callback(role.stop)
    return str(role.url)


async def _start_traced(role: Any, options: dict[str, Any], closing: AsyncExitStack) -> str:
    """Start the role with a tap between it and its peers that writes down what passes."""
    from conformance.kit.wire.tap import Tap  # noqa: PLC0415  (tracing is rare)

    # Opened before everything that speaks, so that it is closed after the last word.
    stream = closing.enter_context(Path(options["trace"]).open("w", encoding="utf-8"))  # noqa: ASYNC230, SIM115
    behind = {**options, "host": "127.0.0.1", "port": 0}
    if options["connect"]:
        tap = Tap(options["connect"], target_is_client=True)
        await tap.start(host="127.0.0.1", port=0)
        closing.push_async_callback(tap.close)
        await _start(role, {**behind, "connect": tap.url}, closing)
    else:
        url = await _start(role, behind, closing)
        if url.startswith("https:"):
            raise TargetError("--trace cannot read TLS; serve without tls_cert to trace")
        tap = Tap(url, target_is_client=False)
        await tap.start(host=options["host"], port=options["port"])
        closing.push_async_callback(tap.close)
    tap.hear(_recorder(role, options, stream))
    return str(options["connect"] or tap.url)


def _recorder(role: Any, options: dict[str, Any], stream: TextIO) -> Recorder:
    """Begin a trace and return what writes to it."""
    from conformance.kit import transcript  # noqa: PLC0415  (tracing is rare)
    from conformance.kit.reporting import redact  # noqa: PLC0415

    masked = redact.Masked(stream, redact.secrets_of([role.facts]))
    header = {"protocol": options["protocol"], "role": options["role"], "revision": role.revision}
    transcript.dump([], {**header, "target": "assay-reference"}, masked)

    def write(event: transcript.Event) -> None:
        masked.write(transcript.line(event))
        stream.flush()

    record = transcript.Transcript(clock=asyncio.get_running_loop().time, heard=write)
    recorder = transcript.Recorder(record, "traffic")
    recorder.note("instance", data={"url": role.url, "facts": role.facts})
    return recorder
