"""Conversations about what a signature is good for: once, for whom, under which spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion.instances import OPEN
from conformance.connectonion.peer import Caller, admitted, fresh_identity, seeded
from conformance.connectonion.talk import Talk
from conformance.kit.judging.suite import scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.running.stage import Stage

DEEDS = ("demote", "block", "unblock")
RETRIED = "a prompt that comes again"
RESPELL: Mapping[str, Callable[[str], str]] = {
    "in capitals": lambda address: f"0x{address[2:].upper()}",
    "without 0x": lambda address: address[2:],
    "in capitals without 0x": lambda address: address[2:].upper(),
    "with a blank at the end": lambda address: f"{address} ",
    "with a blank inside": lambda address: f"{address[:10]} {address[10:]}",
}


@scenario()
async def repeated(stage: Stage) -> None:
    """Send the same bytes twice; and prompts for this host, for another and for nobody."""
    caller = await admitted(stage)
    once = caller.input("once")
    for tag in ("the first time", "the second time"):
        await caller.post("/input", once, tag=tag)
    host = stage.facts.get("address") or (await caller.get("/info")).member("address")
    await caller.ask(tag="for the host", to=host)
    await caller.ask(tag="for nobody")
    await caller.ask(tag="for another host", to=fresh_identity().address)


@scenario()
async def other_routes(stage: Stage) -> None:
    """Send what an admin signed for one route to the others."""
    admin, client = Caller.holding(stage, "admin_key"), Caller(stage)
    path = "/admin/trust/promote"
    order = admin.order(client.address, **admin.bound(path))
    await admin.post(path, order, tag="the order")
    for deed in DEEDS:
        await admin.post(f"/admin/trust/{deed}", order, tag=f"again as {deed}")
    await admin.post("/input", order, tag="again as input")
    await admin.level_of(client.address, tag="the level afterwards")
    other = Caller(stage)
    order = admin.order(client.address, **admin.bound(path))
    forged = {**order, "payload": {**order["payload"], "client_id": other.address}}
    await admin.post(path, forged, tag="the order about another")
    await admin.level_of(other.address, tag="the level of another")


@scenario(settings=OPEN)
async def blocked_respelled(stage: Stage) -> None:
    """Come back, after being blocked, under other spellings of one's key."""
    free, blocked = Caller(stage), await seeded(stage, "blocked")
    await free.ask(tag="not blocked")
    await blocked.ask(tag="as it is")
    for name, spell in RESPELL.items():
        own = {**blocked.input(), "from": spell(blocked.address)}
        await blocked.post("/input", own, tag=name)


@scenario()
async def friend_respelled(stage: Stage) -> None:
    """Come as a contact under every spelling of one's key."""
    friend = await seeded(stage, "contact")
    await friend.ask(tag="a friend as it is")
    for name, spell in RESPELL.items():
        own = {**friend.input(), "from": spell(friend.address)}
        await friend.post("/input", own, tag=f"a friend {name}")


@scenario()
async def retried(stage: Stage) -> None:
    """Be refused, onboard, and send the same words again, signed anew."""
    code = stage.need("invite_code")
    talk = await Talk.open(Caller(stage), tag=RETRIED)
    await talk.ask(talk.input("let me in"))
    await talk.ask(talk.submission(invite_code=code), "ONBOARD_SUCCESS", "ERROR")
    await talk.ask(talk.input("let me in"))
    stage.note(RETRIED)
