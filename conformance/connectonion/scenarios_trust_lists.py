"""Conversations about the lists of a host, whose texts the driver writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion.golden import GOLDEN
from conformance.connectonion.instances import STRICT
from conformance.connectonion.peer import Caller
from conformance.connectonion.talk import Talk
from conformance.connectonion.trust_desk import Desk, told
from conformance.kit.judging.suite import scenario

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conformance.kit.golden.vectors import Case
    from conformance.kit.running.stage import Stage

BOUND = 30.0  # seconds: a hundred questions
ROLLS = ("blocklist", "whitelist", "contacts")


def texts(requirement: str) -> Iterator[Case]:
    """Yield the texts of a list that belong to a requirement (vectors/connectonion/lists.json)."""
    return (case for case in GOLDEN.areas["lists"] if requirement in case.requirements)


async def write(stage: Stage, roll: str, text: str) -> None:
    """Have the text of a list written."""
    await stage.call("edit_list", roll=roll, text=text)


@scenario(exclusive=True, bound=BOUND)
async def contacts(stage: Stage) -> None:
    """Write the list of contacts in many ways, and ask who is on it."""
    desk = Desk(stage)
    for requirement in ("CO-TRUST-28", "CO-TRUST-29"):
        for case in texts(requirement):
            await write(stage, "contacts", case.input["text"])
            await desk.look(case.input["client"], tag=case.id)


# What stands in blocklist, whitelist and contacts: a client's NAME or a PATTERN that holds it; and
# its level.
LISTED: Mapping[str, tuple[tuple[str, str, str], str]] = {
    "on none": (("", "", ""), "stranger"),
    "a contact": (("", "", "NAME"), "contact"),
    "on the whitelist": (("", "NAME", ""), "whitelist"),
    "a contact on the whitelist": (("", "NAME", "NAME"), "whitelist"),
    "blocked": (("NAME", "", ""), "blocked"),
    "blocked, a contact": (("NAME", "", "NAME"), "blocked"),
    "blocked, on the whitelist": (("NAME", "NAME", ""), "blocked"),
    "on all of them": (("NAME", "NAME", "NAME"), "blocked"),
    "blocked by a pattern, on the whitelist": (("PATTERN", "NAME", ""), "blocked"),
    "blocked by a pattern, a contact": (("PATTERN", "", "NAME"), "blocked"),
    "on the whitelist by a pattern, a contact": (("", "PATTERN", "NAME"), "whitelist"),
    "a contact by a pattern": (("", "", "PATTERN"), "contact"),
}


@scenario(exclusive=True)
async def on_several(stage: Stage) -> None:
    """Write a client into several lists at once, by its name and by patterns."""
    desk, client = Desk(stage), Caller(stage)
    known = {"": "", "NAME": client.address, "PATTERN": f"{client.address[:20]}*"}
    for how, (lines, _) in LISTED.items():
        for roll, line in zip(ROLLS, lines, strict=True):
            text = known[line]
            await write(stage, roll, f"# {roll}\n{text}\n" if text else "")
        await desk.look(client, tag=f"a client {how}")


@scenario(exclusive=True)
async def admins(stage: Stage) -> None:
    """Write the list of admins, and have somebody give an order."""
    client = Caller(stage)
    other = await Talk.open(Caller(stage))
    name = other.caller.address
    for how, text in {
        "by its name": f"{name}\n",
        "by a star": "*\n",
        "by a pattern": f"{name[:20]}*\n",
    }.items():
        await write(stage, "admins", text)
        await told(other, f"an order of who is an admin {how}", "GET_LEVEL", client.address)


@scenario(exclusive=True, settings=STRICT)
async def at_once(stage: Stage) -> None:
    """Change lists between the prompts of one client, by the driver and by an admin's orders."""
    desk = Desk(stage)
    admin, client = await desk.talk(), Caller(stage)
    for roll, text, when in (
        ("whitelist", "", "on no list"),
        ("whitelist", f"{client.address}\n", "on the whitelist"),
        ("blocklist", f"{client.address}\n", "on the blocklist too"),
        ("blocklist", "", "on the whitelist again"),
        ("whitelist", "# nobody\n", "on no list again"),
    ):
        await write(stage, roll, text)
        await client.ask(tag=f"a prompt {when}")
    for deed, times in (("PROMOTE", 2), ("BLOCK", 1), ("UNBLOCK", 1), ("DEMOTE", 1)):
        for _ in range(times):
            await told(admin, "prerequisite: an order", deed, client.address)
        await client.ask(tag=f"a prompt after {deed}")
