"""Conversations over HTTP: what a host tells anybody, and prompts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion.peer import Caller
from conformance.kit.judging.suite import scenario

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage


@scenario()
async def told_to_anybody(stage: Stage) -> None:
    """Ask for what needs no signature, twice."""
    anybody = Caller(stage)
    for tag in ("health", "health again"):
        await anybody.get("/health", tag=tag)
