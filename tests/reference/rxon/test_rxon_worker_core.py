"""What a worker does next, on a clock that the test moves (sheet 5.6)."""

import json
from typing import Any

import pytest
from rxon_worker_bench import Bench

from reference.rxon.errands import (
    HEARTBEAT,
    POLL,
    REGISTER,
    SOCKET,
    TOKEN,
    Connect,
    Errand,
    Phase,
    Say,
)
from reference.rxon.execution import CANCELLED, Outcome, crashed

RESULT_1 = (Errand.RESULT, "t1")
FAREWELL = (Errand.FAREWELL, "")


# Registration


def test_a_worker_registers_before_it_polls() -> None:
    bench = Bench()
    assert [send.path for send in bench.done if hasattr(send, "path")] == [
        "/_worker/workers/register"
    ]
    bench.answer(REGISTER)
    assert len(bench.sent(Errand.POLL)) == 1
    assert len(bench.sent(Errand.HEARTBEAT)) == 1


def test_a_failed_registration_is_tried_again_after_2_4_and_8_seconds_up_to_a_minute() -> None:
    assert Bench().gaps(REGISTER, 7) == [2, 4, 8, 16, 32, 60, 60]


@pytest.mark.parametrize(
    ("headers", "waited"), [({"retry_after": "7"}, 7), ({}, 30), ({"retry_after": "0"}, 30)]
)
def test_a_limited_registration_waits_as_told_or_half_a_minute(
    headers: dict[str, str], waited: int
) -> None:
    bench = Bench()
    bench.answer(REGISTER, 429, **headers)
    bench.wait(waited - 0.1)
    assert not bench.under_way(REGISTER)
    bench.wait(0.2)
    assert bench.under_way(REGISTER)


# Heartbeats


def test_heartbeats_come_every_interval() -> None:
    bench = Bench(heartbeat_interval=10).hired()
    bench.wait(9.9)
    assert len(bench.sent(Errand.HEARTBEAT)) == 1
    bench.wait(0.2)
    assert len(bench.sent(Errand.HEARTBEAT)) == 2


def test_a_heartbeat_tells_what_runs_and_that_the_worker_is_full() -> None:
    bench = Bench(tasks=2).hired()
    bench.give(1)
    bench.wait(2)
    bench.answer(HEARTBEAT)
    bench.give(2)
    bench.wait(2)
    some, full = bench.bodies(Errand.HEARTBEAT)[1:]
    assert (some["status"], some["current_tasks"]) == ("idle", ["t1"])
    assert (full["status"], full["current_tasks"]) == ("full", ["t1", "t2"])
    assert some["available_skills"] == ["echo", "strict"]
    assert "available_skills" not in full


def test_changes_are_told_at_most_once_per_cool_down() -> None:
    bench = Bench(tasks=9, heartbeat_interval=100, heartbeat_cooldown=2).hired()
    for number in range(1, 6):
        bench.give(number)
    bench.wait(1.9)
    assert len(bench.sent(Errand.HEARTBEAT)) == 1
    bench.wait(1)
    assert len(bench.sent(Errand.HEARTBEAT)) == 2


def test_a_change_during_a_heartbeat_is_told_by_the_next() -> None:
    bench = Bench(heartbeat_interval=100, heartbeat_cooldown=2).hired()
    bench.give(1)
    bench.wait(2)
    bench.end(1)
    bench.answer(HEARTBEAT)
    bench.wait(2)
    assert bench.bodies(Errand.HEARTBEAT)[-1]["current_tasks"] == []


def test_the_catalogue_is_told_again_only_when_it_is_asked_for() -> None:
    bench = Bench(heartbeat_interval=10).hired()
    bench.wait(10)
    bench.answer(HEARTBEAT, body={"status": "ok", "require_full_sync": True})
    bench.wait(10)
    bench.answer(HEARTBEAT)
    bench.wait(10)
    told = ["supported_skills" in body for body in bench.bodies(Errand.HEARTBEAT)]
    assert told == [False, False, True, False]


