from random import Random
from typing import Any

import pytest

from reference.rxon import demands, dispatch
from reference.rxon.demands import Demand
from reference.rxon.dispatch import Choice, Market, Nobody
from reference.rxon.queues import Queues
from reference.rxon.workers import Fleet, Worker

WORKER: dict[str, Any] = {
    "supported_skills": [
        {
            "name": "echo",
            "type": "text",
            "version": "2.0.0",
            "input_schema": {"type": "object", "properties": {"n": {"type": "integer"}}},
            "output_statuses": ["done"],
            "properties": {"langs": 3},
            "schema_dialect": "json-schema",
        }
    ],
    "resources": {
        "devices": [
            {"type": "gpu", "model": "NVIDIA RTX 4090", "properties": {"vram_gb": 24}},
            {"type": "gpu", "model": "NVIDIA RTX 3080", "properties": {"vram_gb": 10}},
        ],
        "properties": {"cpu_cores": 8, "ram_gb": 32},
    },
    "installed_artifacts": [{"name": "cuda", "version": "12.1"}],
    "installed_software": {"python": "3.11"},
    "capabilities": {"cost_per_skill": {"echo": 2}, "extra": {"zone": "a"}},
}


def market(*workers: tuple[str, dict[str, Any]]) -> Market:
    fleet = Fleet()
    for worker_id, body in workers:
        fleet.register(worker_id, body, expires=1.0)
    return Market(fleet=fleet, queues=Queues(), turns={})


def worker() -> Worker:
    return Fleet().register("w", WORKER, expires=1.0)


def demand(**members: Any) -> Demand:
    return demands.parse({"skill_version": "2.0.0", **members}, path="d")


def requiring(**members: Any) -> Demand:
    return demand(resource_requirements=members)


def chosen(choice: Choice | Nobody) -> str:
    assert isinstance(choice, Choice)
    return choice.worker.worker_id


def simple(price: float | None = None, **members: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"supported_skills": [{"name": "echo"}], **members}
    if price is not None:
        body["capabilities"] = {"cost_per_skill": {"echo": price}}
    return body


def gpu(**properties: Any) -> dict[str, Any]:
    return {"type": "gpu", "properties": properties}


FITTING = {
    "nothing": demand(),
    "devices": requiring(resources={"devices": [{"type": "gpu", "model": "rtx 4090"}]}),
    "devices in the order that a greedy choice gets wrong": requiring(
        resources={"devices": [gpu(vram_gb=8), gpu(vram_gb=20)]}
    ),
    "properties": requiring(resources={"properties": {"ram_gb": 32}}),
    "flat resources": requiring(resources={"cpu_cores": 8}),
    "artifact by name": requiring(installed_artifacts=["cuda"]),
    "artifact with version": requiring(installed_artifacts=[{"name": "cuda", "version": "12.1"}]),
    "software": requiring(installed_software={"python": "3.11"}),
    "any software version": requiring(installed_software={"python": "any"}),
    "skill type": demand(skill_type="text"),
    "skill field": requiring(skill={"schema_dialect": "json-schema"}),
    "skill property": requiring(skill={"langs": 3}),
    "params": demand(params={"n": 1.0}),
    "declared status": demand(transitions={"done": "finished"}),
    "extra": requiring(extra_requirements={"zone": "a"}),
    "cost": demand(max_cost=2),
}


@pytest.mark.parametrize("name", FITTING)
def test_a_worker_that_fits_is_suitable(name: str) -> None:
    assert dispatch.unsuitable(worker(), FITTING[name]) is None


