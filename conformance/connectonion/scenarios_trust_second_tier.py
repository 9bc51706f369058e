"""Conversations about the second tier: when it is asked, and what comes of it.

How often it was asked only a driver tells, of all callers together: each conversation has a host
to itself. The second tiers of hosts under test are simple (`--set agent=`): `cautious` lets nobody
in, `yes` everybody, and `broken` fails.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.connectonion.instances import CAREFUL
from conformance.connectonion.peer import Caller
from conformance.connectonion.talk import Talk
from conformance.connectonion.trust_desk import Desk
from conformance.kit.judging.suite import scenario

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.running.stage import Stage

TRUSTING, BROKEN = ({**CAREFUL, "agent": agent} for agent in ("yes", "broken"))
RULES = "---\nfast_rules:\n  - if: is_contact\n    action: allow\n"
HINTS = "use_agent:\n  - when: a stranger asks\n    reason: nobody vouches for it\n"
KEPT, SHORT = (f"{RULES}{HINTS}cache: {time}\n---\nbody\n" for time in ("1h", "0.3s"))
OVER = 0.6  # seconds after which what is kept for 0.3 s is kept no longer
DECIDED = ("contact", "whitelist", "blocked")


async def ask(stage: Stage, caller: Caller, tag: str, **credentials: Any) -> None:
    """Send a prompt, and note how often the second tier was asked about it."""
    before = (await stage.call("agent_calls"))["calls"]
    await caller.ask(tag=tag, **credentials)
    after = (await stage.call("agent_calls"))["calls"]
    stage.note(f"{tag}: asked", times=after - before)


async def decided(stage: Stage, desk: Desk) -> None:
    """Send prompts that the rules of careful decide about."""
    for level in DECIDED:
        await ask(stage, await desk.caller(level), f"decided: {level}")
    code = stage.need("invite_code")
    await ask(stage, Caller(stage), "decided: a stranger with the code", invite_code=code)


@scenario(settings=TRUSTING, exclusive=True)
async def trusting(stage: Stage) -> None:
    """Ask a host whose second tier lets everybody in."""
    desk = Desk(stage)
    await decided(stage, desk)
    stranger = Caller(stage)
    for when in ("once", "again"):
        await ask(stage, stranger, f"let in {when}")
        await desk.look(stranger, tag=f"after being let in {when}")
    await ask(stage, Caller(stage), "let in with a wrong code", invite_code="no code")


@scenario(settings={**CAREFUL, "agent": "cautious"}, exclusive=True)
async def cautious(stage: Stage) -> None:
    """Ask a host whose second tier lets nobody in."""
    desk = Desk(stage)
    await decided(stage, desk)
    stranger = Caller(stage)
    for when in ("once", "again"):
        await ask(stage, stranger, f"turned away {when}")
    await desk.look(stranger, tag="after being turned away")


@scenario(settings=BROKEN, exclusive=True)
async def broken(stage: Stage) -> None:
    """Ask a host whose second tier fails, over HTTP and on a WebSocket."""
    desk = Desk(stage)
    stranger = Caller(stage)
    await stranger.ask(tag="a prompt that nobody can judge")
    talk = await Talk.open(stranger, tag="a stranger at a broken second tier")
    answer = await talk.ask(talk.input())
    stage.note("an INPUT that nobody can judge", type=None if answer is None else answer.type)
    await desk.look(stranger, tag="after a prompt that nobody can judge")
    await (await desk.caller("contact")).ask(tag="a prompt of a contact")


@scenario(settings={"trust": KEPT, "agent": "yes"}, exclusive=True)
async def kept(stage: Stage) -> None:
    """Ask twice under a policy that keeps opinions, as one client, another, and one promoted."""
    desk = Desk(stage)
    client = Caller(stage)
    for when in ("once", "again"):
        await ask(stage, client, f"kept, {when}")
    await ask(stage, Caller(stage), "kept, of another caller")
    for deed in ("promote", "promote"):
        await desk.admin.administer(deed, client.address, tag="prerequisite: promoted")
    await ask(stage, client, "kept, at another level")
    await ask(stage, await desk.caller("contact"), "kept, of who is decided about")


@scenario(settings={"trust": SHORT, "agent": "yes"}, exclusive=True)
async def kept_shortly(stage: Stage) -> None:
    """Ask again when an opinion has been kept long enough."""
    client = Caller(stage)
    await ask(stage, client, "kept shortly, once")
    await asyncio.sleep(OVER)
    await ask(stage, client, "kept shortly, again")


# What callers write


async def insist(stage: Stage, example: Mapping[str, Any]) -> None:
    """Write something as a stranger to a host that lets everybody in; others look on."""
    desk = Desk(stage)
    stranger, blocked = Caller(stage), await desk.caller("blocked")
    names = {"ME": stranger.address, "BLOCKED": blocked.address}
    told = {name: _filled(text, names) for name, text in example.items()}
    for who, caller in (("the stranger", stranger), ("the blocked one", blocked)):
        await caller.ask(told.get("prompt", "hi"), tag=f"{who} insists", **_without_prompt(told))
        await desk.look(caller, tag=f"after {who} insisted")
    await stranger.level_of(stranger.address, tag="an order of the stranger")


def _filled(text: Any, names: Mapping[str, str]) -> Any:
    """Put addresses into what is said."""
    if not isinstance(text, str):
        return text
    for name, address in names.items():
        text = text.replace(name, address)
    return text


def _without_prompt(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name != "prompt"}
