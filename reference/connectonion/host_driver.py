"""What a driver can have a host do, and ask it."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from reference.connectonion.host_core import Host
from reference.connectonion.levels import Level, Operation, Roll
from reference.connectonion.rolls import ClientIdError
from reference.connectonion.second_tier import Opinion, Question, Unavailable, cautious
from reference.role import ParameterError

__all__ = ["METHODS", "broken", "cautious", "trusting"]

Params = Mapping[str, Any]
DRIVER = "driver"  # whose changes these are, in the audit trail
SEEDS: Mapping[Level, tuple[Operation, ...]] = {
    Level.STRANGER: (Operation.UNBLOCK, Operation.DEMOTE_TO_STRANGER),
    Level.CONTACT: (Operation.UNBLOCK, Operation.DEMOTE_TO_CONTACT),
    Level.WHITELIST: (Operation.UNBLOCK, Operation.PROMOTE_TO_WHITELIST),
    Level.BLOCKED: (Operation.BLOCK,),
}


def trusting(_question: Question) -> Opinion:
    """Let everybody in; an agent for conversations about what follows."""
    return Opinion(allow=True, reason="trusting")


def broken(_question: Question) -> Opinion:
    """Fail whatever the question; an agent for conversations about hosts without one."""
    raise Unavailable("the second tier cannot be asked")


def _text(params: Params, name: str) -> str:
    value = params.get(name)
    if not isinstance(value, str) or not value:
        raise ParameterError(f"{name}: a text is needed")
    return value


def _apply(host: Host, operation: Operation, client: str, now: float, by: str = DRIVER) -> None:
    try:
        host.desk.trust.clients.apply(operation, client, by=by, at=now)
    except ClientIdError as error:
        raise ParameterError(f"client_id: {error}") from error


def seed_client(host: Host, params: Params, now: float) -> dict[str, str]:
    """Put a client into a level, whatever it was."""
    client, level = _text(params, "client_id"), _text(params, "level")
    if level not in set(Level):
        raise ParameterError(f"level: one of {', '.join(Level)} is needed")
    for operation in SEEDS[Level(level)]:
        _apply(host, operation, client, now)
    return {"level": str(host.desk.trust.clients.level(client))}


def set_admin(host: Host, params: Params, now: float) -> dict[str, bool]:
    """Make somebody an admin."""
    client, by = _text(params, "client_id"), str(params.get("by_admin", DRIVER))
    _apply(host, Operation.SET_ADMIN, client, now, by)
    return {"is_admin": host.desk.trust.clients.is_admin(client)}


def remove_admin(host: Host, params: Params, now: float) -> dict[str, bool]:
    """Make somebody an admin no longer."""
    client, by = _text(params, "client_id"), str(params.get("by_admin", DRIVER))
    _apply(host, Operation.REMOVE_ADMIN, client, now, by)
    return {"is_admin": host.desk.trust.clients.is_admin(client)}


def level(host: Host, params: Params, _now: float) -> dict[str, Any]:
    """Tell a client's level."""
    client, clients = _text(params, "client_id"), host.desk.trust.clients
    return {"level": str(clients.level(client)), "is_admin": clients.is_admin(client)}


def trail(host: Host, _params: Params, _now: float) -> list[dict[str, Any]]:
    """Tell every change of what is known of clients."""
    return [asdict(change) for change in host.desk.trust.clients.trail]


def edit_list(host: Host, params: Params, _now: float) -> dict[str, Any]:
    """Write the text of a list's file."""
    roll, text = _text(params, "roll"), params.get("text")
    if roll not in set(Roll) or not isinstance(text, str):
        raise ParameterError(f"roll: one of {', '.join(Roll)}; text: a text is needed")
    host.desk.trust.clients.read({Roll(roll): text})
    return {}


def agent_calls(host: Host, _params: Params, _now: float) -> dict[str, int]:
    """Tell how often the second tier was asked."""
    return {"calls": host.desk.trust.second.asked}


METHODS: Mapping[str, Callable[[Host, Params, float], Any]] = {
    "seed_client": seed_client,
    "set_admin": set_admin,
    "remove_admin": remove_admin,
    "level": level,
    "trail": trail,
    "edit_list": edit_list,
    "agent_calls": agent_calls,
}
