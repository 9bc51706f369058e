"""Conversations with admins: signed orders, bearers, and the routes that only they may use."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.connectonion.instances import BEARER, WITH_A_BEARER, WITHOUT_FIXED_ROUTES
from conformance.connectonion.peer import Caller, admitted, seeded
from conformance.kit.judging.suite import scenario

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.running.stage import Stage

    Headers = list[tuple[str, str]]

DEEDS = ("promote", "demote", "block", "unblock")
LEVEL = "/admin/trust/level/"
BEHIND_BEARER = ("/admin/logs", "/admin/sessions")
# What is no right bearer.
BEARERS: Mapping[str, Headers] = {
    "no bearer": [],
    "another bearer": [("Authorization", f"Bearer not-{BEARER}")],
    "half a bearer": [("Authorization", f"Bearer {BEARER[:-1]}")],
    "a bearer in small letters": [("Authorization", f"bearer {BEARER}")],
    "another scheme": [("Authorization", f"Basic {BEARER}")],
    "a bare token": [("Authorization", BEARER)],
    "an empty bearer": [("Authorization", "Bearer")],
}
BLANK: Mapping[str, Headers] = {
    **BEARERS,
    "the name of nothing": [("Authorization", "Bearer None")],
    "a word for nothing": [("Authorization", "Bearer null")],
}
BEYOND_ASCII: Headers = [("Authorization", "Bearer clé-世")]
RIGHT: Headers = [("Authorization", f"Bearer {BEARER}")]
# The steps of one client, in this order: what is ordered, with which members.
LADDER: Mapping[str, tuple[str, dict[str, str]]] = {
    "a stranger is promoted": ("promote", {}),
    "a contact is promoted": ("promote", {}),
    "whoever is at the top is promoted": ("promote", {}),
    "somebody on the whitelist is demoted": ("demote", {}),
    "a contact is demoted": ("demote", {}),
    "whoever is at the bottom is demoted": ("demote", {}),
    "a stranger is blocked": ("block", {"reason": "spam"}),
    "the blocked is blocked without a reason": ("block", {}),
    "the blocked is promoted": ("promote", {}),
    "the blocked is demoted": ("demote", {}),
    "the blocked is unblocked": ("unblock", {}),
    "a stranger is unblocked": ("unblock", {}),
}
NAMELESS = ("none", "an empty one", "one beside the payload", "null")
NO_TEXTS: Mapping[str, Any] = {
    "a number": 5,
    "true": True,
    "an array": ["0xabc"],
    "an object": {"id": "0xabc"},
}
OTHERS = ("stranger", "contact", "whitelist")
# Ids as they are; the path has them percent-encoded.
IDS: Mapping[str, str] = {
    "plain": "0xCLIENT",
    "with blanks and slashes": "a/b c",
    "with a percent sign": "50%25",
    "with dots": "../../info",
    "beyond ASCII": "é世",
    "with a question": "a?b=c#d",
}
NO_NUMBERS = ("abc", "2026-01-01T00:00:00Z", "1,5", "0x10")
FIXED = (
    "verify/invite",
    "verify/payment",
    "promote",
    "demote",
    "block",
    "admin/set",
    "admin/remove",
)


@scenario()
async def ladder(stage: Stage) -> None:
    """Have an admin take a client through every step, up, down and out."""
    admin, client = Caller.holding(stage, "admin_key"), stage.unique("client")
    stage.note("the client", id=client)
    for tag, (deed, members) in LADDER.items():
        await admin.administer(deed, client, tag=tag, **members)


@scenario()
async def nameless(stage: Stage) -> None:
    """Give orders about nobody, and about what is no name."""
    admin, client = Caller.holding(stage, "admin_key"), stage.unique("client")
    for deed in DEEDS:
        path = f"/admin/trust/{deed}"
        bound = admin.bound(path)
        orders: dict[str, Any] = {
            "none": admin.order(None, **bound),
            "an empty one": admin.order("", **bound),
            "one beside the payload": {**admin.order(None, **bound), "client_id": client},
            "null": admin.signed({**admin.payload(None, **bound), "client_id": None}),
        }
        for name, order in orders.items():
            await admin.post(path, order, tag=f"{deed}: {name}")
        for name, value in NO_TEXTS.items():
            order = admin.signed(admin.payload(None, client_id=value, **bound))
            await admin.post(path, order, tag=f"{deed}: {name}")
        await admin.administer(deed, client, tag=f"{deed}: a text")


@scenario()
async def not_admins(stage: Stage) -> None:
    """Have orders given by everybody who is not an admin, then by one."""
    admin, client = Caller.holding(stage, "admin_key"), stage.unique("client")
    for level in OTHERS:
        other = await seeded(stage, level)
        for deed in DEEDS:
            await other.administer(deed, client, tag=f"{deed} by {level}")
        await other.level_of(client, tag=f"level by {level}")
    await admin.level_of(client, tag="the client afterwards")
    for deed in DEEDS:
        await admin.administer(deed, client, tag=f"{deed} by an admin")


@scenario()
async def levels(stage: Stage) -> None:
    """Ask for levels: by headers, by a body, with half of it, of clients with odd names."""
    admin, contact = Caller.holding(stage, "admin_key"), await seeded(stage, "contact")
    await admin.level_of(contact.address, tag="by headers")
    path = LEVEL + contact.address
    body = admin.signed(admin.payload(None, **admin.bound(path, method="GET")))
    await admin.http.ask("GET", path, body=json.dumps(body).encode(), tag="by a body")
    for name in ("X-From", "X-Signature", "X-Timestamp"):
        two = [each for each in admin.headers() if each[0] != name]
        await admin.get(path, headers=two, tag=f"without {name}")
    for name, client in IDS.items():
        await admin.level_of(client, tag=name)
    for text in NO_NUMBERS:
        headers = admin.headers(**{"X-Timestamp": text})
        await admin.get(path, headers=headers, tag=f"at {text}")


@scenario(settings=WITH_A_BEARER)
async def bearers(stage: Stage) -> None:
    """Ask for what needs a bearer, with wrong ones and with the right one."""
    caller = await admitted(stage)
    for number in (1, 2):  # two runs, so that there is a newest
        await caller.ask(f"run {number}", tag="a run")
    for path in BEHIND_BEARER:
        for name, headers in BEARERS.items():
            await caller.get(path, headers=headers, tag=f"{path}: {name}")
        await caller.get(path, headers=BEYOND_ASCII, tag=f"{path}: beyond ASCII")
        await caller.get(path, headers=RIGHT, tag=path)


@scenario()
async def no_bearer(stage: Stage) -> None:
    """Ask a host without a bearer for what needs one."""
    anybody = Caller(stage)
    for path in BEHIND_BEARER:
        for name, headers in BLANK.items():
            await anybody.get(path, headers=headers, tag=f"{path}: {name}")


@scenario()
async def super_admin(stage: Stage) -> None:
    """Make somebody an admin and undo it, as the super admin and as others."""
    boss, plain, newcomer = (
        Caller.holding(stage, "super_admin_key"),
        Caller.holding(stage, "admin_key"),
        Caller(stage),
    )
    client = stage.unique("client")

    async def name(who: Caller, deed: str, tag: str) -> None:
        path = f"/superadmin/{deed}"
        order = who.signed(who.payload(None, admin_id=newcomer.address, **who.bound(path)))
        await who.post(path, order, tag=tag)

    for deed in ("add", "remove"):
        await name(plain, deed, f"{deed} by an admin")
        await name(newcomer, deed, f"{deed} by a stranger")
    await newcomer.level_of(client, tag="asked before it is an admin")
    await name(boss, "add", "add by the super admin")
    await newcomer.level_of(client, tag="asked as an admin")
    await name(boss, "remove", "remove by the super admin")
    await newcomer.level_of(client, tag="asked when it is an admin no more")


@scenario()
async def fixed_routes(stage: Stage) -> None:
    """Use the routes of the protocol's design."""
    await design(stage)


@scenario(settings=WITHOUT_FIXED_ROUTES)
async def fixed_routes_off(stage: Stage) -> None:
    """Use them where they are disabled."""
    await design(stage)


async def design(stage: Stage) -> None:
    """Post to every fixed route what it is for."""
    boss, client = Caller.holding(stage, "super_admin_key"), Caller(stage)
    for route in FIXED:
        if route.startswith("verify/"):
            credentials = client.payload(None, invite_code="assay", payment=0.01)
            body = client.signed(credentials)
        else:
            body = boss.order(client.address, admin_id=client.address)
        await boss.post(f"/trust/{route}", body, tag=route)
