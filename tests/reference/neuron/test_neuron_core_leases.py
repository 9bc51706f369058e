"""What a neuron makes of a lease (sheet 9.1: LEASE, SCHEMA, RESULT, CANCEL)."""

from typing import Any

import pytest
from neuron_core_bench import Bench, cancel, lease

from reference.neuron.neuron_effects import (
    GiveUp,
    Undelivered,
)
from reference.neuron.neuron_outcomes import Aborted, Failed, Raised, Returned

# Slots


def test_a_lease_ends_in_one_ack() -> None:
    bench = Bench().serving().send(lease(1)).end(1).answer("ack")
    assert bench.bodies("ack") == [
        {
            "type": "ack",
            "leaseId": "l1",
            "output": {"ok": True},
            "completedAt": "2026-01-01T00:00:00Z",
        }
    ]


def test_a_lease_of_an_unknown_capability_is_nacked_retryable() -> None:
    bench = Bench().serving().send(lease(1, "conf/none"))
    (nack,) = bench.bodies("nack")
    assert (nack["kind"], bool(nack["reason"]), "code" in nack) == ("retryable", True, False)


def test_no_more_leases_run_than_the_capability_has_slots_and_they_run_in_order() -> None:
    bench = Bench().serving().send(*(lease(n) for n in range(1, 6)))
    assert bench.ran() == ["l1", "l2"]
    bench.end(2)
    assert bench.ran() == ["l1", "l2", "l3"]
    bench.end(1).end(3)
    assert bench.ran() == ["l1", "l2", "l3", "l4", "l5"]


def test_capabilities_do_not_share_slots() -> None:
    bench = Bench().serving().send(lease(1, "conf/serial"), lease(2, "conf/serial"), lease(3))
    assert bench.ran() == ["l1", "l3"]


def test_three_hundred_leases_in_line_are_all_answered() -> None:
    bench = Bench().serving().send(*(lease(n, "conf/serial") for n in range(300)))
    for number in range(300):
        bench.end(number).answer("ack")
    assert bench.results() == [(f"l{n}", "ack") for n in range(300)]


def test_three_hundred_leases_in_line_that_do_not_match_are_all_answered() -> None:
    bench = Bench().serving().send(lease("x", "conf/typed", input={"a": 1}))
    bench.send(*(lease(n, "conf/typed", input={}) for n in range(300))).end("x")
    assert len(bench.results()) == 301


def test_a_slow_answer_to_a_nack_delays_nothing() -> None:
    bench = Bench().serving().send(lease(1, "conf/none"), lease(2)).end(2)
    assert bench.results() == [("l1", "retryable"), ("l2", "ack")]


@pytest.mark.parametrize("kind", ["conf/echo", "conf/serial"])
def test_a_lease_that_is_here_already_is_not_executed_twice(kind: str) -> None:
    bench = Bench().serving().send(lease(1, kind), lease(2, kind))
    bench.send(lease(1, kind), lease(2, kind)).end(1).end(2).answer("ack")
    bench.send(lease(1, kind))
    assert (bench.ran(), bench.results()) == (["l1", "l2"], [("l1", "ack"), ("l2", "ack")])


def test_a_lease_that_has_expired_is_executed() -> None:
    bench = Bench().serving().send(lease(1, expiresAt="2001-01-01T00:00:00Z"))
    assert bench.ran() == ["l1"]


def test_optional_members_may_be_null() -> None:
    frame = lease(1, inputSchema=None, outputSchema=None, attempt=3)
    frame["lease"]["task"] |= {"onBehalfOf": None, "metadata": None}
    assert Bench().serving().send(frame).ran() == ["l1"]


# Schemas


@pytest.mark.parametrize(
    ("schema", "value", "runs"),
    [
        ({}, {"a": 1}, True),
        ({}, {"a": "x"}, False),
        ({"inputSchema": None}, {"b": 1}, False),
        ({"inputSchema": {}}, {"b": 1}, False),
        ({"inputSchema": {"type": "object"}}, {"b": 1}, True),
        ({"inputSchema": True}, {"b": 1}, True),
        ({"inputSchema": False}, {"a": 1}, False),
        ({"inputSchema": {"type": "objekt"}}, {"a": 1}, False),
        ({"inputSchema": 5}, {"a": 1}, False),
        ({"inputSchema": {"$ref": "#"}}, {"a": 1}, False),
        ({"inputSchema": {"$ref": "#/$defs/nope"}}, {"a": 1}, False),
        ({"inputSchema": {"$ref": "http://127.0.0.1:9/x"}}, {"a": 1}, False),
    ],
)
def test_the_schema_of_the_lease_wins_over_the_registered_one(
    schema: dict[str, Any],
    value: Any,
    runs: bool,  # noqa: FBT001
) -> None:
    bench = Bench().serving().send(lease(1, "conf/typed", input=value, **schema))
    assert bench.ran() == (["l1"] if runs else [])
    if not runs:
        (nack,) = bench.bodies("nack")
        assert (nack["kind"], nack["code"]) == ("schema-mismatch", "INPUT_SCHEMA_MISMATCH")
        (problem,) = nack["details"]["errors"]
        assert problem


