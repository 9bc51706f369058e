"""The model of an orchestrator, played by hand."""

from typing import Any

import pytest

from conformance.rxon.model import STEPS, Step, World

OWNER: Step = {"do": "answer", "task": 0, "by": "owner"}
OTHER: Step = {"do": "answer", "task": 0, "by": "other"}
SUBMIT: Step = {"do": "submit", "worker": 0}
POLL: Step = {"do": "poll", "worker": 0}
CANCEL: Step = {"do": "cancel", "task": 0}
BEAT: Step = {"do": "heartbeat", "worker": 0}
HANG_UP: Step = {"do": "hang up", "worker": 0}
CONNECT: Step = {"do": "connect", "worker": 0}
UNPLUG: Step = {"do": "unplug", "worker": 0}
RESTART: Step = {"do": "restart"}
SAY: Step = {"do": "say", "task": 0, "progress": 0.5}
WON, LOST = {**OWNER, "status": "success"}, {**OWNER, "status": "failure"}
STOLEN = {**OTHER, "status": "success"}
WON_TWICE, LOST_TWICE = {**WON, "do": "repeat"}, {**LOST, "do": "repeat"}
NOTHING = {"job_id": None, "task_id": None}


def took(number: int = 1) -> dict[str, Any]:
    return {"job_id": "j", "task_id": f"t{number}"}


def said(status: str, fate: str, reason: str | None = None) -> dict[str, Any]:
    return {"status": status, "reason": reason, "fate": fate}


def beaten(*called_off: str) -> dict[str, Any]:
    return {"status": "ok", "called_off": list(called_off)}


def plugged(status: int = 101, replaced: int | None = None) -> dict[str, Any]:
    return {"status": status, "replaced": replaced}


def cancelled(fate: str = "cancelled", **command: str) -> dict[str, Any]:
    return {"fate": fate, "command": command}


CALLED_OFF = cancelled(command="cancel_task", task_id="t1", job_id="j")
BEGUN = [(SUBMIT, {"job_id": "j"}), (POLL, took())]
DONE = [*BEGUN, (WON, said("accepted", "finished"))]
RETRIED = [*BEGUN, (LOST, said("accepted", "open")), (POLL, took(2))]
GIVEN_UP = [*RETRIED, (LOST, said("accepted", "quarantined"))]
CANCELLED = [*BEGUN, (CANCEL, cancelled())]
CUT_OFF = [(HANG_UP, {}), (SUBMIT, {"job_id": "j"})]
CONNECTED = [*BEGUN, (CONNECT, plugged())]

Talk = list[tuple[Step, dict[str, Any]]]


def surprises(talk: Talk) -> list[str]:
    world, found = World(max_retries=1), []
    for step, came in talk:
        kind = STEPS[step["do"]]
        assert kind.playable(world, step), step
        surprise = kind.surprise(world, step, came)
        found += [surprise.requirement] if surprise else []
        kind.learn(world, step, came)
    return found


@pytest.mark.parametrize(
    "talk",
    [
        [*DONE, (WON, said("ignored", "finished", "job_already_terminated"))],
        [*DONE, (STOLEN, said("ignored", "finished", "worker_mismatch"))],
        [*BEGUN, (STOLEN, said("ignored", "open", "worker_mismatch"))],
        [*RETRIED, ({**WON, "task": 1}, said("ignored", "open", "stale_task"))],
        [*GIVEN_UP, (WON, said("ignored", "quarantined", "deadline_exceeded"))],
        [*CANCELLED, (LOST, said("ignored", "cancelled", "job_cancelled"))],
        [*CANCELLED, (BEAT, beaten("t1"))],
        [*BEGUN, (BEAT, beaten())],
        [*BEGUN, (WON_TWICE, said("accepted", "finished"))],
        [*BEGUN, (WON_TWICE, said("ignored", "finished", "job_already_terminated"))],
        [*BEGUN, (LOST_TWICE, said("ignored", "open", "stale_task")), (POLL, took(2))],
        [*DONE, (LOST_TWICE, said("ignored", "finished", "job_already_terminated"))],
        [*CUT_OFF, (POLL, took())],
        [*CONNECTED, (CONNECT, plugged(replaced=1008)), (CANCEL, CALLED_OFF)],
        [*CONNECTED, (SAY, {"progress": 0.5})],
        [*BEGUN, (RESTART, {"fates": {"j": "open"}}), (WON, said("accepted", "finished"))],
        [*DONE, (RESTART, {"fates": {"j": "finished"}})],
        [*CONNECTED, (UNPLUG, {}), (CANCEL, cancelled())],
        [*CONNECTED, (UNPLUG, {}), (CONNECT, plugged())],
    ],
)
def test_an_orchestrator_that_keeps_to_the_rules_does_not_surprise(talk: Talk) -> None:
    assert surprises(talk) == []


