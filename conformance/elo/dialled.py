"""Being dialled: the target is made to open a connection to a port of the kit's."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.elo.peer import COMES, Peer
from conformance.kit.verdict import NotObserved, Unmet

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from conformance.kit.running.stage import Stage
    from conformance.kit.wire.listening import Listener

DIAL = "dial"
DIALS = 2 * COMES  # seconds within which a target dials that was told to, and is busy with others


def has_dial(stage: Stage, *addresses: str, **settings: Any) -> asyncio.Task[Any]:
    """Have the target dial addresses in order: by its driver, else by starting one more with them.

    ``settings`` are those of the conversation's own instance. The work ends when the target is
    done with the addresses.
    """
    work: Coroutine[Any, Any, Any] = (
        _one_by_one(stage, addresses)
        if stage.can(DIAL)
        else _started_with(stage, addresses, settings)
    )
    return stage.beside(work)


async def _started_with(
    stage: Stage, addresses: tuple[str, ...], settings: Mapping[str, Any]
) -> None:
    try:
        await stage.another(peers=",".join(addresses), **settings)
    except NotObserved as reason:
        raise NotObserved(f"without the driver method `{DIAL}` it {reason}") from reason


async def _one_by_one(stage: Stage, addresses: tuple[str, ...]) -> None:
    for address in addresses:
        await stage.call(DIAL, address=address)


async def arrival(
    stage: Stage,
    listener: Listener,
    dialling: asyncio.Task[Any],
    *,
    tag: str,
) -> Peer:
    """Return the target's next connection, once its hello is there; raises Unmet or NotObserved."""
    waiting = asyncio.create_task(listener.accept(within=DIALS))
    await asyncio.wait({waiting, dialling}, return_when=asyncio.FIRST_COMPLETED)
    if not waiting.done() and dialling.exception() is not None:
        waiting.cancel()
        dialling.result()
    tcp = await waiting
    if tcp is None:
        raise Unmet(f"the target did not dial within {DIALS:g} s")
    peer = Peer(stage, tcp, tag=tag)
    if await peer.await_type("hello") is None:
        raise Unmet("the target dialled and did not say hello")
    return peer


async def be_dialled(stage: Stage, *, tag: str, **settings: Any) -> Peer:
    """Have the target dial, and return the connection with its hello on it."""
    listener = await stage.listen()
    dialling = has_dial(stage, listener.address, **settings)
    return await arrival(stage, listener, dialling, tag=tag)


def answer(peer: Peer, *agents: str, **members: Any) -> dict[str, Any]:
    """Return a valid hello_ack; members replace, None takes away."""
    ack = {**peer.hello(*agents), "type": "hello_ack", "known_peers": [], **members}
    ack.pop("version")
    return {name: value for name, value in ack.items() if value is not None}
