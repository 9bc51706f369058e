"""The model of a mesh, played by hand."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.elo.mesh_model import STEPS, Step, World

JOIN: Step = {"do": "join", "who": 0, "offers": ["red"]}
OTHER: Step = {"do": "join", "who": 1, "offers": ["red"]}
RELAY: Step = {"do": "join", "who": 2, "offers": ["relay"]}
JOIN_RELAY: Step = {"do": "join", "who": 0, "offers": ["relay"]}
CHANGE: Step = {"do": "change", "who": 0, "offers": []}
LEAVE: Step = {"do": "leave", "who": 0, "bye": False}
BYE: Step = {"do": "bye", "who": 0}
NEAR: Step = {"do": "task", "nth": 0}
GREEN: Step = {"do": "task", "skill": "green", "patient": True}
BLACK: Step = {"do": "task", "skill": "black", "patient": True}
WHITE: Step = {"do": "task", "skill": "white", "patient": True}
NAMED: Step = {"do": "task", "target": "neighbour 0"}
HIDDEN: Step = {"do": "task", "target": "hidden"}
DESERT: Step = {"do": "desert", "nth": 0}
ASK: Step = {"do": "ask", "who": 0, "ttl": 3, "loops": True}
LAST: Step = {**ASK, "ttl": 1}
FAR_GOES: Step = {"do": "far", "up": False}
FAR_COMES: Step = {"do": "far", "up": True}
KIN: Step = {"do": "kin"}
VIOLET: Step = {"do": "task", "skill": "violet", "patient": True}
TO_KIN: Step = {"do": "task", "target": "kin"}
THERE = {"there": True}
NOTHING: dict[str, Any] = {}

Talk = list[tuple[Step, dict[str, Any]]]


def done(*by: str, status: str = "success", code: str | None = None) -> dict[str, Any]:
    return {"status": status, "code": code, "done": list(by), "relayed": "hidden" in by}


LOST = done(status="error", code="NO_PEER")
ONE, TWO = "neighbour 0", "neighbour 1"


def told(*names: str, passed_on: Any = (), **caps: Any) -> dict[str, Any]:
    offered = [(name, caps.get("caps", ["red"])) for name in names]
    return {"told": offered, "passed_on": list(passed_on)}


def surprises(talk: Talk) -> list[str]:
    world, found = World(), []
    for step, came in talk:
        kind = STEPS[step["do"]]
        if not kind.playable(world, step):
            found.append("not played")
            continue
        surprise = kind.surprise(world, step, came)
        if surprise is not None:
            assert surprise.sentence
            return [*found, surprise.requirement]
        kind.learn(world, step, came)
    return found


JOINED: Talk = [(JOIN, NOTHING)]
BOTH: Talk = [*JOINED, (OTHER, NOTHING)]
BACK: Talk = [*JOINED, (JOIN, NOTHING)]
RELAYED: Talk = [*JOINED, (RELAY, NOTHING)]
RELAYED_TWICE: Talk = [(RELAY, NOTHING), (JOIN_RELAY, NOTHING)]


@pytest.mark.parametrize(
    "talk",
    [
        [*JOINED, (NEAR, done(ONE)), (NAMED, done(ONE))],
        [*JOINED, (GREEN, done("far")), (GREEN, done("far"))],
        [*JOINED, (FAR_GOES, NOTHING), (GREEN, LOST)],
        [*JOINED, (FAR_GOES, NOTHING), (FAR_COMES, NOTHING), (GREEN, done("far"))],
        [*RELAYED, (HIDDEN, done("hidden")), (BLACK, done("hidden"))],
        [*JOINED, (HIDDEN, LOST), (LEAVE, NOTHING), (NAMED, LOST), (GREEN, LOST)],
        [*BOTH, (CHANGE, NOTHING), (NEAR, done(TWO))],
        [(KIN, THERE), (VIOLET, done("kin")), (TO_KIN, done("kin")), (GREEN, LOST)],
        [(JOIN, NOTHING), (KIN, THERE), (ASK, told("kin", caps=["health", "violet"]))],
        [(KIN, {"there": False}), (TO_KIN, LOST), (KIN, THERE)],
        [*BOTH, (DESERT, done(ONE, status="error")), (NEAR, done(TWO))],
        [*BOTH, (ASK, told(TWO, passed_on=[[TWO, 2]])), (LAST, told(TWO))],
        [*BOTH, (LEAVE, NOTHING), ({**ASK, "who": 5}, told())],
        [*BOTH, (BYE, NOTHING), ({**ASK, "who": 1}, told(passed_on=[[ONE, 2]]))],
    ],
)
def test_what_is_right_does_not_surprise(talk: Talk) -> None:
    assert surprises(talk) == []


@pytest.mark.parametrize(
    ("talk", "requirement"),
    [
        ([*BOTH, (NEAR, done(ONE, TWO))], "ELO-MESH-02"),
        ([*BOTH, (DESERT, done(ONE, TWO, status="error"))], "ELO-MESH-02"),
        ([*JOINED, (DESERT, done(status="error"))], "ELO-MESH-01"),
        ([*JOINED, (NEAR, LOST)], "ELO-MESH-01"),
        ([*JOINED, (NEAR, done())], "ELO-MESH-01"),
        ([*JOINED, (NAMED, LOST)], "ELO-ROUTE-01"),
        ([*BACK, (NAMED, LOST)], "ELO-HELLO-16"),
        ([*RELAYED, (NAMED, done("hidden"))], "ELO-ROUTE-01"),
        ([*BACK, (NAMED, {**LOST, "relayed": True})], "ELO-ROUTE-01"),
        ([*RELAYED, (HIDDEN, LOST)], "ELO-MESH-01"),
        ([*RELAYED, (BLACK, LOST)], "ELO-ROUTE-07"),
        ([*JOINED, (GREEN, LOST)], "ELO-ROUTE-06"),
        ([*JOINED, (GREEN, done("far")), (GREEN, LOST)], "ELO-MESH-01"),
        ([*BOTH, (CHANGE, NOTHING), (NEAR, done(ONE))], "ELO-ROUTE-29"),
        (
            [(RELAY, NOTHING), (JOIN_RELAY, NOTHING), (LEAVE, NOTHING), (HIDDEN, LOST)],
            "ELO-ROUTE-29",
        ),
        ([*JOINED, (WHITE, done(ONE))], "ELO-MESH-01"),
        ([*BOTH, (ASK, told(TWO, passed_on=[[TWO, 2], [TWO, 7]]))], "ELO-MESH-03"),
        ([*BOTH, (ASK, told(TWO, passed_on=[[ONE, 7]]))], "ELO-MESH-03"),
        ([*BOTH, (ASK, told(TWO, passed_on=[[ONE, 2]]))], "ELO-ROUTE-19"),
        ([*BOTH, (ASK, told(TWO, passed_on=[[TWO, 1]]))], "ELO-ROUTE-19"),
        ([*BOTH, (LAST, told(TWO, passed_on=[[TWO, 0]]))], "ELO-ROUTE-20"),
        ([*BOTH, (ASK, told())], "ELO-ROUTE-13"),
        ([*BOTH, (ASK, told(TWO, TWO))], "ELO-HELLO-15"),
        ([*BOTH, (ASK, told(TWO, caps=None))], "ELO-ROUTE-14"),
        ([*BOTH, (ASK, told(TWO, caps=["blue"]))], "ELO-MESH-04"),
        ([*BOTH, (LEAVE, NOTHING), (ASK, told(ONE))], "ELO-ROUTE-27"),
        ([*BOTH, (BYE, NOTHING), ({**ASK, "who": 1}, told(ONE))], "ELO-LIFE-08"),
        ([*BOTH, (CHANGE, NOTHING), ({**ASK, "who": 1}, told(ONE))], "ELO-ROUTE-29"),
    ],
)
def test_what_is_wrong_surprises_in_the_requirement_that_speaks_of_it(
    talk: Talk, requirement: str
) -> None:
    assert surprises(talk) == [requirement]


@pytest.mark.parametrize(
    "talk",
    [
        [(LEAVE, NOTHING)],
        [(BYE, NOTHING)],
        [(CHANGE, NOTHING)],
        [(ASK, told())],
        [(DESERT, LOST)],
        [(FAR_COMES, NOTHING)],
        [(KIN, THERE), (KIN, THERE)],
        [*JOINED, (BYE, NOTHING), (NAMED, LOST)],
        [*JOINED, ({**WHITE, "patient": False}, LOST)],
        [*JOINED, (WHITE, LOST), (WHITE, LOST)],
    ],
)
def test_what_makes_no_sense_or_takes_too_long_is_not_played(talk: Talk) -> None:
    assert surprises(talk) == ["not played"]
