"""Conversations of admins: clients go up and down, are blocked and come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion.instances import STRICT
from conformance.connectonion.peer import Caller
from conformance.connectonion.talk import Talk
from conformance.connectonion.trust_desk import Desk, noted, told
from conformance.kit.judging.suite import scenario

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage

LEVELS = ("stranger", "contact", "whitelist")
STATES = (*LEVELS, "blocked")


@scenario()
async def up(stage: Stage) -> None:
    """Promote a stranger until it goes no further."""
    desk = Desk(stage)
    admin, client = await desk.talk(), await desk.caller()
    for step in ("once", "twice", "at the top", "at the top again"):
        await told(admin, f"promoted {step}", "PROMOTE", client.address)
        await desk.look(client, f"after being promoted {step}")


@scenario()
async def down(stage: Stage) -> None:
    """Demote a whitelisted client until it goes no further."""
    desk = Desk(stage)
    admin, client = await desk.talk(), await desk.caller()
    for _ in range(2):
        await told(admin, "prerequisite: promoted", "PROMOTE", client.address)
    for step in ("once", "twice", "at the bottom", "at the bottom again"):
        await told(admin, f"demoted {step}", "DEMOTE", client.address)
        await desk.look(client, f"after being demoted {step}")


@scenario()
async def blocked_and_back(stage: Stage) -> None:
    """Block clients of every level, twice, and unblock them, twice."""
    desk = Desk(stage)
    admin = await desk.talk()
    for number, level in enumerate(LEVELS):
        client = await desk.caller()
        for _ in range(number):
            await told(admin, "prerequisite: promoted", "PROMOTE", client.address)
        for deed in ("BLOCK", "UNBLOCK"):
            for step in ("once", "again"):
                await told(admin, f"{deed} of a {level} {step}", deed, client.address)
                await desk.look(client, f"after {deed} of a {level} {step}")


@scenario()
async def moved_while_blocked(stage: Stage) -> None:
    """Try to promote and demote blocked clients, and see what they are when they come back.

    One of each level is blocked and left alone: the others come back as that one does.
    """
    desk = Desk(stage)
    admin = await desk.talk()
    for number, level in enumerate(LEVELS):
        for deed in ("nothing", "PROMOTE", "DEMOTE"):
            client = await desk.caller()
            for _ in range(number):
                await told(admin, "prerequisite: promoted", "PROMOTE", client.address)
            await told(admin, "prerequisite: blocked", "BLOCK", client.address)
            for step in ("once", "again") if deed != "nothing" else ():
                await told(admin, f"{deed} of a blocked {level} {step}", deed, client.address)
            await desk.look(client, f"after {deed} of a blocked {level}")
            await told(admin, "prerequisite: unblocked", "UNBLOCK", client.address)
            await desk.look(client, f"{deed} of a blocked {level}, unblocked")


# Admins


@scenario(settings=STRICT)
async def ranks(stage: Stage) -> None:
    """Make admins of clients of every level and end that, and see what they are and may."""
    desk = Desk(stage)
    chief = await desk.talk("super_admin_key")
    for level in STATES:
        client = await desk.caller(level)
        for deed in ("", "ADD", "REMOVE"):
            when = f"a {level} after {deed}" if deed else f"a {level} before"
            if deed:
                await told(chief, f"{deed} of a {level}", deed, client.address)
            await desk.look(client, f"level of {when}")
            await client.ask(tag=f"prompt of {when}")


@scenario()
async def admins(stage: Stage) -> None:
    """Name an admin twice and remove it twice, and have it give orders in between."""
    desk = Desk(stage)
    chief, client = await desk.talk("super_admin_key"), await desk.caller()
    other = await Talk.open(await desk.caller())
    for deed, step in (("ADD", "once"), ("ADD", "again"), ("REMOVE", "once"), ("REMOVE", "again")):
        await told(chief, f"{deed} {step}", deed, other.caller.address)
        await told(other, f"an order after {deed} {step}", "GET_LEVEL", client.address)


@scenario(exclusive=True)
async def own_key(stage: Stage) -> None:
    """Give orders with the host's own key, as the first that a fresh host hears of anybody."""
    chief, client = Caller.holding(stage, "super_admin_key"), Caller(stage)
    await chief.get("/info", tag="what the host says of itself")
    stage.note("own key", address=chief.address)
    await chief.administer("promote", client.address, tag="an order of the own key")
    talk = await Talk.open(chief)
    await told(talk, "an admin named by the own key", "ADD", client.address)


