from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference.connectonion.authentication import Gate, of_headers
from reference.connectonion.client_core import (
    HANDLERS,
    Call,
    Effect,
    Hang,
    Manner,
    Open,
    Outcome,
    Poll,
    Say,
    Stage,
    Told,
)
from reference.connectonion.identity import Identity

NOW = 1_700_000_000.0
ME, HOST = Identity.of_seed(b"\x07" * 32), Identity.of_seed(b"\x01" * 32)


def call(prompt: str = "hi", **manner: Any) -> Call:
    numbers = itertools.count(1)
    return Call(
        Manner(identity=ME, **manner),
        prompt,
        {"session_id": "s"},
        lambda: f"id-{next(numbers)}",
        begun=NOW,
    )


def asked(one: Call) -> dict[str, Any]:
    """Bring a call to where it has asked; return its frame."""
    one.start()
    (said,) = one.opened(now=NOW)
    return frame(said)


def frame(effect: Effect) -> dict[str, Any]:
    assert isinstance(effect, Say)
    told: dict[str, Any] = json.loads(effect.text)
    return told


def hear(one: Call, **told: Any) -> list[Effect]:
    return one.hear(json.dumps(told), now=NOW + 1)


@pytest.mark.parametrize(("to", "path"), [("", "/ws"), (HOST.address, "/ws/input")])
def test_a_call_begins_where_the_host_or_its_relay_takes_prompts(to: str, path: str) -> None:
    assert call(to=to).start() == [Open(path)]


@pytest.mark.parametrize("to", ["", HOST.address])
def test_the_first_frame_is_a_signed_prompt(to: str) -> None:
    said = asked(call("hé", to=to))
    assert (said["type"], said["input_id"], said["prompt"]) == ("INPUT", "id-1", "hé")
    assert said["session"] == {"session_id": "s"}
    assert said.get("to", "") == to
    assert Gate(HOST.address if to else "").check(said, now=NOW).payload["prompt"] == "hé"


def test_the_same_prompt_twice_in_a_second_is_no_replay() -> None:
    numbers, gate = itertools.count(1), Gate()
    for _ in range(2):
        one = Call(Manner(identity=ME), "yes", {"session_id": "s"}, lambda: f"{next(numbers)}", NOW)
        gate.use(asked(one), now=NOW)


def test_an_output_ends_the_call_with_its_result_and_a_normal_close() -> None:
    one = call()
    asked(one)
    effects = hear(one, type="OUTPUT", result={"a": 1}, session={"session_id": "s", "turn": 1})
    assert effects == [Hang(1000), Outcome(result={"a": 1})]
    assert one.session == {"session_id": "s", "turn": 1}
    assert one.due() is None


def test_through_a_relay_only_its_own_output_counts() -> None:
    one = call(to=HOST.address)
    asked(one)
    assert hear(one, type="OUTPUT", input_id="other", result="no") == []
    assert hear(one, type="OUTPUT", input_id="id-1", result="yes")[-1] == Outcome(result="yes")


@pytest.mark.parametrize("session", [{"turn": 1}, {"session_id": 5}, {"session_id": ""}, None, "s"])
def test_a_session_keeps_an_id_by_which_it_can_be_recovered(session: Any) -> None:
    one = call()
    asked(one)
    hear(one, type="OUTPUT", result="r", session=session)
    assert one.session_id == "s"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "s", "id-1"]),
    lambda each: (
        st.lists(each, max_size=2) | st.dictionaries(st.text(max_size=2), each, max_size=2)
    ),
    max_leaves=4,
)
MEMBERS = ("input_id", "session", "result", "message", "error", "methods", "status", "prompt")
FRAMES = st.fixed_dictionaries(
    {"type": st.sampled_from([*HANDLERS, "ask_user"]) | JSON},
    optional=dict.fromkeys(MEMBERS, JSON),
)


