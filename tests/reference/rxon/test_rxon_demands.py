from typing import Any

import pytest

from reference.rxon import demands
from reference.rxon.messages import FieldError


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ([], "d: expected object, got array"),
        ({"tpye": "echo"}, "d.tpye: unknown member"),
        ({"type": 5}, "d.type: expected string, got number"),
        ({"params": []}, "d.params: expected object, got array"),
        ({"priority": "high"}, "d.priority: expected number, got string"),
        ({"priority": True}, "d.priority: expected number, got boolean"),
        ({"timeout_seconds": -1}, "d.timeout_seconds: expected 0 to 1000000000 seconds"),
        ({"transitions": {"done": 5}}, "d.transitions.done: expected string, got number"),
        (
            {"resource_requirements": {"resources": {"devices": ["gpu"]}}},
            "d.resource_requirements.resources.devices[0]: expected object, got string",
        ),
        (
            {"resource_requirements": {"installed_artifacts": [5]}},
            "d.resource_requirements.installed_artifacts[0]: expected object, got number",
        ),
    ],
)
def test_a_wrong_member_is_refused_by_its_path(raw: Any, message: str) -> None:
    with pytest.raises(FieldError) as caught:
        demands.parse(raw, path="d")
    assert str(caught.value) == message


def test_params_are_normalised() -> None:
    demand = demands.parse({"params": {"a": 1.0, "b": None}}, path="d")
    assert repr(demand.params) == "{'a': 1}"


def test_null_members_are_the_same_as_none() -> None:
    assert demands.parse({"max_cost": None, "skill_type": None}, path="d") == demands.Demand()


@pytest.mark.parametrize("version", [None, ""])
def test_a_single_task_asks_for_the_default_version(version: str | None) -> None:
    demand = demands.parse({"skill_version": version}, path="d")
    assert demands.with_default_version(demand).skill_version == "1.0.0"


def test_a_given_version_is_kept() -> None:
    demand = demands.parse({"skill_version": "2"}, path="d")
    assert demands.with_default_version(demand).skill_version == "2"


def test_own_transitions_come_on_top_of_the_usual_ones() -> None:
    demand = demands.parse({"transitions": {"done": "custom"}}, path="d")
    assert demand.next_states == {"success": "finished", "failure": "failed", "done": "custom"}