@scenario(exclusive=True)
async def removed_chief(stage: Stage) -> None:
    """Try to remove the super admin, by its own order."""
    desk = Desk(stage)
    chief, other = await desk.talk("super_admin_key"), await desk.caller()
    await told(chief, "the super admin removed", "REMOVE", chief.caller.address)
    await told(chief, "an admin named afterwards", "ADD", other.address)


@scenario()
async def blocked_admin(stage: Stage) -> None:
    """Block an admin, and have it give orders over HTTP and on a WebSocket."""
    desk = Desk(stage)
    admin, client = await desk.talk(), await desk.caller("contact")
    other = await Talk.open(await desk.caller(admin=True))
    await told(other, "an order before", "GET_LEVEL", client.address)
    await told(admin, "prerequisite: blocked", "BLOCK", other.caller.address)
    await told(other, "an order while blocked", "PROMOTE", client.address)
    await other.caller.administer("block", client.address, tag="an order while blocked, over HTTP")
    await other.caller.level_of(client.address, tag="a question while blocked, over HTTP")
    await told(other, "unblocking itself", "UNBLOCK", other.caller.address)
    await desk.look(client, "the client of a blocked admin")
    await told(admin, "prerequisite: unblocked", "UNBLOCK", other.caller.address)
    await told(other, "an order afterwards", "GET_LEVEL", client.address)


@scenario()
async def without_rights(stage: Stage) -> None:
    """Give orders as somebody who is no admin, and in an admin's name without its key."""
    desk = Desk(stage)
    victim = await desk.caller("contact")
    for level in STATES:
        caller = await desk.caller(level)
        await usurp(caller, victim, level)
        await desk.look(caller, f"a {level} who gave orders")
        await desk.look(victim, f"a contact about whom a {level} gave orders")
    forger = Caller(stage)
    for fact in ("admin_key", "super_admin_key"):
        name = Caller.holding(stage, fact).address
        forged = {**forger.order(victim.address), "from": name}
        await forger.post("/admin/trust/block", forged, tag=f"block in the name of {fact}")
        talk = await Talk.open(forger)
        frame = {**talk.order("ADD", forger.address), "from": name}
        await noted(talk, f"ADD in the name of {fact}", frame)
    await told(talk, "an order of the forger", "GET_LEVEL", victim.address)
    await desk.look(victim, "a contact about whom a forger gave orders")


async def usurp(caller: Caller, victim: Caller, level: str) -> None:
    """Give orders about oneself and another, over both routes."""
    talk = await Talk.open(caller)
    for deed, client in (
        ("PROMOTE", caller),
        ("UNBLOCK", caller),
        ("ADD", caller),
        ("BLOCK", victim),
    ):
        await told(talk, f"{deed} by a {level}", deed, client.address)
    for deed, client in (("promote", caller), ("unblock", caller), ("demote", victim)):
        await caller.administer(deed, client.address, tag=f"{deed} by a {level}, over HTTP")
    await told(talk, f"GET_LEVEL by a {level}", "GET_LEVEL", victim.address)


# The trail


@scenario()
async def trails(stage: Stage) -> None:
    """Give orders that count and orders that do not, and read what was written down of them."""
    desk = Desk(stage)
    admin, chief = await desk.talk(), await desk.talk("super_admin_key")
    nobody = await Talk.open(Caller(stage))
    client, other, newcomer = Caller(stage), Caller(stage), Caller(stage)
    await newcomer.ask(tag="a prompt with the code", invite_code=stage.need("invite_code"))
    for deed in ("PROMOTE", "PROMOTE", "DEMOTE", "DEMOTE", "BLOCK", "UNBLOCK"):
        await told(admin, f"prerequisite: {deed}", deed, client.address)
        await told(nobody, "an order of nobody", deed, client.address)
    for deed in ("ADD", "REMOVE"):
        await told(admin, "an order of an admin", deed, other.address)
        await told(chief, f"prerequisite: {deed}", deed, other.address)
    found = await stage.call("trail", tag="the trail")
    people = {admin.caller.address: "the admin", chief.caller.address: "the super admin"}
    about = {"a client": client, "an admin": other, "a newcomer": newcomer}
    for what, who in about.items():
        changes = [change for change in found if change["client"] == who.address]
        rows = [
            [change[name] for name in ("by", "operation", "before", "after")] for change in changes
        ]
        stage.note(
            f"changes of {what}", changes=[[people.get(by, by), *rest] for by, *rest in rows]
        )
