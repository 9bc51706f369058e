from __future__ import annotations

import shlex
import sys
import types
from dataclasses import replace
from typing import TYPE_CHECKING

import kit_world
import pytest
from kit_world import DRIVER, checking, scene

from conformance.kit.proof import matrix, mutation
from conformance.kit.targets.wish import Wish
from conformance.kit.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conformance.kit.judging.seen import Seen
    from conformance.kit.proof.mutation import Mutant
    from conformance.kit.running.stage import Stage


class Role:
    """What a mutant may change."""

    def greet(self) -> str:
        """Say hello."""
        return "hi"


def greeting() -> str:
    """Return the word."""
    return "hi"


TABLE = {"polite": "hi", 7: "seven"}


@pytest.fixture
def reference(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """A reference with a function, a class and a table."""
    module = types.ModuleType("toy_reference")
    module.__dict__.update(
        greeting=greeting, TABLE=dict(TABLE), Role=type("Role", (Role,), {"greet": Role.greet})
    )
    monkeypatch.setitem(sys.modules, "toy_reference", module)
    return module


def mutant(place: str = "toy_reference:greeting", requirement: str = "TOY-A-01") -> Mutant:
    return mutation.mutant(
        requirement, "it grunts", place, lambda old: lambda *_: "grunt", role="srv"
    )


def test_an_id_is_derived_from_the_requirement() -> None:
    assert mutant().id == "toy-srv-a-01"
    more = mutation.mutant(
        "TOY-A-01", "x", "m:n", lambda old: old, role="srv", suffix="-b", also=("TOY-A-02",)
    )
    assert more.id == "toy-srv-a-01-b"
    assert mutant(requirement="TOY-SRV-A-01").id == "toy-srv-a-01"
    assert more.expected == {"TOY-A-01", "TOY-A-02"}


def test_a_function_is_replaced(reference: types.ModuleType) -> None:
    mutant().seed()
    assert reference.greeting() == "grunt"


def test_a_method_is_replaced(reference: types.ModuleType) -> None:
    mutant("toy_reference:Role.greet").seed()
    assert reference.Role().greet() == "grunt"
    assert Role().greet() == "hi"


@pytest.mark.parametrize(("key", "entry"), [("polite", "polite"), ("7", 7)])
def test_a_table_gets_a_new_entry(reference: types.ModuleType, key: str, entry: object) -> None:
    before = reference.TABLE
    replace(mutant(f"toy_reference:TABLE[{key}]"), replacement=lambda old: old + "!").seed()
    assert {**TABLE, entry: before[entry] + "!"} == reference.TABLE
    assert before == TABLE


def test_a_place_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match="toy-srv-a-01: 'nowhere' is no module:NAME"):
        mutant("nowhere").seed()


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ("toy_reference:absent", AttributeError),
        ("toy_reference:TABLE[rude]", LookupError),
        ("absent_reference:greeting", ModuleNotFoundError),
    ],
)
def test_a_place_that_has_gone_is_not_passed_over(
    reference: types.ModuleType, place: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        mutant(place).seed()


# A protocol's mutants


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    yield kit_world.install_toy(monkeypatch, tmp_path)
    monkeypatch.undo()
    kit_world.forget()


def shipped(monkeypatch: pytest.MonkeyPatch, toy: Path, **files: tuple[Mutant, ...]) -> None:
    for name, mutants in files.items():
        (toy / f"{name}.py").touch()
        module = types.ModuleType(f"conformance.toy.{name}")
        module.__dict__["MUTANTS"] = mutants
        monkeypatch.setitem(sys.modules, module.__name__, module)


def test_mutants_are_collected_from_all_files(monkeypatch: pytest.MonkeyPatch, toy: Path) -> None:
    one, two = mutant(), mutant(requirement="TOY-A-02")
    shipped(monkeypatch, toy, mutants=(one,), mutants_more=(two,))
    assert mutation.of("toy") == {"toy-srv-a-01": one, "toy-srv-a-02": two}
    assert mutation.find("toy", "toy-srv-a-02") is two
    with pytest.raises(KeyError, match="no mutant 'x'; `assay list mutants --protocol toy`"):
        mutation.find("toy", "x")


def test_two_mutants_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch, toy: Path) -> None:
    shipped(monkeypatch, toy, mutants=(mutant(),), mutants_more=(mutant(),))
    with pytest.raises(ValueError, match="two mutants are named toy-srv-a-01"):
        mutation.of("toy")


# The kill matrix


async def asking(stage: Stage) -> None:
    await stage.http().ask("GET", "/", tag="a greeting")


