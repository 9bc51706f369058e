"""Conversations about examples: one caller that asks again and again, with whatever it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.connectonion.peer import STEPS
from conformance.connectonion.scenarios_trust_second_tier import TRUSTING
from conformance.connectonion.talk import Talk
from conformance.connectonion.trust_desk import Desk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.connectonion.peer import Caller
    from conformance.kit.running.stage import Stage

    Presented = Mapping[str, Any]

ASKED = "a prompt"
COUNTED = {**TRUSTING, "name": "counted"}  # nobody else has this host asked about anybody


async def present(stage: Stage, example: Mapping[str, Any]) -> None:
    """Ask as a caller of some level, once for each of the things that it presents."""
    desk = Desk(stage)
    caller = await desk.caller(example["level"], admin=example["admin"])
    for number, presented in enumerate(example["presented"]):
        before = await _calls(stage)
        counts = await _ask(caller, presented, code=stage.need("invite_code"))
        looked = await desk.look(caller, tag=f"after prompt {number}")
        stage.note(
            ASKED,
            presented=presented,
            admitted=counts,
            level=looked.member("level"),
            asked=None if before is None else (await _calls(stage) or 0) - before,
        )


async def _calls(stage: Stage) -> int | None:
    """Return how often the second tier was asked, where a driver tells."""
    if not stage.can("agent_calls"):
        return None
    return int((await stage.call("agent_calls"))["calls"])


async def _ask(caller: Caller, presented: Presented, *, code: Any) -> bool:
    """Present something in a prompt, and return whether that was done."""
    told = {"the code": code, "a wrong code": "no code", "a list of it": [code]}
    given = {"invite_code": told.get(presented["code"]), "payment": presented["payment"]}
    if presented["via"] == "http":
        return (await caller.ask(**given)).ok
    talk = await Talk.open(caller)
    answer = await talk.ask(talk.input(**given))
    return answer is not None and answer.type == "OUTPUT"


async def present_while_blocked(stage: Stage, example: Mapping[str, Any]) -> None:
    """Bring a caller to a level, block it, have it ask, and unblock it."""
    desk = Desk(stage)
    caller = await desk.caller("stranger", admin=example["admin"])
    for deed in (*STEPS[example["level"]], "block"):
        await desk.admin.administer(deed, caller.address, tag="prerequisite: blocked")
    for presented in example["presented"]:
        admitted = await _ask(caller, presented, code=stage.need("invite_code"))
        stage.note(ASKED, presented=presented, admitted=admitted)
    await desk.look(caller, tag="while blocked")
    await desk.admin.administer("unblock", caller.address, tag="prerequisite: unblocked")
    await desk.look(caller, tag="unblocked")
