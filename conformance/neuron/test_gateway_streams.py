"""NEURON-GW-SSE: the stream, and what stands in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit import schemas
from conformance.kit.judging.seen import Missing
from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, NotObserved, Unmet
from conformance.neuron import scenarios_gateway_streams as streams
from conformance.neuron.peer import EVENTS, HEAD_SOON
from conformance.neuron.streams import any_frames, chunks, frames, leases

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event

KINDS = ("registered", "lease", "cancel", "capability-revoked", "disconnect")
COMMENTS_APART = 0.5  # seconds, on average
BOM = b"\xef\xbb\xbf"
# What newer neurons announce and may therefore be told again (NEURON-GW-REG-08).
NEWER = "a stream of a newer neuron"


def ends(seen: Seen, tag: str) -> list[Event]:
    """Return where the gateway ended streams."""
    return list(seen.events_of("http.end", tag=tag))


def bytes_of_streams(seen: Seen) -> dict[int, bytes]:
    """Return what came on each stream; there is at least one byte."""
    found: dict[int, bytes] = {}
    for chunk in chunks(seen):
        found[chunk.data["to"]] = found.get(chunk.data["to"], b"") + chunk.body
    if not found:
        raise Missing("a stream")
    return found


@check("NEURON-GW-SSE-01", streams.opened)
def test_a_get_with_a_valid_bearer_opens_an_event_stream(seen: Seen) -> None:
    answer = seen.answer("a stream opened")
    answer.must_be(200)
    kind = (answer.header("Content-Type") or "").partition(";")[0].strip().lower()
    answer.must(kind == "text/event-stream", f"the content type is {kind or 'missing'}")


@check("NEURON-GW-SSE-02", streams.opened)
def test_the_head_of_a_stream_comes_before_anything_is_posted(seen: Seen) -> None:
    post = seen.answer("the first post")
    opened = list(seen.answers("a stream opened"))
    early = opened and opened[0].reply.number < post.request.number
    post.must(early, f"no head came within {HEAD_SOON:g} s, before anything was posted")


@check("NEURON-GW-SSE-03", streams.odd_name)
def test_a_neuron_id_is_percent_decoded_as_utf_8(seen: Seen) -> None:
    registered = seen.answer("register an odd name")
    registered.must(registered.ok, f"its own name was refused: {registered.shown()}")
    opened = seen.answer("a stream of an odd name")
    came = any_frames(seen, "a stream of an odd name")
    opened.must(came, "nothing comes on the stream of that name")


@check("NEURON-GW-SSE-04")
def test_every_event_is_an_object_with_one_of_five_types(seen: Seen) -> None:
    for frame in frames(seen):
        frame.must(isinstance(frame.json, dict), "the data is not a JSON object")
        frame.must(frame.kind in KINDS, f"`type` is {frame.at('type')!r}, none of the five")


@check("NEURON-GW-SSE-05")
def test_an_event_is_named_as_its_type(seen: Seen) -> None:
    for frame in frames(seen):
        if frame.kind not in KINDS:
            continue  # NEURON-GW-SSE-04 judges it
        frame.must(frame.name == frame.kind, f"a {frame.kind} frame is named {frame.name!r}")


@check("NEURON-GW-SSE-06")
def test_a_frame_has_all_its_members_and_no_other(seen: Seen) -> None:
    for frame in frames(seen):
        if frame.kind not in KINDS or frame.proof.tag == NEWER:
            continue
        wrong = schemas.problem("neuron/frames", frame.kind, frame.json)
        frame.must(not wrong, f"a strict neuron drops this {frame.kind} frame: {wrong}")


@check("NEURON-GW-SSE-07")
def test_frames_are_spelled_so_that_every_reader_reads_them(seen: Seen) -> None:
    for number, raw in bytes_of_streams(seen).items():
        proof = next(event for event in seen.events if event.data.get("to") == number)
        for wrong, found in {
            "a byte order mark": raw.startswith(BOM),
            "a carriage return": b"\r" in raw,
            "data on several lines": any(
                block.count(b"\ndata") + block.startswith(b"data") > 1
                for block in raw.split(b"\n\n")
            ),
            "bytes that are no UTF-8": not is_utf_8(raw),
        }.items():
            if found:
                raise Broken(f"the stream has {wrong}", proof)


def is_utf_8(raw: bytes) -> bool:
    """Whether bytes are UTF-8, as far as they go."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return error.end == len(raw) and error.reason == "unexpected end of data"
    return True


@check("NEURON-GW-SSE-08", streams.idle)
def test_an_idle_stream_stays_open(seen: Seen) -> None:
    for opened in seen.answers("an idle stream"):
        for end in ends(seen, "an idle stream"):
            lasted = end.time - opened.reply.time
            raise Broken(f"the stream was ended after {lasted:.1f} s without frames", end)


@check("NEURON-GW-SSE-09", streams.idle)
def test_comments_come_seconds_apart(seen: Seen) -> None:
    opened = seen.answer("an idle stream")
    came = list(chunks(seen, "an idle stream"))
    comments = sum(line.startswith(b":") for chunk in came for line in chunk.body.split(b"\n"))
    if not comments:
        raise NotObserved("no comment came while the stream was watched")
    watched = came[-1].time - opened.reply.time
    few = comments <= 1 + watched / COMMENTS_APART
    opened.must(few, f"{comments} comments came in {watched:.1f} s")


@check("NEURON-GW-SSE-10")
def test_a_stream_is_opened_with_200_or_refused_with_400_or_more(seen: Seen) -> None:
    opens = seen.exchanges(
        lambda each: (
            each.request.data["target"].startswith(EVENTS)
            and each.request.data["method"] == "GET"
            and each.status is not None
        )
    )
    for answer in opens:
        clear = answer.status == 200 or (answer.status or 0) >= 400
        answer.must(clear, f"neurons take {answer.status} for an open stream")


@check("NEURON-GW-SSE-11", streams.nameless, cases=("without neuronId", "with an empty neuronId"))
def test_an_open_without_a_name_is_a_bad_request(seen: Seen, how: str) -> None:
    for answer in seen.negatives(f"an open {how}"):
        answer.must_be(400)


@check("NEURON-GW-SSE-12", streams.second_stream, cases=("the first ends", "leases come on it"))
def test_a_second_stream_replaces_the_first(seen: Seen, effect: str) -> None:
    opened = seen.answer(streams.SECOND)
    opened.must_be(200)
    if effect == "the first ends":
        opened.must(ends(seen, streams.FIRST), "the first stream stays open")
        return
    found = leases(seen)
    if not found:
        raise Missing("a lease")
    for lease in found:
        lease.must(lease.proof.tag == streams.SECOND, "the lease came on the first stream")


@check("NEURON-GW-SSE-13", streams.resumed)
def test_last_event_id_is_no_reason_to_refuse(seen: Seen) -> None:
    for answer in seen.negatives("an open with Last-Event-ID"):
        answer.must_be(200)


@check("NEURON-GW-SSE-14", streams.parallel)
def test_posts_are_served_in_parallel_beside_the_stream(seen: Seen) -> None:
    after = seen.answer("a post afterwards")
    if not after.ok:
        raise Unmet(f"a single heartbeat was not accepted: {after.shown()}", *after.evidence)
    for answer in seen.answers("one of many posts"):
        answer.must_be_ok()
    for end in ends(seen, "a stream beside posts"):
        raise Broken("the stream ended when posts came beside it", end)
