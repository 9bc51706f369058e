"""The conformance profile: what every neuron offers that is to be judged (sheet 1.1).

fixtures/neurons/README.md explains it for neurons in any language.
"""

import asyncio
import time
from typing import Any

from reference.neuron.neuron_api import ANY, Capability, Context, Neuron, OnBehalfOf

ECHO = Capability(type="conf/echo", scope=ANY, concurrency=2)
CTL = Capability(type="conf/ctl", scope=ANY, concurrency=2, lease_ttl_ms=30_000)
SERIAL = Capability(type="conf/serial", scope=ANY, concurrency=1)
TYPED = Capability(type="conf/typed", scope=OnBehalfOf("user:conf"), concurrency=1)
SYNC = Capability(type="conf/sync", scope=ANY, concurrency=2)
TYPED_INPUT = {
    "type": "object",
    "required": ["a"],
    "properties": {"a": {"type": "integer"}},
}
TYPED_OUTPUT = {"type": "object", "required": ["echo"]}
REPORTED = ("percent", "message", "data")


class AskedForError(RuntimeError):
    """What a handler raises because its input says so."""


def offer(neuron: Neuron) -> None:
    """Register the handlers of the profile."""

    async def control(given: Any, context: Context) -> Any:
        return await _control(given, context, neuron)

    neuron.register_handler(ECHO, echo)
    neuron.register_handler(CTL, control)
    neuron.register_handler(SERIAL, control)
    neuron.register_handler(TYPED, echo, input_schema=TYPED_INPUT, output_schema=TYPED_OUTPUT)
    neuron.register_handler(SYNC, blocking)


async def echo(given: Any, _context: Context) -> Any:
    """Return the input."""
    return {"echo": given}


async def _control(given: Any, context: Context, neuron: Neuron) -> Any:
    """Do what the input says, in this order."""
    wanted: dict[str, Any] = given if isinstance(given, dict) else {}
    for report in wanted.get("progress", []):
        context.progress(**{name: report.get(name) for name in REPORTED})
    if "update" in wanted:
        update = wanted["update"]
        neuron.update_capability(update["type"], concurrency=update["concurrency"])
    await _rest(wanted.get("sleepMs", 0) / 1000, stubbornly=bool(wanted.get("ignoreCancel")))
    if "fail" in wanted:
        failure = wanted["fail"]
        context.fail(failure.get("reason", "failed"), code=failure.get("code"))
    if "raise" in wanted:
        raise AskedForError(wanted["raise"])
    if wanted.get("selfCancel"):
        raise asyncio.CancelledError
    return wanted.get("output", {"ok": True})


async def _rest(duration: float, *, stubbornly: bool) -> None:
    """Sleep; stubbornly means to the end, whoever cancels."""
    end = time.monotonic() + duration
    while (left := end - time.monotonic()) > 0:
        try:
            await asyncio.sleep(left)
        except asyncio.CancelledError:
            if not stubbornly:
                raise


def blocking(given: Any, _context: Context) -> Any:
    """Block as long as the input says."""
    time.sleep(given.get("sleepMs", 0) / 1000 if isinstance(given, dict) else 0)
    return {"sync": True}