@pytest.mark.parametrize(
    ("talk", "requirement"),
    [
        ([*DONE, (WON, said("accepted", "finished"))], "RXON-RES-06"),
        ([*DONE, (LOST, said("ignored", "open", "stale_task"))], "RXON-RES-06"),
        ([*GIVEN_UP, (WON, said("accepted", "finished"))], "RXON-RES-06"),
        ([*CANCELLED, (WON, said("accepted", "finished"))], "RXON-RES-15"),
        ([*BEGUN, (STOLEN, said("accepted", "finished"))], "RXON-RES-04"),
        ([*BEGUN, (STOLEN, said("ignored", "open", "stale_task"))], "RXON-RES-04"),
        ([*RETRIED, ({**WON, "task": 1}, said("accepted", "finished"))], "RXON-RES-05"),
        ([*BEGUN, (WON, said("ignored", "open", "stale_task"))], "RXON-RES-01"),
        ([*BEGUN, (WON, said("accepted", "failed"))], "RXON-RES-01"),
        ([*BEGUN, (LOST, said("accepted", "quarantined"))], "RXON-RES-09"),
        ([*BEGUN, (LOST, said("accepted", "open")), (POLL, took(1))], "RXON-RES-09"),
        ([*BEGUN, (BEAT, beaten("t1"))], "RXON-HB-07"),
        ([*DONE, (BEAT, beaten())], "RXON-HB-08"),
        ([*BEGUN, (CANCEL, cancelled("open"))], "RXON-JOB-01"),
        ([*BEGUN, (WON_TWICE, said("ignored", "open", "stale_task"))], "RXON-RES-01"),
        ([*BEGUN, (WON_TWICE, {**said("accepted", "finished"), "status": 500})], "RXON-RES-01"),
        ([*BEGUN, (LOST_TWICE, said("ignored", "quarantined"))], "RXON-RES-09"),
        ([*DONE, (WON_TWICE, said("accepted", "finished"))], "RXON-RES-06"),
        ([*CANCELLED, (LOST_TWICE, said("ignored", "open", "stale_task"))], "RXON-RES-15"),
        ([(SUBMIT, {"job_id": "j"}), (POLL, NOTHING)], "RXON-POLL-02"),
        ([*CUT_OFF, (POLL, NOTHING)], "RXON-POLL-08"),
        ([*CUT_OFF, (SUBMIT, {"job_id": "k"}), (POLL, NOTHING), (POLL, took())], "RXON-POLL-02"),
        ([*CONNECTED, (CANCEL, cancelled())], "RXON-WS-06"),
        (
            [*CONNECTED, (CANCEL, cancelled(**{**CALLED_OFF["command"], "task_id": "t9"}))],
            "RXON-WS-06",
        ),
        ([*CONNECTED, (CONNECT, plugged(replaced=1000))], "RXON-WS-04"),
        ([*BEGUN, (CONNECT, plugged(403))], "RXON-WS-01"),
        ([*CONNECTED, (SAY, {"progress": None})], "RXON-WS-02"),
        ([*BEGUN, (RESTART, {"fates": {"j": None}})], "RXON-RES-01"),
        ([*CANCELLED, (RESTART, {"fates": {"j": "open"}})], "RXON-RES-15"),
        ([*DONE, (RESTART, {"fates": {"j": "open"}})], "RXON-RES-06"),
    ],
)
def test_a_broken_rule_is_a_surprise_of_its_own_requirement(talk: Talk, requirement: str) -> None:
    assert surprises(talk) == [requirement]


def test_a_queued_task_cannot_be_answered_or_cancelled() -> None:
    world = World(max_retries=1)
    STEPS["submit"].learn(world, SUBMIT, {"job_id": "j"})
    assert not STEPS["answer"].playable(world, WON)
    assert not STEPS["cancel"].playable(world, CANCEL)


def world_after(*talk: tuple[Step, dict[str, Any]]) -> World:
    world = World(max_retries=1)
    for step, came in talk:
        STEPS[step["do"]].learn(world, step, came)
    return world


def test_a_task_that_an_unread_poll_may_have_taken_is_not_asked_for() -> None:
    world = world_after((SUBMIT, {"job_id": "j"}), (HANG_UP, {}))
    assert not STEPS["poll"].playable(world, POLL)
    STEPS["submit"].learn(world, SUBMIT, {"job_id": "k"})
    assert STEPS["poll"].playable(world, POLL)
    surprise = STEPS["poll"].surprise(world, POLL, NOTHING)
    assert surprise is not None
    assert surprise.requirement == "RXON-POLL-02"


def test_a_conversation_bears_a_poll_that_was_cut_off_and_took_a_task() -> None:
    world = world_after(*CUT_OFF)
    surprise = STEPS["poll"].surprise(world, POLL, NOTHING)
    assert surprise is not None
    assert surprise.bearable
    STEPS["poll"].learn(world, POLL, NOTHING)
    assert not STEPS["poll"].playable(world, POLL)


def test_only_a_worker_with_a_socket_can_be_unplugged_or_say_something_on_it() -> None:
    world = world_after(*BEGUN)
    assert not STEPS["unplug"].playable(world, UNPLUG)
    assert not STEPS["say"].playable(world, SAY)
    STEPS["connect"].learn(world, CONNECT, plugged())
    assert STEPS["unplug"].playable(world, UNPLUG)
    assert STEPS["say"].playable(world, SAY)
