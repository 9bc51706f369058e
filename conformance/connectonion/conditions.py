"""Of whom a condition of fast_rules is true, among callers without credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Caller = Mapping[str, Any]  # its `lists`, and whether it is an `admin`

HOLDS: Mapping[str, Callable[[Caller], bool]] = {
    "is_whitelist": lambda caller: "whitelist" in caller["lists"],
    "is_contact": lambda caller: caller["lists"] == ["contacts"],
    "is_stranger": lambda caller: not caller["lists"],
    "is_admin": lambda caller: bool(caller["admin"]),
    "always": lambda _caller: True,
}
