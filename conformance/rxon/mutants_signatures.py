"""RXON-SIG: seeded bugs in what a signed message must show."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any

from conformance.kit.proof.mutation import mutant
from conformance.rxon.scenarios_signatures import RESERVED
from reference.rxon import admission, signing
from reference.rxon.admission import Arrival, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference.rxon.admission import Step

    Steps = tuple[Step, ...]


FORBIDDEN = 403


def nothing_wrong(_arrival: Arrival) -> Refusal | None:
    """Let every message pass."""
    return None


def exchanged(**steps: Step) -> Callable[[Steps], Steps]:
    """Return how to put other steps in the place of those with these names."""
    return lambda good: tuple(steps.get(step.__name__, step) for step in good)


def by_prefix(_verify: Any) -> Callable[..., bool]:
    """Compare as many digits as the message shows."""

    def broken(payload: Any, *, signature: Any, secret: str, ignore: Any = ()) -> bool:
        expected = signing.sign(payload, secret=secret, ignore=ignore)
        shown = str(signature).encode()
        return hmac.compare_digest(expected.encode()[: len(shown)], shown)

    return broken


def extensions_apart(verify: Callable[..., bool]) -> Callable[..., bool]:
    """Leave members out that begin as extensions of other formats do."""

    def broken(payload: Any, **rest: Any) -> bool:
        known = {name: value for name, value in payload.items() if not name.startswith("x_")}
        return verify(known, **rest)

    return broken


def chain_included(verify: Callable[..., bool]) -> Callable[..., bool]:
    """Let the signature of an event cover its relays."""

    def broken(payload: Any, *, ignore: Any = (), **rest: Any) -> bool:
        relayed = bool(payload.get("bubbling_chain"))
        return verify(payload, ignore=() if relayed else ignore, **rest)

    return broken


def unsigned_heartbeats(admit: Callable[..., Refusal | None]) -> Callable[..., Refusal | None]:
    """Ask for a signature only where there is one."""

    def broken(kind: str, body: Any, **rest: Any) -> Refusal | None:
        unsigned = kind == "heartbeat" and isinstance(body, dict) and "security" not in body
        return None if unsigned else admit(kind, body, **rest)

    return broken


def fresh_if_timed(arrival: Arrival) -> Refusal | None:
    """Take a message without a time for one of now."""
    timed = arrival.body.get("timestamp")
    return admission.need_fresh_timestamp(arrival) if timed else None


def not_too_old(arrival: Arrival) -> Refusal | None:
    """Look into the past alone."""
    ahead = arrival.body["timestamp"] > arrival.now
    return None if ahead else admission.need_fresh_timestamp(arrival)


def either_key(handle: Callable[..., Any]) -> Callable[..., Any]:
    """Try the shared key where the worker's own does not fit."""

    def broken(self: Any, kind: str, message: Any, **rest: Any) -> Any:
        reply = handle(self, kind, message, **rest)
        if reply.status != FORBIDDEN:
            return reply
        tokens = self._tokens
        own, tokens._individual = tokens._individual, {}  # noqa: SLF001  (a bug reaches anywhere)
        try:
            return handle(self, kind, message, **rest)
        finally:
            tokens._individual = own  # noqa: SLF001

    return broken


def any_security(arrival: Arrival) -> Refusal | None:
    """Believe that whatever is there is an object."""
    if arrival.secret and not arrival.security:
        return Refusal(403, "security: required")
    return None


def lets_pass(admit: Callable[..., Refusal | None]) -> Callable[..., Refusal | None]:
    """Have one worker that needs no signature."""

    def broken(kind: str, body: Any, *, identity: str, **rest: Any) -> Refusal | None:
        return None if identity == RESERVED else admit(kind, body, identity=identity, **rest)

    return broken


MUTANTS = (
    mutant(
        "RXON-SIG-10",
        "a beginning of the signature will do",
        "reference.rxon.signing:verify",
        by_prefix,
        role="orc",
    ),
    mutant(
        "RXON-SIG-10",
        "the signature of a registration is never looked at",
        "reference.rxon.admission:STEPS[registration]",
        exchanged(need_valid_signature=nothing_wrong),
        role="orc",
        suffix="-unverified",
        # What is not verified covers nothing, needs no particular key and may hold any characters.
        also=("RXON-SIG-15", "RXON-SIG-17", "RXON-SIG-18"),
    ),
    mutant(
        "RXON-SIG-11",
        "a heartbeat may be unsigned",
        "reference.rxon.admission:admit",
        unsigned_heartbeats,
        role="orc",
    ),
    mutant(
        "RXON-SIG-12",
        "an event without a timestamp passes for a fresh one",
        "reference.rxon.admission:STEPS[event]",
        exchanged(need_timestamp=nothing_wrong, need_fresh_timestamp=fresh_if_timed),
        role="orc",
    ),
    mutant(
        "RXON-SIG-13",
        "messages are believed for ten minutes",
        "reference.rxon.revision:TIMESTAMP_WINDOW",
        lambda _window: 600.0,
        role="orc",
    ),
    mutant(
        "RXON-SIG-13",
        "a result may come from the future",
        "reference.rxon.admission:STEPS[result]",
        exchanged(need_fresh_timestamp=not_too_old),
        role="orc",
        suffix="-ahead",
    ),
    mutant(
        "RXON-SIG-14",
        "a heartbeat may name any signer",
        "reference.rxon.admission:STEPS[heartbeat]",
        exchanged(need_own_signer=nothing_wrong),
        role="orc",
    ),
    mutant(
        "RXON-SIG-15",
        "the signature does not cover extensions",
        "reference.rxon.signing:verify",
        extensions_apart,
        role="orc",
    ),
    mutant(
        "RXON-SIG-17",
        "the shared token signs for every worker",
        "reference.rxon.core:Orchestrator._handle",
        either_key,
        role="orc",
    ),
    mutant(
        "RXON-SIG-18",
        "a security member of a registration that is a text is an internal error",
        "reference.rxon.admission:STEPS[registration]",
        exchanged(need_security_object=any_security),
        role="orc",
    ),
    mutant(
        "RXON-SIG-19",
        "no signature is remembered",
        "reference.rxon.replay:Replays.seen",
        lambda _seen: lambda _replays, _signature, *, now: False,  # noqa: ARG005  (its name counts)
        role="orc",
    ),
    mutant(
        "RXON-SIG-20",
        "one worker id needs no signature",
        "reference.rxon.admission:admit",
        lets_pass,
        role="orc",
    ),
    mutant(
        "RXON-SIG-21",
        "the signature of an event covers its relays",
        "reference.rxon.signing:verify",
        chain_included,
        role="orc",
        also=("RXON-EVT-06",),  # a relayed event has relays
    ),
)
