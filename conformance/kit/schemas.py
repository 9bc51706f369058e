"""JSON Schemas that travel with the kit, compiled once, with errors that name the place."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from conformance.kit import data

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from pathlib import Path

    from jsonschema import ValidationError


def path(name: str) -> Path:
    """Return where a schema lies: the kit's own, `PROTOCOL/driver` or `vectors/vector-file`."""
    owner, _, file = name.rpartition("/")
    folders = {
        "": data.PACKAGE / "kit" / "schemas",
        "vectors": data.root("vectors") / "schema",
    }
    return folders.get(owner, data.PACKAGE / owner) / f"{file}.schema.json"


@cache
def document(name: str) -> Mapping[str, Any]:
    """Return the schema file of that name."""
    loaded: Mapping[str, Any] = json.loads(path(name).read_text(encoding="utf-8"))
    return loaded


@cache
def knows(name: str, part: str) -> bool:
    """Whether a schema file exists and defines a part."""
    return path(name).is_file() and part in document(name)["$defs"]


@cache
def _validator(name: str, part: str) -> Any:
    import jsonschema  # noqa: PLC0415  (listing and collecting need no schema)

    whole = document(name)
    schema = {**whole, "$ref": f"#/$defs/{part}"} if part else whole
    return jsonschema.Draft202012Validator(schema)


def problems(name: str, part: str, value: Any) -> list[tuple[str, str]]:
    """Say where (a JSON path) and how a value breaks a schema, the deepest place first."""
    errors = sorted(_validator(name, part).iter_errors(value), key=_depth)
    return [(error.json_path, error.message) for error in errors]


def problem(name: str, part: str, value: Any) -> str:
    """Say where and how a value breaks a schema; empty when it does not."""
    found = problems(name, part, value)
    return ": ".join(found[0]) if found else ""


def shape(value: Any) -> Hashable:
    """Return what a value is made of: member names and types, and whether texts are empty."""
    if isinstance(value, dict):
        return frozenset((key, shape(member)) for key, member in value.items())
    if isinstance(value, list):
        return (list, *(shape(item) for item in value))
    return (type(value), value == "")


def check(name: str, part: str, value: Any, *, error: type[Exception], about: str) -> None:
    """Raise ``error`` when a value breaks a schema."""
    if said := problem(name, part, value):
        raise error(f"{about}: {said}")


def _depth(error: ValidationError) -> tuple[int, str]:
    return (-len(error.absolute_path), error.json_path)
