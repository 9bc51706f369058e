"""Mutants: one seeded bug each, and the proof that exactly the named requirements see it."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from conformance.kit.data import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Callable

PLACE = re.compile(r"(?P<module>[\w.]+):(?P<path>[\w.]+)(?:\[(?P<key>.+)\])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One small replacement of a rule or message of the reference.

    ``place`` is ``module:NAME``, ``module:Class.method`` or ``module:TABLE[key]``;
    ``replacement`` gets what stands there and returns what shall. ``also`` names further
    requirements that cannot but see the same bug.
    """

    id: str
    requirement: str
    breaks: str
    place: str
    replacement: Callable[[Any], Any]
    also: tuple[str, ...] = ()

    @property
    def role(self) -> str:
        """The code of the role that plays it: the second word of its id."""
        return self.id.split("-")[1]

    @property
    def expected(self) -> frozenset[str]:
        """The requirements that must go red, and nothing else."""
        return frozenset({self.requirement, *self.also})

    def seed(self) -> None:
        """Put the bug into this process."""
        match = PLACE.fullmatch(self.place)
        if match is None:
            raise ValueError(f"{self.id}: {self.place!r} is no module:NAME")
        owner: Any = importlib.import_module(match["module"])
        *path, name = match["path"].split(".")
        for step in path:
            owner = getattr(owner, step)
        if match["key"] is None:
            setattr(owner, name, self.replacement(getattr(owner, name)))
            return
        table = getattr(owner, name)
        key = next((key for key in table if str(key) == match["key"]), None)
        if key is None:
            raise LookupError(f"{self.id}: {match['module']}:{name} has no entry {match['key']!r}")
        setattr(owner, name, {**table, key: self.replacement(table[key])})


def mutant(  # noqa: PLR0913  (a row of the table of mutants)
    requirement: str,
    breaks: str,
    place: str,
    replacement: Callable[[Any], Any],
    *,
    role: str,
    also: tuple[str, ...] = (),
    suffix: str = "",
) -> Mutant:
    """Return a mutant whose id is derived from the requirement: ``rxon-orc-sig-10``.

    The role stands there once, also when the requirement names it.
    """
    protocol, _, rest = requirement.lower().partition("-")
    return Mutant(
        id=f"{protocol}-{role}-{rest.removeprefix(f'{role}-')}{suffix}",
        requirement=requirement,
        breaks=breaks,
        place=place,
        replacement=replacement,
        also=also,
    )


@cache
def of(protocol: str) -> dict[str, Mutant]:
    """Return a protocol's mutants by id, from all its ``mutants*.py``."""
    found: dict[str, Mutant] = {}
    for path in sorted((PACKAGE / protocol).glob("mutants*.py")):
        for each in importlib.import_module(f"conformance.{protocol}.{path.stem}").MUTANTS:
            if each.id in found:
                raise ValueError(f"two mutants are named {each.id}")
            found[each.id] = each
    return found


def find(protocol: str, id: str) -> Mutant:
    """Return one mutant; raises KeyError that says where the ids are listed."""
    mutants = of(protocol)
    if id not in mutants:
        raise KeyError(f"no mutant {id!r}; `assay list mutants --protocol {protocol}` has them")
    return mutants[id]