def test_an_input_that_does_not_match_frees_the_slot_for_the_next() -> None:
    bench = Bench().serving().send(lease(1, "conf/typed", input={}))
    assert bench.send(lease(2, "conf/typed", input={"a": 1})).ran() == ["l2"]


def test_without_a_schema_nothing_is_validated() -> None:
    assert Bench().serving().send(lease(1, input=None)).ran() == ["l1"]


@pytest.mark.parametrize("schema", [{"type": "string"}, False, {"type": 5}, {"$ref": "#"}])
def test_an_output_that_does_not_match_is_nacked(schema: Any) -> None:
    bench = Bench().serving().send(lease(1, outputSchema=schema)).end(1)
    (nack,) = bench.bodies("ack", "nack")
    assert (nack["kind"], nack["code"]) == ("schema-mismatch", "OUTPUT_SCHEMA_MISMATCH")


def test_the_registered_output_schema_counts_without_another() -> None:
    bench = Bench().serving().send(lease(1, "conf/typed", input={"a": 1})).end(1, Returned(None))
    assert bench.results() == [("l1", "schema-mismatch")]


# Results


def test_no_output_is_left_out_and_other_empty_values_are_kept() -> None:
    outputs: list[Any] = [None, False, 0, "", {"a": None}, []]
    for output in outputs:
        bench = Bench().serving().send(lease(1)).end(1, Returned(output))
        (ack,) = bench.bodies("ack")
        assert ("output" in ack) is (output is not None)
        assert ack.get("output") == output


@pytest.mark.parametrize(
    ("outcome", "kind", "code"),
    [
        (Raised("boom"), "retryable", "HANDLER_THREW"),
        (Failed("nope", "MY_CODE"), "terminal", "MY_CODE"),
        (Failed("nope"), "terminal", "HANDLER_TERMINAL"),
        (Failed("", ""), "terminal", "HANDLER_TERMINAL"),
        (Aborted(), "cancelled", "CANCELLED"),
        (Returned(object()), "retryable", "HANDLER_THREW"),
    ],
)
def test_every_outcome_ends_in_its_nack(outcome: Any, kind: str, code: str) -> None:
    bench = Bench().serving().send(lease(1)).end(1, outcome)
    (nack,) = bench.bodies("ack", "nack")
    assert (nack["kind"], nack["code"], bool(nack["reason"])) == (kind, code, True)
    assert "details" not in nack


def test_reports_go_out_one_by_one_and_before_the_result() -> None:
    bench = Bench().serving().send(lease(1))
    for percent in (1, 2, 3):
        bench.progress(1, percent=percent)
    bench.end(1)
    order = [bench.bodies()[-1].get("percent")]
    while bench.pending("progress"):
        bench.answer("progress")
        order.append(bench.bodies()[-1].get("percent"))
    assert order == [1, 2, 3, None]
    assert bench.results() == [("l1", "ack")]


def test_a_slow_answer_to_a_report_holds_the_result_back_only_a_little() -> None:
    bench = Bench().serving().send(lease(1)).progress(1, percent=1).progress(1, percent=2).end(1)
    bench.written("progress").wait(0.41)
    assert [body.get("percent") for body in bench.bodies("progress")] == [1, 2]
    assert bench.results() == []
    bench.core.written(bench.pending("progress")[1].key, now=bench.now)
    bench.wait(0.41)
    assert bench.results() == [("l1", "ack")]


def test_reports_that_cannot_be_written_hold_the_result_back_only_a_little() -> None:
    bench = Bench().serving().send(lease(1))
    for percent in range(50):
        bench.progress(1, percent=percent)
    bench.end(1).wait(1.1)
    assert bench.results() == []
    bench.wait(0.2)
    assert (bench.results(), len(bench.bodies("progress"))) == ([("l1", "ack")], 1)


@pytest.mark.parametrize("percent", [101, -0.1, float("nan"), float("inf"), True, "50"])
def test_a_percentage_out_of_range_is_never_sent(percent: Any) -> None:
    bench = Bench().serving().send(lease(1)).progress(1, percent=percent).end(1)
    assert (bench.bodies("progress"), bench.results()) == ([], [("l1", "ack")])
    assert len(bench.news(Undelivered)) == 1


def test_a_percentage_is_sent_as_a_number_with_a_fraction() -> None:
    bench = Bench().serving().send(lease(1)).progress(1, percent=50)
    assert b'"percent":50.0,' in bench.pending("progress")[0].body