@given(
    frames=st.lists(FRAMES | JSON, max_size=4),
    polls=st.lists(
        st.tuples(st.sampled_from([200, 404, 401, 500, None]), FRAMES | JSON), max_size=4
    ),
    to=st.sampled_from(["", HOST.address]),
)
@settings(max_examples=300, deadline=None)
def test_whatever_a_host_says_a_call_goes_on_or_ends_once(
    frames: list[Any], polls: list[tuple[int | None, Any]], to: str
) -> None:
    one = call(to=to, invite_code="C", poll_interval=1)
    effects = [*one.start(), *one.opened(now=NOW)]
    for each in frames:
        effects += one.hear(json.dumps(each), now=NOW)
    effects += one.closed("gone", now=NOW)
    for moment, (status, body) in enumerate(polls, start=1):
        effects += one.polled(status, body, now=NOW + moment)
        effects += one.opened(now=NOW) if one.stage is Stage.OPENING else []
        effects += one.tick(now=NOW + moment + 1)
    ends = [each for each in effects if isinstance(each, Outcome)]
    assert len(ends) == (one.stage is Stage.OVER)


@pytest.mark.parametrize("told", [{"message": "no"}, {"error": "no"}])
def test_an_error_ends_the_call_with_its_words(told: dict[str, str]) -> None:
    one = call()
    asked(one)
    assert hear(one, type="ERROR", **told) == [Hang(1011), Outcome(error="no")]


@pytest.mark.parametrize("text", ["{", "[]", "5", "null", "[" * 100_000])
def test_what_is_no_object_ends_the_call_with_an_error(text: str) -> None:
    one = call()
    asked(one)
    effects = one.hear(text, now=NOW)
    assert isinstance(effects[-1], Outcome)
    assert "no JSON object" in effects[-1].error


def test_a_ping_is_answered_and_other_frames_are_told() -> None:
    one = call()
    asked(one)
    assert frame(hear(one, type="PING")[0]) == {"type": "PONG"}
    assert hear(one, type="thinking", x=1) == [Told({"type": "thinking", "x": 1})]
    assert hear(one, x=1) == [Told({"x": 1})]
    assert one.stage is Stage.ASKED


def test_a_code_is_offered_once_and_then_the_prompt_comes_again() -> None:
    one = call(invite_code="C")
    first = asked(one)
    (offer,) = hear(one, type="ONBOARD_REQUIRED", methods=["invite_code"])
    assert frame(offer)["payload"]["invite_code"] == "C"
    assert Gate().check(frame(offer), now=NOW)
    told, again = hear(one, type="ONBOARD_SUCCESS", level="contact")
    assert isinstance(told, Told)
    assert frame(again)["prompt"] == first["prompt"]
    assert frame(again)["input_id"] != first["input_id"]
    (_, ended) = hear(one, type="ONBOARD_REQUIRED", methods=["invite_code"])
    assert isinstance(ended, Outcome)


@pytest.mark.parametrize(
    ("code", "methods"), [("", ["invite_code"]), ("C", ["payment"]), ("C", None)]
)
def test_who_cannot_onboard_is_told_so(code: str, methods: Any) -> None:
    one = call(invite_code=code)
    asked(one)
    (_, ended) = hear(one, type="ONBOARD_REQUIRED", methods=methods)
    assert isinstance(ended, Outcome)
    assert "demands onboarding" in ended.error


def test_an_answer_travels_on_the_same_connection() -> None:
    one = call()
    asked(one)
    hear(one, type="ask_user", text="why")
    (said,) = one.answer({"type": "ASK_USER_RESPONSE", "answer": "so"})
    assert frame(said)["answer"] == "so"


def test_a_lost_connection_is_followed_by_polls_until_the_run_is_done() -> None:
    one = call(poll_interval=10)
    asked(one)
    assert one.closed("gone", now=NOW) == [Poll("/sessions/s")]
    assert one.polled(200, {"status": "running"}, now=NOW + 1) == []
    assert one.due() == NOW + 11
    assert one.tick(now=NOW + 10) == []
    assert one.tick(now=NOW + 11) == [Poll("/sessions/s")]
    assert one.polled(None, None, now=NOW + 12) == []
    one.tick(now=NOW + 22)
    done = one.polled(200, {"status": "done", "result": ""}, now=NOW + 23)
    assert done == [Outcome(result="")]


def test_polling_ends_after_so_many_attempts() -> None:
    one = call(poll_attempts=2, poll_interval=1)
    asked(one)
    one.closed("gone", now=NOW)
    one.polled(500, None, now=NOW)
    one.tick(now=NOW + 1)
    assert one.polled(500, None, now=NOW + 1) == [
        Outcome(error="gone, and polling brought no result")
    ]


