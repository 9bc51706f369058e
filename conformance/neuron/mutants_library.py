"""Seeded bugs in the functions that both roles need."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.kit.proof.mutation import mutant as mutant_of
from reference.neuron import json_text, messages

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant
    from reference.neuron.backoff import Backoff

    Change = Callable[[Any], Any]  # of a rule, which is given

mutant: Callable[..., Mutant] = partial(mutant_of, role="lib")


def trimmed(kind: Any) -> Any:
    """Take a scope with blanks around it."""

    def read(path: str, value: Any) -> Any:
        scope = value.get("scope") if isinstance(value, dict) else None
        if isinstance(scope, str):
            value = {**value, "scope": scope.strip()}
        return kind.read(path, value)

    return replace(kind, read=read)


def rendered(change: Change) -> Change:
    """Change the value that a frame is written from."""
    return lambda _render: lambda frame: json_text.write(change(messages.write(frame)))


def without_empty_texts(members: dict[str, Any]) -> dict[str, Any]:
    """Take an empty text for a member that is unset."""
    return {name: value for name, value in members.items() if value != ""}


def without_null_input(members: dict[str, Any]) -> dict[str, Any]:
    """Take an input that is null for one that is unset."""
    lease = members.get("lease")
    if not isinstance(lease, dict):
        return members
    task = {name: value for name, value in lease["task"].items() if value is not None}
    return {**members, "lease": {**lease, "task": task}}


def tripled(delays: Backoff) -> float:
    """Let delays grow too fast."""
    delays._last = min(max(3 * delays._last, delays.first), delays.longest)  # noqa: SLF001
    return delays._last  # noqa: SLF001


LIBRARY = "reference.neuron.library"
MESSAGES = "reference.neuron.messages"

MUTANTS = (
    mutant(
        "NEURON-NRN-LIB-01",
        "letters and digits of every script may stand in a type",
        "reference.neuron.capabilities:TYPE",
        lambda _: re.compile(r"[\w.\-]+(?:/[\w.\-]+)+"),
    ),
    mutant(
        "NEURON-NRN-LIB-02",
        "a scope may have blanks around it",
        "reference.neuron.capabilities:ANNOUNCED_CAPABILITY",
        trimmed,
    ),
    # Writing and reading share the rule, so a gateway takes such a frame too.
    mutant(
        "NEURON-NRN-LIB-03",
        "a register may name a type twice, or none",
        f"{MESSAGES}:SHAPES[register]",
        lambda shape: replace(shape, check=lambda _frame: None),
        also=("NEURON-GW-LIB-02",),
    ),
    mutant(
        "NEURON-NRN-LIB-07",
        "an empty text is left out",
        f"{MESSAGES}:render",
        rendered(without_empty_texts),
    ),
    mutant(
        "NEURON-NRN-LIB-08",
        "a byte order mark is a character",
        "reference.neuron.sse:BOM",
        lambda _: b"",
    ),
    mutant(
        "NEURON-NRN-LIB-09",
        "a neuron takes its own frames",
        f"{LIBRARY}:READERS[neuron]",
        lambda _: messages.SHAPES.keys(),
    ),
    mutant(
        "NEURON-NRN-LIB-10",
        "instants are cut to milliseconds",
        "reference.neuron.timestamps:DIGITS",
        lambda _: 3,
    ),
    mutant(
        "NEURON-NRN-LIB-11",
        "the registered schema wins",
        "reference.neuron.schemas:effective",
        lambda good: lambda of_lease, registered: good(registered, of_lease),
    ),
    mutant(
        "NEURON-NRN-LIB-12",
        "a delay is three times the last",
        "reference.neuron.backoff:Backoff.failed",
        lambda _: tripled,
    ),
    mutant(
        "NEURON-GW-LIB-01",
        "an update of a capability is no frame",
        f"{LIBRARY}:READERS[gateway]",
        lambda kinds: [kind for kind in kinds if kind != "update-capability"],
    ),
    mutant(
        "NEURON-GW-LIB-02",
        "a gateway takes its own frames",
        f"{LIBRARY}:READERS[gateway]",
        lambda _: messages.SHAPES.keys(),
    ),
    mutant(
        "NEURON-GW-LIB-03",
        "an input that is null is left out",
        f"{MESSAGES}:render",
        rendered(without_null_input),
    ),
)
