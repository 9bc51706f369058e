"""Signatures and fast rules; runs in the published package's environment, the reference beside it.

The package reads its lists from files at every decision, so there is a second row in which both
have them in memory.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import side_by_side
from connectonion.network.host import auth  # type: ignore[import-not-found]  # published
from connectonion.network.trust import fast_rules, tools  # type: ignore[import-not-found]

from reference.connectonion import authentication, canonical
from reference.connectonion.clients import Clients
from reference.connectonion.deciding import Credentials, decide
from reference.connectonion.identity import Identity
from reference.connectonion.levels import Roll
from reference.connectonion.policy import Verdict
from reference.connectonion.policy_text import load
from reference.connectonion.presets import PRESETS
from reference.connectonion.trust import Trust

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Pair = tuple[Callable[[], Any], Callable[[], Any]]

CALLS = 100
LISTED = 100  # entries of each list beside the one that is looked for
CAREFUL = {
    "allow": ["whitelisted", "contact"],
    "deny": ["blocked"],
    "onboard": {"invite_code": ["OpenOnion"], "payment": 10},
    "default": "ask",
}
ME = Identity.of_seed(b"\x07" * 32)
PAYLOAD = {"prompt": "hello", "timestamp": 1_700_000_000, "to": ME.address}
LARGE = {"prompt": "word " * 2000, "timestamp": 1_700_000_000}
ROLLS = {"contacts": Roll.CONTACTS, "whitelist": Roll.WHITELIST, "blocklist": Roll.BLOCKLIST}
WORDS: Mapping[Verdict, str | None] = {
    Verdict.ALLOW: "allow",
    Verdict.DENY: "deny",
    Verdict.ASK: None,
}


def checking(payload: dict[str, Any], signature: str) -> Pair:
    """Return how both check a signature."""
    envelope = {"payload": payload, "from": ME.address, "signature": signature}
    return (
        lambda: authentication.is_signed(envelope),
        lambda: auth.verify_signature(payload, signature, ME.address),
    )


def signatures() -> dict[str, Pair]:
    """Return checks of good signatures and of a bad one."""
    small, large = (ME.sign(canonical.escaped(each)) for each in (PAYLOAD, LARGE))
    return {
        "check a signature": checking(PAYLOAD, small),
        "check a signature, prompt of 10 kB": checking(LARGE, large),
        "refuse a signature of something else": checking(PAYLOAD, large),
    }


class Lists:
    """The same clients in the files of the package and in the reference's memory."""

    def __init__(self, folder: Path) -> None:
        self.known = {name: f"0x{name.encode().hex():0<64}" for name in ROLLS}
        texts = {
            name: "".join(f"0x{number:064x}\n" for number in range(LISTED)) + f"{known}\n"
            for name, known in self.known.items()
        }
        for name, text in texts.items():
            (folder / f"{name}.txt").write_text(text, encoding="utf-8")
        self.members = {name: frozenset(text.split()) for name, text in texts.items()}
        clients = Clients()
        clients.read({roll: texts[name] for name, roll in ROLLS.items()})
        self.trust = Trust(load(PRESETS["careful"], name="careful")[0], clients)

    def ours(self, client: str, code: str | None) -> str | None:
        """Decide as the reference does."""
        caller, policy = self.trust.caller(client), self.trust.policy
        return WORDS[decide(policy, caller, Credentials(code)).verdict]

    def theirs(self, client: str, code: str | None) -> Any:
        """Decide as the package does."""
        request = {"prompt": "", "invite_code": code, "payment": 0}
        return fast_rules.evaluate_request(CAREFUL, client, request)


def decisions(lists: Lists) -> dict[str, Pair]:
    """Return decisions of the policy `careful` about callers of every kind."""
    stranger = "0x" + "ab" * 32
    asked = {
        "of the whitelist": (lists.known["whitelist"], None),
        "a contact": (lists.known["contacts"], None),
        "a blocked one": (lists.known["blocklist"], None),
        "a stranger": (stranger, None),
        "a stranger with a wrong code": (stranger, "wrong"),
    }
    return {
        f"decide: {name}": (lambda a=a: lists.ours(*a), lambda a=a: lists.theirs(*a))  # type: ignore[misc]
        for name, a in asked.items()
    }


def hundred(lists: Lists) -> Pair:
    """Return a hundred decisions in memory, so that exchanging the lookups does not count."""
    client = lists.known["contacts"]
    names = {
        "is_contact": lists.members["contacts"],
        "is_whitelisted": lists.members["whitelist"],
        "is_blocked": lists.members["blocklist"],
    }
    lookups: dict[str, Any] = {name: members.__contains__ for name, members in names.items()}

    def theirs() -> int:
        with mock.patch.multiple(fast_rules, **lookups):
            return sum(lists.theirs(client, None) == "allow" for _ in range(100))

    return lambda: sum(lists.ours(client, None) == "allow" for _ in range(100)), theirs


with tempfile.TemporaryDirectory() as folder:
    tools.CO_DIR = Path(folder)
    known = Lists(Path(folder))
    pairs = {**signatures(), **decisions(known)}
    pairs["100 decisions, lists in memory on both sides"] = hundred(known)
    side_by_side.report(pairs, calls=CALLS)
