"""Reading a policy: YAML between two lines of `---`, then Markdown (CO-TRUST-32).

The loader says which dialect it found. What it does not understand it names by line: in the
ordered dialect that is an error; in the shipped one an unknown word has no effect, as every
published host has it (CO-TRUST-11, CO-TRUST-12), and only what has the wrong type is an error.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from reference.connectonion.levels import Level, Operation
from reference.connectonion.policy import (
    Action,
    Complaint,
    Condition,
    Dialect,
    Onboarding,
    Ordered,
    Policy,
    PolicyError,
    Rule,
    Shipped,
    Verdict,
)

FENCE = "---"
WORDS = {"blocked": Level.BLOCKED, "whitelisted": Level.WHITELIST, "contact": Level.CONTACT}
ALIASES = {"invite_code": "has_invite_code", "payment": "has_payment"}
PROMOTIONS = (Operation.PROMOTE_TO_CONTACT, Operation.PROMOTE_TO_WHITELIST)
VERIFIES = (Action.VERIFY_INVITE, Action.VERIFY_PAYMENT)
DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")
UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
BLOCKED = frozenset({Level.BLOCKED})
SHIPPED_KEYS = frozenset({"allow", "deny", "onboard", "default"})
ORDERED_KEYS = frozenset({"fast_rules", "use_agent", "cache", "invite_codes", "payment", "default"})


def load(text: str, *, name: str) -> tuple[Policy, tuple[Complaint, ...]]:
    """Read a policy; return it and what in it has no effect. Raises PolicyError."""
    front, body, first = _split(text)
    if front is None:
        return _nothing(name, text), ()
    reader = _Reader(first)
    members = reader.members(reader.compose(front), "the front matter")
    dialect = _dialect(members, reader)
    rules = (_ordered if dialect is Dialect.ORDERED else _shipped)(members, reader)
    complaints = sorted(reader.complaints, key=lambda each: each.line)
    fatal = tuple(each for each in complaints if each.fatal)
    if fatal:
        raise PolicyError(fatal)
    policy = Policy(name=name, dialect=dialect, rules=rules, body=body)
    return policy, tuple(complaints)


def _nothing(name: str, text: str) -> Policy:
    """Return the policy of a text without front matter (CO-TRUST-33)."""
    return Policy(name=name, dialect=Dialect.NONE, rules=Shipped(), body=text.strip())


def _split(text: str) -> tuple[str | None, str, int]:
    """Return front matter, body, and the line at which the front matter begins."""
    lines = text.split("\n")
    if lines[0].rstrip() != FENCE:
        return None, text, 1
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() == FENCE:
            return "\n".join(lines[1:number]), "\n".join(lines[number + 1 :]).strip(), 2
    return None, text, 1


@dataclass(slots=True)
class _Reader:
    """YAML nodes with their lines, and what was wrong with them."""

    first: int
    complaints: list[Complaint] = field(default_factory=list)

    def complain(self, node: yaml.Node | None, reason: str, *, fatal: bool = True) -> None:
        line = self.first if node is None else self.line(node)
        self.complaints.append(Complaint(line, reason, fatal))

    def line(self, node: yaml.Node) -> int:
        return self.first + int(node.start_mark.line)

    def compose(self, text: str) -> yaml.Node | None:
        try:
            return yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            line = self.first + (mark.line if mark is not None else 0)
            raise PolicyError((Complaint(line, f"no YAML: {error.problem}"),)) from error
        except yaml.YAMLError as error:
            raise PolicyError((Complaint(self.first, f"no YAML: {error}"),)) from error

    def members(self, node: yaml.Node | None, what: str) -> dict[str, yaml.Node]:
        if node is None or self.is_null(node):
            return {}
        if not isinstance(node, yaml.MappingNode):
            self.complain(node, f"{what} is no mapping")
            return {}
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if key.value in found:
                self.complain(key, f"{key.value!r} stands twice")
            found[str(key.value)] = value
        return found

    def items(self, node: yaml.Node | None, what: str) -> list[yaml.Node]:
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self.complain(node, f"{what} is no list")
            return []
        return list(node.value)

    @staticmethod
    def value(node: yaml.Node) -> Any:
        return yaml.SafeLoader("").construct_object(node, deep=True)

    def is_null(self, node: yaml.Node) -> bool:
        return isinstance(node, yaml.ScalarNode) and self.value(node) is None

    def word(self, node: yaml.Node | None, kind: Callable[[str], Any], what: str) -> Any:
        """Read one of an enumeration's words."""
        said = str(self.value(node)) if isinstance(node, yaml.ScalarNode) else ""
        try:
            return kind(ALIASES.get(said, said))
        except ValueError:
            self.complain(node, f"{what} {said!r} is not known")
            return None


def _dialect(members: Mapping[str, yaml.Node], reader: _Reader) -> Dialect:
    ordered = {"fast_rules", "use_agent", "cache"} & members.keys()
    if not ordered:
        return Dialect.SHIPPED
    for key in sorted(SHIPPED_KEYS - ORDERED_KEYS):
        if key in members:
            reader.complain(members[key], f"{key!r} does not go with {', '.join(sorted(ordered))}")
    return Dialect.ORDERED


# The shipped dialect


