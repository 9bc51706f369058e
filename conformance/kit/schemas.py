"""JSON Schemas that travel with the kit, compiled once, with errors that name the place."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).parent / "schemas"


@cache
def document(name: str) -> Mapping[str, Any]:
    """Return the schema file of that name."""
    loaded: Mapping[str, Any] = json.loads(
        (FOLDER / f"{name}.schema.json").read_text(encoding="utf-8")
    )
    return loaded


def knows(name: str, part: str) -> bool:
    """Whether a schema file defines a part."""
    return part in document(name)["$defs"]


@cache
def _validator(name: str, part: str) -> Any:
    whole = document(name)
    schema = {**whole, "$ref": f"#/$defs/{part}"} if part else whole
    return jsonschema.Draft202012Validator(schema)


def problem(name: str, part: str, value: Any) -> str:
    """Say where and how a value breaks a schema; empty when it does not."""
    first = next(iter(sorted(_validator(name, part).iter_errors(value), key=_depth)), None)
    if first is None:
        return ""
    return f"{first.json_path}: {first.message}"


def check(name: str, part: str, value: Any, *, error: type[Exception], about: str) -> None:
    """Raise ``error`` when a value breaks a schema."""
    if said := problem(name, part, value):
        raise error(f"{about}: {said}")


def _depth(error: jsonschema.ValidationError) -> tuple[int, str]:
    return (-len(error.absolute_path), error.json_path)
