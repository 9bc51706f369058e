"""What becomes of a lease on the wire: the one ack or nack for whatever happened (sheet 3.6)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeAlias

from reference.neuron import json_text, schemas
from reference.neuron.frames import Ack, Nack, NackKind
from reference.neuron.timestamps import at

THREW = "HANDLER_THREW"
TERMINAL = "HANDLER_TERMINAL"
CANCELLED = "CANCELLED"
INPUT_MISMATCH = "INPUT_SCHEMA_MISMATCH"
OUTPUT_MISMATCH = "OUTPUT_SCHEMA_MISMATCH"
DEPTH_LIMIT = 300  # of an output; published neurons write 255
Verdict: TypeAlias = Ack | Nack


@dataclass(frozen=True, slots=True)
class Returned:
    """A handler returned this."""

    output: Any


@dataclass(frozen=True, slots=True)
class Failed:
    """A handler gave up for good."""

    reason: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Raised:
    """A handler raised something."""

    text: str


@dataclass(frozen=True, slots=True)
class Aborted:
    """A handler was cancelled, or cancelled itself."""


Outcome: TypeAlias = Returned | Failed | Raised | Aborted


class Refusal(Enum):
    """Why a lease ends without an outcome of its handler."""

    UNKNOWN = auto()
    STOPPING = auto()
    UNSTARTED = auto()
    REVOKED = auto()
    CANCELLED = auto()
    ABORTED = auto()


# Kind, reason, code. A task that this neuron must not or cannot do may be done by another one.
REFUSALS: Mapping[Refusal, tuple[NackKind, str, str | None]] = {
    Refusal.UNKNOWN: (NackKind.RETRYABLE, "no handler for this capability", None),
    Refusal.STOPPING: (NackKind.RETRYABLE, "the neuron is stopping", None),
    Refusal.UNSTARTED: (NackKind.RETRYABLE, "the neuron stopped before the lease started", None),
    Refusal.REVOKED: (NackKind.RETRYABLE, "the capability was revoked", None),
    Refusal.CANCELLED: (NackKind.CANCELLED, "cancelled before it started", CANCELLED),
    Refusal.ABORTED: (NackKind.CANCELLED, "the handler was aborted", CANCELLED),
}


def refused(lease_id: str, refusal: Refusal, *, now: float) -> Nack:
    """Return the nack of a lease that was not carried out."""
    kind, reason, code = REFUSALS[refusal]
    return Nack(lease_id=lease_id, kind=kind, reason=reason, code=code, failed_at=at(now))


def misfit(lease_id: str, problem: str, *, of: str, now: float) -> Nack:
    """Return the nack of a value, the input or the output, that does not match its schema."""
    return Nack(
        lease_id=lease_id,
        kind=NackKind.SCHEMA_MISMATCH,
        reason=f"the {of} does not match its schema",
        code=INPUT_MISMATCH if of == "input" else OUTPUT_MISMATCH,
        details={"errors": [problem]},
        failed_at=at(now),
    )


def verdict(
    lease_id: str, outcome: Outcome, *, schema: Any, aborting: Refusal | None, now: float
) -> Verdict:
    """Return the frame for what a handler came to.

    `schema` is that of the output, `aborting` says that the handler had been asked to end, and
    what its error means then.
    """
    match outcome:
        case Returned(output):
            return _returned(lease_id, output, schema=schema, now=now)
        case Failed(reason, code):  # NEURON-NRN-RESULT-05, -06
            return Nack(
                lease_id=lease_id,
                kind=NackKind.TERMINAL,
                reason=reason or "the handler gave no reason",
                code=code or TERMINAL,
                failed_at=at(now),
            )
        case Raised(text) if aborting is None:
            return _threw(lease_id, text, now=now)
        case _:  # NEURON-NRN-RESULT-07
            return refused(lease_id, aborting or Refusal.ABORTED, now=now)


def _returned(lease_id: str, output: Any, *, schema: Any, now: float) -> Verdict:
    try:
        value = plain(output)
        json_text.write(value)
    except (TypeError, ValueError, RecursionError) as error:  # NEURON-NRN-RESULT-18
        return _threw(lease_id, f"the output cannot be sent: {error}", now=now)
    problem = schemas.problem(value, schema)
    if problem is not None:  # NEURON-NRN-SCHEMA-02
        return misfit(lease_id, problem, of="output", now=now)
    return Ack(lease_id=lease_id, output=value, completed_at=at(now))


def _threw(lease_id: str, text: str, *, now: float) -> Nack:
    """Return the nack of an error that another attempt may not meet (NEURON-NRN-RESULT-03)."""
    return Nack(
        lease_id=lease_id,
        kind=NackKind.RETRYABLE,
        reason=text or "the handler gave no reason",
        code=THREW,
        failed_at=at(now),
    )


def plain(value: Any, *, depth: int = DEPTH_LIMIT) -> Any:
    """Return a copy made of JSON values; raises TypeError or ValueError for what has none.

    Numbers that JSON lacks become null, keys that are no text become it (sheet 4.2).
    """
    if depth == 0:
        raise ValueError(f"nested deeper than {DEPTH_LIMIT} levels")
    match value:
        case None | bool() | str() | int():
            return value
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return {_key(key): plain(item, depth=depth - 1) for key, item in value.items()}
        case list() | tuple():
            return [plain(item, depth=depth - 1) for item in value]
        case _:
            raise TypeError(f"{type(value).__name__} has no form in JSON")


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, bool | int | float):
        return str(json_text.write(key), "ascii")
    raise TypeError(f"{type(key).__name__} cannot name a member")
