"""What the answer to a heartbeat does to a worker: RXON-HB-14, -17, -18, -19."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, Unmet
from conformance.rxon import scenarios_worker_heartbeats as heartbeats
from conformance.rxon.employer import INTERVALS
from conformance.rxon.hearing import EARLY, body_of, exchanges, must_wait, next_after, said

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.wire.exchange import Answer

# Heartbeats within one cool-down: one for the news, the periodic one, and one that was late.
AT_A_TIME = 3


def pair(seen: Seen, tag: str) -> tuple[Answer, Answer]:
    """Return the first heartbeat that was sent after a note, and the next one."""
    note = seen.noted(tag)
    beats = [each for each in exchanges(seen, "heartbeat") if each.request.number > note.number]
    if not beats:
        raise Unmet(f"no heartbeat came after “{tag}”", note)
    after = next_after(beats, beats[0])
    if after is None:
        raise Broken("no other heartbeat came", *beats[0].evidence)
    return beats[0], after


@check("RXON-HB-14", heartbeats.a_full_sync)
def test_a_worker_tells_its_whole_catalogue_when_it_is_wanted(seen: Seen) -> None:
    asked, after = pair(seen, "the whole is wanted")
    skills = body_of(after.request).get("supported_skills")
    if not isinstance(skills, list) or not skills:
        raise Broken("the next heartbeat has no supported_skills", *asked.evidence, after.request)


@check("RXON-HB-17", heartbeats.heartbeats_that_shall_come_later)
def test_a_jitter_delays_the_next_heartbeat(seen: Seen) -> None:
    asked, after = pair(seen, "jitter")
    wait = seen.noted("jitter").data["wait"]
    apart = after.request.time - asked.request.time
    if apart < wait - EARLY:
        raise Broken(
            f"the next heartbeat came after {apart:.2f} s, not after {wait:g} s",
            *asked.evidence,
            after.request,
        )


@check("RXON-HB-18", heartbeats.heartbeats_that_shall_come_later)
def test_a_limited_heartbeat_waits_as_long_as_it_is_told(seen: Seen) -> None:
    limited, after = pair(seen, "limit")
    wait = seen.noted("limit").data["wait"]
    must_wait(limited, after, wait, "the next heartbeat came too early")


@check("RXON-HB-19", heartbeats.a_burst_of_tasks)
def test_news_is_told_at_most_once_per_cool_down(seen: Seen) -> None:
    cooldown = seen.fact("heartbeat_cooldown", INTERVALS["heartbeat_cooldown"])
    beats = said(seen, "heartbeat")
    for first, last in zip(beats, beats[AT_A_TIME:], strict=False):
        if last.time - first.time < cooldown - EARLY and body_of(last).get("status") != "offline":
            many = [each for each in beats if first.number <= each.number <= last.number]
            raise Broken(f"{len(many)} heartbeats within {cooldown:g} s", *many)
