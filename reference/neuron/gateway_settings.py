"""The settings of the gateway: what it may be started with and what it tells of itself."""

from collections.abc import Mapping
from typing import Any

from reference.neuron import gateway_state as state
from reference.neuron.capabilities import is_type
from reference.neuron.tasks import MAX_ATTEMPTS
from reference.role import Setting, count, flag, optional_text, seconds, text

BODY_LIMIT = 16 * 1024 * 1024  # bytes (sheet 7.5)


def types(value: Any) -> str:
    """Read a comma list of capability types."""
    for each in listed(text(value)):
        if not is_type(each):
            raise ValueError(f"{each!r} is no capability type")
    return text(value)


def listed(value: str) -> frozenset[str]:
    """Return the items of a comma list."""
    return frozenset(each.strip() for each in value.split(",") if each.strip())


def at_least_one(value: Any) -> int:
    """Read a number of things that cannot be none."""
    number = count(value)
    if number < 1:
        raise ValueError("1 or more is needed")
    return number


SETTINGS: Mapping[str, Setting] = {
    "token": Setting("neuron-token", text),
    "subject": Setting("user:conf", text),
    "second_token": Setting("other-token", text),
    "second_subject": Setting("user:other", text),
    "counted_tokens": Setting(default=True, read=flag),
    "operator_token": Setting(None, optional_text),
    "lease_ttl": Setting(state.LEASE_TTL, seconds),
    "keep_alive": Setting(state.KEEP_ALIVE, seconds),
    "dead_after": Setting(state.DEAD_AFTER, seconds),
    "max_attempts": Setting(MAX_ATTEMPTS, at_least_one),
    "retry_delay": Setting(0.0, seconds),
    "denied_types": Setting("", types),
    "pending_types": Setting("", types),
    "body_limit": Setting(BODY_LIMIT, count),
}


def policy(facts: Mapping[str, Any]) -> state.Policy:
    """Return what the rules need of the settings."""
    return state.Policy(
        lease_ttl=facts["lease_ttl"],
        dead_after=facts["dead_after"],
        retry_delay=facts["retry_delay"],
        max_attempts=facts["max_attempts"],
        denied_types=listed(facts["denied_types"]),
        pending_types=listed(facts["pending_types"]),
    )