@pytest.mark.parametrize(
    "record", [(404, None), (200, {"status": "done", "prompt": "before", "result": "old"})]
)
def test_a_prompt_that_never_arrived_is_sent_again(record: tuple[int, Any]) -> None:
    one = call()
    asked(one)
    one.closed("gone", now=NOW)
    assert one.polled(*record, now=NOW + 1) == []  # the prompt may arrive behind the poll
    one.tick(now=NOW + 11)
    assert one.polled(*record, now=NOW + 12) == [Open("/ws")]
    (again,) = one.opened(now=NOW + 13)
    assert frame(again)["input_id"] == "id-2"
    assert frame(again)["session"] == {"session_id": "s"}


@pytest.mark.parametrize("sign", ["a ping", "an event", "a record"])
def test_a_run_that_had_begun_is_not_begun_again(sign: str) -> None:
    one = call(poll_interval=1)
    asked(one)
    if sign != "a record":
        hear(one, type="PING" if sign == "a ping" else "thinking")
    one.closed("gone", now=NOW)
    if sign == "a record":
        one.polled(200, {"status": "running", "prompt": "hi"}, now=NOW)
        one.tick(now=NOW + 1)
    assert one.polled(404, None, now=NOW + 1) == []
    one.tick(now=NOW + 2)
    assert one.polled(404, None, now=NOW + 2) == [
        Outcome(error="gone, and the host knows no result")
    ]


def test_a_prompt_that_was_never_sent_is_sent_as_soon_as_the_host_is_there() -> None:
    one = call()
    one.start()
    assert one.closed("no connection", now=NOW) == [Poll("/sessions/s")]
    assert one.polled(None, None, now=NOW) == []
    one.tick(now=NOW + 10)
    assert one.polled(404, None, now=NOW + 10) == [Open("/ws")]


def test_a_prompt_that_nobody_knows_is_not_sent_again_for_ever() -> None:
    one = call(timeout=100, poll_interval=1)
    asked(one)
    one.closed("gone", now=NOW)
    one.polled(404, None, now=NOW + 99)
    one.tick(now=NOW + 100)
    assert one.polled(404, None, now=NOW + 100) == [
        Outcome(error="gone, and the host knows nothing of it")
    ]


def test_what_comes_after_the_end_is_not_heard() -> None:
    one = call()
    asked(one)
    hear(one, type="OUTPUT", result="r")
    assert hear(one, type="OUTPUT", result="s") == []
    assert one.hear("{", now=NOW) == []


def test_a_silent_host_is_given_up_and_asked_for_the_record() -> None:
    one = call(dead_after=60)
    asked(one)
    assert one.due() == NOW + 60
    assert one.tick(now=NOW + 59) == []
    assert one.tick(now=NOW + 60) == [Hang(1011), Poll("/sessions/s")]


def test_a_call_that_lasts_too_long_asks_for_the_record() -> None:
    one = call(timeout=100, dead_after=1000)
    asked(one)
    hear(one, type="PING")
    assert one.tick(now=NOW + 100) == [Hang(1011), Poll("/sessions/s")]
    assert one.closed("late", now=NOW + 101) == []


@pytest.mark.parametrize("status", [401, 403])
def test_who_is_asked_for_proof_shows_whose_the_session_is(status: int) -> None:
    one = call(poll_interval=1)
    asked(one)
    one.closed("gone", now=NOW)
    assert one.polled(status, {"error": "unauthorized"}, now=NOW) == []
    (again,) = one.tick(now=NOW + 1.5)
    assert isinstance(again, Poll)
    told = dict(again.headers)
    envelope = of_headers(told["X-From"], told["X-Signature"], told["X-Timestamp"])
    assert Gate().check(envelope, now=NOW).caller == ME.address


def test_an_earlier_call_can_be_recovered_by_its_session() -> None:
    one = call("")
    assert one.recover(now=NOW) == [Poll("/sessions/s")]
    done = one.polled(200, {"status": "done", "prompt": "p", "result": "r"}, now=NOW)
    assert done == [Outcome(result="r")]
    unknown = call("")
    unknown.recover(now=NOW)
    (ended,) = unknown.polled(404, None, now=NOW)
    assert isinstance(ended, Outcome)
    assert ended.error


def test_a_session_id_is_escaped_in_the_path() -> None:
    one = call()
    one.session = {"session_id": "a/b c"}
    asked(one)
    assert one.closed("gone", now=NOW) == [Poll("/sessions/a%2Fb%20c")]
