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
WON, LOST = {**OWNER, "status": "success"}, {**OWNER, "status": "failure"}
STOLEN = {**OTHER, "status": "success"}


def took(number: int = 1) -> dict[str, Any]:
    return {"job_id": "j", "task_id": f"t{number}"}


def said(status: str, fate: str, reason: str | None = None) -> dict[str, Any]:
    return {"status": status, "reason": reason, "fate": fate}


def beaten(*called_off: str) -> dict[str, Any]:
    return {"status": "ok", "called_off": list(called_off)}


BEGUN = [(SUBMIT, {"job_id": "j"}), (POLL, took())]
DONE = [*BEGUN, (WON, said("accepted", "finished"))]
RETRIED = [*BEGUN, (LOST, said("accepted", "open")), (POLL, took(2))]
GIVEN_UP = [*RETRIED, (LOST, said("accepted", "quarantined"))]
CANCELLED = [*BEGUN, (CANCEL, {"fate": "cancelled"})]

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
        ([*BEGUN, (CANCEL, {"fate": "open"})], "RXON-JOB-01"),
    ],
)
def test_a_broken_rule_is_a_surprise_of_its_own_requirement(talk: Talk, requirement: str) -> None:
    assert surprises(talk) == [requirement]


def test_a_queued_task_cannot_be_answered_or_cancelled() -> None:
    world = World(max_retries=1)
    STEPS["submit"].learn(world, SUBMIT, {"job_id": "j"})
    assert not STEPS["answer"].playable(world, WON)
    assert not STEPS["cancel"].playable(world, CANCEL)