@pytest.mark.parametrize(("jitter", "waited"), [(1500, 11.5), ("1500", 11.5), ("junk", 10)])
def test_a_jitter_delays_the_next_heartbeat(jitter: Any, waited: float) -> None:
    bench = Bench(heartbeat_interval=10)
    bench.answer(REGISTER)
    bench.answer(HEARTBEAT, body={"next_heartbeat_jitter_ms": jitter})
    bench.wait(waited - 0.1)
    assert not bench.under_way(HEARTBEAT)
    bench.wait(0.2)
    assert bench.under_way(HEARTBEAT)


@pytest.mark.parametrize(
    ("status", "text"), [(404, "Worker 'w' not found"), (401, ""), (403, "UNAUTHORIZED: no")]
)
def test_a_worker_that_is_unknown_registers_again_and_then_goes_on(status: int, text: str) -> None:
    bench = Bench()
    bench.answer(REGISTER)
    bench.answer(HEARTBEAT, status, body=text.encode())
    if status == 401:
        bench.answer(TOKEN, 403)
    assert bench.core.phase is Phase.APPLYING
    bench.answer(POLL, 204)
    bench.wait(60)
    assert len(bench.sent(Errand.POLL)) == 1
    bench.answer(REGISTER)
    assert len(bench.sent(Errand.POLL)) == 2
    assert len(bench.sent(Errand.HEARTBEAT)) == 2


@pytest.mark.parametrize("status", [403, 404, 500])
def test_another_refusal_of_a_heartbeat_is_no_reason_to_register(status: int) -> None:
    bench = Bench(heartbeat_interval=10)
    bench.answer(REGISTER)
    bench.answer(HEARTBEAT, status)
    bench.wait(9.9)
    assert not bench.under_way(HEARTBEAT)
    bench.wait(0.2)
    assert bench.under_way(HEARTBEAT)
    assert len(bench.sent(Errand.REGISTER)) == 1


def test_lost_heartbeats_come_ever_later() -> None:
    bench = Bench(heartbeat_interval=10)
    bench.answer(REGISTER)
    assert bench.gaps(HEARTBEAT, 4) == [10, 20, 40, 60]


# Polls


def test_a_poll_tells_its_timeout_and_the_skills() -> None:
    bench = Bench(poll_timeout=12.5).hired()
    poll = bench.sent(Errand.POLL)[0]
    assert poll.path == "/_worker/workers/w/tasks/next?timeout=12.5&available_skills=echo%2Cstrict"
    assert poll.within == 17.5


@pytest.mark.parametrize(("status", "body"), [(204, None), (200, {}), (404, None), (500, b"oops")])
def test_whatever_a_poll_brings_the_next_comes_after_the_idle_delay(status: int, body: Any) -> None:
    bench = Bench(idle_delay=0.5).hired()
    for _ in range(3):
        bench.answer(POLL, status, body)
        assert not bench.under_way(POLL)
        bench.wait(0.5)
    assert len(bench.sent(Errand.POLL)) == 4


@pytest.mark.parametrize(
    "body",
    [
        [1],
        "x",
        {"job_id": "j"},
        {"job_id": "j", "task_id": 5, "type": "echo"},
        b"{",
    ],
)
def test_what_is_no_task_starts_nothing_and_polling_goes_on(body: Any) -> None:
    bench = Bench().hired()
    bench.answer(POLL, 200, body)
    bench.wait(0.5)
    bench.give(2)
    assert bench.started == ["t2"]


def test_lost_polls_come_ever_later_until_one_is_answered() -> None:
    bench = Bench().hired()
    assert bench.gaps(POLL, 7) == [1, 2, 4, 8, 16, 32, 60]
    bench.answer(POLL, 204)
    bench.wait(0.5)
    assert bench.gaps(POLL, 1) == [1]


def test_a_limited_poll_waits_half_a_minute_unless_told() -> None:
    bench = Bench().hired()
    bench.answer(POLL, 429)
    bench.wait(29.9)
    assert not bench.under_way(POLL)
    bench.wait(0.2)
    bench.answer(POLL, 429, retry_after="2")
    bench.wait(2)
    assert bench.under_way(POLL)


