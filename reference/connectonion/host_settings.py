"""What a host can be started with, as `--set` takes it."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reference.connectonion import policy_text
from reference.connectonion.authentication import WINDOW
from reference.connectonion.identity import KEY_BYTES
from reference.connectonion.policy import Complaint, Dialect, Policy, PolicyError
from reference.connectonion.presets import DEFAULT, PRESETS
from reference.connectonion.sessions import RESULT_TTL
from reference.role import Setting, SettingError, flag, http_url, optional_text, seconds, text

PING_INTERVAL = 30.0  # seconds, CO-WS-09
DEAD_AFTER = 60.0  # seconds, CO-WS-37
CUSTOM = "custom"  # what a policy that is no preset is called


def _names(value: Any) -> tuple[str, ...]:
    items = value.split(",") if isinstance(value, str) else list(value)
    return tuple(text(item).strip() for item in items if text(item).strip())


def _relay(value: Any) -> str | None:
    """Read the URL of a relay, as pages or as sockets are named."""
    given = optional_text(value)
    if given is not None:
        http_url(re.sub("^ws", "http", given))
    return given


def seed(value: Any) -> str:
    """Read the hexadecimal digits of a key."""
    if len(bytes.fromhex(text(value))) != KEY_BYTES:
        raise ValueError(f"{KEY_BYTES} bytes in hexadecimal digits are needed")
    return text(value)


SETTINGS: Mapping[str, Setting] = {
    "name": Setting("assay", text),
    "key": Setting(None, seed),
    "admin_key": Setting(None, seed),
    "trust": Setting(DEFAULT, text),
    "blacklist": Setting((), _names),
    "whitelist": Setting((), _names),
    "result_ttl": Setting(RESULT_TTL, seconds),
    "ping_interval": Setting(PING_INTERVAL, seconds),
    "dead_after": Setting(DEAD_AFTER, seconds),
    "window": Setting(WINDOW, seconds),
    "admin_token": Setting(None, optional_text),
    "relay_url": Setting(None, _relay),
    "relay_heartbeat": Setting(60.0, seconds),
    "agent": Setting("cautious", text),
    "open_sessions": Setting(True, flag),  # noqa: FBT003  (a default)
    "fixed_routes": Setting(True, flag),  # noqa: FBT003
}


def fresh_seed() -> str:
    """Return a key that nobody else has."""
    return os.urandom(KEY_BYTES).hex()


def policy(trust: str) -> Policy:
    """Return the policy that a level's name, a file or a text stands for; raises SettingError.

    What is none of the three grants nothing (CO-TRUST-33).
    """
    return _read(trust)[0]


def without_effect(trust: str) -> Iterator[str]:
    """Yield what in a policy does not do what its author may have thought."""
    found, complaints = _read(trust)
    if found.dialect is Dialect.NONE:
        what = "is no level and no file, and" if found.name == CUSTOM else "is a file that"
        yield f"{trust!r} {what} has no rules between two lines of ---: nobody is admitted"
    for each in complaints:
        yield f"line {each.line}: {each.reason}"


def _read(trust: str) -> tuple[Policy, tuple[Complaint, ...]]:
    name, source = _source(trust)
    try:
        return policy_text.load(source, name=name)
    except PolicyError as error:
        raise SettingError(f"setting 'trust' is no policy: {error}") from error


def _source(trust: str) -> tuple[str, str]:
    if trust.lower() in PRESETS:
        return trust.lower(), PRESETS[trust.lower()]
    if trust.startswith("---"):
        return CUSTOM, trust
    try:
        return Path(trust).name, Path(trust).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return CUSTOM, trust
