"""Golden vectors: reading, writing and comparing. vectors/README.md describes the files."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from conformance.kit import data, schemas

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

SCHEMA = "vectors/vector-file"
REFUSED = "refused"  # the outcome of a function that ended with an error of its own
MESSAGE = "message"  # a reason in words, beside an outcome


class VectorError(ValueError):
    """A file of vectors that cannot be used; the text names file, case and member."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a file, and what to do about it."""

    file: str
    case: str
    member: str
    text: str

    def __str__(self) -> str:
        place = [part for part in (self.file, self.case, self.member) if part]
        return ": ".join([*place, self.text])


class Result(StrEnum):
    """What an implementation must do with the input."""

    VALID = "valid"
    INVALID = "invalid"
    ACCEPTABLE = "acceptable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What must come of an input; ``package`` is what the source package does instead."""

    expected: Mapping[str, Any]
    result: Result
    package: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One input and its outcome; ``package`` is what the source package does instead.

    ``revisions`` are the outcomes of later revisions that have others.
    """

    id: str
    comment: str
    method: str
    flags: tuple[str, ...]
    requirements: tuple[str, ...]
    input: Mapping[str, Any]
    expected: Mapping[str, Any]
    result: Result
    package: Mapping[str, Any] | None = None
    revisions: Mapping[str, Outcome] = field(default_factory=dict)

    def at(self, revision: str) -> Case:
        """Return the case as a revision has it; one that nobody tells of has the file's own."""
        other = self.revisions.get(revision)
        if other is None:
            return self
        return replace(self, expected=other.expected, result=other.result, package=other.package)


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorFile:
    """One area's cases."""

    path: Path
    protocol: str
    area: str
    cases: tuple[Case, ...]


def files(protocol: str = "*") -> list[Path]:
    """Return the shipped files, of one protocol or of all."""
    found = data.root("vectors").glob(f"{protocol}/*.json")
    return sorted(path for path in found if path.parent.name != "schema")


def read(path: Path) -> dict[str, Any]:
    """Read a file as strict JSON: no member twice, no NaN; raises VectorError."""
    try:
        document = json.loads(
            path.read_text(encoding="utf-8"),
            object_pairs_hook=_without_twins,
            parse_constant=_no_constant,
        )
    except (ValueError, RecursionError) as error:
        raise VectorError(
            f"{path}: not JSON: {error}; only the input of a case may be malformed, as text"
        ) from error
    except OSError as error:
        raise VectorError(f"{path}: cannot be read: {error.strerror}") from error
    if not isinstance(document, dict):
        raise VectorError(f"{path}: a vector file is an object; see vectors/README.md")
    return document


def load(path: Path) -> VectorFile:
    """Read a file that keeps the schema; raises VectorError with the first problem."""
    document = read(path)
    for problem in schema_problems(path, document):
        raise VectorError(str(problem))
    return _file(path, document)


def shipped(protocol: str) -> list[VectorFile]:
    """Read a protocol's shipped files, which tests have held to the schema."""
    return [_file(path, read(path)) for path in files(protocol)]


def _file(path: Path, document: Mapping[str, Any]) -> VectorFile:
    return VectorFile(
        path=path,
        protocol=document["protocol"],
        area=document["area"],
        cases=tuple(_case(row, document["method"]) for row in document["cases"]),
    )


def schema_problems(path: Path, document: Mapping[str, Any]) -> list[Problem]:
    """Say where a document breaks the schema of vector files, in words of cases and members."""
    found = []
    for place, message in schemas.problems(SCHEMA, "", document):
        case, member = _named(place, document)
        found.append(Problem(str(path), case, member, _short(message)))
    return found


def written(document: Mapping[str, Any]) -> str:
    """Return the one text of a file: members in the schema's order, two blanks, only ASCII."""
    schema = schemas.document(SCHEMA)
    ordered = _ordered(document, schema["properties"])
    ordered["cases"] = [
        _ordered(case, schema["$defs"]["case"]["properties"]) for case in document.get("cases", [])
    ]
    return json.dumps(ordered, indent=2) + "\n"


def difference(expected: Mapping[str, Any], got: Any) -> str:
    """Name the first expected member that an outcome does not have; empty when all are there."""
    if not isinstance(got, dict):
        return "outcome"
    if expected.get(REFUSED) is True and isinstance(got.get(REFUSED), str):
        return ""
    for member, value in expected.items():
        if member not in got or not same(value, got[member]):
            return member
    return ""


def outcome(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a function's result others are held to: not the words of a message."""
    kept = {member: value for member, value in result.items() if member != MESSAGE}
    return {**kept, REFUSED: True} if REFUSED in kept else kept


def same(one: Any, other: Any) -> bool:
    """Compare two JSON values: 1 is 1.0, true is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)


def _case(row: Mapping[str, Any], method: str) -> Case:
    return Case(
        id=row["id"],
        comment=row["comment"],
        method=method,
        flags=tuple(row["flags"]),
        requirements=tuple(row["requirements"]),
        input=row["input"],
        expected=row["expected"],
        result=Result(row["result"]),
        package=_package(row),
        revisions={
            name: Outcome(
                expected=other["expected"],
                result=Result(other.get("result", row["result"])),
                package=_package(other),
            )
            for name, other in row.get("revisions", {}).items()
        },
    )


def _package(row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = row.get("package_differs", {}).get("expected")
    return found


def _named(place: str, document: Mapping[str, Any]) -> tuple[str, str]:
    """Turn ``$.cases[3].flags`` into the id of that case and ``flags``."""
    path = place.removeprefix("$").removeprefix(".")
    if not path.startswith("cases["):
        return "", path
    number, _, member = path.removeprefix("cases[").partition("]")
    return label(document["cases"], int(number)), member.removeprefix(".")


def label(cases: Sequence[Any], index: int) -> str:
    """Return how to speak of a case that may have no id."""
    row = cases[index]
    identifier = row.get("id") if isinstance(row, dict) else None
    return identifier if isinstance(identifier, str) else f"case {index + 1}"


def _ordered(members: Mapping[str, Any], order: Iterable[str]) -> dict[str, Any]:
    known = [name for name in order if name in members]
    unknown = [name for name in members if name not in known]
    return {name: members[name] for name in (*known, *unknown)}


def _short(message: str, limit: int = 200) -> str:
    return message if len(message) <= limit else f"{message[: limit - 60]} … {message[-50:]}"


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twin = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the member {twin!r} stands twice in one object")
    return members


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
