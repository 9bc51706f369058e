"""The kit's desk at a host: it puts callers into states, gives orders, and looks at levels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.connectonion.peer import Caller, seeded
from conformance.connectonion.talk import Talk
from conformance.kit.verdict import Broken, NotObserved, Unmet

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.running.stage import Stage
    from conformance.kit.wire.exchange import Answer

ANSWERS = ("ADMIN_RESULT", "ERROR", "ONBOARD_SUCCESS")  # what an order or a submission is answered


class Desk:
    """An admin, and whoever else a conversation about trust needs."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.admin = Caller.holding(stage, "admin_key")

    async def caller(self, level: str = "stranger", *, admin: bool = False) -> Caller:
        """Return a fresh caller of a level, which may be an admin as well.

        All ask over the desk's connections: hosts know callers by what they sign.
        """
        caller = Caller(self.stage) if level == "stranger" else await seeded(self.stage, level)
        caller.http = self.admin.http
        if admin:
            await self.name_admin(caller)
        return caller

    async def name_admin(self, caller: Caller) -> None:
        """Make somebody an admin, as a prerequisite."""
        if self.stage.can("set_admin"):
            await self.stage.call("set_admin", client_id=caller.address)
            return
        chief = await self.talk("super_admin_key")
        said = await chief.ask(chief.order("ADD", caller.address), *ANSWERS)
        if said is None or said.type != "ADMIN_RESULT":
            raise NotObserved("the super admin could not name an admin")

    async def talk(self, fact: str = "admin_key") -> Talk:
        """Return a WebSocket of whoever holds the key that a fact names."""
        return await Talk.open(Caller.holding(self.stage, fact))

    async def look(self, client: Caller | str, tag: str) -> Answer:
        """Ask for a client's level."""
        name = client if isinstance(client, str) else client.address
        return await self.admin.level_of(name, tag=tag)


async def told(
    talk: Talk, tag: str, deed: str, client: str | None, **members: Any
) -> dict[str, Any]:
    """Give an order on a WebSocket, and note what comes of it."""
    return await noted(talk, tag, talk.order(deed, client, **members))


async def noted(talk: Talk, tag: str, frame: dict[str, Any]) -> dict[str, Any]:
    """Send a frame that is answered at once, and note the answer; empty when none comes."""
    answer = await talk.ask(frame, *ANSWERS)
    said = {} if answer is None else answer.body
    talk.stage.note(tag, sent=frame["type"], said=said)
    return said


# For checks


def must_say(seen: Seen, tag: str, **members: Any) -> dict[str, Any]:
    """Demand members of what an order was answered, and return the answer."""
    note = seen.noted(tag)
    said: dict[str, Any] = note.data["said"]
    for name, value in members.items():
        if said.get(name) != value:
            raise Broken(f"{tag}: expected `{name}` to be {value!r}, got {said!r}", note)
    return said


def must_be_forbidden(seen: Seen, tag: str) -> None:
    """Demand an ERROR that begins with `forbidden`."""
    said = must_say(seen, tag, type="ERROR")
    if not str(said.get("message")).startswith("forbidden"):
        raise Broken(f"{tag}: the error does not say forbidden: {said!r}", seen.noted(tag))


def must_be_at(seen: Seen, level: str, *tags: str) -> None:
    """Demand that a client was found at a level."""
    for tag in tags:
        answer = seen.answer(tag)
        if not answer.ok:
            raise Unmet(f"an admin is not told a level: {answer.shown()}", *answer.evidence)
        found = answer.member("level")
        answer.must(found == level, f"{tag}: the level is {found!r}, not {level!r}")
