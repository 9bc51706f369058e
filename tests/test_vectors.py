"""The shipped golden vectors: clean, kept by the reference, and spoiled copies are noticed."""

from __future__ import annotations

import asyncio
import importlib
import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from conformance.cli.vectors_ import command
from conformance.kit import protocols, requirements, schemas
from conformance.kit.golden import vectors, vectors_lint, vectors_verify
from conformance.kit.targets import drivers
from conformance.kit.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

FILES = vectors.files()
IDENTIFIERS = next(path for path in FILES if path.stem == "identifiers")


def assay(*words: str) -> Result:
    return CliRunner().invoke(command, words)


def spoiled(folder: Path, spoil: Callable[[dict[str, Any]], object]) -> Path:
    document = deepcopy(vectors.read(IDENTIFIERS))
    spoil(document)
    path = folder / "identifiers.json"
    path.write_text(vectors.written(document), encoding="utf-8")
    return path


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_shipped_file_is_clean(path: Path) -> None:
    assert vectors_lint.lint(path) == []


@pytest.mark.parametrize("path", FILES, ids=named)
def test_the_reference_keeps_every_case(path: Path) -> None:
    file = vectors.load(path)

    async def judged() -> list[vectors_verify.Judged]:
        driver = await drivers.reference(file.protocol)
        return [each async for each in vectors_verify.verify(driver, [file])]

    outcomes = asyncio.run(judged())
    assert [each for each in outcomes if each.verdict is not Verdict.PASS] == []
    assert len(outcomes) == len(file.cases)


def later_revisions() -> list[tuple[Path, str]]:
    return [(path, name) for path in FILES for name in vectors.read(path).get("revisions", ())]


@pytest.mark.parametrize(
    ("path", "revision"), later_revisions(), ids=lambda each: getattr(each, "stem", each)
)
def test_the_reference_keeps_every_case_of_a_later_revision(path: Path, revision: str) -> None:
    file = vectors.load(path)
    library = importlib.import_module(f"reference.{file.protocol}").LIBRARIES[revision]
    for case in (each.at(revision) for each in file.cases):
        if case.result is not vectors.Result.ACCEPTABLE:
            got = json.loads(json.dumps(library[case.method](case.input)))
            assert not vectors.difference(case.expected, got), case.id


@pytest.mark.parametrize("protocol", sorted({path.parent.name for path in FILES}))
def test_every_requirement_of_the_library_has_a_vector(protocol: str) -> None:
    rows = protocols.requirements_of(protocol).values()
    needed = {row.id for row in rows if requirements.LIBRARY in row.roles and not row.excluded}
    files = [vectors.load(path) for path in vectors.files(protocol)]
    pinned = {id for file in files for case in file.cases for id in case.requirements}
    assert needed - pinned == set()


@pytest.mark.parametrize("protocol", sorted({path.parent.name for path in FILES}))
def test_every_function_of_the_reference_has_a_shape(protocol: str) -> None:
    functions = importlib.import_module(f"reference.{protocol}").LIBRARY
    for name in functions:
        for part in (f"{name}.params", f"{name}.result"):
            assert schemas.knows(f"{protocol}/driver", part), part


def test_a_driver_of_another_protocol_is_not_judged(tmp_path: Path) -> None:
    script = tmp_path / "stranger.py"
    script.write_text(MUTE.replace("rxon", "smtp"), encoding="utf-8")
    result = assay("verify", "--driver", f"python3 {script}")
    assert (result.exit_code, "the driver speaks 'smtp'" in result.output) == (10, True)


def drop(member: str) -> Callable[[dict[str, Any]], object]:
    return lambda document: document.pop(member)


def case(number: int, **members: Any) -> Callable[[dict[str, Any]], object]:
    return lambda document: document["cases"][number].update(members)


SPOILED: tuple[tuple[str, Callable[[dict[str, Any]], object], str], ...] = (
    ("no provenance", drop("source"), "'source' is a required property"),
    ("half a provenance", lambda d: d["source"].pop("version"), "source: "),
    ("a day that never was", lambda d: d["source"].update(date="2026-02-30"), "source.date"),
    ("another area", lambda d: d.update(area="names"), "belongs into names.json"),
    ("an unknown area", lambda d: d.update(area="Names!"), "area: 'Names!' does not match"),
    ("an unknown protocol", lambda d: d.update(protocol="smtp"), "protocol: 'smtp' is not one"),
    ("an unknown method", lambda d: d.update(method="guess"), "'guess' has no shape"),
    ("an unknown flag", case(0, flags=["Odd"]), "rxon-identifiers-0001: flags: 'Odd' is not"),
    (
        "an unused flag",
        lambda d: d["notes"].update(Odd={"covers": "nothing at all", "effect": "none whatever"}),
        "notes.Odd: no case has this flag",
    ),
    ("an id twice", case(1, id="rxon-identifiers-0001"), "rxon-identifiers-0001: id: stands twice"),
    ("ids out of order", case(1, id="rxon-identifiers-0009"), "stands after rxon-identifiers-0009"),
    ("an id of another file", case(0, id="rxon-names-0001"), "begin with rxon-identifiers-"),
    ("an unknown requirement", case(0, requirements=["RXON-ID-99"]), "RXON-ID-99 is no row of"),
    ("no outcome", lambda d: d["cases"][0].pop("expected"), "`assay vectors fill`"),
    ("no reason", lambda d: d["cases"][2].pop("flags"), "rxon-identifiers-0003: 'flags' is a req"),
    ("a strange input", case(0, input={"name": "a"}), "0001: input: $: 'value' is a required"),
    ("a strange outcome", case(0, expected={"valid": 1}), "expected: $.valid: 1 is not of type"),
    ("an input twice", case(1, input={"value": "a"}), "rxon-identifiers-0001 asks the same"),
    (
        "a package that does not differ",
        case(0, package_differs={"does": "the same", "expected": {"valid": True}}),
        "package_differs: is the same as expected",
    ),
    (
        "a revision of nowhere",
        case(0, revisions={"2.0": {"expected": {"valid": False}}}),
        "0001: revisions.2.0: the file does not say where that is from",
    ),
    (
        "a revision's strange outcome",
        case(0, revisions={"2.0": {"expected": {"valid": 1}}}),
        "revisions.2.0.expected: $.valid: 1 is not of type",
    ),
    ("a number that was given", lambda d: d.update(numbered=2), "numbered: 2, but 51 has been"),
    ("a member of nobody's", case(0, colour="red"), "rxon-identifiers-0001: Additional properties"),
)


