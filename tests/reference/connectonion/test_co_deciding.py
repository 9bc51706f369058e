from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.connectonion.deciding import Caller, Credentials, Decision, decide
from reference.connectonion.levels import Level, Operation
from reference.connectonion.policy import Policy, Verdict
from reference.connectonion.policy_text import load
from reference.connectonion.presets import PRESETS

A, D, L = Verdict.ALLOW, Verdict.DENY, Verdict.ASK
CONTACT, WHITELIST, BLOCKED = Level.CONTACT, Level.WHITELIST, Level.BLOCKED
STATES: dict[str, Caller] = {
    "stranger": Caller(),
    "contact": Caller(frozenset({CONTACT})),
    "whitelist": Caller(frozenset({WHITELIST})),
    "both": Caller(frozenset({CONTACT, WHITELIST})),
    "blocked": Caller(frozenset({BLOCKED})),
    "blocked whitelist": Caller(frozenset({BLOCKED, WHITELIST, CONTACT})),
    "admin": Caller(is_admin=True),
    "admin contact": Caller(frozenset({CONTACT}), is_admin=True),
    "blocked admin": Caller(frozenset({BLOCKED}), is_admin=True),
}
REQUESTS: dict[str, Credentials] = {
    "nothing": Credentials(),
    "invite": Credentials(invite_code="OpenOnion"),
    "wrong": Credentials(invite_code="openonion"),
    "claimed": Credentials(payment=10),
    "paid": Credentials(payment=10, paid=10.0),
    "too little": Credentials(payment=9.99, paid=9.99),
}
PROMOTED = (Operation.PROMOTE_TO_CONTACT,)


def policy(text: str) -> Policy:
    return load(text, name="test")[0]


def front(text: str) -> Policy:
    return policy(f"---\n{text}\n---\n")


def said(rules: Policy, state: str, request: str) -> tuple[Verdict, bool]:
    decision = decide(rules, STATES[state], REQUESTS[request])
    return decision.verdict, bool(decision.changes)


@pytest.mark.parametrize("request_", REQUESTS)
@pytest.mark.parametrize("state", STATES)
def test_open_admits_everybody_but_the_blocked(state: str, request_: str) -> None:
    expected = D if "blocked" in state else A
    assert said(policy(PRESETS["open"]), state, request_) == (expected, False)


@pytest.mark.parametrize("request_", REQUESTS)
@pytest.mark.parametrize("state", STATES)
def test_strict_admits_the_whitelist_alone(state: str, request_: str) -> None:
    expected = A if state in {"whitelist", "both"} else D
    assert said(policy(PRESETS["strict"]), state, request_) == (expected, False)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    ("request_", "stranger"),
    [
        ("nothing", (L, False)),
        ("invite", (A, True)),
        ("wrong", (L, False)),
        ("claimed", (L, False)),  # where a published host believes it
        ("paid", (A, True)),
        ("too little", (L, False)),
    ],
)
def test_careful_knows_its_friends_takes_codes_and_asks_about_the_rest(
    state: str, request_: str, stranger: tuple[Verdict, bool]
) -> None:
    expected = {"stranger": stranger, "admin": stranger}
    known = (D, False) if "blocked" in state else (A, False)
    assert said(policy(PRESETS["careful"]), state, request_) == expected.get(state, known)


@pytest.mark.parametrize(
    ("text", "stranger", "contact", "whitelist"),
    [
        ("", D, D, D),
        ("default: maybe", D, D, D),
        ("default: ALLOW", D, D, D),
        ("allow: [whitelist, contacts, admin, stranger]", D, D, D),
        ("onboard: {payment: 0}", D, D, D),
        ("allow: [contact]", D, A, D),
        ("allow: [whitelisted]\ndeny: [whitelisted]\ndefault: allow", A, A, A),
    ],
)
def test_custom_policies_mean_what_published_hosts_make_of_them(
    text: str, stranger: Verdict, contact: Verdict, whitelist: Verdict
) -> None:
    rules = front(text)
    found = [decide(rules, STATES[s], Credentials()).verdict for s in ("stranger", "contact")]
    assert found == [stranger, contact]
    assert decide(rules, STATES["whitelist"], Credentials()).verdict is whitelist
    if "deny" not in text:
        assert decide(rules, STATES["blocked"], Credentials()).verdict is D


def test_who_is_on_both_lists_is_allowed_by_either() -> None:
    assert decide(front("allow: [contact]"), STATES["both"], Credentials()).verdict is A


def test_an_empty_deny_list_blocks_nobody_but_codes_do_not_free_the_blocked() -> None:
    assert decide(front("deny: []\ndefault: allow"), STATES["blocked"], Credentials()).verdict is A
    rules = front("deny: []\nonboard: {invite_code: [A]}")
    decision = decide(rules, STATES["blocked"], Credentials(invite_code="A"))
    assert (decision.verdict, decision.changes) == (D, ())


@pytest.mark.parametrize(
    ("code", "taken"),
    [("A", True), ("a", False), (7, True), ("7", False), (True, False), (1, True)],
)
def test_codes_are_equal_in_value_and_type(code: Any, taken: bool) -> None:  # noqa: FBT001
    rules = front("onboard: {invite_code: [A, 7, 1]}")
    decision = decide(rules, Caller(), Credentials(invite_code=code))
    assert decision == (
        Decision(A, "invite code", PROMOTED) if taken else Decision(D, "default", ())
    )


