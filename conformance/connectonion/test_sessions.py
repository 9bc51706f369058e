"""CO-SESS: runs have records, which anybody may find by their ids for as long as they are kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from conformance.connectonion.scenarios_sessions import (
    NO_IDS,
    RUNS,
    a_client_that_leaves,
    a_result_that_is_no_text,
    a_run_on_a_websocket,
    a_run_that_fails,
    a_session_that_goes_on,
    an_id_of_somebody_else,
    ids_that_come_again,
    odd_ids,
    runs_over_http,
)
from conformance.connectonion.talk import MESSAGE, frames
from conformance.kit.judging.seen import Missing
from conformance.kit.judging.suite import check
from conformance.kit.transcript import Direction
from conformance.kit.verdict import Broken, NotObserved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.connectonion.talk import Frame
    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event
    from conformance.kit.wire.exchange import Answer

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DAY = 86_400  # seconds, sheet 8
CLOSE = 1.0  # seconds that a time may be away from what it shall be
MEMBERS = {"session_id", "status", "prompt", "result", "created", "expires", "duration_ms"}


def the_output(seen: Seen, tag: str) -> Frame:
    """Return the OUTPUT of a run on a WebSocket."""
    for frame in frames(seen, tag, "OUTPUT"):
        return frame
    raise Broken("no OUTPUT came")


def is_number(value: Any) -> bool:
    """Whether JSON had a number there."""
    return isinstance(value, int | float) and not isinstance(value, bool)


@check("CO-SESS-01", runs_over_http)
def test_a_run_without_an_id_gets_one_of_its_own(seen: Seen) -> None:
    one, other = seen.answer("a run without an id"), seen.answer("another run without an id")
    for answer in (one, other):
        answer.must_be(200)
        id = answer.member("session_id")
        answer.must(UUID.fullmatch(str(id).lower()), f"`session_id` is no UUID: {id!r}")
    other.must(one.member("session_id") != other.member("session_id"), "two runs have one id")


@check("CO-SESS-02", runs_over_http, a_run_on_a_websocket)
def test_an_id_that_is_given_is_taken_as_it_is(seen: Seen) -> None:
    run, record = seen.answer("a run with an id"), seen.answer("the record of a run with an id")
    over_http = seen.noted("the id of a run over HTTP").data["id"]
    on_a_socket = seen.noted("the id of a run on a WebSocket").data["id"]
    run.must_be(200)
    run.must_say(session_id=over_http)
    record.must_be(200)
    record.must_say(session_id=over_http)
    output = the_output(seen, "a run on a WebSocket")
    for told, id in ((run.member("session"), over_http), (output.body.get("session"), on_a_socket)):
        if not isinstance(told, dict) or told.get("session_id") != id:
            raise Broken(f"the `session` that came back is not that of {id!r}: {told!r}")
    if output.body.get("session_id") != on_a_socket:
        raise Broken("the OUTPUT names another session", output.event)


@check("CO-SESS-03", runs_over_http, a_run_on_a_websocket)
def test_the_record_of_a_run_has_its_result(seen: Seen) -> None:
    run, record = seen.answer("a run with an id"), seen.answer("the record of a run with an id")
    record.must_be(200)
    record.must_say(status="done", result=run.member("result"))
    output, late = the_output(seen, "a run on a WebSocket"), "the record of a run that is over"
    seen.answer(late).must_be(200)
    seen.answer(late).must_say(status="done", result=output.body.get("result"))


def in_time(look: Answer, begun: Event, seconds: float) -> Answer:
    """Return a look at what is there for so many seconds; one that came late shows nothing."""
    late = look.reply.time - begun.time
    if late >= seconds:
        raise NotObserved(
            f"it was looked at {late:.1f} s after it began, {seconds:g} s are too many"
        )
    return look


def while_it_runs(seen: Seen, tag: str, *, run: str, seconds: float) -> Answer:
    """Return a look at a run on a WebSocket that takes so many seconds."""
    prompts = seen.events_of(MESSAGE, tag=run, direction=Direction.KIT)
    for asked in prompts:
        return in_time(seen.answer(tag), asked, seconds)
    raise Missing(run)


@check("CO-SESS-04", a_run_on_a_websocket)
def test_a_run_that_goes_on_says_so(seen: Seen) -> None:
    run, tag = "a run on a WebSocket", "the record of a run that goes on"
    record = while_it_runs(seen, tag, run=run, seconds=RUNS)
    record.must_be(200)
    record.must_say(status="running", result=None)


@check("CO-SESS-05")
def test_a_run_goes_on_or_is_done(seen: Seen) -> None:
    for record in seen.exchanges(lambda each: each.ok and _asks_for_a_record(each.request.data)):
        said = record.member("status")
        record.must(said in {"running", "done"}, f"`status` is {said!r}")


def _asks_for_a_record(request: Mapping[str, Any]) -> bool:
    return request["method"] == "GET" and str(request["target"]).startswith("/sessions/")


@check("CO-SESS-06", runs_over_http)
def test_an_id_that_nobody_used_has_no_record(seen: Seen) -> None:
    seen.answer("the record of a run with an id").must_be(200)
    seen.answer("the record of no run").must_be(404)


@check("CO-SESS-07", runs_over_http)
def test_a_record_is_whole(seen: Seen) -> None:
    record = seen.answer("the record of a run with an id")
    record.must_be(200)
    missing = MEMBERS - (record.json or {}).keys()
    record.must(not missing, f"the record has no {', '.join(sorted(missing))}")
    record.must_say(prompt="named")
    for name in ("created", "expires", "duration_ms"):
        record.must(is_number(record.member(name)), f"`{name}` is no number")
    kept = record.member("expires") - record.member("created")
    ttl = float(seen.fact("result_ttl", DAY))
    record.must(abs(kept - ttl) <= CLOSE, f"it is kept for {kept:g} s, not {ttl:g} s")


@check("CO-SESS-08", runs_over_http)
def test_a_result_is_kept_for_a_day(seen: Seen) -> None:
    ours, ttl = seen.noted("who started it").data["kit"], seen.fact("result_ttl")
    if not ours and ttl is not None and float(ttl) != DAY:
        raise NotObserved(f"the host was started to keep results for {ttl} s")
    record = seen.answer("the record of a run with an id")
    record.must_be(200)
    times = (record.member("created"), record.member("expires"))
    record.must(all(map(is_number, times)), "`created` and `expires` are no numbers")
    kept = times[1] - times[0]
    record.must(abs(kept - DAY) <= CLOSE, f"it is kept for {kept:g} s")


@check("CO-SESS-12", a_run_that_fails)
def test_a_run_that_failed_does_not_go_on(seen: Seen) -> None:
    record = seen.answer("the record of a failure")
    record.must(record.member("status") != "running", "the run failed and is `running`")


@check("CO-SESS-13", a_client_that_leaves)
def test_a_run_ends_well_without_its_client(seen: Seen) -> None:
    run, tag = "a client that leaves", "a run before its client left"
    while_it_runs(seen, tag, run=run, seconds=RUNS).must_say(status="running")
    record = seen.answer("a run whose client left")
    record.must_be(200)
    record.must_say(status="done", result="slept")


@check("CO-SESS-15", ids_that_come_again)
def test_each_id_is_listed_once_and_the_newest_first(seen: Seen) -> None:
    answer, ids = seen.answer("the list"), seen.noted("the ids").data
    answer.must_be(200)
    listed = answer.member("sessions")
    answer.must(isinstance(listed, list), "`sessions` is no array")
    names = [each.get("session_id") for each in listed]
    answer.must(len(names) == len(set(names)), "an id is listed twice")
    times = [each.get("created") for each in listed]
    answer.must(times == sorted(times, reverse=True), "the newest do not come first")
    for name in ("first", "second"):
        answer.must(ids[name] in names, f"the {name} session is not listed")
    answer.must(names.index(ids["first"]) < names.index(ids["second"]), "a later run comes later")
    record = seen.answer("the record of an id that came again")
    for told in (listed[names.index(ids["first"])], record.json or {}):
        answer.must(told.get("prompt") == "after", "the id has not its latest state")


@check("CO-SESS-16", odd_ids)
def test_the_id_in_a_path_is_decoded(seen: Seen) -> None:
    record = seen.answer("the record of an odd id")
    record.must_be(200)
    record.must_say(session_id=seen.noted("the odd id").data["id"])


@check("CO-SESS-17", a_session_that_goes_on)
def test_a_session_goes_on_where_it_was(seen: Seen) -> None:
    first, second = seen.answer("the first turn"), seen.answer("the second turn")
    before, after = first.member("session"), second.member("session")
    for answer, told in ((first, before), (second, after)):
        answer.must_be(200)
        answer.must(isinstance(told, dict), "no `session` came back")
        answer.must(isinstance(told.get("messages"), list), "`session` has no `messages`")
        answer.must(is_number(told.get("turn")), "`session` has no `turn`")
    second.must_say(session_id=first.member("session_id"))
    told, known = after["messages"], before["messages"]
    second.must(told[: len(known)] == known, "what was said before has been changed")
    second.must(len(told) > len(known), "`messages` has not grown")
    second.must(after["turn"] == before["turn"] + 1, "`turn` has not been counted")


@check("CO-SESS-19", an_id_of_somebody_else)
def test_nobody_overwrites_the_session_of_another(seen: Seen) -> None:
    for answer in seen.negatives("the id of another's session"):
        answer.must(not answer.ok, "another's session was taken")
    record = seen.answer("the record whose id another used")
    record.must_be(200)
    record.must_say(prompt="mine")


@check("CO-SESS-20", odd_ids, cases=tuple(NO_IDS))
def test_what_is_no_text_is_no_id(seen: Seen, case: str) -> None:
    for answer in seen.negatives(case):
        answer.must(not answer.ok, f"{case} was taken for an id")


@check("CO-SESS-21", a_result_that_is_no_text)
def test_a_result_that_is_no_text_harms_nobody_else(seen: Seen) -> None:
    listed = seen.answer("the list after an object")
    listed.must_be(200)
    listed.must(isinstance(listed.member("sessions"), list), "`sessions` is no array")
