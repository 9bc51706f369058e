"""What a neuron says of itself, and how it stops (sheet 9.1: HB, UPD, STOP)."""

import json
from typing import Any

import pytest
from neuron_core_bench import REGISTER, Bench, cancel, disconnect, lease

from reference.neuron.neuron_effects import (
    HangUp,
)
from reference.neuron.neuron_outcomes import Aborted, Returned

# Heartbeats


def test_heartbeats_come_every_ten_seconds_from_the_accepted_register_on() -> None:
    bench = Bench().open().wait(7).answer("register").wait(9.9)
    assert bench.bodies("heartbeat") == []
    bench.wait(0.2)
    assert bench.bodies("heartbeat") == [
        {
            "type": "heartbeat",
            "neuronId": "n1",
            "inFlight": [],
            "sentAt": "2026-01-01T00:00:17Z",
        }
    ]
    bench.answer("heartbeat").wait(20)
    assert len(bench.bodies("heartbeat")) == 3


def test_a_heartbeat_lists_what_runs_and_not_what_stands_in_line() -> None:
    bench = Bench().serving().wait(5)
    bench.send(lease(1, "conf/serial"), lease(2, "conf/serial"), lease(3)).wait(5.1)
    (beat,) = bench.bodies("heartbeat")
    assert beat["inFlight"] == [
        {"leaseId": "l1", "taskId": "t1", "startedAt": "2026-01-01T00:00:05Z"},
        {"leaseId": "l3", "taskId": "t3", "startedAt": "2026-01-01T00:00:05Z"},
    ]


def test_a_cancelled_lease_is_listed_until_its_handler_ends() -> None:
    bench = Bench().serving().send(lease(1), cancel(1)).wait(10.1).end(1, Aborted()).wait(10)
    assert [len(beat["inFlight"]) for beat in bench.bodies("heartbeat")] == [1, 0]


@pytest.mark.parametrize("status", [400, 409, 500])
def test_a_refused_heartbeat_does_not_stop_the_next(status: int) -> None:
    bench = Bench().serving().wait(10.1).answer("heartbeat", status).wait(10)
    assert len(bench.bodies("heartbeat")) == 2


def test_a_heartbeat_without_an_answer_does_not_stop_the_next() -> None:
    bench = Bench().serving().wait(20.1).cut("heartbeat").wait(10)
    assert len(bench.bodies("heartbeat")) == 3


def test_a_gateway_that_never_answers_is_not_drowned_in_heartbeats() -> None:
    bench = Bench(heartbeat_interval=1).serving().wait(100)
    assert len(bench.bodies("heartbeat")) == 4


def test_there_is_no_heartbeat_while_the_stream_is_down_and_they_come_back() -> None:
    bench = Bench(reconnect_delay=20).serving().wait(10.1).lose().wait(19)
    assert len(bench.bodies("heartbeat")) == 1
    bench.wait(1.1).serving().wait(9.8)
    assert len(bench.bodies("heartbeat")) == 1
    bench.wait(0.3)
    assert len(bench.bodies("heartbeat")) == 2


def test_heartbeats_come_back_also_if_one_was_pending_when_the_stream_ended() -> None:
    bench = Bench(heartbeat_interval=1).serving().wait(1.1)
    assert bench.pending("heartbeat")
    bench.lose().wait(0.5).serving().wait(1.1)
    assert len(bench.bodies("heartbeat")) == 2


def test_heartbeats_go_on_while_the_neuron_drains() -> None:
    bench = Bench(heartbeat_interval=1).serving().send(lease(1)).stop().wait(3.1)
    assert [len(beat["inFlight"]) for beat in bench.bodies("heartbeat")] == [1, 1, 1]


# Updates


def test_an_update_is_posted_with_the_whole_capability() -> None:
    bench = Bench().serving().update("conf/echo", 5)
    assert bench.bodies("update-capability") == [
        {
            "type": "update-capability",
            "neuronId": "n1",
            "capability": {"type": "conf/echo", "scope": "any", "concurrency": 5},
        }
    ]


def test_later_registers_carry_the_update() -> None:
    bench = Bench().serving().update("conf/echo", 5).lose().update("conf/serial", 2)
    bench.wait(1).open()
    assert [each["concurrency"] for each in bench.bodies("register")[-1]["capabilities"]] == [
        5,
        2,
        1,
    ]
    assert len(bench.bodies("update-capability")) == 1


def test_an_update_while_the_register_is_unanswered_is_posted_after_it() -> None:
    bench = Bench().open().update("conf/echo", 5)
    assert bench.bodies("update-capability") == []
    bench.answer("register")
    assert len(bench.bodies("update-capability")) == 1


def test_a_larger_limit_lets_those_in_line_run_and_counts_those_that_run() -> None:
    bench = Bench().serving().send(*(lease(n, "conf/serial") for n in range(1, 5)))
    assert bench.update("conf/serial", 3).ran() == ["l1", "l2", "l3"]


def test_never_more_run_than_the_larger_of_two_limits() -> None:
    bench = Bench().serving().send(lease(1), lease(2)).update("conf/echo", 1)
    bench.send(lease(3)).end(1)
    assert bench.ran() == ["l1", "l2"]
    assert bench.end(2).ran() == ["l1", "l2", "l3"]


@pytest.mark.parametrize("concurrency", [0, -1, 1.5, True, None, "3"])
def test_a_concurrency_below_one_changes_nothing(concurrency: Any) -> None:
    bench = Bench().serving()
    with pytest.raises(ValueError, match="concurrency"):
        bench.update("conf/echo", concurrency)
    bench.lose().wait(1).open()
    assert bench.bodies("register") == [REGISTER] * 2
    assert bench.bodies("update-capability") == []