REFUSED = {
    "resource_mismatch": requiring(resources={"devices": [gpu(vram_gb=25)]}),
    "resource_mismatch by property": requiring(resources={"properties": {"ram_gb": 33}}),
    "resource_mismatch by flat property": requiring(resources={"vram": 999}),
    "resource_mismatch by number": requiring(
        resources={"devices": [gpu(vram_gb=11), gpu(vram_gb=11)]}
    ),
    "missing_artifact: x": requiring(installed_artifacts=["x"]),
    "missing_artifact: cuda": requiring(installed_artifacts=[{"name": "cuda", "version": "11"}]),
    "missing_software: git": requiring(installed_software={"git": "any"}),
    "software_version_mismatch: python": requiring(installed_software={"python": "3.12"}),
    "skill_not_found: other": demand(type="other"),
    "skill_contract_mismatch: version": demand(skill_version="1.0.0"),
    "skill_contract_mismatch: type": demand(skill_type="image"),
    "skill_param_mismatch: langs": requiring(skill={"langs": 4}),
    "schema_validation_failed: ": demand(params={"n": "x"}),
    "unsupported_output_statuses: ['partly']": demand(transitions={"partly": "finished"}),
    "extra_mismatch: zone": requiring(extra_requirements={"zone": "b"}),
    "extra_mismatch: region": requiring(extra_requirements={"region": "a"}),
    "cost": demand(max_cost=1.9),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_a_worker_that_does_not_fit_is_refused_with_the_reason(reason: str) -> None:
    found = dispatch.unsuitable(worker(), REFUSED[reason])
    assert found is not None
    assert found.startswith(reason.split(" by ", maxsplit=1)[0])


def test_the_first_test_that_fails_names_the_reason() -> None:
    wanted = requiring(resources={"vram": 1}, installed_artifacts=["x"])
    assert dispatch.unsuitable(worker(), wanted) == "resource_mismatch"


def test_a_worker_without_resources_is_refused_only_when_some_are_required() -> None:
    bare = Fleet().register("w", simple(), expires=1.0)
    assert dispatch.unsuitable(bare, requiring(resources={"ram_gb": 1})) == (
        "missing_worker_resources"
    )
    assert dispatch.unsuitable(bare, requiring(resources={})) is None


def test_a_skill_without_version_serves_any_version() -> None:
    assert chosen(dispatch.choose(market(("w", simple())), demand(skill_version="7"))) == "w"


def test_empty_params_are_not_checked() -> None:
    strict = {"type": "object", "required": ["n"]}
    body = {"supported_skills": [{"name": "echo", "input_schema": strict}]}
    assert chosen(dispatch.choose(market(("w", body)), demand(params={}))) == "w"


def test_one_fitting_version_of_a_skill_is_enough() -> None:
    versions = [{"name": "echo", "version": v} for v in ("1", "2")]
    choice = dispatch.choose(
        market(("w", {"supported_skills": versions})), demand(skill_version="2")
    )
    assert isinstance(choice, Choice)
    assert choice.skill == {"name": "echo", "version": "2"}


def test_a_worker_with_a_bad_reputation_is_refused() -> None:
    bad = worker()
    bad.reputation = 0.29
    assert dispatch.unsuitable(bad, demand()) == "reputation"
    bad.reputation = 0.3
    assert dispatch.unsuitable(bad, demand()) is None


@pytest.mark.parametrize("strategy", ["default", "cheapest", "unheard of"])
def test_the_cheapest_worker_is_chosen(strategy: str) -> None:
    place = market(("dear", simple(3)), ("cheap", simple(1)), ("unpriced", simple()))
    assert chosen(dispatch.choose(place, demand(dispatch_strategy=strategy))) == "cheap"


def test_the_next_cheapest_is_chosen_when_the_cheapest_does_not_fit() -> None:
    place = market(("cheap", simple(1)), ("dear", simple(3, resources={"properties": {"r": 1}})))
    assert chosen(dispatch.choose(place, requiring(resources={"r": 1}))) == "dear"


def test_round_robin_begins_with_the_second_and_goes_round() -> None:
    place = market(("a", simple()), ("b", simple()), ("c", simple()))
    wanted = demand(dispatch_strategy="round_robin")
    turns = [chosen(dispatch.choose(place, wanted)) for _ in range(4)]
    assert turns == ["b", "c", "a", "b"]


def test_least_connections_prefers_the_idlest() -> None:
    place = market(("a", simple()), ("b", simple()))
    busy = place.fleet.get("a")
    assert busy is not None
    place.fleet.set_load(busy, 2)
    assert chosen(dispatch.choose(place, demand(dispatch_strategy="least_connections"))) == "b"


def test_best_value_weighs_price_by_reputation() -> None:
    place = market(("a", simple(2)), ("b", simple(3)))
    cheap = place.fleet.get("a")
    assert cheap is not None
    cheap.reputation = 0.5
    place.fleet.index(cheap)
    assert chosen(dispatch.choose(place, demand(dispatch_strategy="best_value"))) == "b"


def test_a_worker_without_any_reputation_has_the_worst_value() -> None:
    place = market(("a", simple(0)), ("b", simple(3)))
    lost = place.fleet.get("a")
    assert lost is not None
    lost.reputation = 0.0
    place.fleet.index(lost)
    assert chosen(dispatch.choose(place, demand(dispatch_strategy="best_value"))) == "b"


def test_an_empty_turn_is_nobody_s() -> None:
    place = market(("a", simple()), ("warm", {"hot_skills": ["echo"]}), ("b", simple()))
    wanted = demand(dispatch_strategy="round_robin")
    assert [chosen(dispatch.choose(place, wanted)) for _ in range(2)] == ["b", "a"]


def test_overflow_passes_over_a_long_queue() -> None:
    place = market(("a", simple(1)), ("b", simple(2)))
    wanted = demand(dispatch_strategy="overflow")
    for order in (1, 2, 3):
        assert chosen(dispatch.choose(place, wanted)) == "a"
        place.queues.put("a", priority=0, order=order, task_id=f"t{order}")
    assert chosen(dispatch.choose(place, wanted)) == "b"


def test_a_warm_worker_is_preferred_but_not_required() -> None:
    place = market(("cheap", simple(1)), ("warm", simple(9, hot_skills=["echo"])))
    assert chosen(dispatch.choose(place, demand())) == "warm"
    assert chosen(dispatch.choose(place, demand(max_cost=5))) == "cheap"


def test_a_hinted_model_is_preferred() -> None:
    place = market(("a", simple()), ("b", simple(hot_cache=["llama"])))
    assert chosen(dispatch.choose(place, demand(resource_hint="llama"))) == "b"
    assert chosen(dispatch.choose(place, demand(params={"model_name": "llama"}))) == "b"
    assert chosen(dispatch.choose(place, demand())) == "a"


def test_a_worker_to_avoid_gets_the_task_when_there_is_no_other() -> None:
    place = market(("a", simple()), ("b", simple()))
    assert chosen(dispatch.choose(place, demand(), avoid=("a",))) == "b"
    assert chosen(dispatch.choose(market(("a", simple())), demand(), avoid=("a",))) == "a"


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (demand(type="x"), "No suitable workers for task type 'x'"),
        (demand(max_cost=1), "No worker meets the maximum cost"),
        (
            requiring(resources={"r": 1}),
            (
                "No worker satisfies the resource requirements for task 'echo'. "
                "Reasons: {'missing_worker_resources': 1}"
            ),
        ),
    ],
)
def test_nobody_is_chosen_with_an_explanation(wanted: Demand, message: str) -> None:
    assert dispatch.choose(market(("w", simple(2))), wanted) == Nobody(message)


