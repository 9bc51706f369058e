"""CO-CLIENT: what a client sends, and what it makes of the answers."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from conformance.connectonion import scenarios_client_conversation as scenes
from conformance.connectonion.calls import call, calls
from conformance.connectonion.talk import CLOSE
from conformance.kit.judging.suite import check
from conformance.kit.transcript import Direction
from conformance.kit.verdict import Broken, NotObserved
from reference.connectonion.canonical import escaped
from reference.connectonion.identity import is_signed

if TYPE_CHECKING:
    from conformance.connectonion.calls import Told
    from conformance.connectonion.talk import Frame
    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event

IN_ORDER, FAILING = scenes.one_after_the_other, scenes.how_calls_fail
RELAYED, SLASH = scenes.through_a_relay, scenes.behind_a_slash
WINDOW = 300.0  # seconds
NORMAL = 1000


def upgrades(seen: Seen) -> list[Event]:
    """Return the client's requests for a WebSocket."""
    return [
        each.request
        for each in seen.exchanges(lambda each: each.request.direction is Direction.TARGET)
        if any(key.lower() == "upgrade" for key, _ in each.request.data["headers"])
    ]


def signed_payload(frame: Frame) -> dict[str, object]:
    """Return what a client's frame has signed; that the signature is bad breaks the rule."""
    payload, sender = frame.body.get("payload"), frame.body.get("from")
    signature = frame.body.get("signature")
    if not isinstance(payload, dict):
        raise Broken("`payload` is no object", frame.event)
    for name, value in (("from", sender), ("signature", signature)):
        if not isinstance(value, str):
            raise Broken(f"`{name}` is no text", frame.event)
    if not is_signed(escaped(payload), str(signature), str(sender)):
        raise Broken("the signature is not that of the payload in its normative form", frame.event)
    return payload


def must_be_of_now(seen: Seen, frame: Frame, payload: dict[str, object]) -> None:
    """Demand a timestamp that a host takes."""
    clock = seen.noted("the clock")
    now = clock.data["wall"] + frame.event.time - clock.time
    told = payload.get("timestamp")
    if not isinstance(told, int | float) or isinstance(told, bool):
        raise Broken(f"`timestamp` is no number: {told!r}", frame.event)
    if not abs(now - told) <= WINDOW:
        raise Broken(f"`timestamp` is {abs(now - told):.0f} s away from now", frame.event)


@check("CO-CLIENT-01", IN_ORDER, RELAYED, SLASH, cases=("direct", "relayed", "a slash"))
def test_a_client_dials_the_path_of_prompts(seen: Seen, how: str) -> None:
    slash = how == "a slash"
    found = [each for each in upgrades(seen) if (each.scenario == SLASH.name) == slash]
    found = [each for each in found if slash or bool(to_of(seen, each)) == (how == "relayed")]
    if not found:
        raise NotObserved(f"the client did not come so: {how}")
    for event in found:
        wanted = "/ws/input" if to_of(seen, event) else "/ws"
        if event.data["target"].partition("?")[0] != wanted:
            raise Broken(f"the client dialled {event.data['target']}, not {wanted}", event)


def to_of(seen: Seen, event: Event) -> str:
    """Return whom the client of a conversation calls through a relay; empty for none."""
    own = [e for e in seen.events if e.scenario == event.scenario and e.kind == "instance"]
    return str(own[-1].data["facts"].get("to") or "") if own else ""


@check("CO-CLIENT-02", IN_ORDER, RELAYED)
def test_the_first_frame_is_an_input_with_its_id_and_prompt(seen: Seen) -> None:
    for told in calls(seen):
        (first, *_) = told.frames() or [told.input]
        if first.type != "INPUT":
            raise Broken(f"the first frame is {first.type or first.shown()}, no INPUT", first.event)
        if not isinstance(first.body.get("input_id"), str) or not first.body["input_id"]:
            raise Broken("`input_id` is no text", first.event)
        _must_name(told, first)
        to = to_of(seen, told.note)
        if to and first.body.get("to") != to:
            raise Broken("`to` is not the address of the host", first.event)


def _must_name(told: Told, first: Frame) -> None:
    try:
        wanted = told.prompt
    except NotObserved:
        wanted = first.body.get("prompt", "")
    if not isinstance(wanted, str) or first.body.get("prompt") != wanted:
        raise Broken(f"`prompt` is {first.body.get('prompt')!r}, not {wanted!r}", first.event)