def test_a_full_worker_does_not_poll_until_a_task_has_ended() -> None:
    bench = Bench(tasks=1).hired()
    bench.give(1)
    bench.wait(60)
    assert not bench.under_way(POLL)
    bench.end(1)
    assert bench.under_way(POLL)


def test_a_worker_with_room_polls_on_at_once() -> None:
    bench = Bench(tasks=2).hired()
    bench.give(1)
    assert bench.under_way(POLL)


# Tasks and results


def test_a_task_is_run_and_reported_with_its_ids() -> None:
    bench = Bench().hired()
    bench.give(1)
    assert bench.started == ["t1"]
    bench.end(1, Outcome("success", {"a": 1.0, "b": None}))
    (result,) = bench.bodies(Errand.RESULT)
    told = {name: result[name] for name in ("job_id", "task_id", "worker_id", "status", "data")}
    assert told == {
        "job_id": "j1",
        "task_id": "t1",
        "worker_id": "w",
        "status": "success",
        "data": {"a": 1},
    }


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"type": "nope"}, "PERMANENT_ERROR"),
        ({"type": ["echo"]}, "PERMANENT_ERROR"),
        ({"params": "x"}, "INVALID_INPUT_ERROR"),
        ({"deadline": 1}, "TIMEOUT_ERROR"),
        ({"type": "strict", "params": {"m": 1}}, "INVALID_INPUT_ERROR"),
    ],
)
def test_a_task_that_must_not_run_is_reported_at_once(members: dict[str, Any], code: str) -> None:
    bench = Bench().hired()
    bench.give(1, **members)
    (result,) = bench.bodies(Errand.RESULT)
    assert (result["status"], result["error"]["code"]) == ("failure", code)
    assert bench.started == []
    assert bench.under_way(POLL)


def test_a_task_that_is_delivered_twice_runs_once() -> None:
    bench = Bench(tasks=2).hired()
    bench.give(1)
    bench.give(1)
    bench.end(1)
    bench.give(1)
    assert bench.started == ["t1"]
    assert len(bench.sent(Errand.RESULT)) == 1


def test_data_that_json_cannot_carry_is_a_failure() -> None:
    bench = Bench().hired()
    bench.give(1)
    bench.end(1, Outcome("success", 2**64))
    (result,) = bench.bodies(Errand.RESULT)
    assert (result["status"], result["error"]["code"]) == ("failure", "TRANSIENT_ERROR")


def test_a_result_that_got_lost_is_sent_again_word_for_word_and_ever_later() -> None:
    bench = Bench().hired()
    bench.give(1)
    bench.end(1)
    assert bench.gaps(RESULT_1, 4) == [1, 2, 4, 8]
    assert len({send.body for send in bench.sent(Errand.RESULT)}) == 1
    bench.cut(RESULT_1)
    bench.wait(100)
    assert len(bench.sent(Errand.RESULT)) == 5


@pytest.mark.parametrize(
    ("status", "headers", "waited"), [(500, {}, 1), (503, {}, 1), (429, {"retry_after": "3"}, 3)]
)
def test_a_result_that_was_not_taken_is_sent_again(
    status: int, headers: dict[str, str], waited: int
) -> None:
    bench = Bench().hired()
    bench.give(1)
    bench.end(1)
    bench.answer(RESULT_1, status, **headers)
    bench.wait(waited)
    bench.answer(RESULT_1, body={"status": "accepted"})
    bench.wait(100)
    assert len(bench.sent(Errand.RESULT)) == 2


@pytest.mark.parametrize(("status", "body"), [(200, {"status": "ignored"}), (403, {}), (400, {})])
def test_a_refusal_of_a_result_is_final(status: int, body: Any) -> None:
    bench = Bench().hired()
    bench.give(1)
    bench.end(1)
    bench.answer(RESULT_1, status, body)
    bench.wait(100)
    assert len(bench.sent(Errand.RESULT)) == 1


