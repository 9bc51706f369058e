"""The model of what a host knows of clients, played by hand and against the reference's rules."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings

from conformance.connectonion import strategies_trust as strategies
from conformance.connectonion import trust_model as model
from conformance.connectonion.trust_model import ADMIN, CHIEF, NOBODY, Step, World
from reference.connectonion.administration import command
from reference.connectonion.authentication import Refused, Signed
from reference.connectonion.clients import Clients
from reference.connectonion.levels import Operation

MANY = settings(max_examples=60, deadline=None, database=None)
NAMES = ("0xaa", "0xbb")


def order(do: str, by: Any = ADMIN, client: int = 0, name: str = "plain") -> Step:
    return {"do": do, "by": by, "client": client, "via": "ws", "name": name}


def done(*levels: str) -> dict[str, Any]:
    return {"counts": True, "levels": list(levels)}


def refused(*levels: str) -> dict[str, Any]:
    return {"counts": False, "levels": list(levels)}


def surprises(*talk: tuple[Step, dict[str, Any]]) -> list[str]:
    """Play a conversation; return whose rules surprised."""
    world = World()
    found = [model.surprise(world, step, seen) for step, seen in talk]
    return [each.requirement for each in found if each is not None]


UP = (order("promote"), done("contact", "stranger"))
BLOCKED = (order("block"), done("blocked", "stranger"))
NAMED = (order("add", CHIEF), done("stranger", "stranger"))


@pytest.mark.parametrize(
    "talk",
    [
        [UP, (order("promote"), done("whitelist", "stranger"))],
        [UP, (order("demote"), done("stranger", "stranger"))],
        [(order("demote"), refused("stranger", "stranger"))],
        [BLOCKED, (order("promote"), refused("blocked", "stranger"))],
        [UP, BLOCKED, (order("unblock"), done("contact", "stranger"))],
        [(order("promote", NOBODY), refused("stranger", "stranger"))],
        [(order("promote", 1), refused("stranger", "stranger"))],
        [NAMED, (order("promote", 0, 1), done("stranger", "contact"))],
        [(order("promote", name="two lines"), refused("stranger", "stranger"))],
        [(order("onboard"), done("contact", "stranger"))],
        [BLOCKED, (order("onboard"), refused("blocked", "stranger"))],
        [(order("prompt"), refused("stranger", "stranger"))],
        [UP, (order("prompt"), done("contact", "stranger"))],
    ],
)
def test_what_a_host_may_do_does_not_surprise(talk: list[tuple[Step, dict[str, Any]]]) -> None:
    assert surprises(*talk) == []


@pytest.mark.parametrize(
    ("talk", "requirement"),
    [
        ([(order("promote"), done("whitelist", "stranger"))], "CO-TRUST-18"),
        ([(order("promote"), refused("stranger", "stranger"))], "CO-TRUST-18"),
        ([UP, (order("demote"), done("contact", "stranger"))], "CO-TRUST-19"),
        ([UP, BLOCKED, (order("unblock"), done("stranger", "stranger"))], "CO-TRUST-20"),
        ([BLOCKED, (order("promote"), done("blocked", "stranger"))], "CO-TRUST-21"),
        ([(order("promote", NOBODY), done("contact", "stranger"))], "CO-TRUST-52"),
        ([(order("add", ADMIN), done("stranger", "stranger"))], "CO-TRUST-52"),
        (
            [NAMED, BLOCKED, (order("unblock", 0), done("stranger", "stranger"))],
            "CO-TRUST-27",
        ),
        (
            [
                NAMED,
                (order("remove", CHIEF), done("stranger", "stranger")),
                (order("promote", 0), done("contact", "stranger")),
            ],
            "CO-TRUST-24",
        ),
        ([(order("block", name="two lines"), done("blocked", "blocked"))], "CO-TRUST-37"),
        ([(order("block", name="a pattern"), done("blocked", "stranger"))], "CO-TRUST-47"),
        ([(order("promote"), done("contact", "contact"))], "CO-TRUST-53"),
        ([(order("add", CHIEF), done("contact", "stranger"))], "CO-TRUST-23"),
        ([(order("onboard"), done("whitelist", "stranger"))], "CO-TRUST-13"),
        ([(order("prompt"), done("stranger", "stranger"))], "CO-TRUST-08.b"),
    ],
)
def test_what_a_host_may_not_do_surprises_in_the_name_of_its_requirement(
    talk: list[tuple[Step, dict[str, Any]]], requirement: str
) -> None:
    assert surprises(*talk) == [requirement]


@MANY
@given(strategies.rivals() | strategies.offices() | strategies.falls() | strategies.odd_names())
def test_the_model_and_the_reference_are_of_one_mind(steps: list[Step]) -> None:
    clients, world = Clients(super_admin=CHIEF), World()
    clients.apply(Operation.SET_ADMIN, ADMIN, by=CHIEF, at=0.0)
    for step in steps:
        if step["do"] in {"prompt", "onboard"}:
            continue
        assert obeyed(clients, step) == model.learn(world, step)[0]
        assert [str(clients.level(name)) for name in NAMES] == world.levels()


def obeyed(clients: Clients, step: Step) -> bool:
    """Give an order as a host would take it."""
    who = NAMES[step["by"]] if isinstance(step["by"], int) else step["by"]
    name = NAMES[step["client"]]
    odd = {"two lines": f"{name}\nx", "a pattern": f"{name}*"}
    verb = {"add": "add_admin", "remove": "remove_admin"}.get(step["do"], str(step["do"]))
    named = "admin_id" if verb.endswith("_admin") else "client_id"
    try:
        if clients.level(who) == "blocked":
            return False
        signed = Signed(who, {named: odd.get(step["name"], name)})
        return command(clients, verb, signed, now=time.time()).get("success") is True
    except Refused:
        return False
