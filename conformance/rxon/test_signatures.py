"""RXON-SIG: signatures, and what else a message must show before it has an effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken
from conformance.rxon import scenarios_signatures as signatures
from conformance.rxon.sayings import KINDS
from conformance.rxon.test_results import must_be_unchanged

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen


def must_be_forbidden(seen: Seen, tag: str) -> None:
    """Demand that messages are answered 403 and leave the worker and its job as they were."""
    for answer in seen.negatives(tag):
        answer.must_be(403)
    before, after = seen.noted(f"before {tag}"), seen.noted(f"after {tag}")
    for what in ("worker", "job"):
        if before.data[what] != after.data[what]:
            raise Broken(f"the refused message changed the {what}", before, after)


@check("RXON-SIG-10", signatures.wrong, cases=KINDS)
def test_a_wrong_signature_is_refused(seen: Seen, kind: str) -> None:
    must_be_forbidden(seen, f"a wrong signature: {kind}")


@check("RXON-SIG-11", signatures.unsigned, cases=KINDS)
def test_an_unsigned_message_is_refused(seen: Seen, kind: str) -> None:
    must_be_forbidden(seen, f"no signature: {kind}")


@check("RXON-SIG-12", signatures.untimed, cases=KINDS)
def test_a_message_without_a_time_is_refused(seen: Seen, kind: str) -> None:
    must_be_forbidden(seen, f"no timestamp: {kind}")


@check("RXON-SIG-13", signatures.mistimed, cases=KINDS)
def test_a_message_more_than_a_minute_away_is_refused(seen: Seen, kind: str) -> None:
    must_be_forbidden(seen, f"a time too far away: {kind}")


@check("RXON-SIG-14", signatures.other_signer, cases=KINDS)
def test_a_message_signed_by_another_worker_is_refused(seen: Seen, kind: str) -> None:
    must_be_forbidden(seen, f"another signer: {kind}")


@check("RXON-SIG-15", signatures.unknown_member, cases=KINDS)
def test_a_signature_covers_unknown_members(seen: Seen, kind: str) -> None:
    must_be_forbidden(seen, f"a member added after signing: {kind}")


@check("RXON-SIG-17", signatures.shared_key, cases=KINDS)
def test_an_individual_token_is_the_only_key(seen: Seen, kind: str) -> None:
    must_be_forbidden(seen, f"the shared key: {kind}")


@check("RXON-SIG-18", signatures.malformed, cases=tuple(signatures.MALFORMED))
def test_a_malformed_signature_is_refused(seen: Seen, flaw: str) -> None:
    for kind in KINDS:
        for answer in seen.negatives(f"{flaw}: {kind}"):
            answer.must_be_refused()


@check("RXON-SIG-19", signatures.repetition, cases=signatures.AGAIN)
def test_a_repeated_message_is_refused(seen: Seen, kind: str) -> None:
    for answer in seen.negatives(f"a repeated {kind}"):
        answer.must_be_refused()


@check("RXON-SIG-19", signatures.repeated_result, cases=("result",))
def test_a_repeated_result_takes_effect_once(seen: Seen, kind: str) -> None:
    seen.answer(f"a {kind}").must_say(status="accepted")
    seen.answer(f"a repeated {kind}")
    must_be_unchanged(seen, "the job before the repetition", "the job after the repetition")


@check("RXON-SIG-20", signatures.reserved_name, cases=("registration", "event"))
def test_no_worker_id_is_exempt_from_signing(seen: Seen, kind: str) -> None:
    for answer in seen.negatives(f"an unsigned {kind} of {signatures.RESERVED}"):
        answer.must_be(403)


@check("RXON-SIG-21", signatures.relayed)
def test_a_signature_leaves_out_the_chain_of_relays(seen: Seen) -> None:
    for answer in seen.answers("an event with another chain"):
        answer.must_be(200)
        answer.must_say(status="event_accepted")