def test_results_are_reported_also_while_the_worker_registers_again() -> None:
    bench = Bench(heartbeat_interval=10).hired()
    bench.give(1)
    bench.wait(10)
    bench.answer(HEARTBEAT, 404, b"not found")
    bench.end(1)
    assert bench.under_way(RESULT_1)


# Cancellation, events, the socket


def test_the_tasks_that_a_heartbeats_answer_names_are_cancelled_if_they_run() -> None:
    bench = Bench(heartbeat_interval=10).hired()
    bench.give(1)
    bench.wait(10)
    bench.answer(HEARTBEAT, body={"cancel_task_ids": ["t1", "t9", 5]})
    assert bench.cancelled == ["t1"]
    bench.end(1, CANCELLED)
    (result,) = bench.bodies(Errand.RESULT)
    assert result["status"] == "cancelled"
    assert "data" not in result


def test_a_command_cancels_a_running_task() -> None:
    bench = Bench().hired()
    bench.give(1)
    bench.core.commanded(b'{"command":"cancel_task","task_id":"t1"}', now=bench.now)
    bench.collect()
    assert bench.cancelled == ["t1"]


@pytest.mark.parametrize(
    "frame",
    [
        b"not json",
        b"[1]",
        b"null",
        b"{}",
        b'{"command":"dance"}',
        b'{"command":"cancel_task"}',
        b'{"command":"cancel_task","task_id":"t9"}',
        b'{"command":"cancel_task","task_id":["t1"]}',
    ],
)
def test_other_frames_have_no_effect(frame: bytes) -> None:
    bench = Bench().hired()
    bench.give(1)
    bench.core.commanded(frame, now=bench.now)
    bench.collect()
    assert bench.cancelled == []


def test_progress_goes_over_the_open_socket_and_else_as_a_request() -> None:
    bench = Bench(websockets=True).hired()
    bench.give(1)
    bench.core.happened("t1", "progress", {"progress": 0.5}, now=bench.now)
    bench.core.plugged(now=bench.now)
    bench.core.happened("t1", "progress", {"progress": 1}, now=bench.now)
    bench.collect()
    (posted,), (frame,) = bench.bodies(Errand.EVENT), bench.effects(Say)
    assert posted["payload"] == {"progress": 0.5}
    told = json.loads(frame.text)
    assert told["payload"] == {"progress": 1}
    assert (told["event_type"], told["target_job_id"], told["target_task_id"]) == (
        "progress",
        "j1",
        "t1",
    )


def test_an_event_that_got_lost_is_not_sent_again() -> None:
    bench = Bench().hired()
    bench.give(1)
    bench.core.happened("t1", "progress", {}, now=bench.now)
    bench.collect()
    (event,) = bench.sent(Errand.EVENT)
    bench.cut(event.key)
    bench.wait(100)
    assert len(bench.sent(Errand.EVENT)) == 1


def test_a_lost_socket_is_opened_again_ever_later_until_it_opens() -> None:
    bench = Bench(websockets=True).hired()
    waited = []
    for _ in range(8):
        bench.core.unplugged(now=bench.now)
        left = bench.now
        while not bench.under_way(SOCKET):
            bench.wait((bench.core.next_deadline() or left) - bench.now)
        waited.append(bench.now - left)
    assert waited == [1, 2, 4, 8, 16, 32, 60, 60]
    bench.core.plugged(now=bench.now)
    bench.core.unplugged(now=bench.now)
    bench.wait(1)
    assert bench.under_way(SOCKET)


def test_a_worker_without_websockets_opens_none() -> None:
    bench = Bench(websockets=False).hired()
    bench.wait(100)
    assert bench.effects(Connect) == []


def test_registering_again_leaves_an_open_socket_alone() -> None:
    bench = Bench(websockets=True, heartbeat_interval=10).hired()
    bench.core.plugged(now=bench.now)
    bench.wait(10)
    bench.answer(HEARTBEAT, 404, b"not found")
    bench.answer(REGISTER)
    bench.wait(5)
    assert len(bench.effects(Connect)) == 1


