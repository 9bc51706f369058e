"""CO-TRUST: who is let in, and what becomes of a caller who presents something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion import scenarios_trust_decisions as trust
from conformance.connectonion import scenarios_trust_second_tier as second
from conformance.connectonion.scenarios_trust_decisions import (
    TABLES,
    afterwards,
    cells,
    level_of,
    state_of,
    tables,
)
from conformance.connectonion.trust_desk import must_be_at, must_say
from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, NotObserved

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.wire.exchange import Answer

REACHED = "contact"  # where a code or a payment brings a stranger


def must_be_let_in(answer: Answer, who: str = "") -> None:
    """Demand that a prompt was done."""
    answer.must(answer.status == 200, f"{_about(who)}not let in: {answer.shown()}")


def must_be_turned_away(answer: Answer, who: str = "") -> None:
    """Demand that the policy refused a prompt."""
    said = str(answer.member("error"))
    refused = answer.status == 403 and said.startswith("forbidden")
    answer.must(refused, f"{_about(who)}not refused with 403 and forbidden: {answer.shown()}")


def _about(who: str) -> str:
    return f"{who}: " if who else ""


def must_hold(seen: Seen, requirement: str, policy: str) -> None:
    """Demand the outcome of every cell of a policy that belongs to a requirement.

    What the second tier is left with is not done here, as that lets nobody in.
    """
    for case in cells(policy):
        if requirement not in case.requirements:
            continue
        answer, verdict = seen.answer(case.id), case.expected["verdict"]
        if verdict == "allow":
            must_be_let_in(answer, case.comment)
        elif verdict == "deny":
            must_be_turned_away(answer, case.comment)
        else:
            answer.must(not answer.ok, f"{case.comment}: nobody but the second tier may allow that")
        after = REACHED if case.expected["changes"] else level_of(case)
        must_be_at(seen, after, afterwards(case))


@check("CO-TRUST-05.b", *TABLES.values(), cases=tables("CO-TRUST-05"))
def test_deny_comes_before_allow_before_codes_before_the_default(seen: Seen, policy: str) -> None:
    must_hold(seen, "CO-TRUST-05", policy)


@check("CO-TRUST-06.b", TABLES["Open"])
def test_open_admits_whoever_is_not_blocked(seen: Seen) -> None:
    must_hold(seen, "CO-TRUST-06", "Open")


@check("CO-TRUST-07.b", TABLES["Strict"])
def test_strict_admits_the_whitelist_alone(seen: Seen) -> None:
    must_hold(seen, "CO-TRUST-07", "Strict")


@check("CO-TRUST-08.b", TABLES["Careful"])
def test_careful_admits_who_is_known_or_has_the_code(seen: Seen) -> None:
    must_hold(seen, "CO-TRUST-08", "Careful")


@check("CO-TRUST-09.b", *TABLES.values(), cases=tables("CO-TRUST-09"))
def test_who_is_blocked_is_refused_under(seen: Seen, policy: str) -> None:
    must_hold(seen, "CO-TRUST-09", policy)


@check("CO-TRUST-10.b", TABLES["NobodyDenied"], trust.slips)
def test_blocked_callers_are_denied_unless_the_policy_denies_nobody(seen: Seen) -> None:
    must_hold(seen, "CO-TRUST-10", "NobodyDenied")
    must_be_turned_away(seen.answer("blocked, and no list of what is denied"))


@check("CO-TRUST-11.b", trust.slips)
def test_an_unknown_default_denies(seen: Seen) -> None:
    must_be_let_in(seen.answer("a contact"))
    must_be_turned_away(seen.answer("a stranger"))


@check("CO-TRUST-12.b", trust.unknown_words)
def test_unknown_words_have_no_effect(seen: Seen) -> None:
    for level in ("stranger", "contact", "whitelist"):
        must_be_let_in(seen.answer(f"{level} among unknown words"))
    must_be_turned_away(seen.answer("blocked among unknown words"))


@check("CO-TRUST-13", trust.welcomed, cases=("over HTTP", "by ONBOARD_SUBMIT"))
def test_a_valid_code_makes_a_lasting_contact(seen: Seen, how: str) -> None:
    must_be_at(seen, "stranger", f"before the code, {how}")
    if how == "over HTTP":
        must_be_let_in(seen.answer(f"with the code, {how}"))
    else:
        must_say(seen, f"with the code, {how}", type="ONBOARD_SUCCESS", level="contact")
    must_be_at(seen, "contact", f"after the code, {how}")
    must_be_let_in(seen.answer(f"without the code, {how}"))
    must_be_at(seen, "contact", f"later, {how}")


@check("CO-TRUST-14.b", *TABLES.values(), trust.codes, cases=(*tables("CO-TRUST-14"), "near it"))
def test_codes_are_compared_exactly_and_serve_again(seen: Seen, policy: str) -> None:
    if policy != "near it":
        must_hold(seen, "CO-TRUST-14", policy)
        return
    for name, (_, taken) in trust.CODES.items():
        (must_be_let_in if taken else must_be_turned_away)(seen.answer(name))
        must_be_at(seen, REACHED if taken else "stranger", f"{name}: afterwards")
    must_be_let_in(seen.answer("the code, used by another caller"))
    must_be_at(seen, REACHED, "the code, used by another caller: afterwards")


@check("CO-TRUST-15", TABLES["NobodyDenied"])
def test_credentials_change_nobody_but_strangers(seen: Seen) -> None:
    must_hold(seen, "CO-TRUST-15.a", "NobodyDenied")


@check("CO-TRUST-16.b", *TABLES.values(), cases=tables("CO-TRUST-16"))
def test_a_claimed_payment_admits_nobody(seen: Seen, policy: str) -> None:
    must_hold(seen, "CO-TRUST-16", policy)


@check("CO-TRUST-17", trust.claims)
def test_a_payment_that_nobody_confirms_promotes_nobody(seen: Seen) -> None:
    must_say(seen, "a code (twin)", type="ONBOARD_SUCCESS")
    for amount in trust.AMOUNTS:
        note = seen.noted(f"a payment of {amount}")
        if note.data["said"].get("type") == "ONBOARD_SUCCESS":
            raise Broken(f"a payment of {amount} was believed", note)
        must_be_at(seen, "stranger", f"a payment of {amount}: afterwards")


@check("CO-TRUST-55", trust.claims)
def test_a_payment_that_nobody_confirms_is_an_error(seen: Seen) -> None:
    for amount in trust.AMOUNTS:
        said = seen.noted(f"a payment of {amount}").data["said"]
        if said.get("type") == "ONBOARD_SUCCESS":
            raise NotObserved("a payment that nobody confirms is believed (CO-TRUST-17)")
        must_say(seen, f"a payment of {amount}", type="ERROR")


@check("CO-TRUST-33.b", trust.prose, trust.unknown_words)
def test_prose_grants_nothing(seen: Seen) -> None:
    must_be_let_in(seen.answer("stranger among unknown words"))  # the host can be told to
    for level in ("stranger", "contact", "whitelist", "blocked"):
        must_be_turned_away(seen.answer(f"{level} under prose"))


@check("CO-TRUST-34.b", *TABLES.values(), cases=tables("CO-TRUST-34"))
def test_the_first_rule_that_decides_ends_it(seen: Seen, policy: str) -> None:
    must_hold(seen, "CO-TRUST-34", policy)


@check("CO-TRUST-38", trust.blacklisted)
def test_who_is_blacklisted_cannot_onboard(seen: Seen) -> None:
    must_say(seen, "a code of who is not", type="ONBOARD_SUCCESS")
    must_say(seen, "a code of who is blacklisted", type="ERROR")
    must_be_at(seen, "stranger", "blacklisted: afterwards")


@check("CO-TRUST-40.b", *TABLES.values(), cases=tables("CO-TRUST-40"))
def test_nothing_promotes_who_is_blocked_under(seen: Seen, policy: str) -> None:
    must_hold(seen, "CO-TRUST-40", policy)
    of_the_blocked = (case for case in cells(policy) if "CO-TRUST-40" in case.requirements)
    for state in dict.fromkeys(map(state_of, of_the_blocked)):
        must_be_at(seen, "stranger", f"{state}: unblocked")


@check("CO-TRUST-41.b", *TABLES.values(), cases=tables("CO-TRUST-41"))
def test_a_verification_promotes_and_the_rules_after_it_decide(seen: Seen, policy: str) -> None:
    must_hold(seen, "CO-TRUST-41", policy)


@check("CO-TRUST-42.b", TABLES["Undecided"], second.kept, cases=("cautious", "trusting"))
def test_what_no_rule_decides_the_second_tier_does(seen: Seen, agent: str) -> None:
    if agent == "cautious":
        must_hold(seen, "CO-TRUST-42", "Undecided")
    else:
        must_be_let_in(seen.answer("kept, once"))