def test_an_unknown_capability_cannot_be_updated() -> None:
    bench = Bench().serving()
    with pytest.raises(ValueError, match="conf/none"):
        bench.update("conf/none", 2)
    assert bench.bodies("update-capability") == []


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_refused_update_disturbs_nothing(status: int) -> None:
    bench = Bench().serving().update("conf/echo", 3).answer("update-capability", status)
    bench.send(*(lease(n) for n in range(4)))
    assert len(bench.ran()) == 3


# Stopping


def test_an_idle_neuron_stops_at_once() -> None:
    bench = Bench().serving().stop()
    assert (bench.gone, bench.hung_up()) == (True, True)


@pytest.mark.parametrize("state", ["opening", "waiting", "registering", "dismissed"])
def test_a_neuron_stops_at_once_in_any_state(state: str) -> None:
    bench = Bench()
    match state:
        case "waiting":
            bench.lose()
        case "registering":
            bench.open()
        case "dismissed":
            bench.serving().send(disconnect(reconnectable=False)).lose()
    assert bench.stop().gone
    assert (bench.unanswered, bench.core.next_deadline()) == ({}, None)


def test_running_leases_finish_and_are_acked_before_the_stream_ends() -> None:
    bench = Bench().serving().send(lease(1)).stop().wait(5)
    assert not bench.hung_up()
    bench.end(1)
    assert not bench.hung_up()
    bench.answer("ack")
    assert bench.gone
    assert isinstance(bench.done[-2], HangUp)


def test_leases_that_arrive_while_the_neuron_drains_are_nacked_retryable() -> None:
    bench = Bench().serving().send(lease(1)).stop().send(lease(2), lease(3, "conf/none"))
    assert bench.results() == [("l2", "retryable"), ("l3", "retryable")]


def test_leases_in_line_are_nacked_retryable() -> None:
    bench = Bench().serving().send(*(lease(n, "conf/serial") for n in (1, 2, 3))).stop()
    assert bench.results() == [("l2", "retryable"), ("l3", "retryable")]
    bench.end(1)
    assert bench.ran() == ["l1"]


def test_after_the_drain_timeout_what_runs_is_interrupted_and_nacked_cancelled() -> None:
    bench = Bench(drain_timeout=0.3).serving().send(lease(1)).stop().wait(0.2)
    assert bench.interrupted() == []
    bench.wait(0.2)
    assert bench.interrupted() == ["l1"]
    assert bench.end(1, Aborted()).answer("nack").gone
    assert bench.results() == [("l1", "cancelled")]


def test_a_cancel_still_works_while_the_neuron_drains() -> None:
    bench = Bench().serving().send(lease(1)).stop().send(cancel(1)).end(1, Aborted())
    assert bench.answer("nack").gone


def test_a_handler_that_never_ends_is_not_waited_for() -> None:
    bench = Bench(drain_timeout=1).serving().send(lease(1)).stop().wait(1.6)
    assert bench.results() == [("l1", "cancelled")]
    assert bench.answer("nack").gone
    assert bench.end(1).results() == [("l1", "cancelled")]


def test_a_gateway_that_does_not_answer_the_last_result_is_not_waited_for() -> None:
    bench = Bench(drain_timeout=1).serving().send(lease(1)).stop().end(1).wait(3)
    assert (bench.gone, bench.unanswered) == (True, {})


def test_a_neuron_that_drains_does_not_dial_again() -> None:
    bench = Bench().serving().send(lease(1)).stop().lose().wait(5).end(1).answer("ack")
    assert (bench.gone, bench.dialled()) == (True, 1)


def test_a_lost_result_is_sent_again_while_there_is_time() -> None:
    bench = Bench().serving().send(lease(1)).stop().end(1).cut("ack").wait(0.6).answer("ack")
    assert bench.gone


def test_without_time_to_drain_everything_is_nacked() -> None:
    bench = Bench().serving().send(*(lease(n, "conf/serial") for n in (1, 2, 3))).stop(within=0)
    bench.end(1, Aborted())
    assert sorted(bench.results()) == [
        ("l1", "cancelled"),
        ("l2", "retryable"),
        ("l3", "retryable"),
    ]


def test_a_result_behind_a_report_goes_out_before_the_neuron_does() -> None:
    bench = Bench(drain_timeout=3).serving().send(lease()).progress(percent=0)
    bench.stop().wait(3.4)
    assert bench.results() == []
    bench.wait(0.2)
    assert (bench.results(), bench.gone) == ([("l1", "cancelled")], False)
    bench.wait(40)
    assert bench.results() == [("l1", "cancelled")]
    assert bench.gone
    assert bench.unanswered == {}


def test_a_neuron_that_is_gone_posts_nothing_that_the_network_lost() -> None:
    bench = Bench(drain_timeout=3, reconnect_delay=60).serving().send(lease()).end().lose()
    bench.stop().cut("ack").wait(10)
    assert bench.gone
    posts = len(bench.bodies())
    assert bench.core.next_deadline() is None
    bench.wait(200)
    assert len(bench.bodies()) == posts


def test_a_second_stop_changes_nothing() -> None:
    bench = Bench().serving().send(lease(1)).stop().wait(5).stop(within=0)
    assert bench.interrupted() == []


def test_bodies_are_compact_json_in_utf_8() -> None:
    bench = Bench().serving().send(lease(1)).end(1, Returned({"é": "\ud800"}))
    body = bench.pending("ack")[0].body
    assert b", " not in body
    assert json.loads(body)["output"] == {"é": "\ud800"}
