"""CO-SESS: for how long a host keeps a result, for whom, and beyond its own end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion.scenarios_sessions import LONGER, TTL
from conformance.connectonion.scenarios_sessions_kept import (
    a_host_that_comes_back,
    a_result_that_expires,
    a_run_that_outlasts_its_time,
    who_reads,
)
from conformance.connectonion.test_sessions import in_time, the_output, while_it_runs
from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen

REFUSED = (401, 403, 404)


@check("CO-SESS-09", a_result_that_expires)
def test_a_result_is_gone_when_its_time_is_over(seen: Seen) -> None:
    run, last = seen.answer("a run"), [*seen.answers("a result that gets old")][-1]
    in_time(seen.answer("a result that is new"), run.request, TTL).must_be(200)
    last.must_be(404)
    age = last.reply.time - run.request.time
    last.must(age >= TTL, f"it was gone after {age:.2f} s")
    listed = seen.answer("the list")
    names = [each.get("session_id") for each in listed.member("sessions") or ()]
    listed.must(listed.ok and seen.noted("the id").data["id"] not in names, "it is listed still")


@check("CO-SESS-10", a_run_that_outlasts_its_time)
def test_a_run_that_goes_on_does_not_expire(seen: Seen) -> None:
    seen.answer("a run that is young").must_say(status="running")
    old = while_it_runs(seen, "a run that is old", run="a long run", seconds=LONGER)
    old.must_be(200)
    old.must_say(status="running")


@check("CO-SESS-11", a_run_that_outlasts_its_time)
def test_the_result_of_a_long_run_can_be_read(seen: Seen) -> None:
    over = the_output(seen, "a long run").event
    result = in_time(seen.answer("the result of an old run"), over, TTL)
    result.must_be(200)
    result.must_say(status="done", result="slept")


@check("CO-SESS-14", a_host_that_comes_back)
def test_a_result_survives_the_end_of_the_host(seen: Seen) -> None:
    before, after = seen.answer("a run before the end"), seen.answer("a result after the end")
    before.must_be(200)
    after.must_be(200)
    after.must_say(status="done", result=before.member("result"))


@check("CO-SESS-18", who_reads)
def test_records_are_for_their_owners(seen: Seen) -> None:
    id = seen.noted("the id").data["id"]
    seen.answer("a look with proof").must_be(200)
    for tag in ("a look without proof", "a look of somebody else"):
        seen.answer(tag).must_be(*REFUSED)
    for tag in ("a list without proof", "a list of somebody else"):
        listed = seen.answer(tag)
        if listed.ok and id.encode() in listed.body:
            raise Broken("somebody else is told of the session", *listed.evidence)


@check("CO-SESS-22", a_host_that_comes_back)
def test_a_run_that_was_lost_does_not_go_on(seen: Seen) -> None:
    seen.answer("a run under way before the end").must_say(status="running")
    record = seen.answer("a run under way after the end")
    record.must(record.status is not None, "no answer came")
    record.must(record.member("status") != "running", "nobody works on it, and it is `running`")
