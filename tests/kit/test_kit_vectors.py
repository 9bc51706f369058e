"""Golden vectors in the kit: comparing, verifying against any driver, filling and adding."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from conformance.kit.golden import vectors, vectors_edit, vectors_verify
from conformance.kit.golden.vectors import VectorError
from conformance.kit.golden.vectors_verify import Judged, Oracle
from conformance.kit.targets import drivers
from conformance.kit.targets.driver import Driver
from conformance.kit.targets.drivers import LocalChannel
from conformance.kit.targets.instance import TargetError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Answer = Callable[[dict[str, Any]], dict[str, Any]]

NOTES = {"Odd": {"covers": "What is strange here.", "effect": "Strangers are let in."}}
SOURCE = {"package": "rxon", "version": "1.0b11", "python": "3.11.7", "date": "2026-11-20"}
MADE = {"name": "rxon", "version": "1.0b11", "python": "3.11.7"}


def case(number: int, value: Any, *, valid: bool, **more: Any) -> dict[str, Any]:
    return {
        "id": f"rxon-identifiers-{number:04}",
        "comment": f"value {value}",
        "flags": ["Odd"],
        "requirements": ["RXON-ID-01"],
        "input": {"value": value},
        "expected": {"valid": valid},
        "result": "valid" if valid else "invalid",
        **more,
    }


def envelope(*cases: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "$schema": "../schema/vector-file.schema.json",
        "protocol": "rxon",
        "area": "identifiers",
        "method": "is_identifier",
        "revision": "1.0b11",
        "source": SOURCE,
        "notes": NOTES,
        "cases": [dict(each) for each in cases],
        **more,
    }


def stored(folder: Path, document: dict[str, Any], name: str = "identifiers.json") -> Path:
    path = folder / name
    path.write_text(vectors.written(document), encoding="utf-8")
    return path


def unnamed(value: Any, **more: Any) -> dict[str, Any]:
    whole = case(1, value, valid=False, **more)
    return {member: whole[member] for member in whole if member not in {"id", "expected", "result"}}


async def driver_saying(
    answer: Answer, *, made: dict[str, Any] | None = None, revision: str = ""
) -> Driver:
    """Return a driver whose `is_identifier` is answered by a function."""
    about = {
        "protocol": "rxon",
        "role": "library",
        "methods": ["describe", "is_identifier"],
        "implementation": MADE if made is None else made,
        **({"revision": revision} if revision else {}),
    }

    async def handle(line: bytes) -> dict[str, Any]:
        message = json.loads(line)
        described = message["method"] == "describe"
        said = {"result": about} if described else answer(message["params"])
        return {"jsonrpc": "2.0", "id": message["id"], **said}

    return await Driver.meet(LocalChannel(handle))


def verified(
    folder: Path, *cases: dict[str, Any], answer: Answer, oracle: Oracle = Oracle.TEXT
) -> list[Judged]:
    file = vectors.load(stored(folder, envelope(*cases)))

    async def judged() -> list[Judged]:
        driver = await driver_saying(answer)
        return [each async for each in vectors_verify.verify(driver, [file], oracle=oracle)]

    return asyncio.run(judged())


def valid(_params: dict[str, Any]) -> dict[str, Any]:
    return {"result": {"valid": True}}


def fault(code: int) -> Answer:
    return lambda _params: {"error": {"code": code, "message": "no"}}


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        ([1, {"a": 2}], [1.0, {"a": 2}], True),
        ([1], [1, 1], False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": [True]}, {"a": [1]}, False),
        (None, None, True),
        ("1", 1, False),
    ],
)
def test_values_are_compared_as_json(one: Any, other: Any, *, equal: bool) -> None:
    assert vectors.same(one, other) is equal


@pytest.mark.parametrize(
    ("expected", "got", "member"),
    [
        ({"valid": True}, {"valid": True, "message": "fine"}, ""),
        ({"valid": True}, {"valid": 1}, "valid"),
        ({"valid": True}, {"refused": "no"}, "valid"),
        ({"refused": True}, {"refused": "whatever it is called"}, ""),
        ({"refused": True}, {"refused": True}, ""),
        ({"refused": True}, {"valid": False}, "refused"),
        ({"a": 1, "b": 2}, {"a": 1}, "b"),
        ({"a": 1}, [1], "outcome"),
    ],
)
def test_only_expected_members_are_compared(expected: Any, got: Any, member: str) -> None:
    assert vectors.difference(expected, got) == member


def test_a_file_is_written_in_the_order_of_the_schema_and_in_ascii() -> None:
    document = envelope(case(1, "é", valid=False))
    shuffled = dict(reversed(document.items()))
    shuffled["cases"] = [dict(reversed(document["cases"][0].items()))]
    assert vectors.written(shuffled) == vectors.written(document)
    assert vectors.written(document).isascii()


def test_a_file_that_breaks_the_schema_is_not_loaded(tmp_path: Path) -> None:
    path = stored(tmp_path, envelope(case(1, "a", valid=True, result="perhaps")))
    with pytest.raises(VectorError, match="rxon-identifiers-0001: result: 'perhaps' is not one"):
        vectors.load(path)


def test_a_right_answer_passes_and_a_wrong_one_fails(tmp_path: Path) -> None:
    cases = case(1, "a", valid=True), case(2, "/", valid=False)
    first, second = verified(tmp_path, *cases, answer=valid)
    assert (first.verdict, second.verdict) == ("pass", "fail")
    assert second.reason == "`valid` differs"


def test_a_case_of_a_recommendation_only_warns(tmp_path: Path) -> None:
    should = case(1, "/", valid=False, requirements=["RXON-SCH-04"])
    (judged,) = verified(tmp_path, should, answer=valid)
    assert judged.verdict == "warn"


def test_an_acceptable_case_takes_both_outcomes_and_says_which(tmp_path: Path) -> None:
    cases = (
        case(1, "a", valid=True, result="acceptable"),
        case(2, "/", valid=False, result="acceptable"),
    )
    first, second = verified(tmp_path, *cases, answer=valid)
    assert (first.verdict, first.reason) == ("pass", "as the source package")
    assert (second.verdict, second.reason) == (
        "pass",
        "another outcome than the source package's",
    )


def test_the_text_is_right_unless_the_package_is_asked_for(tmp_path: Path) -> None:
    differs = {"does": "takes it for valid", "expected": {"valid": True}}
    odd = case(1, "a\n", valid=False, package_differs=differs)
    (by_text,) = verified(tmp_path, odd, answer=valid)
    (by_package,) = verified(tmp_path, odd, answer=valid, oracle=Oracle.PACKAGE)
    assert (by_text.verdict, by_package.verdict) == ("fail", "pass")


def test_the_package_is_held_to_acceptable_cases_too(tmp_path: Path) -> None:
    free = case(1, "/", valid=False, result="acceptable")
    (judged,) = verified(tmp_path, free, answer=valid, oracle=Oracle.PACKAGE)
    assert judged.verdict == "fail"


@pytest.mark.parametrize(
    ("code", "verdict"), [(-32601, "not-observed"), (-32000, "not-observed"), (-32603, "fail")]
)
def test_a_refused_call_is_no_outcome(tmp_path: Path, code: int, verdict: str) -> None:
    (judged,) = verified(tmp_path, case(1, "a", valid=True), answer=fault(code))
    assert judged.verdict == verdict
    assert str(code) in judged.reason


def test_an_outcome_of_the_wrong_shape_is_a_failure(tmp_path: Path) -> None:
    wrong = {"result": {"valid": "yes"}}
    (judged,) = verified(tmp_path, case(1, "a", valid=True), answer=lambda _: wrong)
    assert judged.verdict == "fail"
    assert "$.valid: 'yes' is not of type 'boolean'" in judged.reason


def test_cases_after_the_death_of_the_driver_are_not_observed(tmp_path: Path) -> None:
    script = tmp_path / "mortal.py"
    script.write_text(MORTAL, encoding="utf-8")
    file = vectors.load(
        stored(tmp_path, envelope(case(1, "a", valid=True), case(2, "b", valid=True)))
    )

    async def judged() -> list[Judged]:
        driver = await drivers.by_command(f"python3 {script}")
        try:
            return [each async for each in vectors_verify.verify(driver, [file])]
        finally:
            await driver.close()

    first, second = asyncio.run(judged())
    assert (first.verdict, second.verdict) == ("fail", "not-observed")
    assert second.reason == "the driver did not survive rxon-identifiers-0001"


MORTAL = """
import json, sys
about = {"protocol": "rxon", "role": "library", "methods": ["describe", "is_identifier"]}
message = json.loads(sys.stdin.readline())
print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": about}), flush=True)
sys.stdin.readline()
"""


def filled(
    document: dict[str, Any],
    answer: Answer,
    made: dict[str, Any] | None = None,
    revision: str = "",
) -> int:
    async def fill() -> int:
        driver = await driver_saying(answer, made=made, revision=revision)
        return await vectors_edit.fill(document, driver, name="new.json", today="2026-11-21")

    return asyncio.run(fill())


def test_fill_asks_for_what_is_missing_and_only_for_that() -> None:
    document = envelope(case(1, "/", valid=False), unnamed("a"))
    assert filled(document, valid) == 1
    assert document["cases"][0]["expected"] == {"valid": False}
    assert document["cases"][1] == {**unnamed("a"), "expected": {"valid": True}, "result": "valid"}


def test_fill_records_no_words_of_the_package() -> None:
    document = envelope(unnamed("a"), unnamed("b"))
    answers = iter(({"valid": False, "message": "why"}, {"refused": "TypeError: x"}))
    filled(document, lambda _: {"result": next(answers)})
    assert [each["expected"] for each in document["cases"]] == [{"valid": False}, {"refused": True}]
    assert [each["result"] for each in document["cases"]] == ["invalid", "invalid"]


def test_fill_writes_down_where_the_outcomes_come_from() -> None:
    document = envelope(unnamed("a"))
    del document["source"]
    filled(document, valid)
    assert document["source"] == {**SOURCE, "date": "2026-11-21"}


def test_an_outcome_of_another_version_gets_a_source_of_its_own() -> None:
    document = envelope(unnamed("a"))
    filled(document, valid, made={**MADE, "version": "1.0b17"})
    assert document["cases"][0]["source"]["version"] == "1.0b17"
    assert document["source"] == SOURCE


@pytest.mark.parametrize(
    ("made", "text"),
    [
        ({"name": "assay-reference", "version": "0.1.0"}, "come from published packages"),
        ({"name": "rxon"}, "nobody could repeat what it says"),
        ({}, "nobody could repeat what it says"),
    ],
)
def test_fill_refuses_a_driver_that_is_no_source(made: dict[str, Any], text: str) -> None:
    with pytest.raises(VectorError, match=text):
        filled(envelope(unnamed("a")), valid, made)


def test_fill_names_the_case_that_the_driver_refuses() -> None:
    with pytest.raises(VectorError, match=r"new\.json: case 1: driver method .* refused"):
        filled(envelope(unnamed("a")), fault(-32602))


LATER = {"1.0b17": {"source": {**SOURCE, "version": "1.0b17"}}}
OPPOSITE = {"1.0b17": {"expected": {"valid": True}, "result": "valid"}}


def test_a_revision_has_outcomes_of_its_own(tmp_path: Path) -> None:
    rows = [case(1, "/", valid=False, revisions=OPPOSITE), case(2, "a", valid=True)]
    file = vectors.load(stored(tmp_path, envelope(*rows, revisions=LATER)))

    async def judged(revision: str) -> list[str]:
        driver = await driver_saying(valid, revision=revision)
        return [each.verdict async for each in vectors_verify.verify(driver, [file])]

    assert asyncio.run(judged("1.0b17")) == ["pass", "pass"]
    assert asyncio.run(judged("1.0b11")) == ["fail", "pass"]
    assert asyncio.run(judged("9")) == ["fail", "pass"]


def test_the_revision_to_judge_by_outranks_the_drivers(tmp_path: Path) -> None:
    row = case(1, "/", valid=False, revisions=OPPOSITE)
    file = vectors.load(stored(tmp_path, envelope(row, revisions=LATER)))

    async def judged() -> list[str]:
        driver = await driver_saying(valid, revision="1.0b11")
        found = vectors_verify.verify(driver, [file], revision="1.0b17")
        return [each.verdict async for each in found]

    assert asyncio.run(judged()) == ["pass"]


def test_fill_asks_a_later_revision_about_every_case() -> None:
    differs = {"does": "lets it in", "expected": {"valid": True}}
    document = envelope(
        case(1, "a", valid=True),
        case(2, "/", valid=False),
        case(3, "#", valid=False, package_differs=differs),
        case(4, "b", valid=True, result="acceptable"),
    )
    answers = {"a": True, "/": True, "#": False, "b": False}
    assert (
        filled(document, lambda p: {"result": {"valid": answers[p["value"]]}}, revision="1.0b17")
        == 3
    )
    told = [each.get("revisions") for each in document["cases"]]
    assert told == [
        None,
        {"1.0b17": {"expected": {"valid": True}, "result": "valid"}},
        {"1.0b17": {"expected": {"valid": False}}},
        {"1.0b17": {"expected": {"valid": False}}},
    ]
    assert document["revisions"]["1.0b17"]["source"]["version"] == "1.0b11"


def test_fill_asks_the_files_own_revision_first() -> None:
    with pytest.raises(VectorError, match="ask a package of the file's revision first"):
        filled(envelope(unnamed("a")), valid, revision="1.0b17")


def test_the_id_of_a_case_that_was_taken_out_is_not_given_again(tmp_path: Path) -> None:
    home = stored(tmp_path, envelope(case(1, "a", valid=True)))
    new = envelope({**unnamed("c"), "expected": {"valid": True}, "result": "valid"})
    vectors_edit.add(stored(tmp_path, new, "new.json"), into=home)
    document = vectors.read(home)
    assert (document["numbered"], document["cases"].pop()["id"]) == (2, "rxon-identifiers-0002")
    _, ids = vectors_edit.add(stored(tmp_path, new, "new.json"), into=stored(tmp_path, document))
    assert ids == ["rxon-identifiers-0003"]


def test_add_gives_ids_after_the_last_and_appends(tmp_path: Path) -> None:
    home = stored(tmp_path, envelope(case(1, "a", valid=True), case(7, "b", valid=True)))
    new = envelope({**unnamed("c"), "expected": {"valid": True}, "result": "valid"})
    path, ids = vectors_edit.add(stored(tmp_path, new, "new.json"), into=home)
    assert (path, ids) == (home, ["rxon-identifiers-0008"])
    assert [each.id[-4:] for each in vectors.load(home).cases] == ["0001", "0007", "0008"]


def test_add_makes_the_file_of_a_new_area(tmp_path: Path) -> None:
    new = envelope({**unnamed("c"), "expected": {"valid": True}, "result": "valid"})
    home = tmp_path / "rxon" / "identifiers.json"
    _, ids = vectors_edit.add(stored(tmp_path, new, "new.json"), into=home)
    assert ids == ["rxon-identifiers-0001"]
    assert vectors.load(home).cases[0].input == {"value": "c"}


def test_add_keeps_the_source_of_cases_that_come_from_elsewhere(tmp_path: Path) -> None:
    home = stored(tmp_path, envelope(case(1, "a", valid=True)))
    other = {**SOURCE, "version": "1.0b17"}
    new = envelope({**unnamed("c"), "expected": {"valid": True}, "result": "valid"}, source=other)
    vectors_edit.add(stored(tmp_path, new, "new.json"), into=home)
    assert vectors.read(home)["cases"][1]["source"] == other


@pytest.mark.parametrize(
    ("new", "text"),
    [
        (envelope(case(2, "b", valid=True)), "rxon-identifiers-0002: id: ids are assigned here"),
        (envelope(unnamed("b")), "'expected' is a required property; `assay vectors fill`"),
        (envelope(unnamed("b"), area="names"), "area: the file of this area says 'identifiers'"),
        (
            envelope(notes={"Odd": {"covers": "Something else.", "effect": "None whatever."}}),
            "notes.Odd: means something else",
        ),
        (
            envelope({**unnamed("a"), "expected": {"valid": True}, "result": "valid"}),
            "input: rxon-identifiers-0001 asks the same",
        ),
        (envelope(cases=5), "cases: a list of objects is needed"),
        (envelope(cases=[5]), "cases: a list of objects is needed"),
    ],
    ids=["ids", "no outcome", "area", "notes", "twin", "no list", "no objects"],
)
def test_add_writes_nothing_when_the_file_would_not_be_clean(
    tmp_path: Path, new: dict[str, Any], text: str
) -> None:
    home = stored(tmp_path, envelope(case(1, "a", valid=True)))
    before = home.read_bytes()
    path = tmp_path / "new.json"
    path.write_text(json.dumps(new), encoding="utf-8")
    with pytest.raises(VectorError, match=text):
        vectors_edit.add(path, into=home)
    assert home.read_bytes() == before


def test_an_envelope_without_an_area_has_no_home(tmp_path: Path) -> None:
    path = stored(tmp_path, envelope(unnamed("a"), area="../x"), "new.json")
    with pytest.raises(VectorError, match="area: is needed"):
        vectors_edit.add(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("http://127.0.0.1:9", "alone has no driver"),
        ("nonsense", "alone has no driver"),
        ("exec:", "a driver is a command"),
        ("exec:python 'x", "is no command"),
        ("exec:/no/such/program", "cannot start"),
        ("exec:true", "does not say what it is"),
        ("no-such-manifest.toml", "no manifest"),
    ],
)
def test_a_target_without_a_driver_is_told_so(text: str, said: str) -> None:
    with pytest.raises(TargetError, match=said):
        asyncio.run(drivers.by_target(text))
