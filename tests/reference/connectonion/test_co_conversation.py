"""One WebSocket of a host, frame by frame, without its socket."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reference.connectonion import canonical
from reference.connectonion.authentication import Gate
from reference.connectonion.clients import Clients
from reference.connectonion.conversation import Begin, Conversation, Deliver, Say, event
from reference.connectonion.identity import Identity
from reference.connectonion.policy_text import load
from reference.connectonion.presets import PRESETS
from reference.connectonion.running import Desk
from reference.connectonion.sessions import Sessions
from reference.connectonion.trust import Trust

NOW = 1_700_000_000.0
ME = Identity.of_seed(b"\x07" * 32)
BUSY = "a run is active on this connection"


def conversation(trust: str = "open") -> Conversation:
    policy = load(PRESETS[trust], name=trust)[0]
    desk = Desk(Gate(), Trust(policy, Clients()), Sessions(), lambda: "fresh")
    return Conversation(desk)


def frame(kind: str, **payload: Any) -> str:
    signed = {"timestamp": NOW, **payload}
    signature = ME.sign(canonical.escaped(signed))
    return json.dumps({"type": kind, "payload": signed, "from": ME.address, "signature": signature})


def said(talk: Conversation, text: str | None) -> list[Any]:
    return [
        effect.frame if isinstance(effect, Say) else effect for effect in talk.hear(text, now=NOW)
    ]


def errors(talk: Conversation, text: str | None) -> list[str]:
    return [each["message"] for each in said(talk, text) if each["type"] == "ERROR"]


def running(prompt: str = "hi") -> Conversation:
    talk = conversation()
    (begin,) = talk.hear(frame("INPUT", prompt=prompt), now=NOW)
    assert isinstance(begin, Begin)
    assert begin.run.prompt == prompt
    return talk


@pytest.mark.parametrize("text", ['{"type": "x"}', "{}", '{"type": 5}', '{"type": "PONG"}', None])
def test_what_means_nothing_is_passed_over(text: str | None) -> None:
    assert said(conversation(), text) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "Invalid JSON"), ("[" * 100_000, "Invalid JSON"), ("5", "a frame is a JSON object")],
)
def test_what_is_no_frame_is_an_error(text: str, message: str) -> None:
    assert errors(conversation(), text) == [message]


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ('{"approved": true}', [Deliver({"approved": True})]),
        ('{"type": "PONG"}', []),
        (None, []),
        ("{", []),
    ],
)
def test_a_run_hears_frames_but_no_pong_nothing_binary_and_no_rubbish(
    text: str | None, heard: list[Any]
) -> None:
    assert said(running(), text) == heard


def test_a_second_prompt_waits_for_nobody_and_can_come_again() -> None:
    talk, second = running(), frame("INPUT", prompt="second")
    assert errors(talk, second) == [BUSY]
    (output,) = talk.finished("echo:hi", None, now=NOW + 0.25)
    assert isinstance(output, Say)
    assert output.frame == {
        "type": "OUTPUT",
        "result": "echo:hi",
        "session_id": "fresh",
        "duration_ms": 250,
        "session": None,
    }
    (begin,) = talk.hear(second, now=NOW)
    assert isinstance(begin, Begin)


def test_orders_during_a_run_are_words_to_the_agent() -> None:
    order = frame("ADMIN_PROMOTE", client_id="a")
    assert said(running(), order) == [Deliver(json.loads(order))]


@pytest.mark.parametrize(
    ("words", "message"), [("boom", "boom"), ("", "Agent completed without result")]
)
def test_a_failed_run_is_an_error(words: str, message: str) -> None:
    talk = running()
    (told,) = talk.failed(words, now=NOW)
    assert told == Say({"type": "ERROR", "message": message})
    assert talk.run is None


def test_only_a_run_can_end() -> None:
    with pytest.raises(RuntimeError, match="no run is under way"):
        conversation().finished("x", None, now=NOW)


def test_an_event_has_an_id_and_a_time_its_own_or_ours() -> None:
    assert event({"type": "a"}, new_id=lambda: "i", now=NOW).frame == {
        "type": "a",
        "id": "i",
        "ts": NOW,
    }
    kept = {"type": "a", "id": "own", "ts": 5}
    assert event(kept, new_id=lambda: "i", now=NOW).frame == kept


def test_a_stranger_is_told_how_to_come_in_and_who_is_refused_is_told_why() -> None:
    careful, strict = conversation("careful"), conversation("strict")
    (told,) = said(careful, frame("INPUT", prompt="hi"))
    assert (told["type"], told["methods"]) == ("ONBOARD_REQUIRED", ["invite_code", "payment"])
    assert errors(strict, frame("INPUT", prompt="hi")) == ["forbidden: Denied by fast rules"]
    assert errors(careful, frame("ONBOARD_SUBMIT", invite_code="x")) == ["Invalid invite code"]
    submission = frame("ONBOARD_SUBMIT", invite_code="OpenOnion")
    (welcome,) = said(careful, submission)
    assert (welcome["type"], welcome["level"]) == ("ONBOARD_SUCCESS", "contact")
    assert errors(careful, submission) == ["unauthorized: signature already used"]