def _shipped(members: Mapping[str, yaml.Node], reader: _Reader) -> Shipped:
    for key in members.keys() - SHIPPED_KEYS:
        reader.complain(members[key], f"{key!r} has no effect", fatal=False)
    denied = BLOCKED
    if "deny" in members:  # CO-TRUST-10: an empty list blocks nobody
        denied &= _levels(members["deny"], reader, "deny")
    return Shipped(
        denied=denied,
        allowed=_levels(members.get("allow"), reader, "allow") - {Level.BLOCKED},
        onboarding=_onboarding(members.get("onboard"), reader),
        otherwise=_default(members.get("default"), reader),
    )


def _levels(node: yaml.Node | None, reader: _Reader, what: str) -> frozenset[Level]:
    found = set()
    for item in reader.items(node, what):
        word = reader.value(item)
        if isinstance(word, str) and word in WORDS:
            found.add(WORDS[word])
        else:
            reader.complain(item, f"{what}: {word!r} has no effect", fatal=False)
    return frozenset(found)


def _default(node: yaml.Node | None, reader: _Reader) -> Verdict:
    said = None if node is None else reader.value(node)
    try:
        return Verdict.DENY if said is None else Verdict(said)
    except ValueError:
        reader.complain(node, f"default: {said!r} means deny", fatal=False)
        return Verdict.DENY


def _onboarding(node: yaml.Node | None, reader: _Reader) -> Onboarding:
    members = reader.members(node, "onboard")
    if node is not None and reader.is_null(node):
        reader.complain(node, "onboard is no mapping")
    for key in members.keys() - {"invite_code", "payment"}:
        reader.complain(members[key], f"onboard: {key!r} has no effect", fatal=False)
    codes = reader.items(members.get("invite_code"), "onboard.invite_code")
    price = _price(members.get("payment"), reader, "onboard.payment")
    return Onboarding(tuple(reader.value(code) for code in codes), price)


def _price(node: yaml.Node | None, reader: _Reader, what: str) -> float | None:
    if node is None:
        return None
    said = reader.value(node)
    if not isinstance(said, int | float) or isinstance(said, bool) or not said >= 0:
        reader.complain(node, f"{what} is no amount")
        return None
    return said or None  # nothing is no price


# The ordered dialect


def _ordered(members: Mapping[str, yaml.Node], reader: _Reader) -> Ordered:
    for key in members.keys() - ORDERED_KEYS - SHIPPED_KEYS:
        reader.complain(members[key], f"{key!r} is not known")
    codes = reader.items(members.get("invite_codes"), "invite_codes")
    price = _price(members.get("payment"), reader, "payment")
    otherwise = (
        reader.word(members["default"], Verdict, "default")
        if "default" in members
        else (Verdict.ASK)
    )
    return Ordered(
        rules=tuple(_rules(members.get("fast_rules"), reader)),
        onboarding=Onboarding(tuple(reader.value(code) for code in codes), price),
        agent=tuple(_agent(members.get("use_agent"), reader)),
        cache=_duration(members.get("cache"), reader),
        otherwise=otherwise or Verdict.ASK,
    )


def _rules(node: yaml.Node | None, reader: _Reader) -> Iterator[Rule]:
    for item in reader.items(node, "fast_rules"):
        members = reader.members(item, "a rule")
        for key in members.keys() - {"if", "action", "on_success"}:
            reader.complain(members[key], f"a rule has no {key!r}")
        for key in ("if", "action"):
            if key not in members:
                reader.complain(item, f"a rule needs {key!r}")
        if not {"if", "action"} <= members.keys():
            continue
        condition = reader.word(members["if"], Condition, "the condition")
        action = reader.word(members["action"], Action, "the action")
        done = _on_success(members.get("on_success"), action, reader)
        if condition is not None and action is not None:
            yield Rule(condition, action, done, reader.line(item))


def _on_success(node: yaml.Node | None, action: Action | None, reader: _Reader) -> Operation | None:
    """Read what a verification brings: a promotion, and nothing else (a `kit` requirement)."""
    if node is None:
        return None
    if action is not None and action not in VERIFIES:
        reader.complain(node, f"on_success goes with verify_invite or verify_payment, not {action}")
        return None
    operation: Operation | None = reader.word(node, Operation, "the operation")
    if operation is not None and operation not in PROMOTIONS:
        reader.complain(node, f"on_success may promote, not {operation}")
        return None
    return operation


def _agent(node: yaml.Node | None, reader: _Reader) -> Iterator[Mapping[str, str]]:
    for item in reader.items(node, "use_agent"):
        members = reader.members(item, "an entry of use_agent")
        for key in members.keys() - {"when", "reason"}:
            reader.complain(members[key], f"use_agent has no {key!r}")
        yield {key: str(reader.value(value)) for key, value in members.items()}


def _duration(node: yaml.Node | None, reader: _Reader) -> float:
    """Read `24h`, `90s` or a number of seconds."""
    if node is None:
        return 0.0
    said = reader.value(node)
    if isinstance(said, int | float) and not isinstance(said, bool) and said >= 0:
        return float(said)
    found = DURATION.fullmatch(said.strip()) if isinstance(said, str) else None
    if found is None:
        reader.complain(node, f"cache: {said!r} is no duration such as 24h")
        return 0.0
    return float(found[1]) * UNITS[found[2]]
