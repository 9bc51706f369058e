"""The subset of JSON Schema that skills describe their data with (RXON-SCH, sheet 6.5).

Honoured are type, properties, required, additionalProperties, items, enum and anyOf; every other
keyword passes (RXON-SCH-05), and so does one whose own value makes no sense, since a schema comes
from a stranger.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from reference.rxon.revision import BASELINE, Revision

Schema: TypeAlias = Mapping[str, Any]


def violation(data: Any, schema: Any, *, revision: Revision = BASELINE) -> str | None:
    """Say where and how the data breaks the schema, or return None if it does not."""
    if not schema or not isinstance(schema, dict):
        return None
    return _by_every_keyword(data, schema) if revision.all_keywords else _violation(data, schema)


def _by_every_keyword(data: Any, schema: Schema) -> str | None:
    """Judge as JSON Schema does (sheet 11.1); a schema that is none lets nothing pass."""
    import jsonschema  # noqa: PLC0415  (costs as much as all the rules together)
    import referencing.exceptions  # noqa: PLC0415

    try:
        jsonschema.Draft7Validator.check_schema(schema)
        problem = jsonschema.exceptions.best_match(
            jsonschema.Draft7Validator(schema).iter_errors(data)
        )
    except (jsonschema.SchemaError, referencing.exceptions.Unresolvable) as error:
        return f"Failed to compile schema: {error}"
    return None if problem is None else f"{problem.json_path}: {problem.message}"


def _violation(data: Any, schema: Any) -> str | None:
    if not schema or not isinstance(schema, dict):
        return None
    if isinstance(schema.get("anyOf"), list):
        return _no_alternative(data, schema["anyOf"])  # the keywords beside anyOf are not looked at
    kind = schema.get("type")
    if data is None and kind != "null":  # RXON-SCH-03
        return f"Expected {kind}, got null"
    if isinstance(schema.get("enum"), list) and data not in schema["enum"]:
        return f"Value {data!r} is not one of {schema['enum']!r}"
    return _of_kind(data, schema, kind) if isinstance(kind, str) else None


def _no_alternative(data: Any, alternatives: list[Any]) -> str | None:
    if any(_violation(data, schema) is None for schema in alternatives):
        return None
    return "Value fits none of the alternatives of anyOf"


def _of_kind(data: Any, schema: Schema, kind: str) -> str | None:
    if not TYPES.get(kind, _any_type)(data):
        return f"Expected {kind}, got {type(data).__name__}"
    return MEMBERS.get(kind, _no_members)(data, schema)


def _is_integer(data: Any) -> bool:
    """Numbers have one spelling after normalisation: 1.0 is 1 (RXON-RES-14)."""
    return type(data) is int or (type(data) is float and data.is_integer())


def _any_type(_data: Any) -> bool:
    return True


def _no_members(_data: Any, _schema: Schema) -> str | None:
    return None


def _object_violation(data: Mapping[str, Any], schema: Schema) -> str | None:
    properties = schema.get("properties")
    known: Schema = properties if isinstance(properties, dict) else {}
    problems = (
        *_missing(data, schema.get("required")),
        *_unexpected(data, known, schema.get("additionalProperties")),
    )
    if problems:
        return problems[0]
    for name, subschema in known.items():
        problem = _violation(data[name], subschema) if name in data else None
        if problem:
            return f"Field {name!r}: {problem}"
    return None


def _missing(data: Mapping[str, Any], required: Any) -> list[str]:
    names = required if isinstance(required, list) else []
    return [
        f"Missing required field: {name!r}"
        for name in names
        if isinstance(name, str) and name not in data
    ]


def _unexpected(data: Mapping[str, Any], known: Schema, additional: Any) -> list[str]:
    if additional is not False:
        return []
    return [f"Unexpected field: {name!r}" for name in data if name not in known]


def _array_violation(data: list[Any], schema: Schema) -> str | None:
    items = schema.get("items")
    for index, item in enumerate(data):
        problem = _violation(item, items)
        if problem:
            return f"Item at index {index}: {problem}"
    return None


TYPES: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda data: type(data) is str,
    "integer": _is_integer,
    "number": lambda data: type(data) in (int, float),  # RXON-SCH-03: true is no number
    "boolean": lambda data: type(data) is bool,
    "object": lambda data: type(data) is dict,
    "array": lambda data: type(data) in (list, tuple),
    "null": lambda data: data is None,  # RXON-SCH-04
}
MEMBERS: Mapping[str, Callable[[Any, Schema], str | None]] = {
    "object": _object_violation,
    "array": _array_violation,
}
