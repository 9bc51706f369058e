"""Conversations with a library: every golden vector, and the examples of properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.connectonion.golden import GOLDEN
from conformance.kit.golden.held import ask, conversations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.running.stage import Stage

VECTORS = conversations(GOLDEN, module=__name__)
REACHED = {"promote_to_contact": "contacts", "promote_to_whitelist": "whitelist"}


async def written_again(stage: Stage, example: Mapping[str, Any]) -> None:
    """Ask for the text that is signed: of two spellings, and of that text itself."""
    said = await ask(stage, "one", "canonical", json=example["one"])
    await ask(stage, "other", "canonical", json=example["other"])
    await ask(stage, "again", "canonical", json=said.get("canonical", "{}"))


async def judged(stage: Stage, example: Mapping[str, Any]) -> None:
    """Ask for a decision."""
    asked = {name: each for name, each in example.items() if name != "rules"}
    await ask(stage, "it", "evaluate_trust", **asked)


async def judged_again(stage: Stage, example: Mapping[str, Any]) -> None:
    """Ask for a decision twice, and once more when its changes have been made."""
    said = await ask(stage, "first", "evaluate_trust", **example)
    await ask(stage, "second", "evaluate_trust", **example)
    reached = {REACHED.get(change, "contacts") for change in said.get("changes", ())}
    lists = sorted({*example["lists"], *reached})
    await ask(stage, "changed", "evaluate_trust", **{**example, "lists": lists})
