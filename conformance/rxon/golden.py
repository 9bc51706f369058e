"""The golden vectors as what checks of the library judge: cases by requirement and flag."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from conformance.kit import protocols
from conformance.kit.golden import vectors
from conformance.kit.golden.vectors import Result
from conformance.kit.requirements import LIBRARY
from conformance.kit.verdict import Level

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conformance.kit.golden.vectors import Case

PROTOCOL = "rxon"
# Where a function tells several things, what each kind of requirement is about; else all.
LOOKED_AT: Mapping[str, tuple[str, ...]] = {
    "RXON-SIG": ("canonical", "signature", "verified", vectors.REFUSED),
    "RXON-SER": ("serialized", vectors.REFUSED),
    "RXON-SER-06": ("restored", vectors.REFUSED),
    "RXON-SER-07": ("restored", vectors.REFUSED),
    "RXON-SER-08": ("restored", vectors.REFUSED),
}


@cache
def areas() -> Mapping[str, tuple[Case, ...]]:
    """Return the cases of every file."""
    return {file.area: file.cases for file in vectors.shipped(PROTOCOL)}


def flags(requirement: str) -> tuple[str, ...]:
    """Return area and flag of every group of cases that binds: `canonical KeyOrder`."""
    return tuple(dict.fromkeys(group for group, _ in _binding(requirement)))


def cases(requirement: str, group: str) -> list[Case]:
    """Return the cases of a group that bind."""
    return [case for name, case in _binding(requirement) if name == group]


def areas_of(requirement: str) -> tuple[str, ...]:
    """Return the areas that have cases of a requirement."""
    return tuple(dict.fromkeys(name.partition(" ")[0] for name in flags(requirement)))


def rows() -> tuple[str, ...]:
    """Return the requirements that vectors judge, in the order of the table."""
    known = protocols.requirements_of(PROTOCOL).values()
    return tuple(row.id for row in known if LIBRARY in row.roles and flags(row.id))


def looked_at(requirement: str) -> tuple[str, ...]:
    """Return the members of an outcome that a requirement is about; none: all of them."""
    area = requirement.rpartition("-")[0]
    return LOOKED_AT.get(requirement, LOOKED_AT.get(area, ()))


def _binding(requirement: str) -> Iterator[tuple[str, Case]]:
    """Yield what an implementation is held to, with its group; a group is its first flag.

    Whatever the text leaves open binds only where the requirement itself is no more than a MAY.
    """
    row = protocols.requirements_of(PROTOCOL)[requirement]
    for area, found in areas().items():
        for case in found:
            binds = case.result is not Result.ACCEPTABLE or row.level is Level.MAY
            if requirement in case.requirements and binds:
                yield f"{area} {case.flags[0]}", case
