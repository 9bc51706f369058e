from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conformance.kit.judging.suite import BOUND, check, check_of, property_check, scenario

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.running.stage import Stage


async def greeting(stage: Stage) -> None:
    """Greet."""


async def guess(stage: Stage, example: Any) -> None:
    """Guess."""


def declared(*scenarios: Any, **more: Any) -> Any:
    def test_it_greets_the_world(seen: Seen) -> None:
        """Never called."""

    test_it_greets_the_world.__module__ = "conformance.toy.test_greetings"
    return check_of(check("TOY-A-01", *scenarios, **more)(test_it_greets_the_world))


def test_a_scenario_is_named_after_its_area_and_function() -> None:
    greeting.__module__ = "conformance.toy.scenarios_greetings"
    scene = scenario()(greeting)
    assert scene.name == "greetings.greeting"
    assert (scene.exclusive, scene.restarts, scene.tls, scene.bound) == (False, False, False, BOUND)


def test_who_restarts_the_target_is_alone_with_it() -> None:
    assert scenario(restarts=True)(greeting).exclusive


def test_a_check_knows_where_it_stands() -> None:
    found = declared(scenario()(greeting))
    assert (found.requirement, found.protocol, found.module) == (
        "TOY-A-01",
        "toy",
        "test_greetings",
    )
    assert found.title == "it greets the world"
    assert not found.passive


def test_a_check_without_scenarios_looks_at_everything() -> None:
    assert declared().passive


@pytest.mark.parametrize(
    ("cases", "ids"),
    [
        ((), ["TOY-A-01"]),
        (("a dot", "no id at all"), ["TOY-A-01-a-dot", "TOY-A-01-no-id-at-all"]),
    ],
)
def test_every_case_is_an_item(cases: tuple[str, ...], ids: list[str]) -> None:
    assert [item for item, _ in declared(cases=cases).item_ids()] == ids
    assert [case for _, case in declared(cases=cases).item_ids() if case] == list(cases)


def test_a_property_is_one_item_that_says_so() -> None:
    @property_check("TOY-A-01", for_all="m:f", played_by=guess, examples=5)
    def test_it(seen: Seen, example: Any) -> None:
        """Never called."""

    found = check_of(test_it)
    assert found is not None
    assert found.item_ids() == (("TOY-A-01-for-all", ""),)
    assert (found.play, found.examples, found.passive) == (guess, 5, False)


def test_what_is_no_check_is_none() -> None:
    class Odd:
        __assay__ = "something else"

    def plain() -> None:
        """Never called."""

    plain.__assay__ = "something else"  # type: ignore[attr-defined]
    assert [check_of(each) for each in (Odd, Odd(), plain, greeting, None)] == [None] * 5
