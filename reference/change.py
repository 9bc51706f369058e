"""One change of what a role remembers; a core says it, a store writes it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """A document as it is now; None: it is gone."""

    kind: str
    key: str
    document: Any
