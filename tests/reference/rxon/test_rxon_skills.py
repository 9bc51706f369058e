"""The reference worker's skills: the conformance profile, kept and broken."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from reference.rxon import contracts, execution, messages
from reference.rxon.skills import CATALOGUE, SKILLS, SkillError


def run(name: str, **params: Any) -> tuple[Any, list[tuple[str, Any]]]:
    """Run a skill; return what it returns, and the events that it sends."""
    told: list[tuple[str, Any]] = []

    def tell(event: str, payload: Mapping[str, Any]) -> None:
        told.append((event, payload))

    async def play() -> Any:
        return await SKILLS[name](params, tell)

    return asyncio.run(play()), told


def test_every_skill_is_declared_and_can_be_run() -> None:
    assert CATALOGUE.keys() == SKILLS.keys()
    for name, skill in CATALOGUE.items():
        assert skill["name"] == name
        messages.check("registration", {"worker_id": "w", "supported_skills": [skill]})


def test_echo_returns_its_parameters() -> None:
    assert run("echo", said="hello") == ({"said": "hello"}, [])


def test_slow_takes_its_time_and_tells_its_progress() -> None:
    result, told = run("slow", seconds=0.0)
    assert result == {"seconds": 0.0}
    assert [(event, payload["progress"]) for event, payload in told] == [
        ("progress", 0.5),
        ("progress", 1.0),
    ]


def test_fail_raises_the_message() -> None:
    with pytest.raises(SkillError, match="oops"):
        run("fail", message="oops")


@pytest.mark.parametrize(("output", "kept"), [({"n": 1}, True), ({"n": "x"}, False), ({}, False)])
def test_promise_returns_what_it_is_told_to(output: Any, *, kept: bool) -> None:
    result, _ = run("promise", output=output)
    outcome = execution.finished(result, CATALOGUE["promise"])
    assert (outcome.status == "success") is kept


def test_announce_sends_every_payload_whether_it_keeps_the_promise_or_not() -> None:
    payloads = [{"value": 1.5}, {"value": "much"}]
    _, told = run("announce", payloads=payloads)
    assert told == [("measured", payload) for payload in payloads]
    schema = CATALOGUE["announce"]["events_schema"]["measured"]
    assert [contracts.violation(each, schema) is None for each in payloads] == [True, False]
