"""The seven verdicts, and the ways in which a check or a scenario says that it cannot say pass."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.kit.transcript import Event


class Level(StrEnum):
    """How binding a requirement is."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


class Verdict(StrEnum):
    """What a run says of one requirement and case."""

    PASS = "pass"  # noqa: S105  (a verdict, not a password)
    FAIL = "fail"
    WARN = "warn"
    NOT_OBSERVED = "not-observed"
    UNSUPPORTED = "unsupported"
    KNOWN_FAILURE = "known-failure"
    KIT_ERROR = "kit-error"


RED = frozenset({Verdict.FAIL, Verdict.WARN})
JUDGED = frozenset({Verdict.PASS, Verdict.FAIL, Verdict.WARN, Verdict.KNOWN_FAILURE})
BROKEN_AT = {Level.MUST: Verdict.FAIL, Level.SHOULD: Verdict.WARN, Level.MAY: Verdict.WARN}


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verdict with its reason and the events of the transcript that prove it."""

    verdict: Verdict
    reason: str = ""
    evidence: tuple[Event, ...] = ()
    subjects: int = 0
    details: str = ""  # a kit error's traceback, a property's counter-example in words
    example: Any = None  # a property's counter-example as data
    met: bool = True  # False: red because the target did not get as far as the requirement


class NotPassed(Exception):  # noqa: N818  (these are findings, not errors of ours)
    """The root of everything that ends a judgement early."""

    def __init__(self, reason: str, *evidence: Event) -> None:
        super().__init__(reason)
        self.reason = reason
        self.evidence = evidence


class Broken(NotPassed):
    """The requirement is broken, and the evidence shows it."""


class NotObserved(NotPassed):
    """There is nothing to judge: the kit has no means to provoke or see it here."""


class Unsupported(NotPassed):
    """The target declares that it does not have the optional feature."""


class Unmet(NotPassed):
    """The target itself kept the scenario from getting as far as the requirement.

    A missing prerequisite is never a skip: what depends on it is red.
    """
