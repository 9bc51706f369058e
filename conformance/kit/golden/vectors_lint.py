"""What must hold for a file of vectors beyond its schema: a table of rules."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from conformance.kit import protocols, schemas
from conformance.kit.golden import vectors
from conformance.kit.golden.vectors import Problem, VectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    Document = Mapping[str, Any]
    Finding = tuple[str, str, str]  # case, member, text
    Rule = Callable[[Path, Document], Iterator[Finding]]


def lint(path: Path) -> list[Problem]:
    """Return everything that is wrong with a file; the rules beyond the first layer need it."""
    try:
        document = vectors.read(path)
        text = path.read_text(encoding="utf-8")
    except VectorError as error:
        return [Problem("", "", "", str(error))]
    found = problems(path, document)
    if not found and text != vectors.written(document):
        found.append(
            Problem(str(path), "", "", "not in the canonical format; run `assay vectors fmt`")
        )
    return found


def problems(path: Path, document: Document) -> list[Problem]:
    """Return what is wrong with a document that will stand at a path."""
    broken = vectors.schema_problems(path, document)
    if broken:
        return [_with_advice(problem) for problem in broken]
    return [Problem(str(path), *finding) for rule in RULES for finding in rule(path, document)]


def _with_advice(problem: Problem) -> Problem:
    if "'expected' is a required property" not in problem.text:
        return problem
    text = f"{problem.text}; `assay vectors fill` asks a published package for it"
    return Problem(problem.file, problem.case, problem.member, text)


def _area_is_the_file(path: Path, document: Document) -> Iterator[Finding]:
    if document["area"] != path.stem:
        yield "", "area", f"{document['area']!r} belongs into {document['area']}.json"


def _protocol_is_installed(_path: Path, document: Document) -> Iterator[Finding]:
    if document["protocol"] not in protocols.names():
        known = ", ".join(protocols.names())
        yield "", "protocol", f"{document['protocol']!r} is not installed; there is {known}"


def _method_is_known(_path: Path, document: Document) -> Iterator[Finding]:
    if not schemas.knows(_driver(document), f"{document['method']}.params"):
        yield (
            "",
            "method",
            f"{document['method']!r} has no shape in conformance/{_driver(document)}.schema.json",
        )


def _dates_exist(_path: Path, document: Document) -> Iterator[Finding]:
    sources = [("", document["source"])]
    sources += [("", other["source"]) for other in document.get("revisions", {}).values()]
    sources += [(case["id"], case["source"]) for case in document["cases"] if "source" in case]
    for case, source in sources:
        try:
            dt.date.fromisoformat(source["date"])
        except ValueError as error:
            yield case, "source.date", f"{source['date']!r}: {error}"


def _ids_ascend(_path: Path, document: Document) -> Iterator[Finding]:
    prefix, last = f"{document['protocol']}-{document['area']}-", ""
    for case in document["cases"]:
        if not case["id"].startswith(prefix):
            yield case["id"], "id", f"ids of this file begin with {prefix}"
        elif case["id"] <= last:
            what = "stands twice" if case["id"] == last else f"stands after {last}"
            yield case["id"], "id", f"{what}; ids are assigned by `assay vectors add`"
        last = case["id"]


def _numbers_are_never_used_again(_path: Path, document: Document) -> Iterator[Finding]:
    highest = max(int(case["id"][-4:]) for case in document["cases"])
    if document.get("numbered", highest) < highest:
        yield "", "numbered", f"{document['numbered']}, but {highest} has been given"


def _revisions_are_introduced(_path: Path, document: Document) -> Iterator[Finding]:
    for case in document["cases"]:
        for name in case.get("revisions", {}):
            if name not in document.get("revisions", {}):
                yield case["id"], f"revisions.{name}", "the file does not say where that is from"


def _flags_are_defined(_path: Path, document: Document) -> Iterator[Finding]:
    for case in document["cases"]:
        for flag in case["flags"]:
            if flag not in document["notes"]:
                known = ", ".join(document["notes"])
                yield case["id"], "flags", f"{flag!r} is not defined in notes; there is {known}"


def _flags_are_used(_path: Path, document: Document) -> Iterator[Finding]:
    used = {flag for case in document["cases"] for flag in case["flags"]}
    for flag in document["notes"]:
        if flag not in used:
            yield "", f"notes.{flag}", "no case has this flag; take it out"


def _requirements_exist(_path: Path, document: Document) -> Iterator[Finding]:
    if document["protocol"] not in protocols.names():
        return
    rows = protocols.requirements_of(document["protocol"])
    for case in document["cases"]:
        for requirement in case["requirements"]:
            if requirement not in rows:
                place = f"conformance/{document['protocol']}/requirements.toml"
                yield case["id"], "requirements", f"{requirement} is no row of {place}"


def _shapes_fit_the_method(_path: Path, document: Document) -> Iterator[Finding]:
    for case in document["cases"]:
        outcomes = [("expected", case["expected"])]
        outcomes += [
            (f"{place}.expected", differs["expected"]) for place, _, differs in _differing(case)
        ]
        outcomes += [
            (f"revisions.{name}.expected", other["expected"])
            for name, other in case.get("revisions", {}).items()
        ]
        parts = [("input", "params", case["input"])]
        parts += [(member, "result", value) for member, value in outcomes]
        for member, part, value in parts:
            name = f"{document['method']}.{part}"
            if not schemas.knows(_driver(document), name):
                continue
            if said := schemas.problem(_driver(document), name, value):
                yield case["id"], member, said


def _packages_differ(_path: Path, document: Document) -> Iterator[Finding]:
    for case in document["cases"]:
        for place, expected, differs in _differing(case):
            if not vectors.difference(differs["expected"], expected):
                yield case["id"], place, "is the same as expected; take it out"


def _inputs_are_new(_path: Path, document: Document) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for case in document["cases"]:
        twin = seen.setdefault(repr(case["input"]), case["id"])
        if twin != case["id"]:
            yield case["id"], "input", f"{twin} asks the same"


def _differing(case: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Yield where a package differs, from what, and how."""
    told = {"": case, **{f"revisions.{n}.": o for n, o in case.get("revisions", {}).items()}}
    for place, outcome in told.items():
        if "package_differs" in outcome:
            yield f"{place}package_differs", outcome["expected"], outcome["package_differs"]


RULES: tuple[Rule, ...] = (
    _area_is_the_file,
    _protocol_is_installed,
    _method_is_known,
    _dates_exist,
    _ids_ascend,
    _numbers_are_never_used_again,
    _revisions_are_introduced,
    _flags_are_defined,
    _flags_are_used,
    _requirements_exist,
    _shapes_fit_the_method,
    _packages_differ,
    _inputs_are_new,
)


def _driver(document: Document) -> str:
    return f"{document['protocol']}/driver"
