"""What a neuron says of its leases: NEURON-NRN-RESULT."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, NotObserved
from conformance.neuron import scenarios_neuron_connection as connection
from conformance.neuron import scenarios_neuron_results as results
from conformance.neuron import scenarios_neuron_slow as slow
from conformance.neuron.hearing import (
    POSTS,
    body_of,
    endings,
    header,
    is_a,
    is_about,
    kind_of,
    lease,
    must_be_acked,
    must_be_nacked,
    paired,
    said,
)

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event

RESULTS, DAY = results.all_kinds_of_results, connection.an_ordinary_day
KINDS = {"retryable", "terminal", "schema-mismatch", "cancelled"}
NACK = {"type", "leaseId", "kind", "reason", "failedAt"}
ACK = {"type", "leaseId", "completedAt"}
INSTANT = re.compile(
    r"\d{4}-(0\d|1[0-2])-([0-2]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?Z"
)
TIMES = {"completedAt", "failedAt", "sentAt", "startedAt"}


def nack(seen: Seen, about: str, *kinds: str) -> dict[str, Any]:
    """Return the body of the one nack of a lease."""
    return body_of(must_be_nacked(seen, lease(seen, about), *kinds))


def must_say(seen: Seen, about: str, **members: Any) -> None:
    """Demand members of the nack of a lease."""
    event = must_be_nacked(seen, lease(seen, about))
    for name, value in members.items():
        if body_of(event).get(name) != value:
            raise Broken(f"`{name}` is {body_of(event).get(name)!r}, not {value!r}", event)


def told(seen: Seen, about: str) -> list[Event]:
    """Return the progress of a lease."""
    lease_id = lease(seen, about).data["lease_id"]
    return [event for event in seen.events if is_about(lease_id, "progress")(event)]


@check("NEURON-NRN-RESULT-01", RESULTS)
def test_what_a_handler_returns_is_acked(seen: Seen) -> None:
    event = must_be_acked(seen, lease(seen, "an echo"))
    body = body_of(event)
    if set(body) != ACK | {"output"} or body["type"] != "ack":
        raise Broken(f"the ack has the members {sorted(body)}", event)
    if body["output"] != {"echo": {"a": 1}}:
        raise Broken(f"the output is {body['output']!r}", event)


@check("NEURON-NRN-RESULT-02", RESULTS)
def test_null_is_left_out_and_everything_else_kept(seen: Seen) -> None:
    nothing = must_be_acked(seen, lease(seen, "nothing to return"))
    if "output" in body_of(nothing):
        raise Broken("an output of null is there", nothing)
    for name, value in results.OUTPUTS.items():
        event = must_be_acked(seen, lease(seen, f"returning {name}"))
        output = body_of(event).get("output", "missing")
        if output != value or isinstance(output, bool) != isinstance(value, bool):
            raise Broken(f"{name} came as {output!r}", event)


@check("NEURON-NRN-RESULT-03", RESULTS)
def test_an_error_is_nacked_as_retryable(seen: Seen) -> None:
    reason = nack(seen, "an error", "retryable").get("reason")
    if not isinstance(reason, str) or not reason:
        raise Broken(f"the reason is {reason!r}", *endings(seen, lease(seen, "an error")))


@check("NEURON-NRN-RESULT-04", RESULTS)
def test_an_error_is_told_with_its_text(seen: Seen) -> None:
    must_say(seen, "an error", code="HANDLER_THREW", reason=results.BOOM)


@check("NEURON-NRN-RESULT-05", RESULTS)
def test_giving_up_is_terminal(seen: Seen) -> None:
    must_say(seen, "giving up", kind="terminal", reason="nope", code="MY_CODE")


@check("NEURON-NRN-RESULT-06", RESULTS)
def test_giving_up_without_a_code_has_one(seen: Seen) -> None:
    must_say(seen, "giving up without a code", code="HANDLER_TERMINAL")


@check("NEURON-NRN-RESULT-07", RESULTS)
def test_a_handler_may_end_as_cancelled(seen: Seen) -> None:
    must_say(seen, "ending as cancelled", kind="cancelled")


@check("NEURON-NRN-RESULT-08", RESULTS)
def test_a_nack_has_the_members_that_say_something(seen: Seen) -> None:
    for event in said(seen, "nack"):
        body = body_of(event)
        if not NACK <= set(body) <= NACK | {"code", "details"}:
            raise Broken(f"a nack has the members {sorted(body)}", event)
        if body["kind"] not in KINDS or not body["reason"] or None in body.values():
            raise Broken("a member of the nack says nothing, or nothing known", event)


@check("NEURON-NRN-RESULT-09", RESULTS)
def test_handlers_may_block(seen: Seen) -> None:
    event = must_be_acked(seen, lease(seen, "a handler that blocks"))
    if body_of(event).get("output") != {"sync": True}:
        raise Broken("the handler's output is another", event)


@check("NEURON-NRN-RESULT-10", RESULTS)
def test_progress_comes_in_order_and_before_the_end(seen: Seen) -> None:
    end = must_be_acked(seen, lease(seen, "progress"))
    events = told(seen, "progress")
    came = [_payload(event) for event in events]
    if len(came) < 2:  # a neuron may leave out what it cannot send in time
        raise NotObserved("too little progress was told")
    steps = iter(results.STEPS)
    if not all(each in steps for each in came):  # each after the one before it
        raise Broken(f"the progress came as {came!r}", *events)
    if events[-1].number > end.number:
        raise Broken("progress came after the end of its lease", end, events[-1])


def _payload(event: Event) -> dict[str, Any]:
    return {
        name: value
        for name, value in body_of(event).items()
        if name not in {"type", "leaseId", "sentAt"}
    }


@check("NEURON-NRN-RESULT-11", RESULTS)
def test_a_percent_out_of_range_is_not_sent(seen: Seen) -> None:
    must_be_acked(seen, lease(seen, "progress out of range"))
    percents = [body_of(event).get("percent") for event in told(seen, "progress out of range")]
    if [percent for percent in percents if percent is not None] != [50]:
        raise Broken(f"the percents are {percents}", *told(seen, "progress out of range"))


@check("NEURON-NRN-RESULT-12", RESULTS)
def test_refused_progress_fails_no_lease(seen: Seen) -> None:
    if not told(seen, "progress that is refused"):
        raise NotObserved("no progress was refused")
    must_be_acked(seen, lease(seen, "progress that is refused"))


@check("NEURON-NRN-RESULT-13", slow.a_slow_gateway)
def test_slow_progress_delays_no_handler(seen: Seen) -> None:
    events = told(seen, slow.TELLING)
    answer = paired(seen.events).get(events[0].number) if events else None
    end = must_be_acked(seen, lease(seen, slow.TELLING))
    if answer is None:
        raise NotObserved("no progress was answered")
    if end.number > answer.reply.number:
        raise Broken("the handler waited for the answer to its progress", *answer.evidence, end)


@check("NEURON-NRN-RESULT-14", RESULTS)
def test_a_refused_ack_is_followed_by_no_nack(seen: Seen) -> None:
    for status in results.REFUSALS:
        note = lease(seen, f"an ack that is answered {status}")
        kinds = {kind_of(event) for event in endings(seen, note)}
        if kinds != {"ack"}:
            raise Broken(f"the lease ended in {sorted(kinds)}", note, *endings(seen, note))
    must_be_acked(seen, lease(seen, "a lease after refused acks"))


@check("NEURON-NRN-RESULT-15", RESULTS, cases=tuple(map(str, results.REFUSALS)))
def test_a_refused_ack_is_not_repeated(seen: Seen, status: str) -> None:
    note = lease(seen, f"an ack that is answered {status}")
    acks = [event for event in endings(seen, note) if kind_of(event) == "ack"]
    if len(acks) > 1:
        raise Broken(f"the ack was sent {len(acks)} times", *acks)


@check("NEURON-NRN-RESULT-16", RESULTS, DAY)
def test_timestamps_are_instants_in_utc(seen: Seen) -> None:
    for event in seen.matching(is_a(*POSTS)):
        body = body_of(event)
        for each in (body, *_listed(body.get("inFlight"))):
            for name in TIMES & set(each):
                if not isinstance(each[name], str) or not INSTANT.fullmatch(each[name]):
                    raise Broken(f"`{name}` is {each[name]!r}", event)


def _listed(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


@check("NEURON-NRN-RESULT-17", RESULTS, DAY)
def test_bodies_are_json_objects_in_utf_8(seen: Seen) -> None:
    for event in seen.matching(is_a(*POSTS)):
        content_type = header(event, "content-type")
        if content_type.partition(";")[0].strip().lower() != "application/json":
            raise Broken(f"the Content-Type is {content_type!r}", event)
        try:
            event.body.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Broken("the body is not UTF-8", event) from error
        if not body_of(event):
            raise Broken("the body is no JSON object", event)


@check("NEURON-NRN-RESULT-18", RESULTS)
def test_giving_up_without_a_reason_is_nacked(seen: Seen) -> None:
    nack(seen, "giving up without a reason")
