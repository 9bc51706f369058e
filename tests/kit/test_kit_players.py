from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import kit_world
import pytest
from kit_world import scene, talk

from conformance.kit.judging.judge import End, endings
from conformance.kit.judging.suite import Scenario
from conformance.kit.protocols import Role
from conformance.kit.running import players
from conformance.kit.running.players import Players
from conformance.kit.targets.driver import DriverError, DriverRefused
from conformance.kit.targets.instance import Instance, TargetError
from conformance.kit.transcript import Transcript
from conformance.kit.verdict import NotObserved, Unmet, Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.judging.judge import Ending
    from conformance.kit.running.stage import Stage
    from conformance.kit.targets.target import Target


class Startable:
    """A source that starts as many instances as are asked for."""

    startable = True

    def __init__(self) -> None:
        self.asked: list[Mapping[str, Any]] = []
        self.closed = False

    async def instance(self, settings: Mapping[str, Any]) -> Instance:
        self.asked.append(settings)
        return Instance("http://127.0.0.1:9", {"number": len(self.asked), **settings})

    async def close(self) -> None:
        self.closed = True


def played(*scenarios: Scenario, target: Target | None = None) -> dict[str, Ending]:
    """Play scenarios and return how each ended."""

    async def conversation() -> dict[str, Ending]:
        clock = asyncio.get_running_loop().time
        troupe = Players(target or kit_world.fixed(), Transcript(clock=clock), "run1")
        over: list[str] = []
        await troupe.play_all(scenarios, done=lambda scenario: over.append(scenario.name))
        await troupe.close()
        assert sorted(over) == sorted(scenario.name for scenario in scenarios)
        return endings(troupe.transcript.events)

    return talk(conversation())


def ends_with(error: BaseException) -> Ending:
    async def play(stage: Stage) -> None:
        raise error

    return played(scene(play))["toy.play"]


@pytest.mark.parametrize(
    ("error", "end"),
    [
        (NotObserved("no driver"), End.NOT_OBSERVED),
        (Unsupported("declared"), End.UNSUPPORTED),
        (Unmet("refused"), End.UNMET),
        (ConnectionResetError("reset by peer"), End.UNMET),
        (TargetError("does not start"), End.UNMET),
        (DriverRefused("start", -32000, "cannot"), End.UNMET),
        (DriverError("gone"), End.UNMET),
        (TimeoutError("too late"), End.TIMED_OUT),
        (KeyError("our bug"), End.CRASHED),
        (ExceptionGroup("two tasks", [Unmet("refused"), Unmet("too")]), End.UNMET),
        (ExceptionGroup("two tasks", [Unmet("refused"), KeyError("our bug")]), End.CRASHED),
    ],
)
def test_whatever_a_scenario_raises_is_its_ending(error: Exception, end: End) -> None:
    ending = ends_with(error)
    assert ending.end is end
    assert ending.reason


def test_our_own_bug_comes_with_its_traceback() -> None:
    assert "KeyError: 'our bug'" in ends_with(KeyError("our bug")).reason


def test_a_scenario_that_does_not_end_is_ended() -> None:
    async def sleeps(stage: Stage) -> None:
        await asyncio.Event().wait()

    ending = played(scene(sleeps, bound=0.01))["toy.sleeps"]
    assert (ending.end, ending.reason) == (
        End.TIMED_OUT,
        "the conversation did not end within 0.01 s",
    )


def test_what_cannot_be_tidied_up_is_told_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(players, "CLOSE_WITHIN", 0.01)

    async def leaves_a_mess(stage: Stage) -> None:
        stage.closing.push_async_callback(asyncio.Event().wait)

    ending = played(scene(leaves_a_mess))["toy.leaves_a_mess"]
    assert "could not tidy up" in ending.reason


def meeting(size: int, *, exclusive: bool) -> tuple[list[Scenario], Callable[[], int]]:
    """Return scenarios that wait a moment for one another, and the most that ever met."""
    present = most = 0

    def guest(number: int) -> Scenario:
        async def play(stage: Stage) -> None:
            nonlocal present, most
            present += 1
            most = max(most, present)
            await asyncio.sleep(0.01)
            present -= 1

        name = f"toy.guest{number}"
        return Scenario(name=name, play=play, exclusive=exclusive, bound=5)

    return [guest(number) for number in range(size)], lambda: most


def test_scenarios_are_played_at_the_same_time() -> None:
    guests, most = meeting(5, exclusive=False)
    played(*guests)
    assert most() == 5


def test_exclusive_scenarios_take_turns_on_a_target_that_runs_already() -> None:
    guests, most = meeting(3, exclusive=True)
    others, _ = meeting(3, exclusive=False)
    played(*guests, *(scene(other.play) for other in others[:1]))
    assert most() == 1


def test_exclusive_scenarios_get_instances_of_their_own_where_one_can_be_started() -> None:
    guests, most = meeting(3, exclusive=True)
    source = Startable()
    played(*guests, target=kit_world.target(source))
    assert most() == 3
    assert len(source.asked) == 3
    assert source.closed


def test_scenarios_with_equal_settings_share_an_instance() -> None:
    numbers: dict[str, int] = {}

    def guest(name: str, **settings: Any) -> Scenario:
        async def play(stage: Stage) -> None:
            numbers[name] = stage.facts["number"]

        return Scenario(name=name, play=play, settings=settings)

    source = Startable()
    shown = [guest("a"), guest("b"), guest("c", pace=1, x=2), guest("d", x=2, pace=1)]
    played(*shown, target=kit_world.target(source))
    assert numbers["a"] == numbers["b"] != numbers["c"] == numbers["d"]
    assert len(source.asked) == 2


def test_a_restart_needs_a_target_that_the_kit_started() -> None:
    async def play(stage: Stage) -> None:
        raise AssertionError("not played")

    restarting = Scenario(name="toy.restart", play=play, exclusive=True, restarts=True)
    assert played(restarting)["toy.restart"].end is End.NOT_OBSERVED


def test_settings_that_a_running_target_lacks_are_not_observed() -> None:
    async def play(stage: Stage) -> None:
        raise AssertionError("not played")

    ending = played(scene(play, settings={"pace": 3}))["toy.play"]
    assert ending.end is End.NOT_OBSERVED
    assert "started with pace=3" in ending.reason


def test_a_targets_own_intervals_lengthen_the_bound() -> None:
    target = kit_world.fixed()
    target.role = Role(name="server", kind="server", intervals={"pace": 0.2})

    async def patient(stage: Stage) -> None:
        await asyncio.sleep(0.05)

    assert played(scene(patient, bound=0.01), target=target)["toy.patient"].end is End.FINISHED


def test_a_unique_name_is_never_given_twice() -> None:
    names: list[str] = []

    async def play(stage: Stage) -> None:
        names.extend(stage.unique("worker") for _ in range(3))

    played(scene(play), Scenario(name="toy.other_one", play=play))
    assert len(set(names)) == 6
    assert all(re.fullmatch(r"worker-run1-\d+", name) for name in names)
