"""What schemas do: NEURON-NRN-SCHEMA."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.kit.judging.suite import check, property_check
from conformance.kit.verdict import Broken
from conformance.neuron import scenarios_neuron_properties as properties
from conformance.neuron import scenarios_neuron_schemas as schemas
from conformance.neuron.hearing import (
    body_of,
    is_about,
    lease,
    must_be_acked,
    must_be_nacked,
    the_end,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event

CONTRACTS = schemas.contracts
MISMATCH = "schema-mismatch"
BOTH = (schemas.IN, schemas.OUT)
VIOLATED = {
    schemas.IN: ("a violated input schema", "INPUT_SCHEMA_MISMATCH"),
    schemas.OUT: ("a violated output schema", "OUTPUT_SCHEMA_MISMATCH"),
}


def mismatch(seen: Seen, place: str) -> Event:
    """Return the nack of a violated schema."""
    return must_be_nacked(seen, lease(seen, VIOLATED[place][0]), MISMATCH)


def member_of(event: Event, name: str) -> Any:
    """Return a member of a nack."""
    return body_of(event).get(name)


@check("NEURON-NRN-SCHEMA-01", CONTRACTS)
def test_a_violated_input_schema_keeps_the_handler_from_running(seen: Seen) -> None:
    must_be_acked(seen, lease(seen, "the handler's schema is kept"))
    mismatch(seen, schemas.IN)
    unseen = lease(seen, "an input that nobody may see")
    told = [e for e in seen.events if is_about(unseen.data["lease_id"], "progress")(e)]
    if told:
        raise Broken("the handler ran all the same", unseen, *told)
    must_be_nacked(seen, unseen, MISMATCH)


@check("NEURON-NRN-SCHEMA-02", CONTRACTS)
def test_a_violated_output_schema_makes_a_nack_of_the_ack(seen: Seen) -> None:
    must_be_acked(seen, lease(seen, "no schema anywhere"))
    mismatch(seen, schemas.OUT)


@check("NEURON-NRN-SCHEMA-03", CONTRACTS, cases=BOTH)
def test_a_mismatch_has_its_code(seen: Seen, place: str) -> None:
    event, code = the_end(seen, lease(seen, VIOLATED[place][0])), VIOLATED[place][1]
    if member_of(event, "code") != code:
        raise Broken(f"the code is {member_of(event, 'code')!r}, not {code}", event)


@check("NEURON-NRN-SCHEMA-04", CONTRACTS, cases=BOTH)
def test_a_mismatch_tells_the_errors(seen: Seen, place: str) -> None:
    event = the_end(seen, lease(seen, VIOLATED[place][0]))
    details = member_of(event, "details")
    errors = details.get("errors") if isinstance(details, dict) else None
    if not isinstance(errors, list) or not errors or not all(isinstance(e, str) for e in errors):
        raise Broken(f"the details are {details!r}", event)


@check("NEURON-NRN-SCHEMA-05", CONTRACTS)
def test_the_leases_schema_is_enforced_and_wins(seen: Seen) -> None:
    must_be_acked(seen, lease(seen, "the lease's schema wins"))
    must_be_nacked(seen, lease(seen, "the lease's schema is enforced"), MISMATCH)


@property_check(
    "NEURON-NRN-SCHEMA-05",
    for_all="conformance.neuron.strategies_neuron:contracts",
    played_by=properties.under_contracts,
    examples=8,
)
def test_any_schema_of_a_lease_is_enforced(seen: Seen, example: list[Mapping[str, Any]]) -> None:
    for number, each in enumerate(example):
        note = lease(seen, properties.contract(number))
        if each["fits"]:
            must_be_acked(seen, note)
        else:
            must_be_nacked(seen, note, MISMATCH)


@check("NEURON-NRN-SCHEMA-06", CONTRACTS, cases=tuple(schemas.ABSENT))
def test_without_a_schema_the_handlers_counts(seen: Seen, name: str) -> None:
    must_be_acked(seen, lease(seen, "the handler's schema is kept"))
    must_be_nacked(seen, lease(seen, f"a schema that is {name}"), MISMATCH)


@check("NEURON-NRN-SCHEMA-07", CONTRACTS)
def test_without_any_schema_nothing_is_validated(seen: Seen) -> None:
    must_be_acked(seen, lease(seen, "no schema anywhere"))
    must_be_acked(seen, lease(seen, "no schema of the output"))


@check("NEURON-NRN-SCHEMA-08", CONTRACTS, cases=tuple(schemas.USELESS))
def test_what_is_no_schema_is_a_mismatch(seen: Seen, name: str) -> None:
    for place in BOTH:
        must_be_nacked(seen, lease(seen, f"{name} as {place}"), MISMATCH)


@check("NEURON-NRN-SCHEMA-09", CONTRACTS, cases=tuple(schemas.ENDLESS))
def test_a_ref_that_leads_nowhere_is_nacked(seen: Seen, name: str) -> None:
    for place in BOTH:
        must_be_nacked(seen, lease(seen, f"{name} as {place}"))


@check("NEURON-NRN-SCHEMA-10", CONTRACTS)
def test_nothing_is_fetched_for_a_ref(seen: Seen) -> None:
    must_be_acked(seen, lease(seen, "a lease after all schemas"))
    for event in seen.events:
        if event.kind == "http.request" and schemas.REMOTE in event.data["target"]:
            raise Broken("the neuron fetched a schema from where a lease sent it", event)


@check("NEURON-NRN-SCHEMA-11", CONTRACTS)
def test_false_rejects_everything(seen: Seen) -> None:
    for place in BOTH:
        must_be_nacked(seen, lease(seen, f"false as {place}"), MISMATCH)


@check("NEURON-NRN-SCHEMA-12", CONTRACTS, cases=tuple(schemas.DRAFTS))
def test_a_schema_is_read_by_its_draft(seen: Seen, name: str) -> None:
    _, _, fits = schemas.DRAFTS[name]
    note = lease(seen, name)
    if fits:
        must_be_acked(seen, note)
    else:
        must_be_nacked(seen, note, MISMATCH)
