"""Conversations about dispatch: several workers poll for one task, and one is given it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conformance.kit.judging.suite import scenario
from conformance.rxon.peer import Desk, Worker, side_by_side
from conformance.rxon.polls import offer, queued

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from conformance.kit.running.stage import Stage
    from conformance.rxon.peer import Body

WRONG, RIGHT = "the wrong one", "the right one"
CHEAP, DEAR = 1, 5
TAKES_TEXT = {"type": "object", "properties": {"n": {"type": "string"}}}
TAKES_INTEGERS = {"type": "object", "properties": {"n": {"type": "integer"}}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """Two workers that differ in one thing, and a task for only one of them.

    ``wrong`` and ``right`` are members of the registration or, under ``skill``, of the skill; a
    skill is named as the task's type unless it has a name of its own.
    """

    wrong: Body
    right: Body
    wishes: Body = field(default_factory=dict)


def gpu(**members: Any) -> Body:
    """Return resources with one device."""
    return {"devices": [{"type": "gpu", **members}]}


def needs(**resources: Any) -> Body:
    """Return the wish for a worker with these resources."""
    return {"resource_requirements": {"resources": resources}}


# RXON-DSP-01
RESOURCES: Mapping[str, Contest] = {
    "a number": Contest(
        wrong={"resources": {"properties": {"ram_gb": 8}}},
        right={"resources": {"properties": {"ram_gb": 32}}},
        wishes=needs(properties={"ram_gb": 16}),
    ),
    "what is missing": Contest(
        wrong={"resources": {"properties": {"cpu_cores": 4}}},
        right={"resources": {"properties": {"cpu_cores": 4, "ram_gb": 32}}},
        wishes=needs(properties={"ram_gb": 16}),
    ),
    "a number of a device": Contest(
        wrong={"resources": gpu(model="RTX 4090", properties={"vram_gb": 8})},
        right={"resources": gpu(model="RTX 4090", properties={"vram_gb": 24})},
        wishes=needs(**gpu(properties={"vram_gb": 16})),
    ),
    "a device model": Contest(
        wrong={"resources": gpu(model="NVIDIA GeForce RTX 4080")},
        right={"resources": gpu(model="NVIDIA GeForce RTX 4090")},
        wishes=needs(**gpu(model="rtx 4090")),
    ),
    "a list": Contest(
        wrong={"resources": {"properties": {"zones": ["c"]}}},
        right={"resources": {"properties": {"zones": ["b", "d"]}}},
        wishes=needs(properties={"zones": ["a", "b"]}),
    ),
}
# RXON-DSP-02
SKILLS: Mapping[str, Contest] = {
    "the name": Contest(wrong={"skill": {"name": "other"}}, right={}),
    "the version": Contest(
        wrong={"skill": {"version": "2.0.0"}},
        right={"skill": {"version": "1.1.0"}},
        wishes={"skill_version": "1.1.0"},
    ),
    "no version": Contest(
        wrong={"skill": {"version": "2.0.0"}}, right={}, wishes={"skill_version": "1.1.0"}
    ),
    "the type": Contest(
        wrong={"skill": {"type": "text"}},
        right={"skill": {"type": "image"}},
        wishes={"skill_type": "image"},
    ),
}
# RXON-DSP-03
SCHEMAS: Mapping[str, Contest] = {
    "the input schema": Contest(
        wrong={"skill": {"input_schema": TAKES_INTEGERS}},
        right={"skill": {"input_schema": TAKES_TEXT}},
        wishes={"params": {"n": "one"}},
    )
}


async def offering(stage: Stage, name: str, *, cost: int, **members: Any) -> Worker:
    """Return a registered worker that has the skill at a price."""
    skill = {"name": name, "type": name, **members.pop("skill", {})}
    prices = {"hostname": "assay", "cost_per_skill": {skill["name"]: cost}}
    return await Worker(stage).hired(supported_skills=[skill], capabilities=prices, **members)


async def contest(stage: Stage, name: str, rule: Contest) -> None:
    """Play a contest; the wrong worker is there first and cheaper: only the rule is in its way."""
    skill = stage.unique("skill")
    wrong = await offering(stage, skill, cost=CHEAP, **rule.wrong)
    right = await offering(stage, skill, cost=DEAR, **rule.right)
    await offer(stage, Desk(stage), skill, to={RIGHT: right, WRONG: wrong}, tag=name, **rule.wishes)


async def contests(stage: Stage, rules: Mapping[str, Contest]) -> None:
    """Play contests side by side; each has a skill of its own."""
    await side_by_side(*(contest(stage, name, rule) for name, rule in rules.items()))


@scenario()
async def resources(stage: Stage) -> None:
    """Offer tasks that need more than the first worker has."""
    await contests(stage, RESOURCES)


@scenario()
async def skills(stage: Stage) -> None:
    """Offer tasks that need another skill than the first worker's."""
    await contests(stage, SKILLS)


@scenario()
async def input_schemas(stage: Stage) -> None:
    """Submit a task whose parameters break the first worker's schema."""
    await contests(stage, SCHEMAS)


@scenario()
async def prices(stage: Stage) -> None:
    """Let the second of two workers be cheaper, then offer one that is alone less than it costs."""
    desk, skill = Desk(stage), stage.unique("skill")
    dear = await offering(stage, skill, cost=DEAR)
    cheap = await offering(stage, skill, cost=CHEAP)
    await offer(stage, desk, skill, to={RIGHT: cheap, WRONG: dear}, tag="the cheapest")
    for tag, limit in (("max_cost", DEAR - 1), ("a max_cost as high", DEAR)):
        rare = stage.unique("skill")
        alone = {RIGHT: await offering(stage, rare, cost=DEAR)}
        await offer(stage, desk, rare, to=alone, tag=tag, max_cost=limit)


# Alone: an orchestrator that cannot read the announcement may fail every dispatch.
@scenario(exclusive=True)
async def hot_skills(stage: Stage) -> None:
    """Announce a loaded skill, then submit a job for it and one for a bystander."""
    warm = Worker(stage).retire_at_the_end()
    await warm.hired(hot_skills=[warm.skill])
    bystander, desk = await Worker(stage).hired(), Desk(stage)
    await offer(stage, desk, warm.skill, to={RIGHT: warm}, tag="a task for the hot skill")
    await offer(stage, desk, bystander.skill, to={RIGHT: bystander}, tag="a task for a bystander")


@scenario()
async def wishes(stage: Stage) -> None:
    """Submit a job with everything that should reach the task."""
    worker, desk = await Worker(stage).hired(), Desk(stage)
    await queued(
        desk,
        worker,
        params={
            "whole": 1.0,
            "half": 0.5,
            "none": None,
            "deep": [{"text": "é/\u2028", "no": None}],
        },
        priority=7.0,
        metadata={"count": 2.0, "none": None, "flag": True, "empty": {}},
        security={"signature": "of the client", "identity_chain": ["a", "b"]},
    )
    await worker.poll(tag="a task that carries everything")


async def one_candidate(stage: Stage, example: Body) -> None:
    """Offer a task with requirements to a single worker with resources."""
    worker = Worker(stage)
    await worker.hired(resources=example["have"])
    wished = needs(**example["required"])
    await offer(stage, Desk(stage), worker.skill, to={RIGHT: worker}, tag="an offer", **wished)
