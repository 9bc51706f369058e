"""CO-TRUST: the second tier of a host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion import scenarios_trust_second_tier as second
from conformance.connectonion.scenarios_trust_second_tier import DECIDED, insist
from conformance.connectonion.talk import frames
from conformance.connectonion.trust_desk import must_be_at
from conformance.kit.judging.suite import check, property_check
from conformance.kit.verdict import Broken, NotObserved

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen


def must_be_asked(seen: Seen, tag: str, times: int) -> None:
    """Demand how often the second tier was asked about a prompt."""
    note = seen.noted(f"{tag}: asked")
    found = note.data["times"]
    if found != times:
        raise Broken(f"{tag}: the second tier was asked {found} times, not {times}", note)


@check("CO-TRUST-01", second.trusting, second.cautious)
def test_the_second_tier_is_not_asked_when_a_rule_decides(seen: Seen) -> None:
    for who in (*DECIDED, "a stranger with the code"):
        must_be_asked(seen, f"decided: {who}", 0)


@check("CO-TRUST-02", second.trusting, second.cautious)
def test_the_second_tier_is_asked_once_and_obeyed(seen: Seen) -> None:
    for tag in ("let in once", "let in with a wrong code"):
        must_be_asked(seen, tag, 1)
        seen.answer(tag).must_be(200)
    must_be_asked(seen, "turned away once", 1)
    refused = seen.answer("turned away once")
    refused.must(not refused.ok, "who was not let in was let in")


@check("CO-TRUST-03", second.cautious)
def test_a_refusal_of_the_second_tier_has_a_reason(seen: Seen) -> None:
    for answer in seen.answers("turned away once"):
        answer.must_be(403)
        said = str(answer.member("error"))
        word, _, reason = said.partition(": ")
        answer.must(word == "forbidden" and reason.strip(), f"no reason is told: {said!r}")
        answer.must(reason != "Denied by fast rules", "the rules are said to have decided")


@check("CO-TRUST-04", second.broken)
def test_a_second_tier_that_fails_lets_nobody_in(seen: Seen) -> None:
    answer = seen.answer("a prompt that nobody can judge")
    answer.must(not answer.ok, "a prompt was done though nobody could judge its sender")
    for frame in frames(seen, "a stranger at a broken second tier", "OUTPUT"):
        raise Broken("an INPUT was done though nobody could judge its sender", frame.event)
    must_be_at(seen, "stranger", "after a prompt that nobody can judge")
    seen.answer("a prompt of a contact").must_be(200)


@check("CO-TRUST-35.b", second.kept, second.kept_shortly)
def test_an_opinion_is_kept_as_long_as_the_policy_says(seen: Seen) -> None:
    must_be_asked(seen, "kept, once", 1)
    must_be_asked(seen, "kept, again", 0)
    for tag in ("kept, of another caller", "kept, at another level", "kept shortly, again"):
        must_be_asked(seen, tag, 1)
    for tag in ("kept, once", "kept, again", "kept shortly, again"):
        seen.answer(tag).must_be(200)


@check("CO-TRUST-39", second.trusting)
def test_who_was_let_in_once_is_asked_about_again(seen: Seen) -> None:
    seen.answer("let in once").must_be(200)
    must_be_asked(seen, "let in again", 1)
    must_be_at(seen, "stranger", "after being let in once", "after being let in again")


@check("CO-TRUST-49", second.broken)
def test_a_second_tier_that_fails_is_a_refusal_not_a_fault(seen: Seen) -> None:
    answer = seen.answer("a prompt that nobody can judge")
    if answer.ok:
        raise NotObserved("who cannot be judged is let in (CO-TRUST-04)")
    answer.must_be(403)
    said = str(answer.member("error"))
    answer.must(said.startswith("forbidden"), f"a refusal does not begin with forbidden: {said!r}")
    note = seen.noted("an INPUT that nobody can judge")
    if note.data["type"] not in {"ERROR", "ONBOARD_REQUIRED"}:
        raise Broken(f"an INPUT was answered by {note.data['type']}", note)


@property_check(
    "CO-TRUST-50",
    for_all="conformance.connectonion.strategies_trust:insistence",
    played_by=insist,
    examples=25,
    settings=second.TRUSTING,
)
def test_nothing_that_a_caller_writes_changes_a_list(seen: Seen, *_example: object) -> None:
    must_be_at(seen, "stranger", "after the stranger insisted")
    must_be_at(seen, "blocked", "after the blocked one insisted")
    seen.answer("the blocked one insists").must_be_refused()
    seen.answer("an order of the stranger").must_be_refused()
