"""``assay serve PROTOCOL ROLE``: a reference role that listens until it is told to stop."""

from __future__ import annotations

import asyncio
import json
import signal
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import click

from conformance.cli.roles import apply_mutant, parts_of, reference_of
from conformance.kit.instance import TargetError
from conformance.kit.wish import parse_set


@click.command("serve")
@click.argument("protocol")
@click.argument("role")
@click.option("--host", default="127.0.0.1", show_default=True, help="address to listen on")
@click.option("--port", default=0, show_default=True, help="port to listen on; 0 takes a free one")
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
    is the URL of the role's driver. SIGTERM or Ctrl-C drains and exits 0.
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
    except (TargetError, OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error


async def _serve(package: Any, options: dict[str, Any]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as closing:
        role = package.ROLES[options["role"]]()
        traced = options["trace"] is not None
        await role.start(
            host="127.0.0.1" if traced else options["host"],
            port=0 if traced else options["port"],
            settings=parse_set(options["pairs"]),
            store=options["store"],
        )
        closing.push_async_callback(role.stop)
        url = await _trace(role, options, closing) if traced else role.url
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


async def _trace(role: Any, options: dict[str, Any], closing: AsyncExitStack) -> str:
    """Stand between the role and its peers, and write down what passes."""
    from conformance.kit import redact, transcript  # noqa: PLC0415  (tracing is rare)
    from conformance.kit.tap import Tap  # noqa: PLC0415

    if role.url.startswith("https:"):
        raise TargetError("--trace cannot read TLS; serve without tls_cert to trace")
    stream = closing.enter_context(Path(options["trace"]).open("w", encoding="utf-8"))  # noqa: ASYNC230, SIM115
    masked = redact.Masked(stream, redact.secrets_of([role.facts]))
    header = {"protocol": options["protocol"], "role": options["role"], "revision": role.revision}
    transcript.dump([], {**header, "target": "assay-reference"}, masked)

    def write(event: transcript.Event) -> None:
        masked.write(transcript.line(event))
        stream.flush()

    record = transcript.Transcript(clock=asyncio.get_running_loop().time, heard=write)
    recorder = transcript.Recorder(record, "traffic")
    recorder.note("instance", data={"url": role.url, "facts": role.facts})
    tap = Tap(role.url, recorder, target_is_client=False)
    await tap.start(host=options["host"], port=options["port"])
    closing.push_async_callback(tap.close)
    return tap.url
