"""Conversations of admins, and of those who would like to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.connectonion.attempts import attempt
from conformance.connectonion.peer import Caller, admitted
from conformance.connectonion.talk import Talk
from conformance.kit.judging.suite import scenario

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.running.stage import Stage

    Body = dict[str, Any]

DEEDS = ("PROMOTE", "DEMOTE", "BLOCK", "UNBLOCK", "GET_LEVEL")
NAMING = ("ADD", "REMOVE")
# What is ordered about one client, in order: the deed, its action and what answers it.
ORDERS: Mapping[str, tuple[str, str, Body]] = {
    "a stranger's level": ("GET_LEVEL", "get_level", {"client_id": "{}", "level": "stranger"}),
    "one step up": (
        "PROMOTE",
        "promote",
        {"success": True, "message": "{} promoted to contact.", "level": "contact"},
    ),
    "two steps up": (
        "PROMOTE",
        "promote",
        {"success": True, "message": "{} promoted to whitelist.", "level": "whitelist"},
    ),
    "up from the top": (
        "PROMOTE",
        "promote",
        {"error": "Already at highest level", "level": "whitelist"},
    ),
    "one step down": (
        "DEMOTE",
        "demote",
        {"success": True, "message": "{} demoted to contact.", "level": "contact"},
    ),
    "two steps down": (
        "DEMOTE",
        "demote",
        {"success": True, "message": "{} demoted to stranger.", "level": "stranger"},
    ),
    "down from the bottom": (
        "DEMOTE",
        "demote",
        {"error": "Already at lowest level", "level": "stranger"},
    ),
    "a block": (
        "BLOCK",
        "block",
        {"success": True, "message": "{} blocked. Reason: assay", "level": "blocked"},
    ),
    "up when blocked": (
        "PROMOTE",
        "promote",
        {"error": "Client is blocked. Unblock first.", "level": "blocked"},
    ),
    "no block": (
        "UNBLOCK",
        "unblock",
        {"success": True, "message": "{} unblocked.", "level": "stranger"},
    ),
}
NAMED: Mapping[str, tuple[str, str, str]] = {
    "named": ("ADD", "add_admin", "{} added as admin."),
    "named again": ("ADD", "add_admin", "{} is already an admin."),
    "removed": ("REMOVE", "remove_admin", "{} removed from admins."),
    "removed again": ("REMOVE", "remove_admin", "{} is not an admin."),
}
SUBJECT = "whom it is about"
UNKNOWN, ONCE, TWICE, AFTERWARDS = "ADMIN_DANCE", "an order", "the order again", "its level"


@scenario()
async def orders(stage: Stage) -> None:
    """Order one thing after the other about a client."""
    talk = await Talk.open(Caller.holding(stage, "admin_key"), tag="admin")
    client = Caller(stage).address
    stage.note(SUBJECT, client=client)
    for name, (deed, _, _) in ORDERS.items():
        reason = {"reason": "assay"} if deed == "BLOCK" else {}
        await attempt(talk, name, talk.order(deed, client, **reason))


@scenario()
async def orders_of_others(stage: Stage) -> None:
    """Order what only admins may, without being one."""
    talk = await Talk.open(await admitted(stage), tag="no admin")
    client = Caller(stage).address
    for deed in DEEDS:
        await attempt(talk, deed, talk.order(deed, client))


@scenario()
async def admins_named(stage: Stage) -> None:
    """Name an admin and remove it: as an admin, as anybody, as the super admin."""
    client = Caller(stage).address
    stage.note(SUBJECT, client=client)
    admin = await Talk.open(Caller.holding(stage, "admin_key"), tag="an admin")
    anybody = await Talk.open(await admitted(stage), tag="anybody")
    for talk in (admin, anybody):
        for deed in NAMING:
            await attempt(talk, f"{talk.tag}: {deed}", talk.order(deed, client))
    supreme = await Talk.open(Caller.holding(stage, "super_admin_key"), tag="the super admin")
    for name, (deed, _, _) in NAMED.items():
        await attempt(supreme, name, supreme.order(deed, client))


@scenario()
async def incomplete_orders(stage: Stage) -> None:
    """Give orders about nobody, and one that does not exist."""
    admin = await Talk.open(Caller.holding(stage, "admin_key"), tag="about nobody")
    for deed in DEEDS:
        await attempt(admin, deed, admin.order(deed))
    await attempt(admin, UNKNOWN, admin.order(UNKNOWN.removeprefix("ADMIN_"), "0xassay"))
    supreme = await Talk.open(Caller.holding(stage, "super_admin_key"), tag="naming nobody")
    for deed in NAMING:
        await attempt(supreme, deed, supreme.order(deed))


@scenario()
async def order_repeated(stage: Stage) -> None:
    """Give an order, and repeat it byte for byte."""
    talk = await Talk.open(Caller.holding(stage, "admin_key"), tag="repeated")
    client = Caller(stage).address
    order = talk.order("PROMOTE", client)
    await attempt(talk, ONCE, order)
    await attempt(talk, TWICE, order)
    await attempt(talk, AFTERWARDS, talk.order("GET_LEVEL", client))
