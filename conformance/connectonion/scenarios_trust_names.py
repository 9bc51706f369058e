"""Conversations about names: what an order may be about, and how it may be spelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion.trust_desk import Desk, told
from conformance.kit.judging.suite import scenario

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage

DEEDS = ("PROMOTE", "BLOCK", "ADD")


def lines_about(address: str) -> dict[str, str]:
    """Return names of several lines, one of them somebody's."""
    return {
        "a line feed before it": f"x\n{address}",
        "a line feed after it": f"{address}\nx",
        "a carriage return before it": f"x\r{address}",
        "both before it": f"x\r\n{address}",
    }


def no_names(address: str) -> dict[str, str]:
    """Return what is no client's name: patterns that hold somebody, a comment, blanks."""
    return {
        "a pattern": f"{address[:40]}*",
        "a pattern around it": f"*{address[20:60]}*",
        "a comment": f"#{address}",
        "blanks": "   ",
    }


@scenario()
async def odd_names(stage: Stage) -> None:
    """Give orders about names that no client has; who is in them is a contact."""
    desk = Desk(stage)
    victim = await desk.caller("contact")
    chief = await desk.talk("super_admin_key")
    admin = await desk.talk()
    for of in (lines_about, no_names):
        for how, name in of(victim.address).items():
            for deed in DEEDS:
                talk = chief if deed == "ADD" else admin
                await told(talk, f"{deed} of {how}", deed, name)
            await desk.admin.administer("block", name, tag=f"over HTTP: {how}")
            await desk.look(victim, f"after orders about {how}")
    await told(admin, "a plain name (twin)", "BLOCK", victim.address)
    await desk.look(victim, "after an order about a plain name")


@scenario()
async def spellings(stage: Stage) -> None:
    """Give orders about a key in other spellings."""
    desk = Desk(stage)
    admin, client = await desk.talk(), await desk.caller()
    plain = client.address
    capitals, bare = "0x" + plain[2:].upper(), plain[2:]
    await told(admin, "promoted in capitals", "PROMOTE", capitals)
    await desk.look(client, "after being promoted in capitals")
    await told(admin, "promoted without 0x", "PROMOTE", bare)
    await desk.look(client, "after being promoted without 0x")
    await desk.look(capitals, "asked in capitals")
    await told(admin, "blocked in capitals", "BLOCK", capitals)
    await desk.look(client, "after being blocked in capitals")


# Two names that some reader may take for one; BASE stands for a name that nobody has.
ALIKE: tuple[tuple[str, str], ...] = (
    ("BASE/..", "BASE"),
    ("../BASE", "BASE"),
    ("BASE%2Fa", "BASE/a"),
    ("BASE/b", "BASE%2Fb"),
    ("BASE?level=whitelist", "BASE"),
    ("BASE#top", "BASE"),
    ("BASE//c", "BASE/c"),
    ("BASE/./d", "BASE/d"),
)


@scenario()
async def paths(stage: Stage) -> None:
    """Promote clients whose names look like paths, and ask for them and for their neighbours."""
    desk, base = Desk(stage), stage.unique("client")
    for pair in ALIKE:
        name, neighbour = (each.replace("BASE", base) for each in pair)
        await desk.admin.administer("promote", name, tag=f"promoted: {pair[0]}")
        await desk.look(name, tag=f"asked for: {pair[0]}")
        await desk.look(neighbour, tag=f"beside it: {pair[0]}")
