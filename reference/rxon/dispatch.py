"""Which worker gets a task: the tests that a candidate must pass and the order of choice.

Sheet 6.3. Candidates come in the order of a strategy and the first that passes every test gets the
task, so that the usual choice does not look at every worker.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from reference.rxon import contracts, matching, orderings, revision, workers
from reference.rxon.demands import Demand
from reference.rxon.orderings import Entry, Place
from reference.rxon.queues import Queues
from reference.rxon.workers import Fleet, Skill, Worker

# Statuses that every skill may end with, declared or not.
COMMON_STATUSES = frozenset({"success", "failure", "cancelled"})
ANY_SOFTWARE = "any"
FEW = 64  # workers that are sooner sorted than found among all
OVERFLOW_LENGTH = 3  # sheet 6.3: a queue that long takes no more
RESOURCE_MEMBERS = frozenset({"devices", "properties"})


@dataclass(frozen=True, slots=True)
class Choice:
    """A worker for a task, with the skill that it declared."""

    worker: Worker
    skill: Skill


@dataclass(frozen=True, slots=True)
class Nobody:
    """There is no suitable worker, and why."""

    message: str


# --- tests: the reason why a worker cannot have the task, or None


def lacks_resources(worker: Worker, demand: Demand) -> str | None:
    """Compare devices and properties (RXON-DSP-01, RXON-MAT)."""
    required = demand.requirements.get("resources")
    if not required:
        return None
    have = worker.record.get("resources")
    if not have:
        return "missing_worker_resources"
    return None if matching.resources_match(have, structured(required)) else "resource_mismatch"


def structured(required: Mapping[str, Any]) -> Mapping[str, Any]:
    """Read members beside `devices` and `properties` as properties, so that none is ignored."""
    flat = {key: value for key, value in required.items() if key not in RESOURCE_MEMBERS}
    if not flat:
        return required
    properties = {**flat, **required.get("properties", {})}
    return {"devices": required.get("devices", []), "properties": properties}


def lacks_artifact(worker: Worker, demand: Demand) -> str | None:
    """Find every required artifact (RXON-MAT-10)."""
    have = worker.record.get("installed_artifacts") or []
    for wanted in demand.requirements.get("installed_artifacts", ()):
        artifact = {"name": wanted} if isinstance(wanted, str) else wanted
        if not any(matching.artifact_matches(item, artifact) for item in have):
            return f"missing_artifact: {artifact.get('name')}"
    return None


def lacks_software(worker: Worker, demand: Demand) -> str | None:
    """Compare software versions exactly."""
    have = worker.record.get("installed_software") or {}
    for name, version in demand.requirements.get("installed_software", {}).items():
        if name not in have:
            return f"missing_software: {name}"
        if version not in (ANY_SOFTWARE, have[name]):
            return f"software_version_mismatch: {name} {have[name]} is not {version}"
    return None


def lacks_skill(worker: Worker, demand: Demand) -> str | None:
    """Ask for one declared skill that passes every test of skills (RXON-DSP-02)."""
    reason: str | None = f"skill_not_found: {demand.type}"
    for skill in worker.skills.get(demand.type, ()):
        reason = unfit(skill, demand)
        if reason is None:
            return None
    return reason


def lacks_extra(worker: Worker, demand: Demand) -> str | None:
    """Compare announced extra capabilities exactly."""
    extra = (worker.record.get("capabilities") or {}).get("extra") or {}
    for key, value in demand.requirements.get("extra_requirements", {}).items():
        if key not in extra or extra[key] != value:
            return f"extra_mismatch: {key}"
    return None


def costs_too_much(worker: Worker, demand: Demand) -> str | None:
    """Hold the price against the highest that the client pays (RXON-DSP-04)."""
    limit = inf if demand.max_cost is None else demand.max_cost
    return None if workers.cost_of(worker, demand.type) <= limit else "cost"


def has_bad_reputation(worker: Worker, _demand: Demand) -> str | None:
    """Hold the reputation against the threshold."""
    return None if worker.reputation >= revision.REPUTATION_THRESHOLD else "reputation"


# In the order of sheet 6.3; the first test that fails names the reason.
TESTS: Mapping[str, Callable[[Worker, Demand], str | None]] = {
    "resources": lacks_resources,
    "artifacts": lacks_artifact,
    "software": lacks_software,
    "skill": lacks_skill,
    "extra": lacks_extra,
    "cost": costs_too_much,
    "reputation": has_bad_reputation,
}


# --- tests of one skill


def breaks_contract(skill: Skill, demand: Demand) -> str | None:
    """Compare version and type; a skill without a version serves any."""
    version, kind = skill.get("version"), skill.get("type")
    if demand.skill_version is not None and version not in (None, demand.skill_version):
        return f"skill_contract_mismatch: version {version} is not {demand.skill_version}"
    if demand.skill_type is not None and kind != demand.skill_type:
        return f"skill_contract_mismatch: type {kind} is not {demand.skill_type}"
    return None


def differs_in_field(skill: Skill, demand: Demand) -> str | None:
    """Compare required fields with the skill's own or, if it has none, with its properties."""
    properties = skill.get("properties") or {}
    for name, value in demand.requirements.get("skill", {}).items():
        have = skill.get(name)
        if (properties.get(name) if have is None else have) != value:
            return f"skill_param_mismatch: {name}"
    return None


