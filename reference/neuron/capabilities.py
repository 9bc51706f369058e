"""What a neuron can do, for whom, how much of it at once and for how long (sheet 3.1, 6.1, 6.2)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from reference.neuron.fields import (
    ANYTHING,
    NAME,
    TEXT,
    Fields,
    FrameError,
    Kind,
    members,
    optional,
    record,
    required,
    whole,
)

# Two segments or more; the dot of a variant is a character like any other. The classes are spelled
# out because `\w` would also take letters and digits of other scripts.
TYPE = re.compile(r"[A-Za-z0-9_.\-]+(?:/[A-Za-z0-9_.\-]+)+")
LEAST_TTL_MS, MOST_TTL_MS = 1_000, 3_600_000
ANY = "any"


@dataclass(frozen=True, slots=True)
class OnBehalfOf:
    """Only tasks of one user."""

    user: str


Scope = str | OnBehalfOf  # the text is ANY: the tasks of all users


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """One kind of task that a neuron takes."""

    type: str
    scope: Scope
    concurrency: int
    lease_ttl_ms: int | None = None
    # Protocol 1.1.0 announces contracts here; 1.0 neurons refuse a `registered` that repeats them.
    description: str | None = None
    input_schema: Any = None
    output_schema: Any = None


def is_type(value: Any) -> bool:
    """Say whether a value is a capability type; a newline at its end is none (sheet 6.1)."""
    return isinstance(value, str) and TYPE.fullmatch(value) is not None


def serves(scope: Scope, on_behalf_of: str | None) -> bool:
    """Say whether a scope lets the tasks of a user in (sheet 6.3)."""
    return scope == ANY or (isinstance(scope, OnBehalfOf) and scope.user == on_behalf_of)


def _read_type(path: str, value: Any) -> str:
    if not is_type(value):
        raise FrameError(path, "expected a capability type such as owner/name")
    return str(value)


def _read_scope(path: str, value: Any) -> Scope:
    if value == ANY:
        return ANY
    if not isinstance(value, dict):
        raise FrameError(path, 'expected "any" or an object with onBehalfOf')
    return OnBehalfOf(**members(path, value, {"onBehalfOf": required("user", NAME)}))


def _write_scope(scope: Scope) -> Any:
    return {"onBehalfOf": scope.user} if isinstance(scope, OnBehalfOf) else scope


TYPE_NAME: Kind[str] = Kind(_read_type, str)
SCOPE: Kind[Scope] = Kind(_read_scope, _write_scope)

# What 1.0 knows, and all that is ever sent to a neuron (NEURON-GW-REG-02).
EFFECTIVE: Fields = {
    "type": required("type", TYPE_NAME),
    "scope": required("scope", SCOPE),
    "concurrency": required("concurrency", whole(least=1)),
    "leaseTtlMs": optional("lease_ttl_ms", whole(least=LEAST_TTL_MS, most=MOST_TTL_MS)),
}
ANNOUNCED: Fields = {
    **EFFECTIVE,
    "description": optional("description", TEXT),
    "inputSchema": optional("input_schema", ANYTHING),
    "outputSchema": optional("output_schema", ANYTHING),
}
EFFECTIVE_CAPABILITY = record(Capability, EFFECTIVE)
ANNOUNCED_CAPABILITY = record(Capability, ANNOUNCED)


def repeated(capabilities: Iterable[Capability]) -> str | None:
    """Return the first type that stands twice."""
    seen: set[str] = set()
    for capability in capabilities:
        if capability.type in seen:
            return capability.type
        seen.add(capability.type)
    return None
