"""What a driver can have a node do, and ask it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from reference.elo.capabilities import Capabilities
from reference.elo.constants import TASK_TTL
from reference.elo.dht.records import CAPABILITY
from reference.elo.messages import SUCCESS
from reference.elo.node_shell import Shell
from reference.role import ParameterError

Params = Mapping[str, Any]
DISCOVER_WITHIN = 5.0  # seconds
DIAL_WITHIN = 15.0  # seconds


def _text(params: Params, name: str, default: str = "") -> str:
    value = params.get(name, default)
    if not isinstance(value, str):
        raise ParameterError(f"{name}: a text is needed")
    return value


def _seconds(params: Params, name: str, default: float) -> float:
    value = params.get(name, default)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ParameterError(f"{name}: seconds are needed")
    return float(value)


def _names(params: Params, name: str) -> tuple[str, ...]:
    value = params.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ParameterError(f"{name}: a list of names is needed")
    return tuple(value)


async def send_task(shell: Shell, params: Params) -> dict[str, Any]:
    """Send a task and wait for what comes of it."""
    outcome = await shell.send_task(
        _text(params, "target"),
        _text(params, "capability"),
        params.get("payload", {}),
        ttl_s=int(_seconds(params, "ttl_s", TASK_TTL)),
    )
    if outcome.status == SUCCESS:
        return {"status": outcome.status, "payload": outcome.payload}
    return {"status": outcome.status, "code": outcome.code, "message": outcome.message}


async def send_task_async(shell: Shell, params: Params) -> dict[str, Any]:
    """Send a task and wait for nothing; it finds its way, or none, like any other."""
    shell.begin_task(
        _text(params, "target"), _text(params, "capability"), params.get("payload", {})
    )
    return {}


async def dial(shell: Shell, params: Params) -> dict[str, bool]:
    """Dial a peer and say whether it is one."""
    within = _seconds(params, "within", DIAL_WITHIN)
    return {"connected": await shell.dial(_text(params, "address"), within=within)}


async def peers(shell: Shell, _params: Params) -> list[dict[str, Any]]:
    """Tell the connected peers."""
    return [
        {**peer.entry(), "dialled": peer.dialled, "listed": peer.listed}
        for peer in shell.node.state.links.peers()
    ]


async def register(shell: Shell, params: Params) -> dict[str, Any]:
    """Offer other capabilities from now on."""
    offers = Capabilities.named(*(_names(params, name) for name in ("agents", "models", "tools")))
    shell.register(offers)
    return {}


async def discover(shell: Shell, params: Params) -> list[dict[str, Any]]:
    """Ask the mesh who is there."""
    return await shell.discover(within=_seconds(params, "seconds", DISCOVER_WITHIN))


async def reconnect(shell: Shell, _params: Params) -> dict[str, Any]:
    """Say bye to everybody, and then listen again where it did."""
    await shell.reconnect()
    return {}


async def dht_find(shell: Shell, params: Params) -> list[dict[str, Any]]:
    """Look a node, or a capability, up in the distributed table."""
    id, capability = _text(params, "id"), _text(params, "capability")
    if bool(id) is bool(capability):
        raise ParameterError("id or capability is needed")
    return await shell.find(id or CAPABILITY + capability)


METHODS: Mapping[str, Callable[[Shell, Params], Awaitable[Any]]] = {
    "send_task": send_task,
    "send_task_async": send_task_async,
    "dial": dial,
    "peers": peers,
    "register": register,
    "discover": discover,
    "reconnect": reconnect,
    "dht_find": dht_find,
}