# The end


def test_an_idle_worker_says_goodbye_and_is_gone() -> None:
    bench = Bench().hired()
    bench.stop()
    assert bench.hung_up == [POLL]
    assert bench.bodies(Errand.FAREWELL)[0]["status"] == "offline"
    bench.answer(FAREWELL)
    assert bench.core.phase is Phase.GONE
    assert bench.core.next_deadline() is None


def test_a_busy_worker_finishes_and_reports_before_it_says_goodbye() -> None:
    bench = Bench().hired()
    bench.give(1)
    bench.stop()
    assert bench.bodies(Errand.HEARTBEAT)[-1]["status"] == "busy"
    bench.answer(HEARTBEAT)
    bench.end(1)
    assert bench.sent(Errand.FAREWELL) == []
    bench.answer(RESULT_1)
    assert bench.under_way(FAREWELL)
    beats = len(bench.sent(Errand.HEARTBEAT))
    bench.answer(FAREWELL)
    bench.wait(100)
    assert len(bench.sent(Errand.HEARTBEAT)) == beats


def test_a_task_that_does_not_end_is_cancelled_when_patience_is_over() -> None:
    bench = Bench(shutdown_timeout=5, heartbeat_interval=100).hired()
    bench.give(1)
    bench.stop()
    bench.answer(HEARTBEAT)
    bench.wait(4.9)
    assert bench.cancelled == []
    bench.wait(0.2)
    assert bench.cancelled == ["t1"]
    bench.end(1, CANCELLED)
    bench.answer(RESULT_1)
    bench.answer(HEARTBEAT)
    assert bench.under_way(FAREWELL)


def test_a_task_that_will_not_be_cancelled_is_given_up() -> None:
    bench = Bench(shutdown_timeout=5, heartbeat_interval=100).hired()
    bench.give(1)
    bench.stop()
    bench.answer(HEARTBEAT)
    bench.wait(10)
    assert bench.cancelled == ["t1"]
    assert bench.under_way(FAREWELL)
    bench.end(1)
    bench.core.happened("t1", "progress", {}, now=bench.now)
    bench.collect()
    assert bench.sent(Errand.RESULT) == bench.sent(Errand.EVENT) == []


def test_a_result_that_nobody_takes_does_not_keep_the_worker_for_ever() -> None:
    bench = Bench(shutdown_timeout=5, heartbeat_interval=100).hired()
    bench.give(1)
    bench.end(1)
    bench.stop()
    bench.wait(100)
    assert bench.core.phase is Phase.GONE


def test_a_worker_that_never_registered_just_goes() -> None:
    bench = Bench()
    bench.cut(REGISTER)
    bench.stop()
    assert bench.core.phase is Phase.GONE
    assert bench.sent(Errand.FAREWELL) == []


def test_a_registration_under_way_is_waited_for_before_the_goodbye() -> None:
    bench = Bench()
    bench.stop()
    bench.answer(REGISTER)
    assert bench.under_way(FAREWELL)
    assert bench.sent(Errand.POLL) == []


@pytest.mark.parametrize("unheard", ["cut", "silence", "refused"])
def test_a_goodbye_that_nobody_hears_is_the_last_word_all_the_same(unheard: str) -> None:
    bench = Bench().hired()
    bench.stop()
    if unheard == "cut":
        bench.cut(FAREWELL)
    elif unheard == "refused":
        bench.answer(FAREWELL, 500)
    bench.wait(5)
    assert bench.core.phase is Phase.GONE


def test_stopping_twice_is_stopping_once() -> None:
    bench = Bench().hired()
    bench.stop()
    bench.stop()
    assert len(bench.sent(Errand.FAREWELL)) == 1


def test_a_crash_is_reported_with_its_message() -> None:
    bench = Bench().hired()
    bench.give(1)
    bench.end(1, crashed(RuntimeError("oops")))
    (result,) = bench.bodies(Errand.RESULT)
    assert result["error"] == {"code": "TRANSIENT_ERROR", "message": "oops"}
