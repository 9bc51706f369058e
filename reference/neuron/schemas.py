"""Whether a value fits a JSON Schema that a stranger sent (sheet 6.4).

Nothing that stands in a schema may reach the network, end the process or go unanswered: what
cannot be applied is a mismatch.
"""

from collections.abc import Mapping
from typing import Any

from jsonschema import (
    Draft3Validator,
    Draft4Validator,
    Draft6Validator,
    Draft7Validator,
    Draft201909Validator,
    Draft202012Validator,
)
from jsonschema.exceptions import SchemaError, best_match
from jsonschema.protocols import Validator
from referencing import Registry

# NEURON-NRN-SCHEMA-12: dialects by `$schema`; without one, and for one that is unknown, 2020-12.
DIALECTS: Mapping[str, type[Validator]] = {
    "http://json-schema.org/draft-03/schema": Draft3Validator,
    "http://json-schema.org/draft-04/schema": Draft4Validator,
    "http://json-schema.org/draft-06/schema": Draft6Validator,
    "http://json-schema.org/draft-07/schema": Draft7Validator,
    "https://json-schema.org/draft/2019-09/schema": Draft201909Validator,
    "https://json-schema.org/draft/2020-12/schema": Draft202012Validator,
}
# NEURON-NRN-SCHEMA-10: an empty registry knows only the schema itself and fetches nothing.
NOWHERE: Registry[Any] = Registry()
LONGEST_PROBLEM = 1000  # characters; the library quotes the whole value


def effective(of_lease: Any, registered: Any) -> Any:
    """Return the lease's schema unless it says nothing (NEURON-NRN-SCHEMA-05, -06)."""
    return registered if of_lease is None or of_lease == {} else of_lease


def problem(value: Any, schema: Any) -> str | None:
    """Return why a value does not fit, or None; no schema (None) fits everything."""
    if schema is None:
        return None
    try:
        return _problem(value, schema)
    except SchemaError as error:  # NEURON-NRN-SCHEMA-08
        return _shortened(f"invalid schema: {error.message}")
    except RecursionError:  # NEURON-NRN-SCHEMA-09
        return "invalid schema: it or the value never ends"
    except Exception as error:  # noqa: BLE001  whatever else the library trips over, nobody else will answer
        return _shortened(f"invalid schema: {type(error).__name__}: {error}")


def _problem(value: Any, schema: Any) -> str | None:
    dialect = _dialect(schema)
    dialect.check_schema(schema)
    error = best_match(dialect(schema, registry=NOWHERE).iter_errors(value))
    return None if error is None else _shortened(error.message)


def _dialect(schema: Any) -> type[Validator]:
    name = schema.get("$schema") if isinstance(schema, dict) else None
    if not isinstance(name, str):
        return Draft202012Validator
    return DIALECTS.get(name.removesuffix("#"), Draft202012Validator)


def _shortened(text: str) -> str:
    short = text if len(text) <= LONGEST_PROBLEM else text[:LONGEST_PROBLEM] + "…"
    return short.encode(
        "utf-8", "replace"
    ).decode()  # a quoted value may hold half a surrogate pair
