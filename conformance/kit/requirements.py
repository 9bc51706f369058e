"""Requirements as data: one row of ``requirements.toml`` each."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from conformance.kit.verdict import Level

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


# The role of a row about functions that every role needs: vectors judge it, through a driver.
LIBRARY = "library"


class Source(StrEnum):
    """Who says so."""

    SPEC = "spec"
    OBSERVED = "observed"
    DOC = "doc"
    KIT = "kit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One normative sentence and where it comes from."""

    id: str
    protocol: str
    roles: tuple[str, ...]
    level: Level
    source: Source
    sentence: str
    section: str = ""
    since: str = ""
    until: str = ""
    feature: str = ""
    ledger: str = ""
    excluded: str = ""

    @property
    def area(self) -> str:
        """The middle of the id: ``RES`` in ``RXON-RES-03``."""
        return self.id.split("-")[-2]


class RequirementError(ValueError):
    """A row of a requirements file that cannot be used."""


def load(path: Path) -> dict[str, Requirement]:
    """Read a requirements file; rows by id, in file order.

    Raises RequirementError naming the file, the row and what is wrong with it.
    """
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    rows: dict[str, Requirement] = {}
    for number, row in enumerate(document.get("requirement", ()), start=1):
        try:
            requirement = _row(row, protocol=document["protocol"])
        except (KeyError, TypeError, ValueError) as error:
            raise RequirementError(f"{path}: requirement {number}: {error!r}") from error
        if requirement.id in rows:
            raise RequirementError(f"{path}: requirement {number}: {requirement.id} stands twice")
        rows[requirement.id] = requirement
    return rows


def _row(row: Mapping[str, Any], *, protocol: str) -> Requirement:
    level, source = Level(row["level"]), Source(row["source"])
    if source is Source.KIT and level is Level.MUST:
        raise ValueError(f"{row['id']}: what only the kit says is never more than SHOULD")
    return Requirement(
        **{**row, "protocol": protocol, "roles": tuple(row["roles"])}
        | {"level": level, "source": source}
    )
