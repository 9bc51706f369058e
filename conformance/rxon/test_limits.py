"""RXON-RL: how often a worker may speak."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from conformance.kit.judging.suite import check
from conformance.kit.verdict import Unmet
from conformance.rxon import scenarios_limits as limits

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.wire.exchange import Answer


def refused_poll(seen: Seen) -> Answer:
    """Return a poll that was refused; without one nothing shows what happens at a limit."""
    for tag in ("a poll above the limit", "a poll far above the limit"):
        answer = seen.answer(tag)
        if answer.status == 429:
            return answer
    raise Unmet("no poll above the limit was refused", *answer.evidence)


@check("RXON-RL-01", limits.too_many_polls)
def test_a_poll_above_the_limit_is_refused(seen: Seen) -> None:
    for answer in seen.negatives("a poll above the limit"):
        answer.must_be(429)


@check("RXON-RL-02", limits.too_many_polls)
def test_a_refusal_says_when_to_come_again(seen: Seen) -> None:
    answer = refused_poll(seen)
    after = answer.header("Retry-After")
    answer.must(after is not None, "the answer has no header Retry-After")
    answer.must(is_delay(after or ""), f"Retry-After is {after}, no seconds and no date")


@check("RXON-RL-03", limits.steady)
def test_a_steady_worker_is_let_in_again(seen: Seen) -> None:
    beats = list(seen.answers("a steady heartbeat"))
    if all(beat.ok for beat in beats):
        raise Unmet("no heartbeat was refused", *beats[-1].evidence)
    last = beats[-1]
    last.must(last.ok, "the worker is still refused when the period is long over")


@check("RXON-RL-04", limits.too_many_polls, cases=("kinds", "workers"))
def test_every_worker_and_kind_has_a_limit_of_its_own(seen: Seen, what: str) -> None:
    refused_poll(seen)
    tags = {"kinds": "a heartbeat at the limit of polls", "workers": "a poll of another worker"}
    seen.answer(tags[what]).must_be_ok()


def is_delay(text: str) -> bool:
    """Whether a text is a number of seconds, or an HTTP date."""
    try:
        return float(text) >= 0
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(text) is not None
    except ValueError:
        return False
