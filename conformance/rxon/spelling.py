"""One JSON value in many spellings: key order, white space, numbers, escapes, null members.

All of them are the same message, so one signature serves them all (RXON-SIG-16).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Members = list[tuple[str, Any]]

ORDERS: Mapping[str, Callable[[Members], Members]] = {
    "as given": list,
    "backwards": lambda members: members[::-1],
    "by name": sorted,
    "by length": lambda members: sorted(members, key=lambda member: len(member[0])),
}
BLANKS: Mapping[str, str] = {"none": "", "space": " ", "lines": "\r\n\t"}
WHOLE_NUMBERS: Mapping[str, Callable[[int], str]] = {
    "plain": str,
    "fraction": lambda number: f"{number}.0",
    "exponent": lambda number: f"{number}e0",
    "shifted": lambda number: f"{number}00E-2" if number else "-0E+2",
}
ESCAPES: Mapping[str, Callable[[str], str]] = {
    "least": lambda text: json.dumps(text, ensure_ascii=False),
    "ascii": json.dumps,
    "all": lambda text: f'"{"".join(map(escaped, text))}"',
    "slashes": lambda text: json.dumps(text).replace("/", "\\/"),
}
NULLS = ("none", "first", "last")
STRANGE = "assay_null"  # a member that no message has


def escaped(character: str) -> str:
    r"""Return the ``\uXXXX`` escapes of a character: two beyond the basic plane."""
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))


def spell(value: Any, how: Mapping[str, str]) -> str:
    """Write JSON; ``how`` names an entry of each table above under its name in lower case."""
    blank = BLANKS[how["blanks"]]
    if isinstance(value, dict):
        inside = (
            f"{blank}{ESCAPES[how['escapes']](name)}{blank}:{blank}{spell(each, how)}{blank}"
            for name, each in members(value, how)
        )
        return f"{{{','.join(inside) or blank}}}"
    if isinstance(value, list):
        inside = (f"{blank}{spell(each, how)}{blank}" for each in value)
        return f"[{','.join(inside) or blank}]"
    return scalar(value, how)


def members(value: Mapping[str, Any], how: Mapping[str, str]) -> Members:
    """Return an object's members in their order, with the null one where it shall be."""
    ordered = ORDERS[how["order"]](list(value.items()))
    nothing = [(STRANGE, None)]
    where = {"none": ordered, "first": nothing + ordered, "last": ordered + nothing}
    return where[how["nulls"]]


def scalar(value: Any, how: Mapping[str, str]) -> str:
    """Write what is neither object nor array."""
    if isinstance(value, str):
        return ESCAPES[how["escapes"]](value)
    if type(value) is int:
        return WHOLE_NUMBERS[how["numbers"]](value)
    return json.dumps(value)
