"""CO-RELAY: how a host is reached through a relay."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from conformance.connectonion import scenarios_relay_announcing as scenes
from conformance.connectonion.switchboard import ANNOUNCE
from conformance.connectonion.talk import frames
from conformance.kit.judging.seen import Missing
from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, NotObserved
from reference.connectonion.canonical import announcement
from reference.connectonion.identity import is_signed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.connectonion.talk import Frame
    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event

ANNOUNCING, BEATS = scenes.a_host_that_announces_itself, scenes.heartbeats
ADDRESS = re.compile("0x[0-9a-f]{64}")
SIGNATURE = re.compile("[0-9a-f]{128}")
SUMMARY = re.compile(".{0,1000}", re.DOTALL)
WINDOW = 300.0  # seconds
MOVED = 1.2  # seconds after which a timestamp in whole seconds is another
LATE = 2.0  # seconds that a busy machine may add


def first(seen: Seen) -> Frame:
    """Return the first frame of the host's first line."""
    for frame in frames(seen, scenes.FIRST):
        return frame
    raise Missing(scenes.FIRST)


def answer_to(seen: Seen, about: str) -> tuple[Event, dict[str, Any] | None]:
    """Return the note of a relayed prompt, and what it was answered with."""
    note = seen.noted(about)
    return note, note.data["answer"]


def must_be_answered(seen: Seen, about: str) -> None:
    """Demand an OUTPUT with the result of a relayed prompt."""
    note, answer = answer_to(seen, about)
    if answer is None:
        raise Broken(f"nothing came back for {about}, under its `input_id`", note)
    if answer.get("type") != "OUTPUT":
        raise Broken(f"{about} was answered with {answer}", note)
    if note.data["prompt"] not in str(answer.get("result")):
        raise NotObserved(f"the agent echoes nothing: {answer.get('result')!r}")


def now_at(seen: Seen, event: Event) -> float:
    """Return the wall clock at an event."""
    own = (each for each in seen.notes("the clock") if each.scenario == event.scenario)
    clock = next(own)
    return float(clock.data["wall"]) + event.time - clock.time


@check("CO-RELAY-01", ANNOUNCING)
def test_a_host_dials_its_relay_and_announces_itself(seen: Seen) -> None:
    (dialled, *_) = seen.events_of("http.request", tag=scenes.FIRST)
    if dialled.data["target"] != "/ws/announce":
        raise Broken(f"the host dialled {dialled.data['target']}, not /ws/announce", dialled)
    said = first(seen)
    if said.type != ANNOUNCE:
        raise Broken(f"the first frame is {said.shown()}", said.event)


