"""How a neuron reads its stream: NEURON-NRN-SSE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import check, property_check
from conformance.kit.transcript import Direction
from conformance.kit.verdict import Broken, NotObserved
from conformance.neuron import framing, odd_frames
from conformance.neuron import scenarios_neuron_properties as properties
from conformance.neuron import scenarios_neuron_sse as sse
from conformance.neuron import scenarios_neuron_streams as streams
from conformance.neuron.hearing import (
    OPEN,
    body_of,
    endings,
    kind_of,
    lease,
    leases,
    must_be_acked,
    must_not_be_executed,
)

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen

SPELLED, ODD = sse.every_spelling, sse.odd_events
TORN = tuple(name for name in framing.SPLITS if "between" not in name)
BETWEEN = tuple(name for name in framing.SPLITS if "between" in name)


def must_be_read(seen: Seen, about: str) -> None:
    """Demand that the leases with this spelling reached the handler whole."""
    for note in leases(seen, about):
        event = must_be_acked(seen, note)
        if body_of(event).get("output") != {"echo": note.data["input"]}:
            raise Broken("the input came otherwise to the handler", note, event)


def must_go_on(seen: Seen, name: str) -> None:
    """Demand that the stream that had a bad event goes on: the next lease came through it."""
    written = next(seen.matching(lambda e: e.kind == "http.chunk" and e.tag == name), None)
    if written is None:
        raise NotObserved("there was no stream to write it to")
    others = {*odd_frames.EVENTS, sse.SPOILT} - {name}
    later = [event for event in seen.events if event.number > written.number]
    limit = next(
        (e.number for e in later if e.kind == "note" and e.tag in others), later[-1].number
    )
    for event in later:
        left = event.kind == "http.end" and event.direction is Direction.TARGET
        if event.number < limit and (left or kind_of(event) == OPEN):
            raise Broken(f"the neuron gave its stream up after {name}", written, event)
    must_be_acked(seen, lease(seen, odd_frames.after(name)))


@check("NEURON-NRN-SSE-01", SPELLED, cases=tuple(framing.LINE_ENDS))
def test_lines_end_in_any_of_three_ways(seen: Seen, end: str) -> None:
    must_be_read(seen, f"lines that end in {end}")


@check("NEURON-NRN-SSE-02", SPELLED, cases=("comment lines", "blocks of comments"))
def test_comments_are_ignored(seen: Seen, spelling: str) -> None:
    must_be_read(seen, spelling)


@check("NEURON-NRN-SSE-03", SPELLED, cases=("LF", "CRLF"))
def test_several_data_lines_are_joined(seen: Seen, end: str) -> None:
    must_be_read(seen, f"several data lines that end in {end}")


@check("NEURON-NRN-SSE-04", SPELLED, cases=("an id", "a retry", "unknown fields"))
def test_other_fields_are_ignored(seen: Seen, spelling: str) -> None:
    must_be_read(seen, spelling)


@check("NEURON-NRN-SSE-05", SPELLED)
def test_the_space_after_the_colon_may_be_missing(seen: Seen) -> None:
    must_be_read(seen, "no space after the colons")


@check("NEURON-NRN-SSE-06", SPELLED)
def test_frames_may_be_split_anywhere_and_come_together(seen: Seen) -> None:
    for about in (sse.TOGETHER, sse.BYTE_BY_BYTE, *TORN):
        must_be_read(seen, about)


@property_check(
    "NEURON-NRN-SSE-06",
    for_all="conformance.neuron.strategies_neuron:streams",
    played_by=properties.read_in_pieces,
    examples=10,
)
def test_any_spelling_in_any_pieces_is_read(seen: Seen, *_example: object) -> None:
    must_be_read(seen, properties.SPELLED)


@check("NEURON-NRN-SSE-07", SPELLED)
def test_a_crlf_that_is_split_is_one_end_of_a_line(seen: Seen) -> None:
    for about in BETWEEN:
        must_be_read(seen, about)


@check("NEURON-NRN-SSE-08", streams.how_streams_end)
def test_a_byte_order_mark_is_ignored(seen: Seen) -> None:
    must_be_acked(seen, lease(seen, streams.BEGUN))


@check("NEURON-NRN-SSE-09", streams.how_streams_end)
def test_half_a_block_is_not_processed(seen: Seen) -> None:
    must_be_acked(seen, lease(seen, streams.CHUNKED))  # the same with its blank line
    for note in leases(seen, streams.HALF):
        must_not_be_executed(seen, note)


@check(
    "NEURON-NRN-SSE-10",
    SPELLED,
    cases=("no event name", "the name of another frame", "a name that nobody knows"),
)
def test_the_events_name_does_not_matter(seen: Seen, spelling: str) -> None:
    must_be_read(seen, spelling)


@check("NEURON-NRN-SSE-11", ODD, cases=tuple(odd_frames.UNKNOWN_TYPES))
def test_unknown_types_are_ignored(seen: Seen, name: str) -> None:
    must_go_on(seen, name)


@check("NEURON-NRN-SSE-12", ODD, cases=tuple(odd_frames.NO_JSON))
def test_what_is_no_json_is_dropped(seen: Seen, name: str) -> None:
    must_go_on(seen, name)


@check("NEURON-NRN-SSE-13", ODD, cases=tuple(odd_frames.NO_OBJECTS))
def test_what_is_no_object_is_dropped(seen: Seen, name: str) -> None:
    must_go_on(seen, name)


@check("NEURON-NRN-SSE-14", ODD, cases=tuple(odd_frames.ABSURD))
def test_absurd_json_is_dropped(seen: Seen, name: str) -> None:
    must_go_on(seen, name)


def must_be_dropped(seen: Seen, name: str) -> None:
    """Demand that a spoiled lease was not executed, while a good one was."""
    must_be_acked(seen, lease(seen, odd_frames.after(odd_frames.SPOILED)))
    note = lease(seen, name)
    must_not_be_executed(seen, note)
    for event in seen.events:  # its leaseId may be what is spoiled
        if kind_of(event) == "ack" and body_of(event).get("output") == {"echo": {"odd": name}}:
            raise Broken("the lease was executed", note, event)


@check("NEURON-NRN-SSE-15", ODD, cases=tuple(odd_frames.INVALID))
def test_an_invalid_lease_is_not_executed(seen: Seen, name: str) -> None:
    must_be_dropped(seen, name)


@check("NEURON-NRN-SSE-16", ODD, cases=tuple(odd_frames.UNKNOWN_MEMBERS))
def test_a_lease_with_an_unknown_member_is_not_executed(seen: Seen, name: str) -> None:
    must_be_dropped(seen, name)


@check("NEURON-NRN-SSE-17", SPELLED, cases=tuple(f"a lease of {size} MiB" for size in sse.SIZES))
def test_giant_leases_are_processed(seen: Seen, name: str) -> None:
    must_be_acked(seen, lease(seen, name))


@check("NEURON-NRN-SSE-18", streams.how_streams_end)
def test_a_quiet_stream_is_kept(seen: Seen) -> None:
    quiet, after = seen.noted(streams.QUIETLY), lease(seen, streams.SILENT)
    for event in seen.events:
        if quiet.number < event.number < after.number and kind_of(event) == OPEN:
            raise Broken("the neuron gave up a stream on which nothing came", quiet, event)
    must_be_acked(seen, after)


@check("NEURON-NRN-SSE-19", streams.how_streams_end, cases=(streams.CHUNKED, streams.CLOSED))
def test_streams_may_be_chunked_or_end_by_closing(seen: Seen, about: str) -> None:
    must_be_acked(seen, lease(seen, about))


@check("NEURON-NRN-LEASE-14", ODD, cases=tuple(odd_frames.CAPABILITIES))
def test_names_of_capabilities_are_told_from_others(seen: Seen, name: str) -> None:
    must_be_acked(seen, lease(seen, odd_frames.after(odd_frames.NAMED)))
    note = lease(seen, name)
    ended = endings(seen, note)
    if note.data["capability"] in odd_frames.NAMES and not ended:
        raise Broken("a lease for a capability that is not there was not nacked", note)
    if note.data["capability"] in odd_frames.NO_NAMES and ended:
        raise Broken("a lease for what is no name of a capability was answered", note, *ended)
