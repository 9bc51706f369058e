"""Which tasks a node does: rules in order, the first that is broken is the answer (sheet 6.1)."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reference.elo import signing
from reference.elo.capabilities import Capabilities
from reference.elo.identity import PREFIX

BAD_SIGNATURE, INTERNAL = "BAD_SIGNATURE", "INTERNAL"  # the published node's two codes
WRONG_TARGET, NO_CAPABILITY = "WRONG_TARGET", "NO_CAPABILITY"
EXPIRED, DUPLICATE = "EXPIRED", "DUPLICATE"
RATE_LIMITED = "RATE_LIMITED"

SWEEP_AT = 256  # tasks, above which old ones are dropped

Task = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a task is not done."""

    code: str
    message: str


@dataclass(slots=True)
class Executor:
    """A node as far as it does tasks."""

    node_id: str
    capabilities: Capabilities
    handles: bool = True  # whether there is a handler at all
    verifies: bool = True
    _done: dict[tuple[str, str], float] = field(default_factory=dict)  # until when remembered
    _sweep_at: int = SWEEP_AT

    def refusal(self, task: Task, *, now: float) -> Refusal | None:
        """Return why a task is not to be done; None takes it, once."""
        for code, message, broken in RULES:
            if broken(self, task, now):
                return Refusal(code, message)
        self._remember(task, now)
        return None

    def _remember(self, task: Task, now: float) -> None:
        if len(self._done) >= self._sweep_at:  # seldom enough that a task does not pay for all
            self._done = {key: until for key, until in self._done.items() if until > now}
            self._sweep_at = max(SWEEP_AT, 2 * len(self._done))
        if (key := _key(task)) is not None:
            self._done[key] = min(_expiry(task) or now, now + LONGEST_LIFE) + REMEMBERED

    def has_done(self, task: Task, *, now: float) -> bool:
        """Whether this caller's task has been taken before, and not forgotten since."""
        key = _key(task)
        return key is not None and self._done.get(key, now) > now


REMEMBERED = 60.0  # seconds beyond a task's own life
LONGEST_LIFE = 3600.0  # seconds; who says that its task lives for ever is not remembered for ever


def _key(task: Task) -> tuple[str, str] | None:
    caller, id = task.get("caller"), task.get("id")
    return (caller, id) if isinstance(caller, str) and isinstance(id, str) and id else None


def _expiry(task: Task) -> float | None:
    """Return when a task's life ends, if it tells."""
    begun, life = task.get("timestamp"), task.get("ttl_s")
    if not (isinstance(begun, int | float) and isinstance(life, int | float)):
        return None
    try:
        end = float(begun) + float(life)
    except OverflowError:  # a whole number that no clock shows
        return None
    return None if math.isnan(end) else end


def _caller_of_another_kind(_: Executor, task: Task, _now: float) -> bool:
    caller = task.get("caller")
    return bool(caller) and not isinstance(caller, str)  # ELO-SIG-15, ELO-SIG-21


def _not_signed(node: Executor, task: Task, _now: float) -> bool:
    """Say whether the signature is none, or nobody's, or forged (ELO-SIG-04, 12, 13, 14)."""
    return node.verifies and (
        signing.verdict(task, task.get("caller")) is not signing.Verdict.SIGNED
    )


def _for_another(node: Executor, task: Task, _now: float) -> bool:
    target = task.get("target") or ""
    named = target.partition("@")[0] if isinstance(target, str) else "?"
    return bool(named) and named[:PREFIX] != node.node_id[:PREFIX]  # ELO-TASK-09


def _expired(_: Executor, task: Task, now: float) -> bool:
    expiry = _expiry(task)
    return expiry is not None and expiry < now  # ELO-TASK-11


def _repeated(node: Executor, task: Task, now: float) -> bool:
    return node.has_done(task, now=now)  # ELO-TASK-12


def _not_offered(node: Executor, task: Task, _now: float) -> bool:
    """Say whether nobody registered the capability; without a handler nothing is offered."""
    return node.handles and task.get("capability", "") not in node.capabilities.names


RULES: tuple[tuple[str, str, Callable[[Executor, Task, float], bool]], ...] = (
    (INTERNAL, "caller is a text", _caller_of_another_kind),
    (BAD_SIGNATURE, "Invalid signature", _not_signed),
    (WRONG_TARGET, "this task is for another node", _for_another),
    (EXPIRED, "the task's life is over", _expired),
    (DUPLICATE, "this task has been taken before", _repeated),
    (NO_CAPABILITY, "no such capability here", _not_offered),  # ELO-TASK-10
)
