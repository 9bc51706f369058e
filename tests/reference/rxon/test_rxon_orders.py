"""What a worker reads in answers and frames that nobody has to believe (sheet 3.5, 3.7)."""

import json
from typing import Any

import pytest

from reference.rxon.errands import Answer
from reference.rxon.orders import Orders, is_final, is_to_register, milliseconds, task_to_cancel


def test_an_answer_asks_for_a_full_sync_and_calls_tasks_off() -> None:
    said = {"require_full_sync": True, "cancel_task_ids": ["t1", "t2"]}
    assert Orders.of(said) == Orders(whole=True, cancelled=("t1", "t2"))


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        "x",
        {},
        {"require_full_sync": "yes", "cancel_task_ids": "t1"},
        {"cancel_task_ids": [5, None, ["t1"], {"t1": 1}]},
        {"cancel_task_ids": {"t1": 1}, "next_heartbeat_jitter_ms": []},
    ],
)
def test_what_makes_no_sense_asks_for_nothing(said: Any) -> None:
    assert Orders.of(said) == Orders()


@pytest.mark.parametrize(("value", "seconds"), [(1500, 1.5), ("1500", 1.5), (0.5, 0.0005)])
def test_a_jitter_is_in_milliseconds_also_as_text(value: Any, seconds: float) -> None:
    assert milliseconds(value) == seconds


@pytest.mark.parametrize("value", [None, "soon", -5, "nan", "inf", [], {}, 10**400])
def test_junk_is_no_jitter(value: Any) -> None:
    assert milliseconds(value) == 0


@pytest.mark.parametrize(
    ("status", "text", "register"),
    [
        (401, "", True),
        (404, "Worker NOT FOUND", True),
        (403, '{"error":"Unauthorized"}', True),
        (403, "bad signature", False),
        (404, "no such page", False),
        (500, "oops", False),
    ],
)
def test_who_is_unknown_is_told_so_in_words(status: int, text: str, *, register: bool) -> None:
    assert is_to_register(Answer(status=status, body=text.encode())) is register


@pytest.mark.parametrize(
    ("status", "body", "final"),
    [
        (200, b'{"status":"ignored"}', True),
        (204, b"", True),
        (200, b"null", True),
        (200, b"<html>", False),
        (302, b"", False),
        (400, b"", True),
        (401, b"", False),
        (403, b"", True),
        (429, b"", False),
        (500, b"", False),
    ],
)
def test_only_some_answers_are_the_last_word_on_a_result(
    status: int, body: bytes, *, final: bool
) -> None:
    assert is_final(Answer(status=status, body=body)) is final


def test_a_command_names_the_task_that_it_calls_off() -> None:
    assert task_to_cancel(b'{"command":"cancel_task","task_id":"t1","job_id":"j"}') == "t1"


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\xff",
        b"[1]",
        b"null",
        b"7",
        b"[" * 5000,
        b'{"command":"cancel_task"}',
        b'{"command":"cancel_task","task_id":5}',
        b'{"command":["cancel_task"],"task_id":"t1"}',
        json.dumps({"command": "dance", "task_id": "t1"}).encode(),
    ],
)
def test_other_frames_call_nothing_off(frame: bytes) -> None:
    assert task_to_cancel(frame) is None
