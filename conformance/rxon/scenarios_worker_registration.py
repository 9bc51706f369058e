"""Conversations with a worker that is not let in at once, or is thrown out again."""

from __future__ import annotations

from email.utils import formatdate
from math import ceil
from typing import TYPE_CHECKING

from conformance.kit.judging.suite import scenario
from conformance.kit.wire.tap import Reply
from conformance.rxon.employer import CUT, LONG, SLACK, Employer, refuses, says
from conformance.rxon.hearing import is_a

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage

PAGE = Reply(200, {"Content-Type": "text/html"}, b"<html>who are you?</html>")
FAILURES = (refuses(500), PAGE, CUT)
BACKOFFS = 2 * (1 + 2 + 4)  # times the first wait, that three waits last, with room to spare
UNKNOWN = {
    "404 not found": says({"error": "Worker not found"}, 404),
    "401": says({"error": "who are you?"}, 401),
}


@scenario(bound=LONG)
async def a_registration_that_fails(stage: Stage) -> None:
    """Let the first three registrations fail in three ways."""
    employer = Employer(stage)
    employer.disturb("registration", *FAILURES)
    await employer.hired(within=BACKOFFS * employer.seconds("registration_backoff"))


@scenario(bound=LONG)
async def a_registration_that_is_limited(stage: Stage) -> None:
    """Tell a worker twice when to come again: in so many seconds, and at what time."""
    employer = Employer(stage)
    wait = ceil(employer.seconds("registration_backoff")) + 1
    stage.note("seconds", wait=wait)
    employer.disturb("registration", refuses(429, Retry_After=str(wait)))
    await employer.begun()
    await employer.times(
        1, is_a("registration"), within=employer.seconds("heartbeat_interval") + SLACK
    )
    moment = int(stage.now() + wait + 2)
    stage.note("a date", wall=moment)
    employer.disturb("registration", refuses(429, Retry_After=formatdate(moment, usegmt=True)))
    await employer.accepted(within=2 * wait + 2 + SLACK)


@scenario(bound=LONG)
async def a_worker_that_is_forgotten(stage: Stage) -> None:
    """Tell a worker in two ways that it is not known (any more)."""
    employer = await Employer(stage).hired()
    within = employer.seconds("heartbeat_interval") + SLACK
    for way, reply in UNKNOWN.items():
        await employer.more(1, "heartbeat", within=within)
        stage.note(f"forgotten: {way}")
        employer.disturb("heartbeat", reply)
        await employer.more(1, "registration", within=2 * within)
