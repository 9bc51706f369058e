"""What admins may do to others, step by step, and the words that answer it (sheet 3.5)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reference.connectonion.authentication import Refused, Signed
from reference.connectonion.clients import Clients
from reference.connectonion.levels import Level, Operation
from reference.connectonion.rolls import ClientIdError

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """Where one step leads from a level."""

    operation: Operation
    reached: Level


UP: Mapping[Level, Step] = {
    Level.STRANGER: Step(Operation.PROMOTE_TO_CONTACT, Level.CONTACT),
    Level.CONTACT: Step(Operation.PROMOTE_TO_WHITELIST, Level.WHITELIST),
}
DOWN: Mapping[Level, Step] = {
    Level.WHITELIST: Step(Operation.DEMOTE_TO_CONTACT, Level.CONTACT),
    Level.CONTACT: Step(Operation.DEMOTE_TO_STRANGER, Level.STRANGER),
}


@dataclass(frozen=True, slots=True)
class Order:
    """What an admin wants done to a client."""

    clients: Clients
    client: str
    by: str
    at: float
    reason: str = ""

    def apply(self, operation: Operation) -> None:
        """Do it."""
        self.clients.apply(operation, self.client, by=self.by, at=self.at, reason=self.reason)


def _step(order: Order, steps: Mapping[Level, Step], *, done: str, end: str) -> Body:
    level = order.clients.level(order.client)
    if level is Level.BLOCKED:  # CO-TRUST-21
        return {"error": "Client is blocked. Unblock first.", "level": str(level)}
    if level not in steps:
        return {"error": f"Already at {end} level", "level": str(level)}
    step = steps[level]
    order.apply(step.operation)
    return {
        "success": True,
        "message": f"{order.client} {done} to {step.reached}.",
        "level": str(order.clients.level(order.client)),
    }


def promote(order: Order) -> Body:
    """Lift a client by one level (CO-TRUST-18)."""
    return _step(order, UP, done="promoted", end="highest")


def demote(order: Order) -> Body:
    """Lower a client by one level (CO-TRUST-19)."""
    return _step(order, DOWN, done="demoted", end="lowest")


def block(order: Order) -> Body:
    """Block a client, whatever it was (CO-TRUST-20)."""
    order.apply(Operation.BLOCK)
    message = f"{order.client} blocked. Reason: {order.reason}"
    return {"success": True, "message": message, "level": str(Level.BLOCKED)}


def unblock(order: Order) -> Body:
    """Give a client back the level that it had."""
    order.apply(Operation.UNBLOCK)
    level = order.clients.level(order.client)
    return {"success": True, "message": f"{order.client} unblocked.", "level": str(level)}


def get_level(order: Order) -> Body:
    """Tell a client's level."""
    return {"client_id": order.client, "level": str(order.clients.level(order.client))}


def add_admin(order: Order) -> Body:
    """Make somebody an admin (CO-TRUST-24)."""
    if order.clients.is_admin(order.client):
        return {"success": True, "message": f"{order.client} is already an admin."}
    order.apply(Operation.SET_ADMIN)
    return {"success": True, "message": f"{order.client} added as admin."}


def remove_admin(order: Order) -> Body:
    """Make somebody an admin no longer; the super admin stays one (CO-TRUST-25)."""
    named = order.clients.is_admin(order.client) and not order.clients.is_super_admin(order.client)
    if not named:
        return {"success": True, "message": f"{order.client} is not an admin."}
    order.apply(Operation.REMOVE_ADMIN)
    return {"success": True, "message": f"{order.client} removed from admins."}


@dataclass(frozen=True, slots=True)
class Command:
    """An order by name: what it does, whom it names, and who may give it."""

    run: Callable[[Order], Body]
    names: str = "client_id"
    super_only: bool = False


COMMANDS: Mapping[str, Command] = {
    "promote": Command(promote),
    "demote": Command(demote),
    "block": Command(block),
    "unblock": Command(unblock),
    "get_level": Command(get_level),
    "add_admin": Command(add_admin, "admin_id", super_only=True),
    "remove_admin": Command(remove_admin, "admin_id", super_only=True),
}
# The types of WebSocket frames.
FRAMES: Mapping[str, str] = {
    "ADMIN_PROMOTE": "promote",
    "ADMIN_DEMOTE": "demote",
    "ADMIN_BLOCK": "block",
    "ADMIN_UNBLOCK": "unblock",
    "ADMIN_GET_LEVEL": "get_level",
    "ADMIN_ADD": "add_admin",
    "ADMIN_REMOVE": "remove_admin",
}


def command(
    clients: Clients, name: str, signed: Signed, *, client: str | None = None, now: float
) -> Body:
    """Carry a signed order out; raises Refused (CO-HOST-23, CO-HOST-24).

    ``client`` is whom it is about where the payload does not say.
    """
    what = COMMANDS[name]
    if what.super_only and not clients.is_super_admin(signed.caller):
        raise Refused("forbidden: super admin only")
    if not clients.is_admin(signed.caller):
        raise Refused("forbidden: admin only")
    named = signed.payload.get(what.names) if client is None else client
    if not isinstance(named, str) or (client is None and not named):
        raise Refused(f"{what.names} required")
    reason = signed.payload.get("reason", "")
    order = Order(clients, named, signed.caller, now, reason if isinstance(reason, str) else "")
    try:
        return what.run(order)
    except ClientIdError as error:  # CO-TRUST-37
        raise Refused(str(error)) from error
