"""Seeded bugs in the functions of hosts and clients: signatures, lists, policies."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.connectonion.forged import opened_by_openssl
from conformance.kit.proof.mutation import mutant as mutant_of
from reference.connectonion.authentication import Refused
from reference.connectonion.canonical import escaped
from reference.connectonion.levels import Level, Operation
from reference.connectonion.policy import Action, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant
    from reference.connectonion.deciding import Caller, Credentials, Decision
    from reference.connectonion.policy import Ordered, Shipped

    Change = Callable[[Any], Any]  # of a rule, which is given
    Decide = Callable[[Any, Any, Any], Decision]

mutant: Callable[..., Mutant] = partial(mutant_of, role="lib")

BLOCKED = frozenset({Level.BLOCKED})


def spelled(change: Callable[[str], str]) -> Change:
    """Write the text that is signed, and change it."""
    return lambda good: lambda payload: change(good(payload).decode()).encode()


def without_case(good: Any) -> Any:
    """Take a signature for the payload in small letters too."""

    def is_signed(envelope: Any) -> bool:
        small = json.loads(json.dumps(envelope["payload"]).lower())
        return bool(good(envelope) or good({**envelope, "payload": small}))

    return is_signed


def top_sorted(_good: Any) -> Any:
    """Sort the outermost keys alone."""
    return lambda payload: json.dumps(dict(sorted(payload.items())), separators=(",", ":")).encode()


def without_prefix(good: Any) -> Any:
    """Know no signature that begins with 0x."""
    return lambda data, signature, address: (
        not signature.startswith("0x") and good(data, signature, address)
    )


def shortened(good: Any) -> Any:
    """Sign a whole number of seconds as an integer."""

    def read(sender: str, signature: str, timestamp: str) -> Any:
        envelope = good(sender, signature, timestamp)
        told = envelope["payload"]["timestamp"]
        whole = int(told) if told == int(told) else told
        return {**envelope, "payload": {"timestamp": whole}}

    return read


def blind_to_nan(tests: Any) -> Any:
    """Measure how far a time is from now without asking whether it is a number."""

    def is_recent(gate: Any, envelope: Any, now: float) -> None:
        if abs(now - envelope["payload"]["timestamp"]) > gate.window:
            raise Refused("unauthorized: signature expired")

    return tuple(is_recent if test.__name__ == "_is_recent" else test for test in tests)


def of_rules(change: Callable[[Any], Any]) -> Change:
    """Decide by other rules."""
    return lambda good: lambda rules, caller, given: good(change(rules), caller, given)


def never_blocked(good: Decide) -> Decide:
    """Forget that a caller is blocked."""

    def decide(rules: Ordered, caller: Caller, given: Credentials) -> Decision:
        return good(rules, replace(caller, listed=caller.listed - BLOCKED), given)

    return decide


def gullible(good: Decide) -> Decide:
    """Take what a caller claims to have paid for paid."""

    def decide(rules: Shipped, caller: Caller, given: Credentials) -> Decision:
        claimed = given.payment if isinstance(given.payment, int) else 0
        return good(rules, caller, replace(given, paid=max(given.paid, claimed)))

    return decide


def default_first(good: Decide) -> Decide:
    """Ask a default that allows before the codes."""

    def decide(rules: Shipped, caller: Caller, given: Credentials) -> Decision:
        if rules.otherwise is Verdict.ALLOW:
            given = replace(given, invite_code=None, paid=0.0)
        return good(rules, caller, given)

    return decide


def allowing_first(rules: Ordered) -> Ordered:
    """Let rules that allow come before those that deny."""
    return replace(rules, rules=tuple(sorted(rules.rules, key=lambda r: r.action is Action.DENY)))


def in_capitals_too(good: Any) -> Any:
    """Read a default in either case."""

    def default(node: Any, reader: Any) -> Verdict:
        said = None if node is None else reader.value(node)
        known = isinstance(said, str) and said.lower() in set(Verdict)
        return Verdict(str(said).lower()) if known else good(node, reader)

    return default


def loosely(good: Any) -> Any:
    """Compare codes without their case."""

    def takes(onboarding: Any, code: Any) -> bool:
        known = {str(each).lower() for each in onboarding.codes if isinstance(code, str)}
        return bool(good(onboarding, code) or str(code).lower() in known)

    return takes


def granting(good: Any) -> Any:
    """Let everybody in where a text says nothing."""

    def nothing(name: str, text: str) -> Any:
        policy = good(name, text)
        return replace(policy, rules=replace(policy.rules, otherwise=Verdict.ALLOW))

    return nothing


def without_letter_case(good: Any) -> Any:
    """Find a line in another case."""
    return lambda roll, client: (
        good(roll, client) or client.lower() in roll.text.lower().split("\n")
    )


def unanchored(good: Any) -> Any:
    """Look for a pattern anywhere in a name."""

    def contains(roll: Any, client: str) -> bool:
        starred = (line.replace("*", "") for line in roll.lines if roll.patterns and "*" in line)
        lines = [each for each in starred if not each.startswith("#")]
        return bool(good(roll, client) or any(each in client for each in lines))

    return contains


def anonymously(good: Any) -> Any:
    """Write down a change, but not whose it was."""

    def apply(clients: Any, operation: Operation, client: str, **told: Any) -> Any:
        return good(clients, operation, client, **{**told, "by": ""})

    return apply


def null_is_empty(good: Any) -> Any:
    """Take null for an empty list."""

    def items(reader: Any, node: Any, what: str) -> Any:
        return [] if node is not None and reader.is_null(node) else good(reader, node, what)

    return items


def without_a_default(good: Any) -> Any:
    """Deny what no rule decides."""

    def ordered(members: Any, reader: Any) -> Any:
        rules = good(members, reader)
        return rules if "default" in members else replace(rules, otherwise=Verdict.DENY)

    return ordered


DECIDING = "reference.connectonion.deciding"
POLICY = "reference.connectonion.policy_text"
AUTHENTICATION = "reference.connectonion.authentication"
PRESETS = "reference.connectonion.presets:PRESETS"
ROLLS = "reference.connectonion.rolls"

MUTANTS = (
    mutant(
        "CO-AUTH-02.a",
        "capitals may be small letters",
        "reference.connectonion.library:is_signed",
        without_case,
    ),
    mutant(
        "CO-AUTH-03.a",
        "DEL is not escaped",
        "reference.connectonion.canonical:escaped",
        spelled(lambda text: text.replace("\\u007f", "\x7f")),
    ),
    mutant(
        "CO-AUTH-04.a",
        "only the escaped form is taken",
        "reference.connectonion.canonical:FORMS",
        lambda _: (escaped,),
    ),
    mutant(
        "CO-AUTH-05.a",
        "keys are sorted at the top only",
        "reference.connectonion.canonical:escaped",
        top_sorted,
    ),
    mutant(
        "CO-AUTH-06.a",
        "an exponent has no plus sign",
        "reference.connectonion.canonical:escaped",
        spelled(lambda text: text.replace("e+", "e")),
    ),
    mutant(
        "CO-AUTH-07.a",
        "a signature has no 0x",
        "reference.connectonion.identity:is_signed",
        without_prefix,
    ),
    mutant(
        "CO-AUTH-10.a",
        "NaN is never too far from now",
        f"{AUTHENTICATION}:TESTS",
        blind_to_nan,
    ),
    mutant(
        "CO-AUTH-18.a",
        "an address is what it is spelled as",
        "reference.connectonion.identity:same_person",
        lambda _: lambda address: address,
    ),
    mutant(
        "CO-AUTH-20.a",
        "whole seconds are signed as an integer",
        "reference.connectonion.library:of_headers",
        shortened,
    ),
    mutant(
        "CO-AUTH-21.a",
        "keys of small order are keys",
        "reference.connectonion.identity:crypto_sign_open",
        lambda _: opened_by_openssl,
    ),
    mutant(
        "CO-RELAY-03.a",
        "an announcement has no blanks",
        "reference.connectonion.canonical:announcement",
        lambda good: lambda message: escaped(json.loads(good(message))),
    ),
    mutant("CO-TRUST-05", "the default comes before codes", f"{DECIDING}:_shipped", default_first),
    mutant(
        "CO-TRUST-06",
        "open asks the second tier",
        f"{PRESETS}[open]",
        lambda text: text.replace("default: allow", "default: ask"),
    ),
    mutant(
        "CO-TRUST-07",
        "strict admits contacts",
        f"{PRESETS}[strict]",
        lambda text: text.replace("[whitelisted]", "[whitelisted, contact]"),
    ),
    mutant(
        "CO-TRUST-08",
        "careful asks about contacts",
        f"{PRESETS}[careful]",
        lambda text: text.replace("[whitelisted, contact]", "[whitelisted]"),
    ),
    mutant(
        "CO-TRUST-09",
        "open admits whoever is blocked",
        f"{PRESETS}[open]",
        lambda text: text.replace("default: allow", "deny: []\ndefault: allow"),
    ),
    mutant(
        "CO-TRUST-10",
        "an empty list of what is denied denies blocked callers",
        f"{DECIDING}:_shipped",
        of_rules(lambda rules: replace(rules, denied=rules.denied | BLOCKED)),
        also=("CO-TRUST-40",),  # who is blocked and lacks nothing but a promotion
    ),
    mutant("CO-TRUST-11", "ALLOW is allow", f"{POLICY}:_default", in_capitals_too),
    mutant(
        "CO-TRUST-12",
        "`contacts` is contact",
        f"{POLICY}:WORDS",
        lambda words: {**words, "contacts": Level.CONTACT},
    ),
    mutant("CO-TRUST-14", "codes have no case", f"{DECIDING}:takes_code", loosely),
    mutant(
        "CO-TRUST-15.a",
        "a code makes a contact of everybody",
        f"{DECIDING}:_welcome",
        lambda _: lambda _caller: (Operation.PROMOTE_TO_CONTACT,),
    ),
    mutant("CO-TRUST-16", "a claim is a payment", f"{DECIDING}:_shipped", gullible),
    mutant(
        "CO-TRUST-20.a",
        "who is demoted to stranger stays a contact",
        "reference.connectonion.clients:MOVES",
        lambda moves: {**moves, Operation.DEMOTE_TO_STRANGER: ((), ())},
    ),
    mutant(
        "CO-TRUST-22.a",
        "the lowest level counts",
        "reference.connectonion.clients:PRECEDENCE",
        lambda order: order[:1] + order[:0:-1],
        also=("CO-TRUST-20.a",),  # operations are told by the levels after them
    ),
    mutant(
        "CO-TRUST-28",
        "entries have no case",
        f"{ROLLS}:ClientList.__contains__",
        without_letter_case,
    ),
    mutant("CO-TRUST-29", "a pattern has no ends", f"{ROLLS}:ClientList.__contains__", unanchored),
    mutant(
        "CO-TRUST-30",
        "admins may be a pattern",
        f"{ROLLS}:ClientList.parse",
        lambda good: lambda text, **_told: good(text),
    ),
    mutant(
        "CO-TRUST-32.a",
        "use_agent alone is no sign of rules",
        f"{POLICY}:_dialect",
        lambda good: (
            lambda members, reader: good(
                {key: each for key, each in members.items() if key != "use_agent"}, reader
            )
        ),
    ),
    mutant("CO-TRUST-33", "prose grants everything", f"{POLICY}:_nothing", granting),
    mutant(
        "CO-TRUST-34",
        "rules that allow come first",
        f"{DECIDING}:_in_order",
        of_rules(allowing_first),
    ),
    mutant("CO-TRUST-35", "an hour has a minute", f"{POLICY}:UNITS[h]", lambda _: 60.0),
    mutant(
        "CO-TRUST-36",
        "nobody is said to have done it",
        "reference.connectonion.clients:Clients.apply",
        anonymously,
    ),
    mutant(
        "CO-TRUST-37.a",
        "a name may be two lines",
        f"{ROLLS}:BREAKS",
        lambda _: re.compile(r"\x00"),
    ),
    mutant(
        "CO-TRUST-40", "rules decide about blocked callers", f"{DECIDING}:_in_order", never_blocked
    ),
    mutant(
        "CO-TRUST-41",
        "the rules after a promotion see the old level",
        f"{DECIDING}:_promoted",
        lambda good: lambda caller, operation: (caller, good(caller, operation)[1]),
    ),
    mutant("CO-TRUST-42", "no rule is a no", f"{POLICY}:_ordered", without_a_default),
    mutant(
        "CO-TRUST-43",
        "a code may block",
        f"{POLICY}:PROMOTIONS",
        lambda good: (*good, Operation.BLOCK),
    ),
    mutant(
        "CO-TRUST-44",
        "an unknown condition is a known one",
        f"{POLICY}:ALIASES",
        lambda known: {**known, "is_vip": "is_contact"},
    ),
    mutant("CO-TRUST-45", "null is an empty list", f"{POLICY}:_Reader.items", null_is_empty),
)