ORDERED = """
fast_rules:
  - if: has_invite_code
    action: verify_invite
    on_success: promote_to_contact
  - if: is_blocked
    action: deny
  - if: is_whitelist
    action: allow
  - if: is_stranger
    action: deny
invite_codes: [BETA]
"""


@pytest.mark.parametrize(
    ("state", "code", "verdict", "changes"),
    [
        ("stranger", None, D, ()),
        ("stranger", "BETA", L, PROMOTED),
        ("stranger", "no", D, ()),
        ("contact", None, L, ()),
        ("contact", "BETA", L, ()),
        ("whitelist", None, A, ()),
        ("whitelist", "BETA", A, ()),
        ("blocked", None, D, ()),
        ("blocked", "BETA", D, ()),
        ("admin", None, D, ()),
        ("blocked admin", "BETA", D, ()),
    ],
)
def test_the_example_of_the_design_document(
    state: str, code: Any, verdict: Verdict, changes: tuple[Operation, ...]
) -> None:
    decision = decide(front(ORDERED), STATES[state], Credentials(invite_code=code))
    assert (decision.verdict, decision.changes) == (verdict, changes)


def test_the_first_rule_that_decides_is_the_last_that_counts() -> None:
    rules = front("fast_rules:\n- {if: is_stranger, action: allow}\n- {if: always, action: deny}")
    assert decide(rules, Caller(), Credentials()).reason == "rule on line 3"
    assert decide(rules, STATES["contact"], Credentials()).verdict is D


def test_an_admin_may_be_required_and_a_payment_verified() -> None:
    rules = front(
        "fast_rules:\n"
        "- {if: has_payment, action: verify_payment, on_success: promote_to_whitelist}\n"
        "- {if: is_whitelist, action: allow}\n"
        "- {if: always, action: require_admin}\n"
        "- {if: always, action: allow}\n"
        "payment: 5"
    )
    assert decide(rules, Caller(), Credentials(payment=5)).verdict is D
    paid = decide(rules, Caller(), Credentials(payment=5, paid=5.0))
    assert (paid.verdict, paid.changes) == (A, (Operation.PROMOTE_TO_WHITELIST,))
    assert decide(rules, STATES["admin"], Credentials()).verdict is A


CALLERS = st.builds(
    Caller, st.frozensets(st.sampled_from([CONTACT, WHITELIST, BLOCKED])), st.booleans()
)
CREDENTIALS = st.builds(
    Credentials,
    st.sampled_from([None, "", "A", "B", 1]),
    st.sampled_from([None, 0, 10]),
    st.sampled_from([0.0, 5.0, 10.0]),
)
RULES = st.lists(
    st.tuples(
        st.sampled_from(["has_invite_code", "has_payment", "is_blocked", "is_whitelist"])
        | st.sampled_from(["is_contact", "is_stranger", "is_admin", "always"]),
        st.sampled_from(["allow", "deny", "require_admin"])
        | st.sampled_from(["verify_invite", "verify_payment"]),
        st.sampled_from(["", "promote_to_contact", "promote_to_whitelist"]),
    )
)


def ordered(rules: list[tuple[str, str, str]]) -> Policy:
    lines = ["fast_rules:" if rules else "fast_rules: []"]
    for condition, action, done in rules:
        success = f", on_success: {done}" if done and action.startswith("verify") else ""
        lines.append(f"- {{if: {condition}, action: {action}{success}}}")
    return front("\n".join([*lines, "invite_codes: [A]", "payment: 10"]))


@given(RULES, CALLERS, CREDENTIALS)
def test_a_blocked_caller_is_denied_and_never_changed(
    rules: list[tuple[str, str, str]], caller: Caller, credentials: Credentials
) -> None:
    decision = decide(ordered(rules), caller, credentials)
    if caller.level is BLOCKED:
        assert (decision.verdict, decision.changes) == (D, ())


@given(RULES, CALLERS, CREDENTIALS)
def test_nothing_but_a_success_changes_anything_and_deciding_twice_changes_nothing_more(
    rules: list[tuple[str, str, str]], caller: Caller, credentials: Credentials
) -> None:
    decision = decide(ordered(rules), caller, credentials)
    assert decide(ordered(rules), caller, credentials) == decision
    if not any(done for _, action, done in rules if action.startswith("verify")):
        assert decision.changes == ()
    if credentials.invite_code != "A" and credentials.paid < 10:
        assert decision.changes == ()
    levels = {
        Operation.PROMOTE_TO_CONTACT: CONTACT,
        Operation.PROMOTE_TO_WHITELIST: WHITELIST,
    }
    after = Caller(caller.listed | {levels[c] for c in decision.changes}, caller.is_admin)
    assert decide(ordered(rules), after, credentials).changes == ()


@given(RULES, CALLERS, CREDENTIALS)
def test_a_rule_that_decides_makes_later_ones_irrelevant(
    rules: list[tuple[str, str, str]], caller: Caller, credentials: Credentials
) -> None:
    first = decide(ordered(rules), caller, credentials)
    if first.verdict is not L:
        more = [*rules, ("always", "allow", ""), ("always", "deny", "")]
        assert decide(ordered(more), caller, credentials) == first
