"""Conversations with a client whom the host does not know yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion.hosting import Hosting
from conformance.kit.judging.suite import scenario
from conformance.kit.verdict import NotObserved

if TYPE_CHECKING:
    from conformance.connectonion.hosting import Call
    from conformance.kit.running.stage import Stage

WELCOME, WRONG = "a stranger with the right code", "a stranger with the wrong code"
REFUSED = "Invalid invite code"


@scenario()
async def two_strangers(stage: Stage) -> None:
    """Demand onboarding of the client twice; let it in the first time."""
    host = await Hosting(stage).comes()
    call = await _demanded(host, WELCOME)
    told = {"type": "ONBOARD_SUCCESS", "identity": _identity(call), "level": "contact"}
    await host.say({**told, "message": "Invite code verified. You are now a contact."})
    await host.input(call)
    stage.note(f"result of {WELCOME}", result=await host.done(call))
    call = await _demanded(host, WRONG)
    await host.say({"type": "ERROR", "message": REFUSED})
    if not await host.over(call, within=3.0):
        await host.leave(call)


async def _demanded(host: Hosting, about: str) -> Call:
    """Have the client ask, demand onboarding, and wait for its credential."""
    call = await host.asked(host.stage.unique("let me in"), about=about)
    await host.say(
        {"type": "ONBOARD_REQUIRED", "identity": _identity(call), "methods": ["invite_code"]}
    )
    if await host.hears(call, "ONBOARD_SUBMIT") is None:
        raise NotObserved(f"the client did not present {host.stage.facts['invite_code']!r}")
    return call


def _identity(call: Call) -> str:
    return "" if call.input is None else str(call.input.body.get("from"))
