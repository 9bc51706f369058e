"""What a node offers: agents, models and tools by name, and whom it tells (sheet 3.1, 6.5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

KINDS = ("agents", "models", "tools")
INTERESTING = ("agents", "tools")  # ELO-HELLO-07: models are no interests


class CapabilityError(ValueError):
    """A member that cannot be read as capabilities or interests."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Items by kind; each item is an object whose ``name`` is what others route by."""

    agents: tuple[Mapping[str, Any], ...] = ()
    models: tuple[Mapping[str, Any], ...] = ()
    tools: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def named(
        cls,
        agents: tuple[str, ...] = (),
        models: tuple[str, ...] = (),
        tools: tuple[str, ...] = (),
    ) -> "Capabilities":
        """Make capabilities of names alone."""
        items = ([{"name": name} for name in names] for names in (agents, models, tools))
        return cls(*map(tuple, items))

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, each once, in order."""
        items = (*self.agents, *self.models, *self.tools)
        return tuple(dict.fromkeys(_name(item) for item in items))

    @property
    def interests(self) -> tuple[str, ...]:
        """The names that a node says it is interested in."""
        return tuple(dict.fromkeys(_name(item) for item in (*self.agents, *self.tools)))

    def told(self) -> dict[str, Any]:
        """Return the ``caps`` member: always the three arrays (ELO-HELLO-06)."""
        return {
            "agents": list(self.agents),
            "models": list(self.models),
            "tools": list(self.tools),
        }


NOTHING = Capabilities()


def read(value: Any) -> Capabilities:
    """Read a ``caps`` member; raises CapabilityError (ELO-HELLO-20)."""
    if not isinstance(value, dict):
        raise CapabilityError("caps is an object")
    return Capabilities(*(_items(kind, value.get(kind, [])) for kind in KINDS))


def _items(kind: str, value: Any) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise CapabilityError(f"caps.{kind} is an array of objects")
    for item in value:
        if isinstance(item.get("name"), dict | list):
            raise CapabilityError(f"caps.{kind}: a name is a text")
    return tuple(value)


def _name(item: Mapping[str, Any]) -> str:
    return str(item.get("name", ""))


def read_interests(value: Any) -> tuple[str, ...]:
    """Read an ``interests`` member; raises CapabilityError (ELO-HELLO-20)."""
    if isinstance(value, str):  # sheet 3.1: a text counts as its characters
        return tuple(dict.fromkeys(value))
    if not isinstance(value, list) or any(isinstance(item, dict | list) for item in value):
        raise CapabilityError("interests is an array of texts")
    return tuple(dict.fromkeys(str(item) for item in value))


class Visibility(StrEnum):
    """Whom a node tells what it can do."""

    PUBLIC = "public"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A node's visibility, and who is told all the same."""

    visibility: str = Visibility.PUBLIC
    allowed: frozenset[str] = frozenset()  # full ids

    def open_to(self, node_id: str) -> bool:
        """Whether a peer is told capabilities (ELO-HELLO-30, ELO-ROUTE-23)."""
        return self.visibility == Visibility.PUBLIC or node_id in self.allowed

    def in_hello(self, own: Capabilities) -> Capabilities:
        """Return what a hello tells: its reader is not known yet."""
        return own if self.visibility == Visibility.PUBLIC else NOTHING

    def in_ack(self, own: Capabilities, node_id: str) -> Capabilities:
        """Return what the answer to a hello tells."""
        return own if self.open_to(node_id) else NOTHING

    @property
    def lists_peers(self) -> bool:
        """Whether an ack has ``known_peers`` (ELO-TRK-09)."""
        return self.visibility in set(Visibility)