def test_a_report_may_say_nothing() -> None:
    bench = Bench().serving().send(lease(1)).progress(1)
    assert bench.bodies("progress") == [
        {"type": "progress", "leaseId": "l1", "sentAt": "2026-01-01T00:00:00Z"}
    ]


@pytest.mark.parametrize("status", [400, 404, 409, 422, 500, 503])
def test_a_refused_result_is_not_sent_again(status: int) -> None:
    bench = Bench().serving().send(lease(1)).end(1).answer("ack", status).wait(60)
    bench.lose().wait(1).serving().wait(5)
    assert bench.results() == [("l1", "ack")]


def test_a_refused_report_does_not_fail_the_lease() -> None:
    bench = Bench().serving().send(lease(1)).progress(1).answer("progress", 500).end(1)
    assert bench.results() == [("l1", "ack")]


def test_a_report_after_the_end_is_not_sent() -> None:
    bench = Bench().serving().send(lease(1)).end(1).progress(1, percent=1)
    assert bench.bodies("progress") == []


def test_a_result_that_the_network_lost_is_sent_again() -> None:
    bench = Bench().serving().send(lease(1)).end(1).cut("ack")
    assert len(bench.bodies("ack")) == 1
    bench.wait(0.6).cut("ack").wait(1.1).answer("ack").wait(60)
    first, second, third = bench.bodies("ack")
    assert first == second == third


def test_a_lost_result_is_sent_again_as_soon_as_the_gateway_is_back() -> None:
    bench = Bench(reconnect_delay=0.1).serving().send(lease(1)).end(1).lose()
    for _ in range(6):
        bench.cut("ack").wait(0)
        while not bench.pending("ack"):
            bench.wait(0.1)
    bench.cut("ack").open().answer("register").answer("ack")
    assert bench.pending("ack") == []


# Cancels


def test_a_running_lease_that_is_cancelled_is_interrupted_and_nacked() -> None:
    bench = Bench().serving().send(lease(1)).send(cancel(1))
    assert bench.interrupted() == ["l1"]
    bench.end(1, Aborted())
    (nack,) = bench.bodies("nack")
    assert (nack["kind"], nack["code"]) == ("cancelled", "CANCELLED")


def test_repeated_cancels_change_nothing() -> None:
    bench = Bench().serving().send(lease(1)).send(cancel(1), cancel(1)).end(1, Aborted())
    bench.send(cancel(1)).answer("nack").send(cancel(1))
    assert (bench.interrupted(), bench.results()) == (["l1"], [("l1", "cancelled")])
    assert bench.all(GiveUp) == []


def test_a_cancel_of_an_unknown_lease_is_ignored() -> None:
    bench = Bench().serving().send(cancel(7), lease(1)).end(1)
    assert bench.results() == [("l1", "ack")]


def test_a_cancelled_lease_frees_its_slot_when_its_handler_ends() -> None:
    bench = Bench().serving().send(lease(1, "conf/serial"), lease(2, "conf/serial"), cancel(1))
    assert bench.ran() == ["l1"]
    bench.end(1, Aborted())
    assert bench.ran() == ["l1", "l2"]


def test_a_lease_that_is_cancelled_in_line_never_runs_and_is_nacked() -> None:
    bench = Bench().serving().send(lease(1, "conf/serial"), lease(2, "conf/serial"))
    bench.send(cancel(2))
    assert bench.results() == [("l2", "cancelled")]
    bench.end(1)
    assert bench.ran() == ["l1"]


def test_a_cancel_beside_its_lease_is_honoured() -> None:
    bench = Bench().serving().send(lease(1), cancel(1))
    assert bench.interrupted() == ["l1"]


@pytest.mark.parametrize("outcome", [Returned(1), Aborted()])
def test_a_cancel_does_not_abort_a_result_under_way(outcome: Any) -> None:
    bench = Bench().serving().send(lease(1), cancel(1)).end(1, outcome)
    bench.send(cancel(1), cancel(1))
    assert bench.all(GiveUp) == []
    assert len(bench.pending("ack")) + len(bench.pending("nack")) == 1


def test_a_handler_that_ignores_a_cancel_is_acked() -> None:
    bench = Bench().serving().send(lease(1), cancel(1)).end(1, Returned({"ok": True}))
    assert bench.results() == [("l1", "ack")]


def test_an_error_after_a_cancel_counts_as_cancelled_and_a_failure_does_not() -> None:
    bench = Bench().serving().send(lease(1), lease(2), cancel(1), cancel(2))
    bench.end(1, Raised("x")).end(2, Failed("for good"))
    assert bench.results() == [("l1", "cancelled"), ("l2", "terminal")]
