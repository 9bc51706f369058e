"""Conversations over HTTP: what a host tells anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion.instances import LEVELLESS, STRICT
from conformance.connectonion.peer import Caller, seeded
from conformance.kit.judging.suite import scenario

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.running.stage import Stage

NOWHERE: Mapping[str, tuple[str, str]] = {
    "an unknown path": ("GET", "/nope"),
    "an unknown path for a post": ("POST", "/nope"),
    "a slash too many": ("GET", "/health/"),
    "a path that goes on": ("GET", "/info/more"),
    "PUT of a prompt": ("PUT", "/input"),
    "GET of a prompt": ("GET", "/input"),
    "POST of health": ("POST", "/health"),
    "DELETE of a session": ("DELETE", "/sessions/one"),
}
ASKED_BEFORE: Mapping[str, str] = {
    "a prompt": "/input",
    "health": "/health",
    "an order": "/admin/trust/promote",
    "an unknown path": "/nope",
}


@scenario()
async def told_to_anybody(stage: Stage) -> None:
    """Ask for what needs no signature; for health twice."""
    anybody = Caller(stage)
    for tag in ("health", "health again"):
        await anybody.get("/health", tag=tag)
    await anybody.get("/info", tag="info")
    await anybody.get("/docs", tag="docs")
    for name, path in ASKED_BEFORE.items():
        await anybody.http.ask("OPTIONS", path, tag=f"options of {name}")
    for name, (method, path) in NOWHERE.items():
        await anybody.http.ask(method, path, tag=name)


@scenario(settings=STRICT)
async def strict_told(stage: Stage) -> None:
    """Ask a host that nobody can join what it is."""
    await Caller(stage).get("/info", tag="info under strict")


@scenario(settings=LEVELLESS)
async def without_a_level(stage: Stage) -> None:
    """Send prompts of all sorts of callers to a host that was given no level."""
    await Caller(stage).get("/info", tag="info without a level")
    for level in ("contact", "whitelist"):
        caller = await seeded(stage, level)
        await caller.ask(tag=f"without a level: {level}")
    before = await asked(stage)
    await Caller(stage).ask(tag="without a level: stranger")
    stage.note("the second tier", before=before, after=await asked(stage))


async def asked(stage: Stage) -> int | None:
    """Return how often the second tier was asked; None where the driver cannot tell."""
    if not stage.can("agent_calls"):
        return None
    answer = await stage.call("agent_calls")
    return int(answer["calls"])
