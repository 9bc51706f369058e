"""Signed requests and bad input, tried with whatever hypothesis thinks of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.connectonion import scenarios_host_properties as talks
from conformance.connectonion.scenarios_host_properties import BAD, GOOD, RECORD, THE_SAME
from conformance.connectonion.test_host_prompts import accepted
from conformance.kit.judging.suite import property_check
from conformance.kit.verdict import Unmet

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen

STRATEGIES = "conformance.connectonion.strategies_host"


def must_do_nothing(seen: Seen) -> None:
    """Demand that the bad request is not accepted and has begun no run.

    A refusal means something where the good request is accepted.
    """
    answer, record = seen.answer(BAD), seen.answer(RECORD)
    answer.must(not answer.ok, f"it was accepted: {answer.status}")
    accepted(seen, GOOD)
    record.must(not record.ok, "a run began all the same")


@property_check(
    "CO-AUTH-26", for_all=f"{STRATEGIES}:respelled", played_by=talks.respell, examples=20
)
def test_no_spelling_on_the_wire_matters(seen: Seen, *_example: object) -> None:
    seen.answer(GOOD).must_be_ok()
    seen.answer(BAD).must_be_refused()


@property_check("CO-AUTH-12", for_all=f"{STRATEGIES}:changed", played_by=talks.change, examples=20)
def test_no_other_value_fits_a_signature(seen: Seen, *_example: object) -> None:
    must_do_nothing(seen)


@property_check("CO-AUTH-02", for_all=f"{STRATEGIES}:flipped", played_by=talks.flip, examples=25)
def test_no_other_byte_fits_a_signature(seen: Seen, *_example: object) -> None:
    if not seen.noted(THE_SAME).data["so"]:
        must_do_nothing(seen)


@property_check("CO-HOST-15", for_all=f"{STRATEGIES}:spoilt", played_by=talks.spoil, examples=60)
def test_bad_input_does_nothing(seen: Seen, *_example: object) -> None:
    must_do_nothing(seen)


@property_check("CO-HOST-16", for_all=f"{STRATEGIES}:spoilt", played_by=talks.spoil, examples=25)
def test_bad_input_is_no_server_error(seen: Seen, *_example: object) -> None:
    answer = seen.answer(BAD)
    if not answer.ok:  # or it is CO-HOST-15 that is broken
        answer.must_be_refused()


@property_check(
    "CO-HOST-32", for_all=f"{STRATEGIES}:nameless", played_by=talks.misname, examples=15
)
def test_what_is_no_text_names_nobody(seen: Seen, *_example: object) -> None:
    accepted(seen, GOOD)
    seen.answer(BAD).must_be_refused()


@property_check(
    "CO-HOST-25", for_all=f"{STRATEGIES}:names", played_by=talks.ask_for_a_level, examples=15
)
def test_a_level_is_told_of_any_text(seen: Seen, client: Any) -> None:
    answer = seen.answer(GOOD)
    if answer.status == 403:
        raise Unmet(f"the admin is none: {answer.shown()}", *answer.evidence)
    answer.must_be(200)
    answer.must_say(client_id=client)
