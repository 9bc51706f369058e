"""CO-RELAY: what a relay passes on, and to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion import scenarios_relay_forwarding as scenes
from conformance.connectonion.talk import frames
from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken

if TYPE_CHECKING:
    from conformance.connectonion.talk import Frame
    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event

PAIRS, UNREACHABLE = scenes.two_pairs, scenes.agents_that_cannot_be_reached
PLACES = {scenes.FIRST: scenes.FIRST_AGENT, scenes.SECOND: scenes.SECOND_AGENT}


def about(seen: Seen, note: str, tag: str | None = None, *types: str) -> list[Frame]:
    """Return what came for a noted prompt: at a tagged line, or anywhere."""
    input_id = list(seen.notes(note))[-1].data["input_id"]
    return [each for each in frames(seen, tag, *types) if each.body.get("input_id") == input_id]


@check("CO-RELAY-14", PAIRS, cases=tuple(PLACES))
def test_a_prompt_goes_to_whom_it_names_and_its_result_back(seen: Seen, who: str) -> None:
    note = seen.noted(who)
    arrived = about(seen, who, None, "INPUT")
    if [frame.event.tag for frame in arrived] != [PLACES[who]]:
        raise Broken("the prompt did not come to its agent alone", note)
    if arrived[0].body.get("prompt") != note.data["prompt"]:
        raise Broken("the prompt came as another", note, arrived[0].event)
    results = about(seen, who, who, "OUTPUT")
    if f"result of {who}" not in [each.body.get("result") for each in results]:
        raise Broken("the result did not come back", note, arrived[0].event)


@check("CO-RELAY-15", UNREACHABLE)
def test_a_prompt_for_nobody_is_an_error(seen: Seen) -> None:
    _must_be_reachable(seen)
    must_be_an_error(seen, scenes.NOBODY)


def _must_be_reachable(seen: Seen) -> None:
    if not about(seen, scenes.TWIN, None, "OUTPUT"):
        raise Broken(
            "a prompt for an agent that is there was not answered", seen.noted(scenes.TWIN)
        )


def must_be_an_error(seen: Seen, what: str) -> None:
    """Demand that a prompt was refused by the relay."""
    note = must_not_be_passed_on(seen, what)
    if not about(seen, what, None, "ERROR"):
        raise Broken(f"{what} was not answered with an ERROR", note)


def must_not_be_passed_on(seen: Seen, what: str) -> Event:
    """Demand that a prompt came to nobody; return the note of it."""
    note = list(seen.notes(what))[-1]
    for frame in about(seen, what, None, "INPUT"):
        raise Broken(f"{what} was passed on", note, frame.event)
    return note


@check("CO-RELAY-16", UNREACHABLE, scenes.a_silent_agent, cases=(scenes.LEFT, scenes.SILENT))
def test_an_agent_that_is_gone_is_forgotten(seen: Seen, what: str) -> None:
    must_be_an_error(seen, what)


@check("CO-RELAY-17", UNREACHABLE, cases=scenes.REFUSED)
def test_a_bad_announcement_is_refused(seen: Seen, what: str) -> None:
    _must_be_reachable(seen)
    if not any(frames(seen, what, "ERROR")):
        raise Broken(f"{what} was not answered with an ERROR", seen.noted(what))
    must_not_be_passed_on(seen, what)


@check("CO-RELAY-18", PAIRS)
def test_an_answer_counts_from_the_agent_that_was_asked_alone(seen: Seen) -> None:
    note, results = seen.noted(scenes.FORGERY), about(seen, scenes.FORGERY, scenes.FIRST, "OUTPUT")
    for frame in results:
        if frame.body.get("result") == scenes.FORGED:
            raise Broken("another agent's answer came", note, frame.event)
    if not results:
        raise Broken("no answer came", note)


@check("CO-RELAY-19", scenes.noise)
def test_noise_harms_nothing(seen: Seen) -> None:
    if not about(seen, scenes.AFTER_NOISE, scenes.NOISY_GUEST, "OUTPUT"):
        raise Broken("nothing came back after noise", seen.noted(scenes.AFTER_NOISE))


@check("CO-RELAY-20", scenes.a_moved_agent)
def test_an_agent_is_where_it_announced_itself_last(seen: Seen) -> None:
    arrived = about(seen, scenes.MOVED, None, "INPUT")
    if [frame.event.tag for frame in arrived] != [scenes.NEW_LINE]:
        raise Broken("the prompt did not come on the new line alone", seen.noted(scenes.MOVED))


@check("CO-RELAY-21", scenes.looking_for_agents)
def test_who_is_there_is_told(seen: Seen) -> None:
    for tag, online in ((scenes.ONLINE, True), (scenes.OFFLINE, False)):
        answer = seen.answer(tag)
        answer.must_be(200)
        answer.must_say(online=online)
        answer.must(isinstance(answer.member("endpoints"), list), "`endpoints` is no list")