@pytest.mark.parametrize(
    ("spoil", "text"), [row[1:] for row in SPOILED], ids=[row[0] for row in SPOILED]
)
def test_lint_names_case_and_member_of_a_spoiled_file(
    tmp_path: Path, spoil: Callable[[dict[str, Any]], object], text: str
) -> None:
    path = spoiled(tmp_path, spoil)
    result = assay("lint", str(path))
    assert (result.exit_code, text in result.output) == (1, True), result.output
    assert result.output.startswith(str(path))


def test_lint_wants_the_canonical_format_and_fmt_writes_it(tmp_path: Path) -> None:
    path = tmp_path / IDENTIFIERS.name
    path.write_text(json.dumps(json.loads(IDENTIFIERS.read_bytes()), indent=1), encoding="utf-8")
    assert "run `assay vectors fmt`" in assay("lint", str(path)).output
    assert assay("fmt", "--check", str(path)).exit_code == 1
    assert assay("fmt", str(path)).exit_code == 0
    assert path.read_bytes() == IDENTIFIERS.read_bytes()
    assert assay("fmt", "--check", str(path)).exit_code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ('{"cases": 1, "cases": 2}', "'cases' stands twice"),
        ('{"cases": NaN}', "NaN is no JSON"),
        ("[]", "a vector file is an object"),
        ("[" * 100_000, "not JSON"),
    ],
)
@pytest.mark.parametrize("word", ["lint", "fmt", "verify"])
def test_a_file_that_is_no_vector_file_is_named(
    tmp_path: Path, word: str, text: str, said: str
) -> None:
    path = tmp_path / "identifiers.json"
    path.write_text(text, encoding="utf-8")
    result = assay(word, str(path))
    assert result.exit_code in {1, 2}
    assert said in result.output
    assert str(path) in result.output


def test_verify_shows_sentence_input_and_both_outcomes_of_a_broken_case(tmp_path: Path) -> None:
    path = spoiled(tmp_path, case(0, expected={"valid": False}, result="invalid"))
    result = assay("verify", str(path))
    assert result.exit_code == 1
    for text in (
        "FAIL rxon-identifiers-0001",
        '{"value": "a"}',
        'expected {"valid": false}',
        'got      {"valid": true}',
        "RXON-ID-01: The id of a worker",
        "50 pass, 1 fail",
    ):
        assert text in result.output


def test_verify_says_it_all_in_json(tmp_path: Path) -> None:
    path = spoiled(tmp_path, case(0, expected={"valid": False}, result="invalid"))
    document = json.loads(assay("verify", "--json", str(path)).stdout)
    assert document["counts"] == {"pass": 50, "fail": 1}
    assert document["cases"][0]["got"] == {"valid": True}
    assert document["drivers"][0]["implementation"]["name"] == "assay-reference"


def test_verify_judges_one_case_when_asked() -> None:
    result = assay("verify", "--case", "rxon-identifiers-0003")
    assert (result.exit_code, "identifiers.json: 1 pass" in result.output) == (0, True)
    assert "no case 'x'" in assay("verify", "--case", "x").output


def test_verify_judges_by_another_revision_when_asked() -> None:
    path = IDENTIFIERS.with_name("canonical.json")
    result = assay("verify", "--revision", "1.0b17", str(path))
    assert (result.exit_code, "canonical.json: 201 pass" in result.output) == (0, True)
    assert "knows no revision '2.0'" in assay("verify", "--revision", "2.0", str(path)).output


def test_the_reference_is_not_the_package_where_they_differ() -> None:
    result = assay("verify", "--package", "--case", "rxon-identifiers-0041")
    assert (result.exit_code, "FAIL rxon-identifiers-0041" in result.output) == (1, True)


@pytest.mark.parametrize(
    "words", [("--driver", "/no/such/driver"), ("--target", "http://127.0.0.1:9")]
)
def test_an_unreachable_driver_ends_with_ten(words: tuple[str, str]) -> None:
    assert assay("verify", *words).exit_code == 10


def test_a_file_of_nothing_that_the_driver_can_do_ends_with_thirteen(tmp_path: Path) -> None:
    script = tmp_path / "mute.py"
    script.write_text(MUTE, encoding="utf-8")
    result = assay("verify", "--driver", f"python3 {script}", str(IDENTIFIERS))
    assert result.exit_code == 13
    assert "not observed (51): the driver has no method `is_identifier`" in result.output


MUTE = """
import json, sys
about = {"protocol": "rxon", "role": "library", "methods": ["describe"]}
for line in sys.stdin:
    number = json.loads(line)["id"]
    print(json.dumps({"jsonrpc": "2.0", "id": number, "result": about}), flush=True)
"""
