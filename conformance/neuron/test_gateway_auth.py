"""NEURON-GW-AUTH: who may speak, and for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, NotObserved, Unmet
from conformance.neuron import scenarios_gateway_auth as auth
from conformance.neuron import scenarios_gateway_registration as registration
from conformance.neuron.peer import KINDS
from conformance.neuron.streams import any_frames, leases
from conformance.neuron.tasks import must_be_unchanged, task_in

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen

FOREIGN = ("heartbeat", "ack", "nack", "progress")


@check("NEURON-GW-AUTH-01", auth.bad_opens, cases=auth.BAD_BEARERS)
def test_an_open_is_unauthorized_with(seen: Seen, bearer: str) -> None:
    for answer in seen.negatives(f"an open with {bearer}"):
        answer.must_be(401)


@check("NEURON-GW-AUTH-02", auth.bad_posts, cases=KINDS)
def test_a_post_without_a_valid_bearer_is_unauthorized(seen: Seen, kind: str) -> None:
    good = seen.answer(f"{kind} with a good token")
    if good.status == 401:
        raise Unmet(f"a valid bearer is unauthorized: {good.shown()}", *good.evidence)
    for how in ("no bearer", "an unknown token"):
        seen.answer(f"{kind} with {how}").must_be(401)
    if kind == "register":
        for frame in any_frames(seen, "a stream beside bad bearers", kind="registered"):
            processed = frame.proof.number < good.request.number
            frame.must(not processed, "a register without a valid bearer was processed")


@check("NEURON-GW-AUTH-03", auth.repeated, cases=("progress", "ack"))
def test_a_refused_post_counts_once_when_it_is_repeated(seen: Seen, kind: str) -> None:
    refused = seen.answer(f"{kind} with a bad bearer")
    if refused.ok:
        raise Unmet("a bad bearer was accepted", *refused.evidence)
    again = seen.answer(f"{kind} again")
    again.must_be_ok()
    if kind == "progress":
        said = task_in(seen, "the task before its ack").get("progress")
        if said is None:
            raise NotObserved("the driver's `task` shows no progress")
        again.must(len(said) == 1, f"one progress counted {len(said)} times")
        return
    before = task_in(seen, "the task after a refused ack")["state"]
    refused.must(before == "leased", f"after an unauthorized ack the task is {before}")
    after = task_in(seen, "the task after its ack")["state"]
    again.must(after == "done", f"after its ack the task is {after}")


@check("NEURON-GW-AUTH-04", auth.several_bearers, cases=("register", "heartbeat", "stream"))
def test_any_bearer_of_an_identity_will_do_for(seen: Seen, what: str) -> None:
    first = seen.answer("a stream with one bearer")
    if not first.ok:
        raise Unmet(f"the first bearer was refused: {first.shown()}", *first.evidence)
    tag = "a stream with another bearer" if what == "stream" else f"{what} with another"
    seen.answer(tag).must_be_ok()


@check("NEURON-GW-AUTH-05", auth.rotated)
def test_a_stream_outlives_its_bearer(seen: Seen) -> None:
    expired = seen.answer("a heartbeat with the old bearer")
    if expired.status != 401:
        raise Unmet(f"the old bearer has not expired: {expired.shown()}", *expired.evidence)
    for end in seen.events_of("http.end", tag=auth.OLD_STREAM):
        raise Broken("the stream was cut when its bearer expired", end)
    if not leases(seen, auth.OLD_STREAM):
        raise Broken("no lease came on a stream whose bearer has expired", *expired.evidence)


@check("NEURON-GW-AUTH-06", auth.foreign_scope, auth.foreign_frames, registration.denied)
def test_what_an_identity_may_not_do_is_forbidden_not_unauthorized(seen: Seen) -> None:
    tags = {"a foreign scope", "a denied type", "a pending type"}
    tags |= {f"a foreign {kind}" for kind in FOREIGN}
    for answer in seen.exchanges(lambda each: each.request.tag in tags):
        answer.must(answer.status != 401, "a valid bearer is answered 401, so it is sent again")


@check("NEURON-GW-AUTH-07", auth.foreign_scope)
def test_the_tasks_of_another_user_are_forbidden(seen: Seen) -> None:
    for answer in seen.negatives("a foreign scope"):
        answer.must_be(403)


@check("NEURON-GW-AUTH-08", auth.foreign_frames, cases=FOREIGN)
def test_another_identity_cannot_speak_for_a_neuron(seen: Seen, kind: str) -> None:
    for answer in seen.negatives(f"a foreign {kind}"):
        answer.must_be_refused()
        if kind == "heartbeat":
            continue
        must_be_unchanged(seen, "the task before foreign frames", f"the task after foreign {kind}")