@check("CO-CLIENT-03", IN_ORDER, RELAYED)
def test_an_input_is_signed(seen: Seen) -> None:
    for told in calls(seen):
        if told.about == scenes.LETTERS:
            continue
        payload = signed_payload(told.input)
        must_be_of_now(seen, told.input, payload)
        if payload.get("prompt") != told.input.body.get("prompt"):
            raise Broken("the prompt that is signed is another", told.input.event)


@check("CO-CLIENT-04", IN_ORDER)
def test_other_letters_are_signed_in_the_escaped_form(seen: Seen) -> None:
    told = call(seen, scenes.LETTERS)
    payload = signed_payload(told.input)
    if payload.get("prompt") != told.prompt:
        raise Broken("the prompt that is signed is another", told.input.event)


@check("CO-CLIENT-05", IN_ORDER)
def test_every_input_has_an_id_of_its_own(seen: Seen) -> None:
    inputs = [frame for told in calls(seen) for frame in told.inputs]
    for one, other in combinations(inputs, 2):
        if one.body.get("input_id") == other.body.get("input_id"):
            raise Broken("two INPUTs have the same `input_id`", one.event, other.event)


@check("CO-CLIENT-06", IN_ORDER, cases=(scenes.NEXT, scenes.THIRD))
def test_an_output_ends_the_call_with_its_result(seen: Seen, about: str) -> None:
    call(seen, about).must_bring(seen.noted(f"result of {about}").data["result"])


@check("CO-CLIENT-07", IN_ORDER)
def test_the_session_of_an_output_goes_on_in_the_next_input(seen: Seen) -> None:
    sent, told = seen.noted("session").data["session"], call(seen, scenes.NEXT)
    if told.input.body.get("session") != sent:
        raise Broken("`session` is not that of the OUTPUT before", told.input.event)


@check("CO-CLIENT-08", FAILING, cases=scenes.ERRORS)
def test_an_error_ends_the_call_with_its_words(seen: Seen, how: str) -> None:
    call(seen, scenes.failing(how)).must_fail(scenes.NO_RESULT)


@check("CO-CLIENT-09", IN_ORDER)
def test_events_of_an_unknown_type_are_passed_over(seen: Seen) -> None:
    told = call(seen, scenes.EVENTFUL)
    last = list(seen.events_of("ws.message", tag="an event", direction=Direction.KIT))
    if len(last) < len(scenes.EVENTS):
        raise Broken("the client hung up at an event", *last[-1:])
    told.must_bring(seen.noted(f"result of {scenes.EVENTFUL}").data["result"])


@check("CO-CLIENT-15", IN_ORDER)
def test_a_question_reaches_the_application(seen: Seen) -> None:
    told, text = call(seen, scenes.QUESTION), seen.noted("question").data["text"]
    outcomes = [event for event in told.outcomes() if event.data["result"].get("done") is False]
    if not any(text in str(event.data["result"].get("asked")) for event in outcomes):
        raise Broken(f"the application was not asked {text!r}", told.note, *told.outcomes())


@check("CO-CLIENT-16", IN_ORDER)
def test_the_answer_travels_on_the_connection_of_the_question(seen: Seen) -> None:
    told = call(seen, scenes.QUESTION)
    told.outcomes()
    said = [frame for frame in told.frames() if frame.body.get("answer") == "b"]
    if not said:
        raise Broken("no answer came back as a frame with `answer`", told.note, told.input.event)
    if said[0].event.connection != told.input.event.connection:
        raise Broken("the answer came on another connection", told.input.event, said[0].event)


@check("CO-CLIENT-20", FAILING, cases=tuple(scenes.MALFORMED))
def test_a_frame_that_is_no_object_ends_the_call_with_an_error(seen: Seen, what: str) -> None:
    call(seen, scenes.malformed(what)).must_fail()


@check("CO-CLIENT-21", IN_ORDER, RELAYED)
def test_somebody_elses_result_is_not_taken(seen: Seen) -> None:
    told = call(seen, scenes.FOREIGN)
    told.must_bring(seen.noted(f"result of {scenes.FOREIGN}").data["result"])


@check("CO-CLIENT-22", IN_ORDER)
def test_a_socket_is_closed_normally_after_a_result(seen: Seen) -> None:
    told = call(seen, scenes.ORDINARY)
    ends = [
        event
        for event in seen.matching(lambda event: event.kind == CLOSE)
        if event.connection == told.input.event.connection and event.direction is Direction.TARGET
    ]
    if not ends:
        raise Broken("the client left its WebSocket open after a result", told.input.event)
    if ends[0].data["code"] != NORMAL:
        raise Broken(f"the client closed with {ends[0].data['code']}", ends[0])
