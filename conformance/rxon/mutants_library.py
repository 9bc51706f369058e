"""Seeded bugs in the functions that every role needs."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson

from conformance.kit.proof.mutation import mutant as mutant_of
from reference.rxon import matching, restoring
from reference.rxon.revision import BASELINE

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant

    Change = Callable[[Any], Any]  # of a rule, which is given

mutant: Callable[..., Mutant] = partial(mutant_of, role="lib")

LARGEST = 2**64 - 1
DEEP = 9  # levels that a bug reaches; how deep a message may be is another matter
RAW = orjson.Fragment  # JSON text that the writer copies as it is
NULL = math.nan  # written as null, and removed by nobody


def before(change: Callable[[Any], Any]) -> Change:
    """Change what is written, and not what is signed."""
    return lambda encode: lambda value, **rest: encode(change(value), **rest)


def each(change: Callable[[Any, int], Any]) -> Callable[[Any], Any]:
    """Return how to change every plain value, knowing how deep it lies."""

    def walk(value: Any, depth: int = 0) -> Any:
        if depth > DEEP:
            return value
        if type(value) is dict:
            value = {name: walk(item, depth + 1) for name, item in value.items()}
        elif type(value) is list:
            value = [walk(item, depth + 1) for item in value]
        return change(value, depth)

    return walk


def null_members(value: Any, depth: int) -> Any:
    """Keep the members that are null in objects some levels down."""
    if type(value) is not dict or depth < 2:  # noqa: PLR2004  (a level that nobody looks at first)
        return value
    return {name: NULL if item is None else item for name, item in value.items()}


def null_items(value: Any, _depth: int) -> Any:
    """Keep the items that are null."""
    return [NULL if item is None else item for item in value] if type(value) is list else value


def negative_zero(value: Any, _depth: int) -> Any:
    """Keep the sign of nothing."""
    kept = type(value) is float and value == 0 and math.copysign(1, value) < 0
    return RAW(b"-0") if kept else value


def empty_lists(value: Any, _depth: int) -> Any:
    """Take members that are empty lists for absent."""
    if type(value) is not dict:
        return value
    return {name: item for name, item in value.items() if item != []}


def clamped(value: Any, _depth: int) -> Any:
    """Make the largest number of what is larger."""
    return LARGEST if type(value) in {int, float} and LARGEST < value < math.inf else value


def tokens(value: Any, _depth: int) -> Any:
    """Write what is no number as many writers do."""
    return RAW(b"NaN") if type(value) is float and not math.isfinite(value) else value


def one_level_more(normalise: Callable[..., Any]) -> Callable[..., Any]:
    """Count the containers from one."""

    def broken(value: Any, *, revision: Any = BASELINE) -> Any:
        return normalise(value, revision=replace(revision, depth_limit=revision.depth_limit + 1))

    return broken


def by_name(foreign: Callable[..., Any]) -> Callable[..., Any]:
    """Write a choice as its name."""
    return lambda value, *rest: getattr(value, "name", None) or foreign(value, *rest)


def completed(record: Callable[..., Any]) -> Callable[..., Any]:
    """Put an empty text in the place of what a message lacks."""

    def broken(kind: Any, data: Any, revision: Any) -> Any:
        if kind.__module__.endswith(".models") and isinstance(data, dict):
            needed = [name for name, (_, required) in restoring.members(kind).items() if required]
            data = {**dict.fromkeys(needed, ""), **data}
        return record(kind, data, revision)

    return broken


def from_the_last(alternative: Callable[..., Any]) -> Callable[..., Any]:
    """Try the alternatives from the last to the first."""

    def broken(union: Any, data: Any, revision: Any) -> Any:
        kinds = tuple(reversed(union.__args__))
        whole = kinds[0]
        for kind in kinds[1:]:
            whole = whole | kind
        return alternative(whole, data, revision)

    return broken


def short_key(sign: Callable[..., str]) -> Callable[..., str]:
    """Cut a secret to the size of a block instead of hashing it."""
    block = 64
    return lambda payload, *, secret, **rest: sign(
        payload, secret=secret.encode()[:block].decode(errors="ignore"), **rest
    )


def bare(value: Any, depth: int) -> Any:
    """Leave out nested members named security."""
    if type(value) is not dict or depth == 0:
        return value
    return {name: item for name, item in value.items() if name != "security"}


def for_scripts(canonical_bytes: Callable[..., bytes]) -> Callable[..., bytes]:
    """Escape the line separators that old scripts could not read."""
    return lambda *given, **rest: canonical_bytes(*given, **rest).replace(
        "\u2028".encode(), b"\\u2028"
    )


def any_case(verify: Callable[..., bool]) -> Callable[..., bool]:
    """Take the digits of a signature in either case."""
    return lambda payload, *, signature, **rest: verify(
        payload, signature=signature.lower() if isinstance(signature, str) else signature, **rest
    )


def relays_included(verify: Callable[..., bool]) -> Callable[..., bool]:
    """Verify as if nothing were to be ignored."""

    def broken(payload: Any, *, ignore: Any = (), **rest: Any) -> bool:
        return verify(payload, ignore=ignore[:0], **rest)

    return broken


def only_its_kind(have: Any, required: Any) -> bool:
    """Compare integers with integers only, and floats with floats."""
    mixed = {type(have), type(required)} == {int, float}
    return not mixed and matching.at_least(have, required)


def with_case(names_part_of: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Heed the letter case of a model of several words."""
    return lambda have, required: (
        names_part_of(have, required) and (required in have or " " not in have)
    )


