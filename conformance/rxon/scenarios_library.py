"""Conversations with a library: every golden vector, and the examples of properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.kit.golden.held import ask, conversations
from conformance.rxon.golden import GOLDEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.running.stage import Stage

VECTORS = conversations(GOLDEN, module=__name__)


async def asked(stage: Stage, example: Mapping[str, Any]) -> None:
    """Ask the questions of an example, each under its own name."""
    for name, (method, params) in example["ask"].items():
        await ask(stage, name, method, **params)
