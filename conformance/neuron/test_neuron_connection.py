"""How a neuron connects and registers: NEURON-NRN-CONN."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, NotObserved
from conformance.neuron import scenarios_neuron_connection as connection
from conformance.neuron import scenarios_neuron_opening as opening
from conformance.neuron import scenarios_neuron_reconnection as reconnection
from conformance.neuron import scenarios_neuron_results as results
from conformance.neuron import scenarios_neuron_slow as slow
from conformance.neuron.hearing import (
    OPEN,
    POSTS,
    bearer,
    body_of,
    exchanges_of,
    header,
    kind_of,
    lease,
    must_be_acked,
    said,
)

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event
    from conformance.kit.wire.exchange import Answer

DAY, ODD = connection.an_ordinary_day, connection.an_odd_name
REFUSED = connection.a_gateway_that_refuses_registers
WELCOMED = connection.a_gateway_that_welcomes_in_many_ways
MEMBERS = {"type", "neuronId", "protocolVersion", "capabilities"}
TYPE = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+")
TTL = range(1000, 3_600_001)  # milliseconds
GROWING = 0.9  # of what a delay should be: a timer may fire a little early


def registered(seen: Seen) -> dict[str, Any]:
    """Return the body of the first register."""
    return body_of(said(seen, "register")[0])


def capabilities(seen: Seen) -> list[dict[str, Any]]:
    """Return the capabilities of the first register, with the others' of the profile."""
    listed = registered(seen).get("capabilities")
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise Broken("`capabilities` is no list of objects", said(seen, "register")[0])
    return listed


def capability_must(seen: Seen, rule: Any, sentence: str) -> None:
    """Demand something of each capability of the register."""
    for each in capabilities(seen):
        if not rule(each):
            raise Broken(f"{sentence}: {each!r}", said(seen, "register")[0])


@check("NEURON-NRN-CONN-01", DAY)
def test_the_stream_is_opened_at_its_path_with_the_neurons_id(seen: Seen) -> None:
    name = registered(seen).get("neuronId")
    for event in said(seen, OPEN):
        target = urlsplit(event.data["target"])
        asked = dict(parse_qsl(target.query, keep_blank_values=True))
        if target.path != "/neuron/events" or asked.get("neuronId") != name:
            raise Broken(f"the stream is asked for at {event.data['target']!r}", event)


@check("NEURON-NRN-CONN-02", ODD)
def test_the_id_in_the_query_decodes_to_the_registers(seen: Seen) -> None:
    name = registered(seen).get("neuronId")
    for event in said(seen, OPEN):
        _, _, written = event.data["target"].partition("neuronId=")
        if unquote(written) != name or set(written) & set(" &#?="):
            raise Broken(f"the query says {written!r}, the register {name!r}", event)


@check("NEURON-NRN-CONN-03", DAY)
def test_the_stream_is_asked_for_as_events(seen: Seen) -> None:
    for event in said(seen, OPEN):
        if "text/event-stream" not in header(event, "accept"):
            raise Broken(f"the GET accepts {header(event, 'accept')!r}", event)


@check("NEURON-NRN-CONN-04", DAY, results.all_kinds_of_results, cases=(OPEN, *POSTS[:-1]))
def test_every_request_carries_a_bearer(seen: Seen, kind: str) -> None:
    token = str(seen.fact("token"))
    for event in seen.matching(lambda event: kind_of(event) == kind):
        if not bearer(event).startswith(token):
            raise Broken(f"the {kind} carries {header(event, 'authorization')!r}", event)


@check("NEURON-NRN-CONN-05", ODD)
def test_a_base_path_stands_before_every_path(seen: Seen) -> None:
    for event in seen.events_of("http.request"):
        if not event.data["target"].startswith("/base/neuron/"):
            raise Broken(f"a request goes to {event.data['target']!r}", event)


@check("NEURON-NRN-CONN-06", slow.a_slow_gateway)
def test_no_register_comes_before_the_streams_headers(seen: Seen) -> None:
    opened = _first_open(seen).reply
    for event in said(seen, "register"):
        if event.number < opened.number:
            raise Broken("the register was sent before the stream had been answered", event)


@check("NEURON-NRN-CONN-07", DAY, reconnection.a_restart)
def test_each_stream_is_followed_by_one_register(seen: Seen) -> None:
    following: dict[str, list[list[Event]]] = {}
    for event in seen.matching(lambda event: kind_of(event) in {OPEN, "register"}):
        streams_of = following.setdefault(event.scenario, [])
        if kind_of(event) == OPEN or not streams_of:
            streams_of.append([])
        streams_of[-1].append(event)
    for first, *registers in (each for found in following.values() for each in found):
        if kind_of(first) != OPEN or len(registers) != 1:
            raise Broken(f"{len(registers)} registers follow a stream", first, *registers)


@check("NEURON-NRN-CONN-08", DAY)
def test_a_register_has_exactly_its_four_members(seen: Seen) -> None:
    for event in said(seen, "register"):
        body = body_of(event)
        if set(body) != MEMBERS or body["type"] != "register":
            raise Broken(f"a register has the members {sorted(body)}", event)


@check("NEURON-NRN-CONN-09", DAY)
def test_a_register_tells_the_protocols_version(seen: Seen) -> None:
    for event in said(seen, "register"):
        if body_of(event).get("protocolVersion") != "1.0.0":
            raise Broken(f"the version is {body_of(event).get('protocolVersion')!r}", event)


