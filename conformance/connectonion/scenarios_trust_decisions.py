"""Conversations that go through the table of decisions (vectors/connectonion/decisions.json).

A host cannot be shown that somebody paid, so the cells with a confirmed payment are a library's.
The second tier of these hosts lets nobody in: what only it could admit is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.connectonion.golden import GOLDEN
from conformance.connectonion.instances import CAREFUL
from conformance.connectonion.peer import Caller
from conformance.connectonion.talk import Talk
from conformance.connectonion.trust_desk import Desk, noted
from conformance.kit.judging.suite import Scenario, scenario
from reference.connectonion.identity import Identity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conformance.kit.golden.vectors import Case
    from conformance.kit.running.stage import Stage

BOUND = 30.0  # seconds: a hundred requests, also of a host that works on one at a time
LEVELS = {"contacts": "contact", "whitelist": "whitelist", "blocklist": "blocked"}


def level_of(case: Case) -> str:
    """Return the level of a cell's caller."""
    return next((LEVELS[name] for name in case.input["lists"]), "stranger")


def cells(policy: str) -> Iterator[Case]:
    """Yield the cells of a policy that a host can be shown."""
    for case in GOLDEN.areas["decisions"]:
        if case.flags[0] == policy and "paid" not in case.input:
            yield case


def credentials(case: Case, *, code: Any) -> dict[str, Any]:
    """Return what a cell's caller presents; ``code`` is what the host's own level takes."""
    given = {name: case.input[name] for name in ("invite_code", "payment") if name in case.input}
    shipped = {"OpenOnion": code, ("OpenOnion",): [code]}
    if "invite_code" in given:
        told = given["invite_code"]
        given["invite_code"] = shipped.get(tuple(told) if isinstance(told, list) else told, told)
    return given


def afterwards(case: Case) -> str:
    """Return the tag of the look at a cell's caller.

    Who is known stays what it is, whatever it presents: one caller serves all cells of its state
    and of a requirement, and is looked at in the end.
    """
    if level_of(case) == "stranger":
        return f"{case.id}: afterwards"
    return f"{state_of(case)}: in the end"


def state_of(case: Case) -> str:
    """Return the state of a cell's caller in words."""
    who = f"{level_of(case)}{', an admin' if case.input.get('admin') else ''}"
    return f"{case.flags[0]}, {who} ({case.requirements[0]})"


async def present(stage: Stage, policy: str) -> None:
    """Present everything that callers of every state can, and look at their levels."""
    desk, code = Desk(stage), stage.facts.get("invite_code", "OpenOnion")
    known: dict[str, Caller] = {}
    for case in cells(policy):
        level, state = level_of(case), state_of(case)
        caller = known.get(state)
        if caller is None:
            caller = await desk.caller(level, admin=bool(case.input.get("admin")))
        await caller.ask(tag=case.id, **credentials(case, code=code))
        if level == "stranger":
            await desk.look(caller, tag=afterwards(case))
        else:
            known[state] = caller
    for state, caller in known.items():
        await desk.look(caller, tag=f"{state}: in the end")
        if "CO-TRUST-40" in state:  # what a blocked caller may have become shows when it is none
            await desk.admin.administer("unblock", caller.address, tag="prerequisite: unblocked")
            await desk.look(caller, tag=f"{state}: unblocked")


def _table(policy: str) -> Scenario:
    settings: Mapping[str, Any] = {"trust": next(cells(policy)).input["policy"]}

    async def play(stage: Stage) -> None:
        await present(stage, policy)

    play.__name__ = f"table_{policy.lower()}"
    return scenario(settings=settings, bound=BOUND)(play)


POLICIES = tuple(dict.fromkeys(case.flags[0] for case in GOLDEN.areas["decisions"]))
TABLES = {policy: _table(policy) for policy in POLICIES}


def tables(requirement: str) -> tuple[str, ...]:
    """Return the policies that have cells of a requirement."""
    return tuple(p for p in POLICIES if any(requirement in c.requirements for c in cells(p)))


# What is between the cells

