"""What properties of a library are tried with: questions to its functions, as plain JSON data."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

Example = dict[str, Any]
Examples = st.SearchStrategy[Example]

CODE, PRICE = "Alpha", 10
# What an ordered policy may say of a caller without credentials, and of whom that is true.
CONDITIONS = ("is_contact", "is_whitelist", "is_stranger", "is_admin", "always")

texts = st.text(st.characters(codec="utf-8"), max_size=8)
leaves = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False)
values = st.recursive(
    leaves | texts,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(texts, inside, max_size=3),
    max_leaves=8,
)
payloads = st.dictionaries(texts, values, max_size=4)
trusted = st.lists(st.sampled_from(("contacts", "whitelist")), unique=True).map(sorted)
given = st.fixed_dictionaries(
    {},
    optional={
        "invite_code": st.sampled_from((CODE, CODE.lower(), "", 1)),
        "payment": st.integers(0, 20),
        "paid": st.integers(0, 20),
    },
)


def _shuffled(value: Any, random: Any) -> Any:
    """Return the same value with the members of every object in another order."""
    if isinstance(value, list):
        return [_shuffled(each, random) for each in value]
    if not isinstance(value, dict):
        return value
    members = [(name, _shuffled(each, random)) for name, each in value.items()]
    random.shuffle(members)
    return dict(members)


def respellings() -> Examples:
    """Return a payload in two spellings that say the same."""
    return st.builds(
        lambda payload, random, ascii_only: {
            "one": json.dumps(payload),
            "other": json.dumps(
                _shuffled(payload, random), ensure_ascii=ascii_only, separators=(" , ", " : ")
            ),
        },
        payloads,
        st.randoms(use_true_random=False),
        st.booleans(),
    )


def _front(members: list[str]) -> str:
    return "---\n" + "\n".join(members) + "\n---\nbody\n"


def _shipped() -> st.SearchStrategy[str]:
    """Return policies that deny blocked callers, their members in any order."""
    words = st.sampled_from(("[]", "[contact]", "[whitelisted]", "[contact, whitelisted]"))
    chosen = st.tuples(words, st.sampled_from(("allow", "deny", "ask")))
    return chosen.flatmap(
        lambda said: st.permutations(
            [
                f"allow: {said[0]}",
                "deny: [blocked]",
                f"onboard: {{invite_code: [{CODE}], payment: {PRICE}}}",
                f"default: {said[1]}",
            ]
        ).map(_front)
    )


def rule(condition: str, action: str, done: str = "") -> str:
    """Return one rule of an ordered policy."""
    more = f"\n    on_success: {done}" if done else ""
    return f"  - if: {condition}\n    action: {action}{more}"


def ordered(rules: list[str]) -> str:
    """Return a policy of some rules, which takes a code and a payment."""
    head = ["fast_rules:"] if rules else ["fast_rules: []"]
    return _front([*head, *rules, f"invite_codes: [{CODE}]", f"payment: {PRICE}"])


def _verifications(done: tuple[str, ...]) -> st.SearchStrategy[str]:
    checks = (("has_invite_code", "verify_invite"), ("has_payment", "verify_payment"))
    pairs = st.tuples(st.sampled_from(checks), st.sampled_from(done))
    return pairs.map(lambda pair: rule(*pair[0], pair[1]))


verdicts = st.tuples(st.sampled_from(CONDITIONS), st.sampled_from(("allow", "deny")))


def precedences() -> Examples:
    """Return rules that allow or deny, and a caller that is not blocked."""
    return st.builds(
        lambda rules, lists, admin: {
            "rules": rules,
            "policy": ordered([rule(*each) for each in rules]),
            "lists": lists,
            "admin": admin,
        },
        st.lists(verdicts.map(list), max_size=5).map(lambda rules: [*rules, ["always", "deny"]]),
        trusted,
        st.booleans(),
    )


def blocked() -> Examples:
    """Return policies of both dialects, and a blocked caller with whatever credentials."""
    rules = verdicts.map(lambda pair: rule(*pair)) | _verifications(("promote_to_whitelist", ""))
    policies = st.lists(rules, max_size=5).map(ordered) | _shipped()
    return st.builds(
        lambda policy, lists, more: {"policy": policy, "lists": [*lists, "blocklist"], **more},
        policies,
        trusted,
        given,
    )


def denied() -> Examples:
    """Return policies that deny blocked callers, and one that is on other lists too."""
    return st.builds(
        lambda policy, lists: {"policy": policy, "lists": [*lists, "blocklist"]},
        _shipped(),
        trusted,
    )


def unchanging() -> Examples:
    """Return ordered policies without on_success, and a caller with whatever credentials."""
    rules = verdicts.map(lambda pair: rule(*pair)) | _verifications(("",))
    return st.builds(
        lambda policy, lists, more: {"policy": policy, "lists": lists, **more},
        st.lists(rules, max_size=5).map(ordered),
        trusted,
        given,
    )


def repeated() -> Examples:
    """Return policies, and a caller that presents the same again and again."""
    return st.builds(
        lambda policy, lists, more: {"policy": policy, "lists": lists, **more},
        _shipped(),
        trusted,
        given,
    )
