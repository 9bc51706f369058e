"""Conversations in which a worker's polls get no task, no answer, or no sense."""

from __future__ import annotations

import json
from email.utils import formatdate
from math import ceil
from typing import TYPE_CHECKING, Any

from conformance.kit.judging.suite import scenario
from conformance.kit.verdict import NotObserved
from conformance.kit.wire.tap import Reply
from conformance.rxon.employer import CUT, LONG, NO_TASK, SLACK, Employer, refuses, says
from conformance.rxon.hearing import EARLY, asks, is_a

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage

PAGE = Reply(200, {"Content-Type": "text/html"}, b"<html>in maintenance</html>")
REFUSALS = {str(status): refuses(status) for status in (400, 403, 404, 409, 500, 502, 503)}
REFUSALS["a page"] = PAGE
NOTHING = {
    "204": NO_TASK,
    "an empty object": says({}),
    "null": says(None),
    "an empty array": says([]),
}
NONSENSE: dict[str, Reply] = {
    "a list": says([1]),
    "a text": says("x"),
    "a number": says(7),
    "a task without ids": says({"type": "echo", "params": {}}),
    "half a task": says({"job_id": "j"}),
    "half a document": Reply(200, {"Content-Type": "application/json"}, b'{"job_id": "j", "task'),
}
FLOOR_WORTH_WAITING_FOR = 5.0  # seconds
GIVEN_UP_AFTER = 5.0  # seconds after its own timeout
# What the header says, and how many seconds it means.
LIMITS = {"a fraction": ("1.25", 1.25), "an exponent": ("125e-2", 1.25)}
ENDLESS = {"never answered": "the client hung up", "cut off in the middle": "cut after"}
NO_LIMITS = {  # what means nothing
    "a word": "soon",
    "a date without a zone": "Fri, 31 Dec 2100 23:59:59",
    "an empty text": "",
    "zero": "0",
    "a negative number": "-5",
}


@scenario(bound=LONG)
async def polls_that_get_lost(stage: Stage) -> None:
    """Break the connection of every poll until the worker has tried often enough."""
    employer = await Employer(stage).hired()
    within = 20 * employer.seconds("poll_backoff") + SLACK
    await employer.more(1, "poll", within=SLACK)
    lost = stage.note("polls get lost").number
    rule = stage.tap.answer(asks("poll"), CUT)
    first = await stage.heard(lambda e: e.number > lost and is_a("poll")(e), within=within)
    if first is not None:
        # The fourth try, or a later one that comes too early; some are the HTTP client's own.
        fourth = first.time + 7 * employer.seconds("poll_backoff") - EARLY
        await stage.heard(lambda e: is_a("poll")(e) and e.time >= fourth, within=within)
    rule.withdraw()
    stage.note("polls arrive")
    await employer.more(1, "poll", within=within)
    job_id = await employer.give("skill", said="hello")
    await employer.result({"job_id": job_id}, within=SLACK)


@scenario(bound=LONG)
async def polls_that_are_limited(stage: Stage) -> None:
    """Tell a worker that it polls too often, and when to come again, or not when."""
    employer = await Employer(stage).hired()
    floor = employer.seconds("rate_limit_floor")
    wait = ceil(employer.seconds("idle_delay")) + 1
    moment = int(stage.now() + 2 * wait)
    stage.note("seconds", wait=wait)
    stage.note("a date", wall=moment)
    stage.note("no time", wait=floor)
    employer.surprise(
        "poll",
        {
            "seconds": refuses(429, Retry_After=str(wait)),
            "a date": refuses(429, Retry_After=formatdate(moment, usegmt=True)),
            "no time": refuses(429),
        },
    )
    await employer.more(4, "poll", within=2 * (wait + floor) + 1 + SLACK)


@scenario(bound=LONG)
async def polls_that_are_limited_in_odd_numbers(stage: Stage) -> None:
    """Say in unusual numbers when to come again."""
    employer = await Employer(stage).hired()
    told = {case: refuses(429, Retry_After=text) for case, (text, _) in LIMITS.items()}
    employer.surprise("poll", told)
    await employer.more(len(told) + 1, "poll", within=LONG)


@scenario(bound=LONG)
async def polls_that_are_limited_without_sense(stage: Stage) -> None:
    """Say in words that tell no time when to come again."""
    employer = await Employer(stage).hired()
    floor = employer.seconds("rate_limit_floor")
    if floor > FLOOR_WORTH_WAITING_FOR:
        raise NotObserved(
            f"the worker waits {floor:g} s whenever a limit names no time; start it with less, and"
            " say so: --assay-set rate_limit_floor=1"
        )
    for case, text in NO_LIMITS.items():
        employer.surprise("poll", {case: refuses(429, Retry_After=text)})
        employer.disturb("poll", NO_TASK)  # else the next wait would be twice as long
    await employer.more(2 * len(NO_LIMITS), "poll", within=LONG)


@scenario(bound=LONG)
async def polls_that_bring_nothing(stage: Stage) -> None:
    """Answer polls with refusals, and in every way that means that there is no task."""
    employer = await Employer(stage).hired()
    cases = {**REFUSALS, **NOTHING}
    employer.surprise("poll", cases)
    await employer.more(len(cases) + 1, "poll", within=2 * SLACK)
    job_id = await employer.give("skill", said="hello")
    await employer.result({"job_id": job_id})


@scenario(bound=LONG)
async def polls_that_bring_nonsense(stage: Stage) -> None:
    """Answer polls with what is no task, and each time give a good one afterwards."""
    employer = await Employer(stage).hired()
    given = []
    for case, reply in NONSENSE.items():
        employer.surprise("poll", {case: reply})
        given.append(employer.hand_over(good_task(employer), f"after {case}"))
    for task in given:
        if not await employer.result(task):
            return


def good_task(employer: Employer) -> dict[str, Any]:
    """Return a task that the worker can do."""
    return employer.task(employer.skill("skill"), params={"said": "hello"})


@scenario(bound=LONG)
async def polls_without_end(stage: Stage) -> None:
    """Leave one poll without an answer, and break the answer to another off."""
    employer = await Employer(stage).hired()
    half = json.dumps(good_task(employer)).encode()
    employer.disturb("poll", Reply(silent=True), Reply(200, {}, half, stop_after=20))
    ids = employer.hand_over(good_task(employer), "a good task")
    within = float(stage.facts.get("poll_timeout", 30.0)) + GIVEN_UP_AFTER + SLACK
    await employer.result(ids, within=within)