def it_greets(seen: Seen) -> None:
    answer = seen.answer("a greeting")
    answer.must(answer.body == b"hi", f"it said {answer.shown()}")


def it_answers(seen: Seen) -> None:
    seen.answer("a greeting").must_be(200)


CHECKS = [
    checking(it_greets, scene(asking)),
    checking(it_answers, scene(asking), requirement="TOY-A-02"),
]


@pytest.fixture
def bugs(monkeypatch: pytest.MonkeyPatch, toy: Path) -> None:
    """The toy driver plays the mutants: `mute` says no instead of hi."""

    def wish(protocol: str, role: str, bug: str | None) -> Wish:
        mood = "mute" if bug == "toy-srv-a-01" else "honest"
        command = shlex.join([sys.executable, "-S", str(DRIVER), mood])
        return Wish(text=f"exec:{command}", protocol=protocol, role=role)

    monkeypatch.setattr(matrix, "wish", wish)


pytestmark = pytest.mark.filterwarnings(  # other tests' threads; the command itself has none
    "ignore:This process:DeprecationWarning"
)
PROOF = matrix.Proof(role="server", checks=CHECKS)


def killed(*mutants: Mutant, jobs: int = 1) -> dict[str, matrix.Kill]:
    return {kill.mutant.id: kill for kill in matrix.kills(mutants, PROOF, jobs=jobs)}


@pytest.mark.usefixtures("bugs")
def test_without_a_bug_all_is_green() -> None:
    found = matrix.verdicts(matrix.wish("toy", "server", None), CHECKS).outcomes
    assert {id: [each.verdict for each in outcomes] for id, outcomes in found.items()} == {
        "TOY-A-01": [Verdict.PASS],
        "TOY-A-02": [Verdict.PASS],
    }
    assert matrix.healthy(PROOF) == (PROOF, frozenset())


@pytest.mark.usefixtures("bugs")
def test_an_exact_kill_turns_its_requirement_red_and_nothing_else() -> None:
    kill = killed(mutant())["toy-srv-a-01"]
    assert kill.red == {"TOY-A-01"}
    assert kill.exact


@pytest.mark.usefixtures("bugs")
def test_survivors_and_collateral_are_told_apart() -> None:
    kill = killed(replace(mutant(), requirement="TOY-A-02"))["toy-srv-a-01"]
    assert kill.survived == {"TOY-A-02"}
    assert kill.collateral == {"TOY-A-01"}
    assert not kill.exact


@pytest.mark.usefixtures("bugs")
def test_several_mutants_are_judged_at_a_time() -> None:
    found = killed(mutant(), mutant(requirement="TOY-A-02"), jobs=2)
    assert {id: kill.red for id, kill in found.items()} == {
        "toy-srv-a-01": {"TOY-A-01"},
        "toy-srv-a-02": set(),
    }


async def telling(stage: Stage, example: int) -> None:
    await stage.http().ask("GET", f"/{example}", tag="a greeting")


@pytest.mark.usefixtures("bugs")
def test_the_examples_of_the_sound_run_are_played_against_mutants_too() -> None:
    each = checking(
        lambda seen, example: it_greets(seen),
        for_all="kit_world:small_numbers",
        play=telling,
        examples=5,
    )
    proof, red = matrix.healthy(replace(PROOF, checks=[each]))
    assert not red
    assert len(proof.known[each.address]) == each.examples
    [kill] = matrix.kills([mutant()], proof, jobs=1)
    assert kill.exact


def test_coverage_tells_what_is_left_open(toy: Path) -> None:
    counted = matrix.coverage("toy", "server", CHECKS, [mutant()])
    assert counted.requirements == 4
    assert counted.checked == {"TOY-A-01", "TOY-A-02"}
    assert counted.unchecked == {"TOY-A-03", "TOY-F-01"}
    assert counted.unproven == {"TOY-A-02"}
    assert not counted.sound


def test_a_requirement_of_two_roles_is_proven_in_either(toy: Path) -> None:
    elsewhere = mutation.mutant(
        "TOY-A-02", "b", "toy_reference:greeting", lambda old: old, role="x"
    )
    counted = matrix.coverage("toy", "server", CHECKS, [mutant(), elsewhere])
    assert counted.unproven == frozenset()


def test_the_embedded_reference_is_what_a_mutant_is_seeded_into() -> None:
    wish = matrix.wish("toy", "server", "toy-srv-a-01")
    assert wish.text.startswith("exec:")
    assert wish.text.endswith("-m conformance driver toy --mutant toy-srv-a-01")
    assert "--mutant" not in matrix.wish("toy", "server", None).text