def rejects_params(skill: Skill, demand: Demand) -> str | None:
    """Check parameters, if there are any, against the skill's schema (RXON-DSP-03)."""
    if not demand.params:
        return None
    problem = contracts.violation(demand.params, skill.get("input_schema"))
    return problem and f"schema_validation_failed: {problem}"


def lacks_status(skill: Skill, demand: Demand) -> str | None:
    """Ask that a skill which declares its statuses declares those that the job counts on."""
    declared = skill.get("output_statuses")
    missing = set(demand.next_states) - COMMON_STATUSES - set(declared or ())
    return f"unsupported_output_statuses: {sorted(missing)}" if declared and missing else None


SKILL_TESTS: Mapping[str, Callable[[Skill, Demand], str | None]] = {
    "contract": breaks_contract,
    "fields": differs_in_field,
    "params": rejects_params,
    "statuses": lacks_status,
}


def unfit(skill: Skill, demand: Demand) -> str | None:
    """Return why a skill cannot serve the demand."""
    for test in SKILL_TESTS.values():
        if reason := test(skill, demand):
            return reason
    return None


def unsuitable(worker: Worker, demand: Demand) -> str | None:
    """Return why a worker cannot have the task."""
    for test in TESTS.values():
        if reason := test(worker, demand):
            return reason
    return None


def skill_for(worker: Worker, demand: Demand) -> Skill:
    """Return the skill of a suitable worker that serves the demand."""
    return next(skill for skill in worker.skills[demand.type] if unfit(skill, demand) is None)


# --- order of choice


@dataclass(slots=True)
class Market:
    """What a strategy may look at."""

    fleet: Fleet
    queues: Queues
    turns: dict[str, int]  # how often each skill was given away in turn

    def worker(self, place: Place) -> Worker:
        """Return the worker that stands at a place."""
        worker = self.fleet.get(place[-1])
        if worker is None:
            raise LookupError(place[-1])
        return worker


Strategy = Callable[[Market, str, Iterable[Place]], Iterable[Place]]


def in_order(market: Market, name: str, skill: str, offered: Iterable[Place]) -> Sequence[Entry]:
    """Bring workers into another order; all workers of a skill stand in it already."""
    if offered is market.fleet.offering(skill):
        return market.fleet.ordered(name, skill)
    return sorted(orderings.entry(name, place, market.worker(place).load) for place in offered)


def in_turn(market: Market, skill: str, offered: Iterable[Place]) -> Iterator[Place]:
    """Go round in the order of arrival; the first turn is the second worker's (sheet 6.3)."""
    arrived = in_order(market, orderings.ARRIVAL, skill, offered)
    if not arrived:
        return iter(())
    turn = market.turns[skill] = market.turns.get(skill, 0) + 1
    count = len(arrived)
    return (arrived[(turn + step) % count][-1] for step in range(count))


