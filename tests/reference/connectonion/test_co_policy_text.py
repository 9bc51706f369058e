from __future__ import annotations

import pytest

from reference.connectonion.levels import Level, Operation
from reference.connectonion.policy import (
    Action,
    Condition,
    Dialect,
    Ordered,
    PolicyError,
    Rule,
    Shipped,
    Verdict,
)
from reference.connectonion.policy_text import load
from reference.connectonion.presets import PRESETS


def test_front_matter_stands_between_two_lines_and_the_rest_is_the_body() -> None:
    policy, complaints = load("---\ndefault: allow\n---\n\n# Title\n---\nmore\n", name="p")
    assert (policy.name, policy.dialect) == ("p", Dialect.SHIPPED)
    assert policy.body == "# Title\n---\nmore"
    assert complaints == ()


def test_dashes_inside_a_value_end_nothing() -> None:
    policy, _ = load("---\nonboard: {invite_code: ['a---b']}\n---\n", name="p")
    assert policy.onboarding.codes == ("a---b",)


@pytest.mark.parametrize(
    "text", ["", "Trust everybody.", "\n---\ndefault: allow\n---\n", "---\ndefault: allow\n"]
)
def test_a_text_without_front_matter_grants_nothing(text: str) -> None:
    policy, _ = load(text, name="p")
    assert policy.dialect is Dialect.NONE
    assert policy.rules == Shipped()


def test_the_shipped_dialect_is_read_whole() -> None:
    text = (
        "---\nallow: [whitelisted, contact]\ndeny: [blocked]\n"
        "onboard: {invite_code: [A, 7], payment: 10}\ndefault: ask\n---\nbody"
    )
    policy, complaints = load(text, name="p")
    assert policy.rules == Shipped(
        denied=frozenset({Level.BLOCKED}),
        allowed=frozenset({Level.WHITELIST, Level.CONTACT}),
        onboarding=policy.onboarding,
        otherwise=Verdict.ASK,
    )
    assert (policy.onboarding.codes, policy.onboarding.payment) == (("A", 7), 10)
    assert complaints == ()


@pytest.mark.parametrize(
    ("front", "line", "reason"),
    [
        ("allow: [admin]", 2, "allow: 'admin' has no effect"),
        ("x: 1\ndeny: [stranger]", 3, "deny: 'stranger' has no effect"),
        ("default: maybe", 2, "default: 'maybe' means deny"),
        ("tools: []", 2, "'tools' has no effect"),
        ("onboard: {code: 1}", 2, "onboard: 'code' has no effect"),
    ],
)
def test_words_that_mean_nothing_are_named_and_have_no_effect(
    front: str, line: int, reason: str
) -> None:
    _, complaints = load(f"---\n{front}\n---\n", name="p")
    assert (line, reason) in [(each.line, each.reason) for each in complaints]
    assert not any(each.fatal for each in complaints)


@pytest.mark.parametrize(
    ("front", "said"),
    [
        ("allow: contact", "line 2: allow is no list"),
        ("deny: null", "line 2: deny is no list"),
        ("onboard: null", "line 2: onboard is no mapping"),
        ("onboard:\n  payment: lots", "line 3: onboard.payment is no amount"),
        ("onboard:\n  payment: -1", "line 3: onboard.payment is no amount"),
        ("onboard: {invite_code: ABC}", "line 2: onboard.invite_code is no list"),
        ("- a", "line 2: the front matter is no mapping"),
        ("x: 1\na: [", "line 3: no YAML: "),
        ("default: allow\ndefault: deny", "line 3: 'default' stands twice"),
        ("fast_rules: {}", "line 2: fast_rules is no list"),
        ("fast_rules: [5]", "line 2: a rule is no mapping"),
        ("fast_rules:\n- if: is_king\n  action: allow", "line 3: the condition 'is_king' is not"),
        ("fast_rules:\n- if: always\n  action: dance", "line 4: the action 'dance' is not known"),
        ("fast_rules:\n- if: always", "line 3: a rule needs 'action'"),
        ("fast_rules:\n- {if: always, action: allow, then: x}", "line 3: a rule has no 'then'"),
        (
            "fast_rules:\n- {if: always, action: allow, on_success: promote_to_contact}",
            "line 3: on_success goes with verify_invite or verify_payment, not allow",
        ),
        (
            "fast_rules:\n- {if: always, action: verify_invite, on_success: unblock}",
            "line 3: on_success may promote, not unblock",
        ),
        ("fast_rules: []\nallow: [contact]", "line 3: 'allow' does not go with fast_rules"),
        ("fast_rules: []\nmagic: 1", "line 3: 'magic' is not known"),
        ("fast_rules: []\ncache: soon", "line 3: cache: 'soon' is no duration such as 24h"),
        ("use_agent: [{when: x, who: y}]", "line 2: use_agent has no 'who'"),
        ("cache: 1h\ndefault: maybe", "line 3: default 'maybe' is not known"),
    ],
)
def test_what_cannot_be_a_policy_is_refused_with_line_and_reason(front: str, said: str) -> None:
    with pytest.raises(PolicyError) as error:
        load(f"---\n{front}\n---\n", name="p")
    assert said in str(error.value)


def test_every_complaint_is_told_at_once() -> None:
    with pytest.raises(PolicyError) as error:
        load("---\nfast_rules:\n- {if: x, action: y}\n---\n", name="p")
    assert [each.line for each in error.value.complaints] == [3, 3]


def test_the_ordered_dialect_is_read_whole() -> None:
    text = (
        "---\nfast_rules:\n- if: invite_code\n  action: verify_invite\n"
        "  on_success: promote_to_contact\n- {if: always, action: deny}\n"
        "use_agent:\n- {when: the request is odd, reason: caution}\ncache: 24h\n"
        "invite_codes: [A]\npayment: 5\ndefault: deny\n---\nJudge well.\n"
    )
    policy, complaints = load(text, name="p")
    assert complaints == ()
    assert policy.dialect is Dialect.ORDERED
    assert policy.rules == Ordered(
        rules=(
            Rule(Condition.HAS_INVITE_CODE, Action.VERIFY_INVITE, Operation.PROMOTE_TO_CONTACT, 3),
            Rule(Condition.ALWAYS, Action.DENY, None, 6),
        ),
        onboarding=policy.onboarding,
        agent=({"when": "the request is odd", "reason": "caution"},),
        cache=86400.0,
        otherwise=Verdict.DENY,
    )
    assert (policy.onboarding.codes, policy.onboarding.payment) == (("A",), 5)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [("90", 90.0), ("90s", 90.0), ("1.5m", 90.0), ("2h", 7200.0), ("1d", 86400)],
)
def test_durations_are_read_with_their_units(told: str, seconds: float) -> None:
    policy, _ = load(f"---\nfast_rules: []\ncache: {told}\n---\n", name="p")
    assert isinstance(policy.rules, Ordered)
    assert policy.rules.cache == seconds


def test_undecided_goes_to_the_second_tier_unless_said_otherwise() -> None:
    policy, _ = load("---\nfast_rules: []\n---\n", name="p")
    assert isinstance(policy.rules, Ordered)
    assert policy.rules.otherwise is Verdict.ASK


@pytest.mark.parametrize("name", PRESETS)
def test_the_presets_are_policies_without_complaints(name: str) -> None:
    policy, complaints = load(PRESETS[name], name=name)
    assert (policy.dialect, complaints) == (Dialect.SHIPPED, ())
