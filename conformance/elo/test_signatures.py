"""ELO-SIG: what is signed, by whom, and what is believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.elo.scenarios_signatures import (
    CALLERS_OF_OTHER_TYPES,
    FORGED,
    LENIENT,
    NAMES_OF_NOBODY,
    NOTHING,
    any_spelling,
    coming_online,
    forged,
    forgiven,
    unsigned,
    verification_off,
)
from conformance.elo.spelling import ESCAPES, SPELLINGS
from conformance.elo.test_frames import one
from conformance.elo.test_greeting import must
from conformance.elo.test_tasks import must_be_done, must_be_refused, result_of
from conformance.elo.wire import messages
from conformance.kit.judging.suite import check
from conformance.kit.verdict import NotObserved
from reference.elo.signing import Verdict, verdict

if TYPE_CHECKING:
    from conformance.elo.wire import Message
    from conformance.kit.judging.seen import Seen

BAD = "BAD_SIGNATURE"
NAMELESS = ("no caller", "an empty caller")
UNBELIEVED = ("no signature", *(f"caller: {name}" for name in NAMES_OF_NOBODY), *NAMELESS)


def must_be_bad(seen: Seen, about: str) -> Message:
    """Demand that a task was answered with the code of bad signatures."""
    result = result_of(seen, about)
    error = result.body.get("status") == "error"
    must(error and result.at("error", "code") == BAD, f"not answered {BAD} ({about})", result)
    return result


def spelling_counts(seen: Seen, right: str, wrong: str) -> None:
    """Demand that a task is done when its canonical text is signed, and only then."""
    must_be_done(seen, right)
    must_be_bad(seen, wrong)


@check("ELO-SIG-04", forged, cases=tuple(FORGED))
def test_a_forged_task_is_refused(seen: Seen, case: str) -> None:
    must_be_done(seen, "good")  # the twin
    must_be_bad(seen, case)


@check("ELO-SIG-05", forged)
def test_a_forged_task_is_not_the_end(seen: Seen) -> None:
    must_be_done(seen, "good")
    must_be_done(seen, "good afterwards")


@check("ELO-SIG-06", forged)
def test_a_signature_covers_unknown_members(seen: Seen) -> None:
    must_be_done(seen, "added before signing")
    must_be_bad(seen, "added after signing")


@check("ELO-SIG-07", any_spelling, cases=tuple(SPELLINGS))
def test_what_is_verified_is_the_value_and_not_its_text(seen: Seen, case: str) -> None:
    spelling_counts(seen, case, f"{case}, wrong")


@check("ELO-SIG-08", any_spelling, cases=tuple(ESCAPES))
def test_escapes_and_sorted_keys_are_signed(seen: Seen, case: str) -> None:
    spelling_counts(seen, case, f"{case}, wrong")


@check("ELO-SIG-09", forged)
def test_a_result_is_signed_by_its_executor(seen: Seen) -> None:
    result, ack = must_be_done(seen, "good"), one(seen, "forged", "hello_ack")
    signed = verdict(result.body, ack.body.get("node_id")) is Verdict.SIGNED
    must(signed, "the result is not signed by the node", result)


@check("ELO-SIG-10", forged)
def test_an_error_is_not_signed(seen: Seen) -> None:
    for result in messages(seen, "forged", kind="result"):
        if result.body.get("status") == "error":
            must("signature" not in result.body, "an error is signed", result)


@check("ELO-SIG-12", unsigned)
def test_an_unsigned_task_is_not_done(seen: Seen) -> None:
    must_be_refused(seen, "no signature", twin="signed")


@check("ELO-SIG-13", unsigned, cases=tuple(NAMES_OF_NOBODY))
def test_a_task_of_somebody_without_a_key_is_not_done(seen: Seen, case: str) -> None:
    must_be_refused(seen, f"caller: {case}", twin="signed")


@check("ELO-SIG-14", unsigned, cases=NAMELESS)
def test_a_task_of_nobody_is_not_done(seen: Seen, case: str) -> None:
    must_be_refused(seen, case, twin="signed")


@check("ELO-SIG-15", unsigned, cases=tuple(CALLERS_OF_OTHER_TYPES))
def test_a_caller_of_another_type_is_an_error(seen: Seen, case: str) -> None:
    result = result_of(seen, f"caller: {case}")
    must(result.body.get("status") == "error", "`status` is not error", result)
    must_be_done(seen, "signed all the same")


@check("ELO-SIG-16", forgiven)
def test_a_task_may_come_through_another_peer(seen: Seen) -> None:
    must_be_done(seen, "another caller")


@check("ELO-SIG-17", forgiven, cases=tuple(LENIENT))
def test_the_text_of_a_signature_may_be_spelled_otherwise(seen: Seen, case: str) -> None:
    must_be_done(seen, case)


@check("ELO-SIG-18", coming_online)
def test_an_event_is_signed(seen: Seen) -> None:
    event, hello = (one(seen, "coming online", kind) for kind in ("event", "hello"))
    signed = verdict(event.body, hello.body.get("node_id")) is Verdict.SIGNED
    must(signed, "the event is not signed by the node", event)


@check("ELO-SIG-21", unsigned, cases=tuple(NOTHING))
def test_a_signature_of_nothing_is_none(seen: Seen, case: str) -> None:
    bare = result_of(seen, "no signature")
    result = result_of(seen, f"no signature: {case}")
    told = [(e.body.get("status"), e.at("error", "code")) for e in (bare, result)]
    must(told[0] == told[1], "it is answered otherwise than no signature", bare, result)


@check("ELO-SIG-22", unsigned, cases=UNBELIEVED)
def test_who_is_not_believed_is_told_so(seen: Seen, case: str) -> None:
    if result_of(seen, case).body.get("status") == "success":
        raise NotObserved("the task was done (ELO-SIG-12, ELO-SIG-13, ELO-SIG-14)")
    must_be_bad(seen, case)


@check("ELO-SIG-24", verification_off, cases=("unsigned", "forged"))
def test_without_verification_every_task_is_done(seen: Seen, case: str) -> None:
    must_be_done(seen, f"off: {case}")


@check("ELO-SIG-25", unsigned)
def test_a_key_of_small_order_is_nobodys(seen: Seen) -> None:
    must_be_refused(seen, "a key of small order", twin="signed")
