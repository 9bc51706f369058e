"""A small model of what a host knows of clients: levels and admins, step by step.

A conversation is a JSON list of steps, each an object whose ``do`` names a row of STEPS. Whoever
gives an order (``by``) is the super admin, an admin, somebody without rights, or one of the clients
themselves, by number; orders go over either route (``via``), and about either client.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Step: TypeAlias = "dict[str, Any]"
Came: TypeAlias = "Mapping[str, Any]"  # what was answered, and the levels afterwards

CLIENTS = 2
CHIEF, ADMIN, NOBODY = "the super admin", "an admin", "nobody"


class Level(StrEnum):
    """What a host can say of a client."""

    STRANGER = "stranger"
    CONTACT = "contact"
    WHITELIST = "whitelist"
    BLOCKED = "blocked"


UP = {Level.STRANGER: Level.CONTACT, Level.CONTACT: Level.WHITELIST}
DOWN = {Level.WHITELIST: Level.CONTACT, Level.CONTACT: Level.STRANGER}


@dataclass(slots=True)
class Client:
    """One client: what it is when it is not blocked, whether it is, whether it is an admin."""

    trusted: Level = Level.STRANGER
    blocked: bool = False
    admin: bool = False
    was_admin: bool = False

    @property
    def level(self) -> Level:
        """What a host must say of it."""
        return Level.BLOCKED if self.blocked else self.trusted


@dataclass(frozen=True, slots=True)
class Surprise:
    """An answer or a level that the model did not expect, and the requirement that speaks of it."""

    requirement: str
    sentence: str


@dataclass(slots=True)
class World:
    """All that orders have made of the clients so far."""

    clients: list[Client] = field(default_factory=lambda: [Client() for _ in range(CLIENTS)])

    def levels(self) -> list[str]:
        """Return what a host must say of everybody."""
        return [str(client.level) for client in self.clients]


# --- who may


def may_order(world: World, who: Any) -> bool:
    """Whether somebody's orders count."""
    if isinstance(who, int):
        client = world.clients[who]
        return client.admin and not client.blocked
    return bool(who != NOBODY)


def may_name(_world: World, who: Any) -> bool:
    """Whether somebody may name and remove admins."""
    return bool(who == CHIEF)


def speaks_of_rights(world: World, who: Any) -> str:
    """Return the requirement that says why somebody's order does not count."""
    if isinstance(who, int):
        client = world.clients[who]
        if client.admin and client.blocked:
            return "CO-TRUST-27"
        if client.was_admin and not client.admin:
            return "CO-TRUST-24"
    return "CO-TRUST-52"


# --- what an order does to a client; False: it is an error, and does nothing


def promote(client: Client) -> bool:
    """Lift a client."""
    if client.blocked or client.trusted not in UP:
        return False
    client.trusted = UP[client.trusted]
    return True


def demote(client: Client) -> bool:
    """Lower a client."""
    if client.blocked or client.trusted not in DOWN:
        return False
    client.trusted = DOWN[client.trusted]
    return True


def block(client: Client) -> bool:
    """Block a client."""
    client.blocked = True
    return True


def unblock(client: Client) -> bool:
    """Take a block back."""
    client.blocked = False
    return True


def add(client: Client) -> bool:
    """Name an admin."""
    client.admin = client.was_admin = True
    return True


def remove(client: Client) -> bool:
    """End that somebody is an admin."""
    client.admin = False
    return True


def prompt(client: Client) -> bool:
    """Ask without presenting anything."""
    return not client.blocked and client.trusted is not Level.STRANGER


def onboard(client: Client) -> bool:
    """Present a good code."""
    if client.blocked:
        return False
    if client.trusted is Level.STRANGER:
        client.trusted = Level.CONTACT
    return True


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of step does, who may do it, and the requirement that says so.

    A step without ``may`` is the client's own.
    """

    does: Callable[[Client], bool]
    requirement: str
    may: Callable[[World, Any], bool] | None = None


STEPS: Mapping[str, Kind] = {
    "promote": Kind(promote, "CO-TRUST-18", may_order),
    "demote": Kind(demote, "CO-TRUST-19", may_order),
    "block": Kind(block, "CO-TRUST-20", may_order),
    "unblock": Kind(unblock, "CO-TRUST-20", may_order),
    "add": Kind(add, "CO-TRUST-24", may_name),
    "remove": Kind(remove, "CO-TRUST-24", may_name),
    "prompt": Kind(prompt, "CO-TRUST-08.b"),
    "onboard": Kind(onboard, "CO-TRUST-13"),
}
# Names under which no order counts, and the requirement that says so.
ODD_NAMES: Mapping[str, str] = {"two lines": "CO-TRUST-37", "a pattern": "CO-TRUST-47"}


def learn(world: World, step: Step) -> tuple[bool, str]:
    """Do a step in the model; return whether it counts, and the requirement that speaks of it."""
    kind, client = STEPS[step["do"]], world.clients[step["client"]]
    if kind.may is not None and not kind.may(world, step["by"]):
        return False, speaks_of_rights(world, step["by"])
    if step.get("name") in ODD_NAMES:
        return False, ODD_NAMES[step["name"]]
    requirement = "CO-TRUST-21" if client.blocked and step["do"] in {"promote", "demote"} else ""
    return kind.does(client), requirement or kind.requirement


def surprise(world: World, step: Step, came: Came) -> Surprise | None:
    """Do a step in the model, and compare what came of it."""
    counts, requirement = learn(world, step)
    if came["counts"] != counts:
        words = "was refused" if counts else "was carried out"
        # Which of the clients it was is in the example, and differs from run to run.
        told = {name: step[name] for name in sorted(step) if name != "client"}
        return Surprise(requirement, f"{told} {words}, with the levels {came['levels']}")
    number = step["client"]
    for other, (level, found) in enumerate(zip(world.levels(), came["levels"], strict=True)):
        if level != found:
            own = "CO-TRUST-23" if step["do"] in {"add", "remove"} else requirement
            speaks = own if other == number else "CO-TRUST-53"
            return Surprise(speaks, f"after {step} client {other} is {found}, not {level}")
    return None