def test_a_lost_reputation_is_explained() -> None:
    place = market(("w", simple()))
    bad = place.fleet.get("w")
    assert bad is not None
    bad.reputation = 0.1
    assert dispatch.choose(place, demand()) == Nobody(
        "No suitable workers meeting the reputation threshold (0.3) for task 'echo'"
    )


@pytest.mark.parametrize("warm", [3, dispatch.FEW + 6])
def test_among_few_and_many_loaded_workers_the_cheapest_is_chosen(warm: int) -> None:
    """Few are sorted, many are looked for in order; which does not show."""
    fleet = [(f"w{n}", simple(200 - n, hot_skills=["echo"] * (n < warm))) for n in range(100)]
    assert chosen(dispatch.choose(market(*fleet), demand())) == f"w{warm - 1}"


@pytest.mark.parametrize("strategy", ["round_robin", "least_connections", "best_value"])
def test_an_order_that_was_asked_for_keeps_up_with_the_fleet(strategy: str) -> None:
    """The choice is the same as by an order that is made anew."""
    random = Random(strategy)  # noqa: S311
    place = market()
    wanted = demand(dispatch_strategy=strategy)
    for step in range(400):
        name = f"w{random.randrange(12)}"
        worker = place.fleet.get(name)
        match random.randrange(5):
            case 0:
                body = simple(random.choice([1, 1, 2, 3, None]))
                place.fleet.register(name, body, expires=1e12)
            case 1 if worker is not None:
                place.fleet.remove(name)
            case 2 if worker is not None:
                place.fleet.set_load(worker, random.randrange(3))
            case 3 if worker is not None:
                worker.reputation = random.choice([0.0, 0.4, 1.0])
                place.fleet.index(worker)
        turns = dict(place.turns)
        kept = dispatch.STRATEGIES[strategy](place, "echo", place.fleet.offering("echo"))
        kept_places = list(kept)
        place.turns.update(turns)
        anew = dispatch.STRATEGIES[strategy](place, "echo", list(place.fleet.offering("echo")))
        assert kept_places == list(anew), step
        dispatch.choose(place, wanted)


@pytest.mark.parametrize("strategy", ["default", "round_robin", "least_connections", "best_value"])
def test_a_choice_among_many_looks_at_few(monkeypatch: pytest.MonkeyPatch, strategy: str) -> None:
    looked: list[str] = []
    place = market(*((f"w{n}", simple()) for n in range(500)))

    def note(candidate: Worker, _demand: Demand) -> None:
        looked.append(candidate.worker_id)

    monkeypatch.setattr(dispatch, "TESTS", {"note": note})
    first = chosen(dispatch.choose(place, demand(dispatch_strategy=strategy)))
    assert looked == [first]
