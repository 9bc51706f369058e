"""A protocol's golden vectors as what checks of a library judge: cases by requirement and flag."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from conformance.kit import protocols
from conformance.kit.golden import vectors
from conformance.kit.golden.vectors import Result
from conformance.kit.requirements import LIBRARY
from conformance.kit.verdict import Level

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conformance.kit.golden.vectors import Case


@dataclass(frozen=True)
class Groups:
    """The cases of one protocol.

    ``looked_at`` tells, by requirement or by the id without its number, which members of an
    outcome a requirement is about where a function tells several things; else it is all of them.
    """

    protocol: str
    looked_at: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def areas(self) -> Mapping[str, tuple[Case, ...]]:
        """The cases of every file."""
        return {file.area: file.cases for file in vectors.shipped(self.protocol)}

    def flags(self, requirement: str) -> tuple[str, ...]:
        """Return area and flag of every group of cases that binds: `canonical KeyOrder`."""
        return tuple(dict.fromkeys(group for group, _ in self._binding(requirement)))

    def cases(self, requirement: str, group: str) -> list[Case]:
        """Return the cases of a group that bind."""
        return [case for name, case in self._binding(requirement) if name == group]

    def areas_of(self, requirement: str) -> tuple[str, ...]:
        """Return the areas that have cases of a requirement."""
        return tuple(dict.fromkeys(name.partition(" ")[0] for name in self.flags(requirement)))

    def rows(self) -> tuple[str, ...]:
        """Return the requirements that vectors judge, in the order of the table."""
        known = protocols.requirements_of(self.protocol).values()
        return tuple(row.id for row in known if LIBRARY in row.roles and self.flags(row.id))

    def members(self, requirement: str) -> tuple[str, ...]:
        """Return the members of an outcome that a requirement is about; none: all of them."""
        area = requirement.rpartition("-")[0]
        return self.looked_at.get(requirement, self.looked_at.get(area, ()))

    def _binding(self, requirement: str) -> Iterator[tuple[str, Case]]:
        """Yield what an implementation is held to, with its group; a group is its first flag.

        Whatever the text leaves open binds only where the requirement itself is no more than a MAY.
        """
        row = protocols.requirements_of(self.protocol)[requirement]
        for area, found in self.areas.items():
            for case in found:
                binds = case.result is not Result.ACCEPTABLE or row.level is Level.MAY
                if requirement in case.requirements and binds:
                    yield f"{area} {case.flags[0]}", case