def _is_like(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


FIELDS: Mapping[str, Callable[[Any], bool]] = {
    "address": _is_like(ADDRESS),
    "timestamp": _is_whole,
    "summary": _is_like(SUMMARY),
    "endpoints": _are_texts,
    "signature": _is_like(SIGNATURE),
}


@check("CO-RELAY-02", ANNOUNCING, cases=tuple(FIELDS))
def test_an_announcement_has_its_members(seen: Seen, name: str) -> None:
    said = first(seen)
    value = said.body.get(name)
    if not FIELDS[name](value):
        raise Broken(f"`{name}` is {value!r}", said.event)
    if name == "timestamp" and abs(now_at(seen, said.event) - float(str(value))) > WINDOW:
        raise Broken(f"`timestamp` is {value}, far away from now", said.event)


def must_be_signed(said: Frame) -> None:
    """Demand that an announcement is signed by the key in its address."""
    address, signature = str(said.body.get("address")), str(said.body.get("signature"))
    if not is_signed(announcement(said.body), signature, address):
        raise Broken("the signature is not that of the announcement by its address", said.event)


@check("CO-RELAY-03", ANNOUNCING)
def test_an_announcement_is_signed(seen: Seen) -> None:
    must_be_signed(first(seen))


@check("CO-RELAY-04", scenes.a_silent_relay)
def test_an_announcement_needs_no_acknowledgement(seen: Seen) -> None:
    must_be_answered(seen, scenes.UNACKNOWLEDGED)


@check("CO-RELAY-05", ANNOUNCING)
def test_a_relayed_prompt_is_answered_under_its_id(seen: Seen) -> None:
    must_be_answered(seen, scenes.PLAIN)


@check("CO-RELAY-06", ANNOUNCING)
def test_errors_and_unknown_frames_are_passed_over(seen: Seen) -> None:
    must_be_answered(seen, scenes.AFTER_ERRORS)


def beats(seen: Seen) -> list[Frame]:
    """Return the announcements of a line with heartbeats; one is too few."""
    found = list(frames(seen, scenes.BEATING, ANNOUNCE))
    if not found:
        raise Missing(scenes.BEATING)
    if len(found) == 1:
        raise Broken("the host announced itself once", found[0].event)
    return found


@check("CO-RELAY-07", BEATS)
def test_announcements_are_repeated(seen: Seen) -> None:
    found, promised = beats(seen), seen.noted("the heartbeat").data
    for one, other in pairwise(found):
        gap = other.event.time - one.event.time
        if gap > promised["seconds"] + LATE:
            raise Broken(f"{gap:.1f} s between two announcements", one.event, other.event)
    if len(found) < promised["beats"]:
        raise Broken(f"the host announced itself {len(found)} times", found[-1].event)


@check("CO-RELAY-08", BEATS)
def test_a_repeated_announcement_is_of_its_moment(seen: Seen) -> None:
    found = list(frames(seen, scenes.BEATING, ANNOUNCE))
    late = [each for each in found if each.event.time - found[0].event.time > MOVED]
    if not late:
        raise NotObserved("the host did not announce itself again")
    for said in late:
        must_be_signed(said)
        told, now = said.body.get("timestamp"), now_at(seen, said.event)
        if not isinstance(told, int) or abs(now - told) > MOVED + LATE:
            raise Broken(f"`timestamp` is {told!r}, and it is {now:.0f}", said.event)
        if told == found[0].body.get("timestamp"):
            raise Broken("`timestamp` is that of the first announcement", said.event)


@check("CO-RELAY-09", scenes.partings, cases=scenes.PARTINGS)
def test_a_host_comes_back_to_its_relay(seen: Seen, how: str) -> None:
    parted = seen.noted(how)
    if not any(said.type == ANNOUNCE for said in frames(seen, how)):
        raise Broken(f"the host did not announce itself again after {how}", parted)
    must_be_answered(seen, scenes.after(how))


@check("CO-RELAY-10", ANNOUNCING, scenes.a_strict_host, cases=(scenes.UNSIGNED, scenes.STRANGER))
def test_a_relayed_prompt_passes_the_same_gate_as_any_other(seen: Seen, about: str) -> None:
    must_be_answered(seen, scenes.SIGNED if about == scenes.UNSIGNED else scenes.TWIN)
    note, answer = answer_to(seen, about)
    if answer is not None and answer.get("type") == "OUTPUT":
        raise Broken(f"{about} was executed", note)


@check("CO-RELAY-11", scenes.an_agent_that_fails)
def test_a_failure_of_the_agent_is_reported(seen: Seen) -> None:
    note, answer = answer_to(seen, scenes.FAILED)
    if answer is None:
        raise Broken("nothing came back for a prompt at which the agent fails", note)
    must_be_answered(seen, scenes.AFTER_FAILURE)


@check("CO-RELAY-12", scenes.malformed_frames, cases=tuple(scenes.MALFORMED))
def test_a_malformed_frame_does_not_end_the_line(seen: Seen, what: str) -> None:
    must_be_answered(seen, scenes.after(what))


@check("CO-RELAY-13", scenes.partings, scenes.no_relay, cases=(scenes.GONE, scenes.UNREACHABLE))
def test_a_host_without_its_relay_is_there_all_the_same(seen: Seen, how: str) -> None:
    for answer in seen.answers(how):
        answer.must_be(200)


def must_have_slept(seen: Seen) -> Event:
    """Return the note of a prompt that takes long; NotObserved of an agent that does not do it."""
    note, answer = answer_to(seen, scenes.SLOW)
    if answer is None or answer.get("result") != "slept":
        raise NotObserved(f"the agent does not sleep: {answer} (fixtures/hosts/README.md)")
    return note


@check("CO-RELAY-22", scenes.agents_at_work)
def test_a_prompt_that_takes_long_keeps_no_other_waiting(seen: Seen) -> None:
    slow, beside = must_have_slept(seen), seen.noted(scenes.BESIDE)
    must_be_answered(seen, scenes.BESIDE)
    if beside.data["number"] > slow.data["number"]:
        raise Broken("the second prompt was answered after the first", beside, slow)


@check("CO-RELAY-23", scenes.agents_at_work)
def test_a_question_of_the_agent_is_answered_through_the_relay(seen: Seen) -> None:
    must_have_slept(seen)
    note, answer = answer_to(seen, scenes.ASKED_BACK)
    if answer is None or answer.get("result") != "answer:this one":
        raise Broken(f"the agent's question was not answered: {answer}", note)
