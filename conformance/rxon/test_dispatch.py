"""RXON-DSP: which worker is given a task, and with what in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.kit.judging.suite import check, property_check
from conformance.kit.verdict import Broken, Unmet
from conformance.rxon import polls
from conformance.rxon import scenarios_dispatch as dispatch
from reference.rxon import matching

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen


def must_be_given(seen: Seen, offer: str, to: str) -> None:
    """Demand that one worker, or nobody, was given the task of an offer."""
    note = seen.noted(offer)
    given = note.data["worker"]
    if given != to:
        evidence = [event for event in seen.events if event.tag.startswith(offer)]
        raise Broken(f"the task went to {given or 'nobody'}, not to {to or 'nobody'}", *evidence)


@check("RXON-DSP-01", dispatch.resources, cases=tuple(dispatch.RESOURCES))
def test_a_task_goes_to_the_worker_with_enough_of(seen: Seen, thing: str) -> None:
    must_be_given(seen, thing, to=dispatch.RIGHT)


@property_check(
    "RXON-DSP-01",
    for_all="conformance.rxon.strategies:matching",
    played_by=dispatch.one_candidate,
    examples=40,
)
def test_a_worker_is_given_exactly_the_tasks_that_its_resources_satisfy(
    seen: Seen, example: dict[str, Any]
) -> None:
    note = seen.noted("an offer")
    fits = matching.resources_match(example["have"], example["required"])
    if fits and not note.data["worker"]:
        raise Broken("the worker satisfies the requirements and was not given the task", note)
    if note.data["worker"] and not fits:
        raise Broken("the worker does not satisfy the requirements and was given the task", note)


@check("RXON-DSP-02", dispatch.skills, cases=tuple(dispatch.SKILLS))
def test_a_task_goes_to_the_worker_whose_skill_has(seen: Seen, thing: str) -> None:
    must_be_given(seen, thing, to=dispatch.RIGHT)


@check("RXON-DSP-03", dispatch.input_schemas)
def test_a_task_goes_to_the_worker_whose_input_schema_its_params_keep(seen: Seen) -> None:
    must_be_given(seen, "the input schema", to=dispatch.RIGHT)


@check("RXON-DSP-04", dispatch.prices, cases=("the cheapest", "max_cost"))
def test_a_price_decides_by(seen: Seen, case: str) -> None:
    twin = seen.noted("a max_cost as high")
    if twin.data["worker"] != dispatch.RIGHT:
        raise Unmet("a worker that costs exactly the max_cost was not given the task", twin)
    must_be_given(seen, case, to={"the cheapest": dispatch.RIGHT, "max_cost": polls.NOBODY}[case])


@check("RXON-DSP-05", dispatch.hot_skills, cases=("the hot skill", "a bystander"))
def test_hot_skills_keep_no_task_from(seen: Seen, whom: str) -> None:
    must_be_given(seen, f"a task for {whom}", to=dispatch.RIGHT)


@check("RXON-DSP-06", dispatch.wishes, cases=("params", "metadata", "priority", "security"))
def test_what_the_job_carries_reaches_the_task_normalised(seen: Seen, member: str) -> None:
    expected = {
        "params": '{"whole": 1, "half": 0.5, "deep": [{"text": "é/\u2028"}]}',
        "metadata": '{"count": 2, "flag": true, "empty": {}}',
        "priority": "7",
        "security": '{"signature": "of the client", "identity_chain": ["a", "b"]}',
    }[member]
    answer = seen.answer("a task that carries everything")
    answer.must_be(200)
    came = spelled(answer.member(member))
    answer.must(came == spelled(json.loads(expected)), f"`{member}` came as {came}")


def spelled(value: Any) -> str:
    """Return JSON in which 1 and 1.0 differ and the order of members does not."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
