"""The interpreter of the model's conversations: two clients, and those who give orders."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.connectonion import trust_model as model
from conformance.connectonion.peer import Caller
from conformance.connectonion.talk import Talk
from conformance.connectonion.trust_desk import ANSWERS, Desk
from conformance.connectonion.trust_model import ADMIN, CHIEF, CLIENTS, NOBODY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.connectonion.trust_model import Step
    from conformance.kit.running.stage import Stage
    from conformance.kit.wire.exchange import Answer

PLAYED = "a step"
ENDS = ("OUTPUT", "ERROR", "ONBOARD_REQUIRED")
ORDERS: Mapping[str, str] = {
    "promote": "PROMOTE",
    "demote": "DEMOTE",
    "block": "BLOCK",
    "unblock": "UNBLOCK",
    "add": "ADD",
    "remove": "REMOVE",
}


@dataclass(slots=True)
class Cast:
    """Who plays: by the names that steps have for them."""

    desk: Desk
    people: Mapping[Any, Caller]
    code: str
    talks: dict[Any, Talk] = field(default_factory=dict)

    def client(self, number: int) -> Caller:
        """Return a client."""
        return self.people[number]

    async def talk(self, who: Any) -> Talk:
        """Return somebody's WebSocket, open from the first time on that it has something to say."""
        if who not in self.talks:
            self.talks[who] = await Talk.open(self.people[who])
        return self.talks[who]

    def name(self, step: Step) -> str:
        """Return how an order names its client."""
        address = self.client(step["client"]).address
        other = self.client(1 - step["client"]).address
        return {
            "two lines": f"{address}\n{other}",
            "a pattern": f"{address[:40]}*",
        }.get(step.get("name", ""), address)

    async def levels(self) -> list[Any]:
        """Ask for everybody's level."""
        looks = [await self.desk.look(self.client(number), "") for number in range(CLIENTS)]
        return [look.member("level") for look in looks]


async def converse(stage: Stage, example: list[Step]) -> None:
    """Play the steps in order, up to the first surprise."""
    desk = Desk(stage)
    chief = Caller.holding(stage, "super_admin_key")
    others = {name: await desk.caller() for name in (NOBODY, *range(CLIENTS))}
    people = {CHIEF: chief, ADMIN: desk.admin, **others}
    cast, world = Cast(desk, people, stage.need("invite_code")), model.World()
    for step in example:
        counts = await play(cast, step)
        came = {"counts": counts, "levels": await cast.levels()}
        stage.note(PLAYED, step=step, came=came)
        if model.surprise(world, step, came) is not None:
            return


async def play(cast: Cast, step: Step) -> bool:
    """Play one step, and return whether it counted."""
    if step["do"] in ORDERS:
        return await order(cast, step)
    if step["do"] == "prompt" and step.get("via") == "http":
        return (await cast.client(step["client"]).ask()).ok
    talk = await cast.talk(step["client"])
    if step["do"] == "onboard":
        said = await talk.ask(talk.submission(invite_code=cast.code), *ANSWERS)
        return said is not None and said.type == "ONBOARD_SUCCESS"
    said = await talk.ask(talk.input(), *ENDS)
    return said is not None and said.type == "OUTPUT"


async def order(cast: Cast, step: Step) -> bool:
    """Give an order; only a WebSocket takes those about admins everywhere."""
    deed = step["do"]
    if step.get("via") == "http" and deed not in {"add", "remove"}:
        return _counts(await cast.people[step["by"]].administer(deed, cast.name(step)))
    talk = await cast.talk(step["by"])
    said = await talk.ask(talk.order(ORDERS[deed], cast.name(step)), *ANSWERS)
    return said is not None and said.body.get("success") is True


def _counts(answer: Answer) -> bool:
    return answer.ok and answer.member("success") is True
