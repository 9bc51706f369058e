"""What a worker makes of the answers to its polls: RXON-POLL-15 to -20, RXON-RL-05."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, NotObserved
from conformance.rxon import scenarios_worker_polling as polling
from conformance.rxon.employer import INTERVALS
from conformance.rxon.hearing import (
    CASE,
    EARLY,
    exchanges,
    is_a,
    is_result_of,
    longest_waits,
    must_wait,
    next_after,
    wall,
)

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.wire.exchange import Answer

AGAIN = 8.0  # seconds, within which a worker must have polled again on any machine


def disappointment(seen: Seen, case: str) -> tuple[Answer, Answer]:
    """Return the poll that was answered as the case says, and the next one."""
    polls = exchanges(seen, "poll")
    disappointed = next((each for each in polls if each.header(CASE) == case), None)
    if disappointed is None:
        raise NotObserved("the worker had stopped polling before")
    return disappointed, another(polls, disappointed)


def another(polls: list[Answer], one: Answer) -> Answer:
    """Return the poll after one."""
    after = next_after(polls, one)
    if after is None:
        raise Broken("the worker did not poll again", *one.evidence)
    return after


@check("RXON-POLL-15", polling.polls_that_get_lost)
def test_lost_polls_come_ever_later_until_one_arrives(seen: Seen) -> None:
    lost = seen.noted("polls get lost").number
    over = seen.noted("polls arrive").number
    every = exchanges(seen, "poll")
    tries = [each for each in every if each.failure == "cut" and each.request.number > lost]
    later = [each for each in every if each.request.number > over]
    if not tries or not later:
        raise Broken("the worker does not poll any more", *(e for t in tries for e in t.evidence))
    first = seen.fact("poll_backoff", INTERVALS["poll_backoff"])
    gaps = longest_waits([*tries, later[0]])
    for gap, due in zip(gaps, (2 * first, first), strict=False):
        if gap < due - EARLY:
            shown = ", ".join(f"{each:.2f}" for each in gaps)
            evidence = [event for each in tries for event in each.evidence]
            raise Broken(f"the longest waits are {shown} s: they do not double", *evidence)


@check("RXON-POLL-16", polling.polls_that_are_limited, cases=("seconds", "a date", "no time"))
def test_a_limited_poll_waits_as_long_as_it_is_told(seen: Seen, case: str) -> None:
    limited, after = disappointment(seen, case)
    told = seen.noted(case).data
    if "wait" in told:
        must_wait(limited, after, told["wait"], "the worker polls again too early")
    elif wall(seen, after.request) < told["wall"] - EARLY:
        raise Broken("the worker polls again before the date", *limited.evidence, after.request)


@check("RXON-RL-05", polling.polls_that_are_limited_in_odd_numbers, cases=tuple(polling.LIMITS))
def test_a_number_in_retry_after_is_waited_for(seen: Seen, case: str) -> None:
    limited, after = disappointment(seen, case)
    must_wait(limited, after, polling.LIMITS[case][1], "the worker polls again too early")


@check("RXON-RL-05", polling.polls_that_are_limited_without_sense, cases=tuple(polling.NO_LIMITS))
def test_a_retry_after_that_tells_no_time_means_the_floor(seen: Seen, case: str) -> None:
    limited, after = disappointment(seen, case)
    floor = seen.fact("rate_limit_floor", INTERVALS["rate_limit_floor"])
    must_wait(limited, after, floor, "the worker polls again too early")


@check("RXON-POLL-17", polling.polls_that_bring_nothing, cases=tuple(polling.REFUSALS))
def test_a_refused_poll_does_not_stop_the_worker(seen: Seen, case: str) -> None:
    must_go_on(seen, case)


@check("RXON-POLL-19", polling.polls_that_bring_nothing, cases=tuple(polling.NOTHING))
def test_no_task_may_be_told_in_several_ways(seen: Seen, case: str) -> None:
    empty, after = must_go_on(seen, case)
    between = range(empty.reply.number, after.request.number)
    if results := [e for e in seen.events if e.number in between and is_a("result")(e)]:
        raise Broken("the worker reports a task that it was not given", *empty.evidence, *results)


def must_go_on(seen: Seen, case: str) -> tuple[Answer, Answer]:
    """Demand that the worker polls again soon after the case."""
    disappointed, after = disappointment(seen, case)
    waited = after.request.time - disappointed.reply.time
    if waited > AGAIN:
        raise Broken(f"the worker polled again only after {waited:.1f} s", *disappointed.evidence)
    return disappointed, after


@check("RXON-POLL-18", polling.polls_that_bring_nonsense, cases=tuple(polling.NONSENSE))
def test_nonsense_does_not_stop_a_worker(seen: Seen, case: str) -> None:
    nonsense, _ = must_go_on(seen, case)
    task = seen.noted(f"after {case}")
    if not list(seen.matching(is_result_of(dict(task.data)))):
        raise Broken("the worker does not do the next task", *nonsense.evidence)


@check("RXON-POLL-20", polling.polls_without_end, cases=tuple(polling.ENDLESS))
def test_a_poll_without_an_end_does_not_stop_a_worker(seen: Seen, case: str) -> None:
    polls = exchanges(seen, "poll")
    good = seen.noted("a good task")
    why = polling.ENDLESS[case]
    spoilt = next((each for each in polls if each.failure.startswith(why)), None)
    if spoilt is None:
        raise Broken("the worker did not give the poll up, and did not poll again", good)
    another(polls, spoilt)
    if not list(seen.matching(is_result_of(dict(good.data)))):
        raise Broken("the worker does no task any more", good)
