"""What a node or tracker can be started with, as `--set` takes it."""

import re
from collections.abc import Mapping
from typing import Any

from reference.elo.capabilities import Capabilities, Disclosure, Visibility
from reference.elo.identity import KEY_BYTES, Identity
from reference.elo.pace import ORDINARY, Pace, Setup
from reference.role import Setting, count, flag, optional_text, seconds, text

SEPARATOR = ","
# The prefix of an id may stand before it; a URL is what `assay serve` tells.
ADDRESS = re.compile(r"(?:elo://)?(?:[^@/]*@)?[^@/]+:\d{1,5}/?", re.ASCII)


def _names(value: Any) -> tuple[str, ...]:
    """Read names with commas between them, or a list of names."""
    items = value.split(SEPARATOR) if isinstance(value, str) else list(value)
    return tuple(text(item).strip() for item in items if text(item).strip())


def _addresses(value: Any) -> tuple[str, ...]:
    """Read addresses of peers, as other nodes list them or as URLs."""
    names = _names(value)
    for each in names:
        if not ADDRESS.fullmatch(each):
            raise ValueError(f"{each!r} is no HOST:PORT")
    return tuple(each.removeprefix("elo://").removesuffix("/") for each in names)


def _seed(value: Any) -> str | None:
    """Read the hexadecimal digits of a key."""
    given = optional_text(value)
    if given is not None and len(bytes.fromhex(given)) != KEY_BYTES:
        raise ValueError(f"{KEY_BYTES} bytes in hexadecimal digits are needed")
    return given


TIMES = tuple(name for name in Pace.__dataclass_fields__ if name != "rate_limit")
SETTINGS: Mapping[str, Setting] = {
    "seed": Setting(None, _seed),
    "key_file": Setting(None, optional_text),
    "agents": Setting(None, _names),
    "models": Setting((), _names),
    "tools": Setting((), _names),
    "visibility": Setting(str(Visibility.PUBLIC), text),
    "allowlist": Setting((), _names),
    "peers": Setting((), _addresses),
    "verify": Setting(True, flag),  # noqa: FBT003  (a default)
    "handler": Setting(True, flag),  # noqa: FBT003
    "dht": Setting(True, flag),  # noqa: FBT003
    "run": Setting(True, flag),  # noqa: FBT003
    "rate_limit": Setting(ORDINARY.rate_limit, count),
    **{name: Setting(getattr(ORDINARY, name), seconds) for name in TIMES},
}


def setup(facts: Mapping[str, Any], identity: Identity, *, listen: int) -> Setup:
    """Return what a node is, of its settings."""
    return Setup(
        identity=identity,
        offers=Capabilities.named(facts["agents"], facts["models"], facts["tools"]),
        disclosure=Disclosure(facts["visibility"], frozenset(facts["allowlist"])),
        handles=facts["handler"],
        verifies=facts["verify"],
        listen=listen,
        dht=facts["dht"],
        pace=Pace(rate_limit=facts["rate_limit"], **{name: facts[name] for name in TIMES}),
    )
