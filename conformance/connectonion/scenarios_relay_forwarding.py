"""Conversations through a relay, of which the kit is both ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion.peer import COMES, Caller, fresh_identity
from conformance.connectonion.relay_ends import AGENTS, announced, connected, guest, reached
from conformance.kit.judging.suite import scenario

if TYPE_CHECKING:
    from conformance.connectonion.relay_ends import Agent, Guest
    from conformance.kit.running.stage import Stage

FORGOTTEN_AFTER = 1.0  # seconds
ANSWERS = ("OUTPUT", "ERROR")
FIRST_AGENT, SECOND_AGENT = "the first agent", "the second agent"
FIRST, SECOND = "the first client", "the second client"
FORGERY, FORGED = "a prompt that another agent answers first", "not mine to answer"
NOBODY, TWIN = "a prompt for nobody", "a prompt for somebody"
LEFT, SILENT = "an agent that has left", "an agent that fell silent"
BAD, STALE = "an announcement with a bad signature", "an announcement of an hour ago"
REFUSED = (BAD, STALE)
NOISE = ("{", "[]", "5", '{"type": 5}', '{"type": "INPUT", "input_id": 5}', "\x00")
AFTER_NOISE, MOVED = "a prompt after noise", "a prompt for an agent that has moved"
OLD_LINE, NEW_LINE = "the agent's old line", "the agent's new line"
NOISY_AGENT, NOISY_GUEST = "a noisy agent", "a noisy client"


@scenario()
async def two_pairs(stage: Stage) -> None:
    """Have two clients ask two agents, answered in the other order; then one agent forges."""
    one, two = [await announced(stage, tag) for tag in (FIRST_AGENT, SECOND_AGENT)]
    first, second = [await guest(stage, tag) for tag in (FIRST, SECOND)]
    asked = [await first.asks(one.address, about=FIRST)]
    asked += [await second.asks(two.address, about=SECOND)]
    for_one, for_two = await one.passed(asked[0]), await two.passed(asked[1])
    await two.output(for_two, f"result of {SECOND}")
    await second.hear(*ANSWERS)
    await one.output(for_one, f"result of {FIRST}")
    await first.hear(*ANSWERS)
    forged = await one.passed(sent := await first.asks(one.address, about=FORGERY))
    await two.output(forged, FORGED)
    await one.output(forged, f"result of {FORGERY}")
    await first.await_frame(lambda each: each.body.get("input_id") == sent["input_id"])


@scenario()
async def agents_that_cannot_be_reached(stage: Stage) -> None:
    """Ask for an agent that never was, for one that left, and for those with bad announcements."""
    client = await guest(stage, "a client of the unreachable")
    await client.ask(client.prompt_for(fresh_identity().address, about=NOBODY), *ANSWERS)
    agent = await announced(stage, "an agent that stays for a moment")
    await _served(client, agent, TWIN)
    await agent.leave()
    await _until_refused(client, agent.address, LEFT)
    for about in REFUSED:
        await _announced_badly(stage, client, about)


async def _served(client: Guest, agent: Agent, about: str) -> None:
    frame = await client.asks(agent.address, about=about)
    await agent.output(await agent.passed(frame), f"result of {about}")
    await client.hear("OUTPUT")


async def _until_refused(client: Guest, address: str, about: str) -> None:
    """Ask until the relay says no: that an agent has left is heard at any time."""
    for _ in range(20):
        frame = client.prompt_for(address, about=about)
        answer = await client.ask(frame, *ANSWERS, within=0.25)
        if answer is not None:
            return


async def _announced_badly(stage: Stage, client: Guest, about: str) -> None:
    agent = await connected(stage, about)
    good = agent.announcement()
    if about == BAD:
        await agent.say({**good, "summary": "of somebody else"})
    else:
        await agent.say(agent.announcement(timestamp=good["timestamp"] - 3600))
    await agent.hear("ERROR", within=COMES / 2)
    await client.ask(client.prompt_for(agent.address, about=about), *ANSWERS, within=1.0)


@scenario(settings={"forgotten_after": FORGOTTEN_AFTER})
async def a_silent_agent(stage: Stage) -> None:
    """Announce an agent once, wait until it is forgotten, and ask for it."""
    agent = await announced(stage, SILENT)
    await agent.quiet(FORGOTTEN_AFTER)
    await agent.closed(within=2.0)
    client = await guest(stage, "a client of the silent")
    await client.ask(client.prompt_for(agent.address, about=SILENT), *ANSWERS, within=1.0)


@scenario()
async def noise(stage: Stage) -> None:
    """Say from both ends what is no frame, and then something sensible."""
    agent, client = await announced(stage, NOISY_AGENT), await guest(stage, NOISY_GUEST)
    for text in NOISE:
        await agent.say(text)
        await client.say(text)
    await _served(client, agent, AFTER_NOISE)


@scenario()
async def a_moved_agent(stage: Stage) -> None:
    """Announce one agent on two connections, and ask for it."""
    old = await announced(stage, OLD_LINE)
    new = await connected(stage, NEW_LINE, caller=old.caller)
    await new.say(new.announcement())
    await reached(stage, new)
    client = await guest(stage, "a client of the moved")
    await _served(client, new, MOVED)


ONLINE, OFFLINE = "looking for an agent", "looking for nobody"


@scenario()
async def looking_for_agents(stage: Stage) -> None:
    """Look an agent up over HTTP, and one that is none."""
    agent, anybody = await announced(stage, "an agent to be found"), Caller(stage)
    await anybody.get(f"{AGENTS}{agent.address}", tag=ONLINE)
    await anybody.get(f"{AGENTS}{fresh_identity().address}", tag=OFFLINE)
