"""Conversations of callers whom a host does not know, and who want to be let in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.connectonion.attempts import attempt
from conformance.connectonion.peer import Caller, given, seeded
from conformance.connectonion.talk import Talk
from conformance.kit.judging.suite import scenario

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.running.stage import Stage

    Body = dict[str, Any]

OFFER, WELCOME, COMES_IN = "a stranger's prompt", "a good code", "a new prompt afterwards"
SAME_AGAIN = "the refused prompt once more"
WRONG_CODES: Mapping[str, Any] = {"another code": "assay-wrong", "a number": 5}
AFTER_WRONG = "a prompt after wrong codes"
NOTHING: Mapping[str, Body] = {
    "nothing": {},
    "an empty code": {"invite_code": ""},
    "a payment of nothing": {"payment": 0},
    "a payment below nothing": {"payment": -5},
}
BLOCKED, BLOCKED_PROMPT, NOT_BLOCKED = "a blocked caller", "a blocked prompt", "its twin"
FORGED = (
    "no signature",
    "no payload",
    "a signature of long ago",
    "a signature from the future",
    "a code put in afterwards",
    "a member put in afterwards",
    "another's signature",
)
AFTER_FORGED = "the same code, signed"
USED, USED_AGAIN = "a submission", "the submission once more"
STRICT, STRICT_TWIN = "a stranger under strict", "one on the whitelist"
FAR = 400  # seconds; signatures are good for 300 (sheet 4.4)


@scenario()
async def stranger_comes_in(stage: Stage) -> None:
    """Ask, submit a code, ask the same again, and ask anew."""
    code = stage.need("invite_code")
    talk = await Talk.open(Caller(stage), tag="onboarding")
    prompt = talk.input()
    await attempt(talk, OFFER, prompt)
    await attempt(talk, WELCOME, talk.submission(invite_code=code))
    await attempt(talk, SAME_AGAIN, prompt)
    await attempt(talk, COMES_IN, talk.input())


@scenario()
async def wrong_codes(stage: Stage) -> None:
    """Submit wrong codes, then ask."""
    stage.need("invite_code")
    talk = await Talk.open(Caller(stage), tag="wrong codes")
    for name, code in WRONG_CODES.items():
        await attempt(talk, name, talk.submission(invite_code=code))
    await note_level(talk, AFTER_WRONG)
    await attempt(talk, f"{AFTER_WRONG}: answer", talk.input())


@scenario()
async def nothing_submitted(stage: Stage) -> None:
    """Submit neither a code nor a payment."""
    talk = await Talk.open(Caller(stage), tag="nothing")
    for name, members in NOTHING.items():
        await attempt(talk, name, talk.submission(**members))


@scenario()
async def blocked_caller(stage: Stage) -> None:
    """Be blocked, ask, and submit a good code; beside somebody who is not blocked."""
    code = stage.need("invite_code")
    talk = await Talk.open(await seeded(stage, "blocked"), tag="blocked")
    await attempt(talk, BLOCKED_PROMPT, talk.input())
    await attempt(talk, BLOCKED, talk.submission(invite_code=code))
    other = await Talk.open(Caller(stage), tag="not blocked")
    await attempt(other, NOT_BLOCKED, other.submission(invite_code=code))


@scenario()
async def forged_submissions(stage: Stage) -> None:
    """Submit a good code under signatures that are none, then under a good one."""
    code = stage.need("invite_code")
    caller = Caller(stage)
    talk = await Talk.open(caller, tag="forged")
    now, good = int(stage.now()), {"invite_code": code}
    empty = talk.submission()
    frames = (
        {**talk.submission(**good), "signature": None},
        {**talk.submission(**good), "payload": None},
        talk.submission(**good, timestamp=now - FAR),
        talk.submission(**good, timestamp=now + FAR),
        {**empty, "payload": {**empty["payload"], **good}},
        _with(talk.submission(**good), assay=1),
        {**talk.submission(**good), "from": Caller(stage).address},
    )
    for name, frame in zip(FORGED, frames, strict=True):
        await attempt(talk, name, given(frame))
    await note_level(talk, AFTER_FORGED)
    await attempt(talk, f"{AFTER_FORGED}: answer", talk.submission(**good))


@scenario()
async def submission_repeated(stage: Stage) -> None:
    """Come in by a code, be made a stranger again, and repeat the submission."""
    code = stage.need("invite_code")
    talk = await Talk.open(Caller(stage), tag="repeated")
    submission = talk.submission(invite_code=code)
    await attempt(talk, USED, submission)
    await _made_a_stranger(talk)
    await attempt(talk, USED_AGAIN, submission)
    await note_level(talk, f"{USED_AGAIN}: level")


@scenario(settings={"trust": "strict"})
async def refused_without_a_way_in(stage: Stage) -> None:
    """Ask where a policy offers no onboarding, as a stranger and as one on the whitelist."""
    talk = await Talk.open(Caller(stage), tag="strict")
    await attempt(talk, STRICT, talk.input())
    known = await Talk.open(await seeded(stage, "whitelist"), tag="known")
    await attempt(known, STRICT_TWIN, known.input())


def _with(frame: Mapping[str, Any], **members: Any) -> Body:
    """Return a frame with more in its payload than was signed."""
    return {**frame, "payload": {**frame["payload"], **members}}


async def note_level(talk: Talk, about: str) -> None:
    """Note the level of a talk's caller, as the driver or an admin knows it."""
    stage, address = talk.stage, talk.caller.address
    if stage.can("level"):
        level = (await stage.call("level", client_id=address))["level"]
    else:
        level = (await Caller.holding(stage, "admin_key").level_of(address)).member("level")
    stage.note(about, level=level)


async def _made_a_stranger(talk: Talk) -> None:
    stage, address = talk.stage, talk.caller.address
    if stage.can("seed_client"):
        await stage.call("seed_client", client_id=address, level="stranger")
    else:
        await Caller.holding(stage, "admin_key").administer("demote", address, tag="demoted")