def least_loaded(market: Market, skill: str, offered: Iterable[Place]) -> Iterator[Place]:
    """Prefer the worker with the fewest tasks."""
    return (place for _, place in in_order(market, orderings.LOAD, skill, offered))


def best_value(market: Market, skill: str, offered: Iterable[Place]) -> Iterator[Place]:
    """Prefer the lowest price for the reputation."""
    return (place for _, place in in_order(market, orderings.VALUE, skill, offered))


def unless_busy(market: Market, _skill: str, offered: Iterable[Place]) -> Iterator[Place]:
    """Prefer the cheapest whose queue is short."""
    return (place for place in offered if market.queues.length(place[-1]) < OVERFLOW_LENGTH)


def as_offered(_market: Market, _skill: str, offered: Iterable[Place]) -> Iterable[Place]:
    """Prefer the cheapest, then the best reputation, then the first (RXON-DSP-04)."""
    return offered


STRATEGIES: Mapping[str, Strategy] = {
    "default": as_offered,
    "cheapest": as_offered,
    "round_robin": in_turn,
    "least_connections": least_loaded,
    "best_value": best_value,
    "overflow": unless_busy,
}


def choose(market: Market, demand: Demand, *, avoid: Collection[str] = ()) -> Choice | Nobody:
    """Choose a worker; those to avoid get the task only when nobody else can have it."""
    offered = market.fleet.offering(demand.type)
    reasons: Counter[str] = Counter()
    for group in (*preferred(market.fleet, demand, offered), offered):
        for place in STRATEGIES.get(demand.dispatch_strategy, as_offered)(
            market, demand.type, group
        ):
            worker = market.worker(place)
            if worker.worker_id in avoid:
                continue
            reason = unsuitable(worker, demand)
            if reason is None:
                return Choice(worker, skill_for(worker, demand))
            if group is offered:
                reasons[reason] += 1
    if avoid:
        return choose(market, demand)
    return Nobody(explain(demand, reasons))


def preferred(fleet: Fleet, demand: Demand, offered: Sequence[Place]) -> Iterator[Iterable[Place]]:
    """Return the workers that have the skill, then the hinted model, loaded already."""
    for name in (demand.type, hint(demand)):
        warm = fleet.warm_for(name) if name else ()
        if len(warm) > FEW:
            yield among(offered, warm)
        elif warm:
            yield sorted(of_the_skill(fleet, demand.type, warm))


def of_the_skill(fleet: Fleet, skill: str, names: Iterable[str]) -> Iterator[Place]:
    """Return the places of the named workers that offer a skill."""
    for name in names:
        worker = fleet.get(name)
        if worker is not None and skill in worker.places:
            yield worker.places[skill]


def among(offered: Iterable[Place], names: Collection[str]) -> Iterator[Place]:
    """Return the places of the named workers, in order."""
    return (place for place in offered if place[-1] in names)


def hint(demand: Demand) -> str | None:
    """Return the model that the client would like to be loaded (sheet 6.3)."""
    params = demand.params or {}
    told = (demand.resource_hint, params.get("resource_hint"), params.get("model_name"))
    return next((name for name in told if isinstance(name, str) and name), None)


def explain(demand: Demand, reasons: Mapping[str, int]) -> str:
    """Say why nobody could have the task."""
    if not reasons:
        return f"No suitable workers for task type '{demand.type}'"
    if "cost" in reasons:
        return "No worker meets the maximum cost"
    if "reputation" in reasons:
        return (
            "No suitable workers meeting the reputation threshold "
            f"({revision.REPUTATION_THRESHOLD}) for task '{demand.type}'"
        )
    return (
        f"No worker satisfies the resource requirements for task '{demand.type}'. "
        f"Reasons: {dict(reasons)}"
    )