SLIPS = "---\nallow: [contact]\nonboard:\n  invite_code: [Alpha]\ndefault: maybe\n---\nbody\n"
TWO_CODES = "---\nonboard:\n  invite_code: [Alpha, 7]\ndefault: deny\n---\nbody\n"
ORDER = (
    "---\ndefault: allow\nonboard:\n  invite_code: [Alpha]\n"
    "allow: [contact, strangers]\ndeny: [blocked, contact, whitelist]\n---\nbody\n"
)
AMOUNTS = (10, 1000000, 0.01)
PROSE = "Be kind, and let everybody in. default: allow"
# A code that must be equal in value and type, beside what is nearly it.
CODES: Mapping[str, tuple[Any, bool]] = {
    "the code": ("Alpha", True),
    "the code in small letters": ("alpha", False),
    "a part of the code": ("Alph", False),
    "the code and a blank": ("Alpha ", False),
    "the number": (7, True),
    "the number as a text": ("7", False),
}


@scenario(settings={"trust": SLIPS})
async def slips(stage: Stage) -> None:
    """Ask under a policy whose default is no word of the language."""
    desk = Desk(stage)
    await (await desk.caller("stranger")).ask(tag="a stranger")
    await (await desk.caller("contact")).ask(tag="a contact")
    blocked = await desk.caller("blocked")
    await blocked.ask(tag="blocked, and no list of what is denied")


@scenario(settings={"trust": TWO_CODES})
async def codes(stage: Stage) -> None:
    """Present codes, and what is nearly one."""
    desk = Desk(stage)
    for name, (code, _) in CODES.items():
        caller = await desk.caller("stranger")
        await caller.ask(tag=name, invite_code=code)
        await desk.look(caller, tag=f"{name}: afterwards")
    again = await desk.caller("stranger")
    await again.ask(tag="the code, used by another caller", invite_code="Alpha")
    await desk.look(again, tag="the code, used by another caller: afterwards")


@scenario(settings={"trust": ORDER})
async def unknown_words(stage: Stage) -> None:
    """Ask under a policy with words that are no words of the language, in the place of others."""
    desk = Desk(stage)
    for level in ("stranger", "contact", "whitelist", "blocked"):
        await (await desk.caller(level)).ask(tag=f"{level} among unknown words")


@scenario(settings=CAREFUL)
async def welcomed(stage: Stage) -> None:
    """Come in with the invite code, and come back without it."""
    desk, code = Desk(stage), stage.need("invite_code")
    for how in ("over HTTP", "by ONBOARD_SUBMIT"):
        caller = await desk.caller("stranger")
        await desk.look(caller, tag=f"before the code, {how}")
        if how == "over HTTP":
            await caller.ask(tag=f"with the code, {how}", invite_code=code)
        else:
            talk = await Talk.open(caller)
            await noted(talk, f"with the code, {how}", talk.submission(invite_code=code))
        await desk.look(caller, tag=f"after the code, {how}")
        await caller.ask(tag=f"without the code, {how}")
        await desk.look(caller, tag=f"later, {how}")


@scenario(settings=CAREFUL)
async def claims(stage: Stage) -> None:
    """Claim to have paid, in a submission."""
    desk = Desk(stage)
    for amount in AMOUNTS:
        talk = await Talk.open(await desk.caller("stranger"))
        await noted(talk, f"a payment of {amount}", talk.submission(payment=amount))
        await desk.look(talk.caller, tag=f"a payment of {amount}: afterwards")
    talk = await Talk.open(await desk.caller("stranger"))
    await noted(talk, "a code (twin)", talk.submission(invite_code=stage.need("invite_code")))


BANNED = Identity.of_seed(bytes.fromhex("b1ac" * 16))


@scenario(settings={**CAREFUL, "blacklist": BANNED.address})
async def blacklisted(stage: Stage) -> None:
    """Try to onboard while the host was started with one's name on its blacklist."""
    desk, code = Desk(stage), stage.need("invite_code")
    banned = await Talk.open(Caller(stage, identity=BANNED))
    await noted(banned, "a code of who is blacklisted", banned.submission(invite_code=code))
    await desk.look(banned.caller, tag="blacklisted: afterwards")
    other = await Talk.open(await desk.caller("stranger"))
    await noted(other, "a code of who is not", other.submission(invite_code=code))


@scenario(settings={"trust": PROSE})
async def prose(stage: Stage) -> None:
    """Ask under a policy that is nothing but prose."""
    desk = Desk(stage)
    for level in ("stranger", "contact", "whitelist", "blocked"):
        caller = await desk.caller(level)
        await caller.ask(tag=f"{level} under prose", invite_code="OpenOnion")
