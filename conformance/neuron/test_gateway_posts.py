"""NEURON-GW-POST: what every post may count on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from conformance.kit.judging.seen import TWIN, Missing
from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, Unmet
from conformance.neuron import scenarios_gateway_posts as posts
from conformance.neuron.peer import KINDS, path_of
from conformance.neuron.streams import leases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.kit.judging.seen import Seen
    from conformance.kit.wire.exchange import Answer

PATHS = frozenset(map(path_of, KINDS))
WRONG_WAYS = {
    "an unknown path": 404,
    "GET register": 405,
    "GET heartbeat": 405,
    "POST events": 405,
}
INVALID_FRAME = "INVALID_FRAME"


def all_posts(seen: Seen) -> Iterator[Answer]:
    """Yield every answered post of a frame."""
    return seen.exchanges(
        lambda each: (
            each.status is not None
            and each.request.data["method"] == "POST"
            and each.request.data["target"] in PATHS
        )
    )


@check("NEURON-GW-POST-01", posts.paths, cases=KINDS)
def test_there_is_a_path_for(seen: Seen, kind: str) -> None:
    answer = seen.answer(f"nothing to {kind}")
    there = answer.status not in {404, 405, 501, None}
    answer.must(there, f"POST {path_of(kind)} is answered {answer.shown()}")


@check("NEURON-GW-POST-02")
def test_an_accepted_post_is_answered_2xx_with_json_if_it_says_so(seen: Seen) -> None:
    for answer in all_posts(seen):
        if not answer.ok or "application/json" not in (answer.header("Content-Type") or ""):
            continue
        answer.must(is_json(answer.body), "a success that says application/json has no JSON body")


def is_json(body: bytes) -> bool:
    """Whether a body is a JSON text."""
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


@check("NEURON-GW-POST-03")
def test_a_post_is_never_redirected(seen: Seen) -> None:
    for answer in all_posts(seen):
        redirected = 300 <= (answer.status or 0) < 400
        answer.must(not redirected, f"neurons take {answer.status} for a success")


@check("NEURON-GW-POST-04", posts.unread, cases=("empty", "full"))
def test_an_answer_does_not_wait_for_the_stream_to_be_read(seen: Seen, stream: str) -> None:
    tags = {
        "empty": ["register, unread"],
        "full": ["heartbeat, unread", "register again, unread"],
    }[stream]
    for tag in tags:
        answer = seen.answer(tag)
        answer.must(answer.status is not None, f"no answer: {answer.failure}")


@check("NEURON-GW-POST-05", posts.spellings, cases=tuple(posts.SPELLINGS))
def test_json_is_accepted_however_it_is_spelled(seen: Seen, how: str) -> None:
    seen.answer(f"a {how} register").must_be_ok()


@check("NEURON-GW-POST-06", posts.instants, cases=posts.INSTANTS)
def test_a_time_is_accepted_like(seen: Seen, at: str) -> None:
    seen.answer(f"a heartbeat of {at}").must_be_ok()


@check("NEURON-GW-POST-07", posts.invalid, cases=KINDS)
def test_an_invalid_frame_is_refused_as_one(seen: Seen, kind: str) -> None:
    tag = f"an invalid {kind}"
    for answer in twins(seen, tag):
        if answer.member("code") == INVALID_FRAME:
            raise Unmet(f"a valid frame is called invalid: {answer.shown()}", *answer.evidence)
    for answer in seen.answers(tag):
        answer.must_be_refused()
        answer.must_say(code=INVALID_FRAME)


def twins(seen: Seen, tag: str) -> list[Answer]:
    """Return the valid frames beside the invalid ones."""
    found = list(seen.answers(tag + TWIN)) + list(seen.answers("the ack after malformed posts"))
    if not found:
        raise Missing(tag + TWIN)
    return found


@check("NEURON-GW-POST-08", posts.paths, cases=tuple(WRONG_WAYS))
def test_what_does_not_exist_is_said_so(seen: Seen, way: str) -> None:
    seen.answer(way).must_be(WRONG_WAYS[way])


@check("NEURON-GW-POST-09", posts.lost)
def test_a_lost_ack_costs_a_redelivery_and_no_more(seen: Seen) -> None:
    note = seen.noted("a task whose ack is lost")
    found = leases(seen, task=note.data["task_id"])
    if len(found) < 2:
        raise Broken("the task whose ack was lost is not delivered again", note)
    seen.answer("the ack that arrives").must_be_ok()
    state = seen.noted("the task after its second ack").data["task"]["state"]
    found[1].must(state == "done", f"after its second delivery was acked the task is {state}")


@check("NEURON-GW-POST-10", posts.invalid, cases=("its own stream", "a bystander's", "monsters"))
def test_malformed_posts_disturb(seen: Seen, what: str) -> None:
    if what == "monsters":
        for answer in seen.exchanges(lambda each: each.request.tag.startswith("a monster")):
            known = answer.status is None or answer.status < 500
            answer.must(known, "a malformed post is the server's own fault, says the answer")
        seen.answer("a heartbeat after malformed posts").must_be_ok()
        return
    tag, beat_tag = {
        "its own stream": (posts.BESIDE, "a heartbeat after malformed posts"),
        "a bystander's": (posts.BYSTANDER, "a bystander's heartbeat"),
    }[what]
    opened = seen.answer(tag)
    for end in seen.events_of("http.end", tag=tag):
        raise Broken("the stream ended when malformed frames were posted", end)
    beat = seen.answer(beat_tag)
    beat.must(beat.ok and opened.ok, f"the neuron is no longer known: {beat.shown()}")
