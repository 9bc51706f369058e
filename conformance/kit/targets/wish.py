"""What the user wrote about the target, before anyone has looked at it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.kit.targets.instance import WishError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the user asked for; ``text`` is one of the target forms."""

    text: str = ""
    protocol: str = ""
    role: str = ""
    revision: str = ""
    driver: str = ""
    listen: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def parse_set(pairs: tuple[str, ...] | list[str]) -> dict[str, Any]:
    """Read ``KEY=VALUE`` pairs; a value that is JSON is taken as such, else as text.

    Raises WishError for a pair without ``=``.
    """
    facts: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise WishError(f"--assay-set wants KEY=VALUE, not {pair!r}")
        try:
            facts[key] = json.loads(value)
        except ValueError:
            facts[key] = value
    return facts