def half_will_do(device_matches: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Take a GPU of a named model for one with twice its memory."""

    def broken(have: Any, required: Any) -> bool:
        properties = have.get("properties") or {}
        memory = properties.get("vram_gb")
        if have.get("model") and have.get("type") == "gpu" and type(memory) is int:
            have = {**have, "properties": {**properties, "vram_gb": 2 * memory}}
        return device_matches(have, required)

    return broken


def any_letter_case(have: Any, required: Any) -> bool:
    """Compare texts in any letter case."""
    if isinstance(have, str) and isinstance(required, str):
        return have.lower() == required.lower()
    return bool(have == required)


def shared(have: Any, required: Any) -> bool:
    """Let one device serve any number of requirements."""
    return all(any(matching.device_matches(there, need) for there in have) for need in required)


def first_come(have: Any, required: Any) -> bool:
    """Give each requirement the first device that fits, and never take it back."""
    left = list(have)
    for need in required:
        taken = next((each for each in left if matching.device_matches(each, need)), None)
        if taken is None:
            return False
        left.remove(taken)
    return True


def with_minimum(violation: Callable[..., str | None]) -> Callable[..., str | None]:
    """Enforce a keyword of later revisions."""

    def broken(data: Any, schema: Any) -> str | None:
        least = schema.get("minimum") if isinstance(schema, dict) else None
        if least is not None and isinstance(data, int) and data < least:
            return "too small"
        return violation(data, schema)

    return broken


SERIALISING = (
    ("RXON-SER-01", "null members far down are written", null_members),
    ("RXON-SER-02", "negative zero keeps its sign", negative_zero),
    ("RXON-SER-03", "null items of a list are written", null_items),
    ("RXON-SER-09", "an empty list is left out", empty_lists),
    ("RXON-SER-10", "what is larger than 64 bits becomes the largest number", clamped),
    ("RXON-SER-13", "what is no number is written as NaN", tokens),
)
CANONICAL = "reference.rxon.canonical"
MATCHING = "reference.rxon.matching"
RESTORING = "reference.rxon.restoring"

MUTANTS = (
    *(
        mutant(requirement, breaks, f"{CANONICAL}:encode", before(each(change)))
        for requirement, breaks, change in SERIALISING
    ),
    mutant(
        "RXON-SER-04", "one container too many is let in", f"{CANONICAL}:normalise", one_level_more
    ),
    mutant("RXON-SER-05", "a choice is written as its name", f"{CANONICAL}:_foreign", by_name),
    mutant(
        "RXON-SER-06",
        "a UUID stays text",
        f"{RESTORING}:_uuid",
        lambda _: lambda _kind, data, _revision: data,
    ),
    mutant(
        "RXON-SER-07",
        "half a message is completed with empty text",
        f"{RESTORING}:_record",
        completed,
    ),
    mutant(
        "RXON-SER-08",
        "the last alternative that fits is taken",
        f"{RESTORING}:CONTAINERS[typing.Union]",
        from_the_last,
    ),
    mutant("RXON-SIG-01", "a long secret is cut", "reference.rxon.signing:sign", short_key),
    mutant(
        "RXON-SIG-02",
        "nested members named security are not signed",
        f"{CANONICAL}:canonical_bytes",
        before(each(bare)),
    ),
    mutant(
        "RXON-SIG-03",
        "null members far down are signed",
        f"{CANONICAL}:canonical_bytes",
        before(each(null_members)),
    ),
    mutant(
        "RXON-SIG-04",
        "line separators are escaped in what is signed",
        f"{CANONICAL}:canonical_bytes",
        for_scripts,
    ),
    mutant(
        "RXON-SIG-05",
        "the letter case of a signature does not matter",
        "reference.rxon.signing:verify",
        any_case,
    ),
    mutant(
        "RXON-SIG-07.a",
        "the relays of an event are signed",
        "reference.rxon.signing:verify",
        relays_included,
    ),
    mutant(
        "RXON-ID-01",
        "every letter of Unicode may name a worker",
        "reference.rxon.identifiers:WORKER_ID",
        lambda _: re.compile(r"[\w-]+"),
    ),
    mutant(
        "RXON-ID-02",
        "the hash of a store is longer",
        "reference.rxon.blobs:HASH_DIGITS",
        lambda good: 2 * good,
    ),
    mutant(
        "RXON-RL-05.a",
        "a date that has passed is a wait of a second",
        "reference.rxon.backoff:_until",
        lambda good: lambda date, **rest: good(date, **rest) or 1.0,
    ),
    mutant(
        "RXON-LSN-01",
        "a bad value is 422",
        "reference.rxon.listener:FAILURES[value]",
        lambda good: lambda raised: (422, good(raised)[1]),
    ),
    mutant(
        "RXON-MAT-01",
        "an integer meets no float",
        f"{MATCHING}:RULES[number]",
        lambda good: {**good, "number": only_its_kind},
    ),
    mutant(
        "RXON-MAT-02",
        "every required item must be there",
        f"{MATCHING}:RULES[list]",
        lambda good: {**good, "list": lambda have, required: all(r in have for r in required)},
    ),
    mutant(
        "RXON-MAT-03",
        "the letter case of a long model counts",
        f"{MATCHING}:names_part_of",
        with_case,
    ),
    mutant(
        "RXON-MAT-04",
        "texts are compared in any letter case",
        f"{MATCHING}:RULES[other]",
        lambda good: {**good, "other": any_letter_case},
    ),
    mutant(
        "RXON-MAT-05",
        "what a worker does not say meets a text",
        f"{MATCHING}:RULES[other]",
        lambda good: {**good, "absent": lambda _have, _required: True},
    ),
    mutant(
        "RXON-MAT-06",
        "a GPU serves as one with twice its memory",
        f"{MATCHING}:device_matches",
        half_will_do,
    ),
    mutant(
        "RXON-MAT-07",
        "a device serves any number of requirements",
        f"{MATCHING}:devices_suffice",
        lambda _: shared,
    ),
    mutant(
        "RXON-MAT-08",
        "each requirement takes the first device",
        f"{MATCHING}:devices_suffice",
        lambda _: first_come,
    ),
    mutant(
        "RXON-MAT-09",
        "true and false are no numbers",
        f"{MATCHING}:KINDS[<class 'bool'>]",
        lambda _: "other",
    ),
    mutant(
        "RXON-MAT-10",
        "an artifact of any version will do",
        f"{MATCHING}:_artifact_version_matches",
        lambda _: lambda _have, _required: True,
    ),
    mutant(
        "RXON-SCH-01",
        "a float promises an integer",
        "reference.rxon.inference:SCHEMAS[<class 'float'>]",
        lambda _: {"type": "integer"},
    ),
    mutant(
        "RXON-SCH-02",
        "a required member may be missing",
        "reference.rxon.contracts:_missing",
        lambda _: lambda _data, _required: [],
    ),
    mutant(
        "RXON-SCH-03",
        "true is a number",
        "reference.rxon.contracts:TYPES[number]",
        lambda good: lambda data: good(data) or type(data) is bool,
    ),
    mutant(
        "RXON-SCH-04",
        "everything is null",
        "reference.rxon.contracts:TYPES[null]",
        lambda _: lambda _data: True,
    ),
    mutant(
        "RXON-SCH-05",
        "a minimum is enforced",
        "reference.rxon.contracts:_violation",
        with_minimum,
    ),
)
