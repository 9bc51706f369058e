"""Growing the golden vectors: filling outcomes from a published package, adding cases."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from conformance.kit import data
from conformance.kit.golden import vectors, vectors_lint
from conformance.kit.golden.vectors import REFUSED, VectorError
from conformance.kit.targets.driver import DriverRefused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from conformance.kit.targets.driver import Driver

SHARED = ("protocol", "area", "method", "revision")  # members that an envelope cannot change
CALLED_FOR = "driver of a published package, in that package's own environment (fixtures/drivers)"


async def fill(document: dict[str, Any], driver: Driver, *, name: str, today: str) -> int:
    """Ask a driver for every outcome that a document lacks; return how many.

    ``name`` is what errors call the document. Raises VectorError for the reference, for a
    driver without name and version, and for a method that the driver refuses.
    """
    source = source_of(driver, today=today)
    cases = _cases(name, document)
    revision = driver.about.get("revision", "")
    if revision and revision != document.get("revision", revision):
        document.setdefault("revisions", {})[revision] = {"source": source}
        return await _fill_revision(document, driver, name=name, revision=revision)
    lacking = [index for index, case in enumerate(cases) if "expected" not in case]
    for index in lacking:
        case, where = cases[index], f"{name}: {vectors.label(cases, index)}"
        outcome = await _outcome(where, driver, document.get("method", ""), case)
        case["expected"] = outcome
        case.setdefault("result", "invalid" if _refuses(outcome) else "valid")
        if not _same_source(document.setdefault("source", source), source):
            case["source"] = source
    return len(lacking)


async def _fill_revision(
    document: dict[str, Any], driver: Driver, *, name: str, revision: str
) -> int:
    """Write down what a later revision does otherwise; return how many cases that are."""
    found = 0
    for index, case in enumerate(_cases(name, document)):
        where = f"{name}: {vectors.label(document['cases'], index)}"
        outcome = await _outcome(where, driver, document.get("method", ""), case)
        if "expected" not in case:
            raise VectorError(f"{where}: expected: ask a package of the file's revision first")
        told: dict[str, Any] = case.setdefault("revisions", {})
        known = told.get(revision, case)
        if _recorded(known) != outcome:
            told[revision] = {"expected": outcome, **_judgement(case, outcome)}
        found += revision in told
        if not told:
            del case["revisions"]
    return found


def _recorded(known: Mapping[str, Any]) -> Any:
    """Return what a package is known to do."""
    return known.get("package_differs", known)["expected"]


def _judgement(case: Mapping[str, Any], outcome: Mapping[str, Any]) -> dict[str, str]:
    """Return the result of an outcome where it is not the case's own."""
    result = "invalid" if _refuses(outcome) else "valid"
    return {} if case["result"] in {result, "acceptable"} else {"result": result}


def source_of(driver: Driver, *, today: str) -> dict[str, Any]:
    """Return the provenance that a driver's outcomes get; raises VectorError."""
    said = driver.about.get("implementation", {})
    name, version = said.get("name"), said.get("version")
    if name == importlib.import_module("reference.driver").NAME:
        raise VectorError(
            f"{name} is what vectors judge, so it cannot be where they come from: golden values"
            f" come from published packages or standards; use the {CALLED_FOR}"
        )
    if not name or not version:
        raise VectorError(
            "the driver's `describe` does not tell implementation.name and implementation.version,"
            f" so nobody could repeat what it says; use the {CALLED_FOR}"
        )
    extra = {member: said[member] for member in ("python", "with") if member in said}
    return {"package": name, "version": version, **extra, "date": today}


def add(envelope: Path, *, into: Path | None = None) -> tuple[Path, list[str]]:
    """Give ids to the cases of an envelope and append them to their area's file.

    Returns the file and the new ids. Raises VectorError, and writes nothing, when the file
    would not be clean afterwards.
    """
    new = vectors.read(envelope)
    cases = _cases(envelope, new)
    for index, case in enumerate(cases):
        if "id" in case:
            where = f"{envelope}: {vectors.label(cases, index)}"
            raise VectorError(f"{where}: id: ids are assigned here; take it out")
    path = into or _home(envelope, new)
    old = vectors.read(path) if path.is_file() else {**new, "notes": {}, "cases": []}
    document = _merged(envelope, old, new)
    added = document["cases"][len(old["cases"]) :]
    if found := vectors_lint.problems(path, document):
        raise VectorError("\n".join(map(str, found)) + "\nnothing was added")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(vectors.written(document), encoding="utf-8")
    return path, [case["id"] for case in added]


def _merged(envelope: Path, old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    for member in SHARED:
        if new.get(member, old[member]) != old[member]:
            raise VectorError(f"{envelope}: {member}: the file of this area says {old[member]!r}")
    for flag, note in new.get("notes", {}).items():
        if old["notes"].get(flag, note) != note:
            raise VectorError(f"{envelope}: notes.{flag}: means something else in the area's file")
    prefix = f"{old['protocol']}-{old['area']}-"
    last = max([old.get("numbered", 0), *(int(each["id"][-4:]) for each in old["cases"])])
    foreign = "source" in new and not _same_source(old["source"], new["source"])
    extra = {"source": new["source"]} if foreign else {}
    added = [
        {"id": f"{prefix}{last + number:04}", **extra, **case}
        for number, case in enumerate(new["cases"], start=1)
    ]
    notes = {**old["notes"], **new.get("notes", {})}
    later = {**old.get("revisions", {}), **new.get("revisions", {})}
    told = {"numbered": last + len(added), **({"revisions": later} if later else {})}
    return {**old, **told, "notes": notes, "cases": [*old["cases"], *added]}


def _home(envelope: Path, new: Mapping[str, Any]) -> Path:
    for member in ("protocol", "area"):
        if not isinstance(new.get(member), str) or not new[member].isidentifier():
            raise VectorError(f"{envelope}: {member}: is needed to find the file of the area")
    return data.root("vectors") / str(new["protocol"]) / f"{new['area']}.json"


def _cases(name: object, document: Mapping[str, Any]) -> list[dict[str, Any]]:
    cases = document.get("cases")
    if not isinstance(cases, list) or not all(isinstance(case, dict) for case in cases):
        raise VectorError(f"{name}: cases: a list of objects is needed; see vectors/README.md")
    return cases


async def _outcome(
    where: str, driver: Driver, method: str, case: Mapping[str, Any]
) -> dict[str, Any]:
    if not isinstance(case.get("input"), dict):
        raise VectorError(f"{where}: input: an object is needed")
    try:
        return vectors.outcome(await driver.call(method, **case["input"]))
    except DriverRefused as refusal:
        raise VectorError(f"{where}: {refusal}") from refusal


def _refuses(outcome: Mapping[str, Any]) -> bool:
    """Say whether an outcome is a no: a refusal, or nothing but a false."""
    return REFUSED in outcome or list(outcome.values()) == [False]


def _same_source(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return {**one, "date": ""} == {**other, "date": ""}
