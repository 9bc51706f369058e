"""Holding an implementation to golden vectors, through the functions of its driver."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from conformance.kit import protocols
from conformance.kit.golden import vectors
from conformance.kit.golden.vectors import Result
from conformance.kit.targets.driver import (
    CANNOT,
    METHOD_NOT_FOUND,
    Driver,
    DriverError,
    DriverRefused,
)
from conformance.kit.verdict import BROKEN_AT, Level, Verdict

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

    from conformance.kit.golden.vectors import Case, VectorFile
    from conformance.kit.requirements import Requirement

ALIVE_WITHIN = 5.0  # seconds for a driver that failed a case to show that it still lives
NO_MEANS = frozenset({METHOD_NOT_FOUND, CANNOT})


class Oracle(StrEnum):
    """Who is right where the protocol's text and the source package differ."""

    TEXT = "text"
    PACKAGE = "package"  # is the package still what was recorded?


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One case and what became of it; ``wanted`` and ``got`` are outcomes."""

    file: VectorFile
    case: Case
    verdict: Verdict
    reason: str = ""
    wanted: Mapping[str, Any] | None = None
    got: Any = None


async def verify(
    driver: Driver,
    files: Iterable[VectorFile],
    *,
    oracle: Oracle = Oracle.TEXT,
    revision: str = "",
) -> AsyncIterator[Judged]:
    """Judge every case; once the driver is gone the rest is not observed.

    The outcomes are those of the revision, by default the one that the driver follows.
    """
    gone = ""
    revision = revision or driver.about.get("revision", "")
    for file in files:
        for case in file.cases:
            if gone:
                yield _not_observed(file, case, gone)
                continue
            judged = await _judge(driver, file, case.at(revision), oracle)
            yield judged
            if judged.verdict is not Verdict.PASS and not await _alive(driver):
                gone = f"the driver did not survive {case.id}"


async def _judge(driver: Driver, file: VectorFile, case: Case, oracle: Oracle) -> Judged:
    wanted = case.expected
    if oracle is Oracle.PACKAGE and case.package is not None:
        wanted = case.package
    if not driver.has(case.method):
        return _not_observed(file, case, f"the driver has no method `{case.method}`")
    try:
        got = await driver.call(case.method, **case.input)
    except DriverRefused as refusal:
        if refusal.code in NO_MEANS:
            return _not_observed(file, case, str(refusal))
        got = {"error": refusal.message}
        reason = f"the driver failed ({refusal.code}: {refusal.message})"
    except DriverError as error:
        got, reason = None, str(error)
    else:
        return _compared(file, case, wanted=wanted, got=got, oracle=oracle)
    return Judged(
        file=file, case=case, verdict=_red(case, oracle), reason=reason, wanted=wanted, got=got
    )


def _compared(
    file: VectorFile, case: Case, *, wanted: Mapping[str, Any], got: Any, oracle: Oracle
) -> Judged:
    member = vectors.difference(wanted, got)
    verdict, reason = Verdict.PASS, ""
    if case.result is Result.ACCEPTABLE and oracle is Oracle.TEXT:
        reason = "another outcome than the source package's" if member else "as the source package"
    elif member:
        verdict, reason = _red(case, oracle), f"`{member}` differs"
    return Judged(file=file, case=case, verdict=verdict, reason=reason, wanted=wanted, got=got)


def _not_observed(file: VectorFile, case: Case, reason: str) -> Judged:
    return Judged(file=file, case=case, verdict=Verdict.NOT_OBSERVED, reason=reason)


def _red(case: Case, oracle: Oracle) -> Verdict:
    """Return how red a broken case is: as red as the strictest requirement behind it."""
    if oracle is Oracle.PACKAGE:
        return Verdict.FAIL
    levels = [row.level for row in requirements(case)]
    return BROKEN_AT[next((level for level in Level if level in levels), Level.MUST)]


def requirements(case: Case) -> list[Requirement]:
    """Return the rows of the requirements that a case belongs to."""
    rows = protocols.requirements_of(case.id.split("-")[0])
    return [rows[id] for id in case.requirements if id in rows]


async def _alive(driver: Driver) -> bool:
    try:
        await driver.call("describe", within=ALIVE_WITHIN)
    except (DriverError, DriverRefused):
        return False
    return True