@check("NEURON-NRN-CONN-10", DAY)
def test_capabilities_are_there_unique_and_within_bounds(seen: Seen) -> None:
    types = [each.get("type") for each in capabilities(seen)]
    if not types or len(set(types)) < len(types):
        raise Broken(f"the capabilities are {types}", said(seen, "register")[0])
    capability_must(seen, lambda each: _has_type(each.get("type")), "the type is no type")
    capability_must(
        seen, lambda each: _is_count(each.get("concurrency")), "the concurrency is no count"
    )
    capability_must(
        seen, lambda each: each.get("leaseTtlMs") is None or each["leaseTtlMs"] in TTL, "the TTL"
    )


def _has_type(value: object) -> bool:
    return isinstance(value, str) and TYPE.fullmatch(value) is not None


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 1


@check("NEURON-NRN-CONN-11", DAY)
def test_a_scope_is_any_or_somebodys(seen: Seen) -> None:
    capability_must(seen, lambda each: _is_scope(each.get("scope")), "this is no scope")
    typed = [each for each in capabilities(seen) if each["type"] == "conf/typed"]
    if any(each["scope"] != {"onBehalfOf": "user:conf"} for each in typed):
        raise Broken("conf/typed is not for user:conf", said(seen, "register")[0])


def _is_scope(value: object) -> bool:
    if isinstance(value, dict):
        return set(value) == {"onBehalfOf"} and bool(value["onBehalfOf"])
    return value == "any"


@check("NEURON-NRN-CONN-12", DAY)
def test_a_ttl_that_is_not_set_is_left_out(seen: Seen) -> None:
    capability_must(
        seen, lambda each: each.get("leaseTtlMs", 0) is not None, "the TTL is there, but null"
    )


@check("NEURON-NRN-CONN-13", ODD)
def test_leases_are_processed_without_a_registered_frame(seen: Seen) -> None:
    must_be_acked(seen, lease(seen, connection.UNGREETED))


@check("NEURON-NRN-CONN-14", REFUSED)
def test_a_refused_register_is_not_the_end(seen: Seen) -> None:
    refused = [each for each in exchanges_of(seen, "register") if not each.ok]
    if len(refused) <= len(connection.REFUSALS):
        raise Broken("not every stream was followed by a register", *_events(refused))
    must_be_acked(seen, lease(seen, connection.AFTER_REFUSALS))


@check("NEURON-NRN-CONN-15", REFUSED)
def test_no_heartbeat_comes_before_a_register_was_accepted(seen: Seen) -> None:
    registers = exchanges_of(seen, "register")
    accepted = next((each.reply.number for each in registers if each.ok), None)
    for event in seen.events:
        if kind_of(event) == "heartbeat" and (accepted is None or event.number < accepted):
            raise Broken("a heartbeat comes, but no register was accepted yet", event)


@check("NEURON-NRN-CONN-16", REFUSED)
def test_a_register_that_failed_is_sent_again(seen: Seen) -> None:
    failed = next((e for e in exchanges_of(seen, "register") if e.status == 503), None)
    if failed is None:
        raise NotObserved("no register met the 503")
    for event in seen.events:
        if event.number > failed.reply.number and kind_of(event) == "register":
            return
        if event.number > failed.reply.number and kind_of(event) == OPEN:
            break
    raise Broken("no register followed before the stream was lost", *failed.evidence)


def beats_after(seen: Seen, welcome: str) -> None:
    """Demand a heartbeat between the register that was answered so and the next stream."""
    registers = exchanges_of(seen, "register")
    place = list(connection.WELCOMES).index(welcome)
    if len(registers) <= place:
        raise NotObserved("the neuron did not register so often")
    for event in seen.events:
        if event.number < registers[place].reply.number:
            continue
        if kind_of(event) == "heartbeat":
            return
        if kind_of(event) in {OPEN, "register"}:
            break
    raise Broken(f"no heartbeat followed the answer {welcome}", *registers[place].evidence)


@check("NEURON-NRN-CONN-17", WELCOMED, cases=tuple(connection.WELCOMES)[:-1])
def test_any_2xx_makes_heartbeats_begin(seen: Seen, welcome: str) -> None:
    beats_after(seen, welcome)


@check("NEURON-NRN-CONN-18", WELCOMED)
def test_nothing_that_is_called_json_makes_heartbeats_begin(seen: Seen) -> None:
    beats_after(seen, tuple(connection.WELCOMES)[-1])


@check("NEURON-NRN-CONN-19", opening.a_gateway_of_many_refusals)
def test_an_answer_that_is_no_stream_is_a_refusal(seen: Seen) -> None:
    strange = [e for e in exchanges_of(seen, OPEN) if e.status in opening.NO_STREAMS]
    delay = float(seen.fact("reconnect_delay", 0.5))
    opens = said(seen, OPEN)
    for place, each in enumerate(strange):
        after = next((e for e in opens if e.number > each.request.number), None)
        if after is None:
            raise Broken("the neuron did not come back", *each.evidence)
        taken = (e for e in seen.events if each.reply.number < e.number < after.number)
        if any(kind_of(event) == "register" for event in taken):
            raise Broken(f"the neuron took {each.status} for a stream", *each.evidence)
        gap = after.time - each.reply.time
        grown = 2 ** min(place + 1, 2)  # and more than that, which NEURON-NRN-RECON-03 is about
        if gap < GROWING * delay * grown:
            raise Broken(f"only {gap:.2f} s after {each.status} number {place + 1}", after)


def _first_open(seen: Seen) -> Answer:
    for each in exchanges_of(seen, OPEN):
        return each
    raise NotObserved("the neuron opened no stream")


def _events(found: list[Answer]) -> list[Event]:
    return [event for each in found for event in each.evidence]
