"""What breaks each requirement of what a signature is good for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.connectonion.host_mutations import of_the_host
from conformance.connectonion.mutants_host_auth import TESTS, tested
from reference.connectonion import replies
from reference.connectonion.administration import command
from reference.connectonion.authentication import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant
    from reference.connectonion.authentication import Signed

    Test = Callable[[Any, Any, float], None]

GATE = "reference.connectonion.authentication:Gate"


def in_other_words(unused: Callable[..., None]) -> Callable[..., None]:
    """Refuse what was used as something that cannot be done, and not as unauthorized."""

    def checked(self: Any, envelope: Any, *, now: float) -> None:
        try:
            unused(self, envelope, now=now)
        except Refused:
            raise Refused("conflict: this was done before") from None

    return checked


def for_orders_alone(unused: Callable[..., None]) -> Callable[..., None]:
    """Take a prompt as often as it comes."""

    def checked(self: Any, envelope: Any, *, now: float) -> None:
        if "prompt" not in envelope["payload"]:
            unused(self, envelope, now=now)

    return checked


def as_a_bad_request(test: Test) -> Test:
    """Call a prompt for somebody else a bad request."""

    def made(gate: Any, envelope: Any, now: float) -> None:
        try:
            test(gate, envelope, now)
        except Refused:
            raise Refused("wrong recipient") from None

    return made


def for_anybody(_test: Test) -> Test:
    """Do not look for whom a prompt is."""
    return lambda _gate, _envelope, _now: None


def known_by_text(check: Callable[..., Signed]) -> Callable[..., Signed]:
    """Know callers by the text that they send."""

    def checked(self: Any, envelope: Any, *, now: float) -> Signed:
        signed = check(self, envelope, now=now)
        told = envelope["from"]
        return signed if told == signed.caller else replace(signed, caller=f"text:{told}")

    return checked


def forgets(_obey: Callable[..., Any]) -> Callable[..., Any]:
    """Carry an order out without remembering it."""

    def obeyed(self: Any, _asked: Any, name: str, signed: Signed, now: float) -> Any:
        return replies.of(command(self.desk.trust.clients, name, signed, now=now))

    return obeyed


def holds_a_grudge(admit: Callable[..., None]) -> Callable[..., None]:
    """Refuse for ever who comes again with the same sentence and another time."""
    refused: dict[tuple[str, str], Any] = {}

    def admitted(self: Any, signed: Signed, *, now: float) -> None:
        prompt, nonce = str(signed.payload.get("prompt")), signed.payload.get("nonce")
        words = (signed.caller, prompt)
        try:
            admit(self, signed, now=now)
        except Refused:
            if " " in prompt:
                refused.setdefault(words, nonce)
            raise
        if refused.get(words, nonce) != nonce:
            raise Refused("forbidden: Denied by fast rules")

    return admitted


MUTANTS: tuple[Mutant, ...] = (
    of_the_host(
        "CO-AUTH-16",
        "calls a repeated request a conflict",
        f"{GATE}.unused",
        in_other_words,
    ),
    of_the_host(
        "CO-AUTH-17",
        "calls a prompt for another host a bad request",
        TESTS,
        tested("_is_for_this_host", as_a_bad_request),
    ),
    of_the_host(
        "CO-AUTH-18",
        "knows callers by the text that they send",
        f"{GATE}.check",
        known_by_text,
    ),
    of_the_host(
        "CO-AUTH-19",
        "remembers no order that came over HTTP",
        "reference.connectonion.host_core:Host._obey",
        forgets,
    ),
    of_the_host(
        "CO-AUTH-22",
        "refuses the same sentence with another time for ever",
        "reference.connectonion.trust:Trust.admit",
        holds_a_grudge,
    ),
    of_the_host(
        "CO-AUTH-23",
        "takes a prompt as often as it comes",
        f"{GATE}.unused",
        for_orders_alone,
    ),
    of_the_host(
        "CO-AUTH-24",
        "does not look for whom a prompt is",
        TESTS,
        tested("_is_for_this_host", for_anybody),
    ),
)
