"""One requirement and case as an item of pytest, and what pytest prints when it is not a pass."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from conformance.kit import protocols
from conformance.kit.verdict import Outcome, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.kit.judging.suite import Check


class Judging(Protocol):
    """Who gives an item its verdict, and the words for it."""

    def outcome(self, item: CheckItem) -> Outcome:
        """Wait for what the item is about, and judge it."""

    def text(self, item: CheckItem, outcome: Outcome) -> str:
        """Return the failure text."""


class NotPassedHere(Exception):  # noqa: N818  (carries a verdict to pytest)
    """An item's outcome is not a plain pass."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Finding:
    """What pytest prints of a failure: all of it once, and one line in its summary and in JUnit."""

    text: str
    reprcrash: SimpleNamespace

    def __str__(self) -> str:
        return self.text

    def toterminal(self, terminal: Any) -> None:
        """Write the whole text."""
        terminal.line(self.text)


class CheckItem(pytest.Item):
    """One requirement and case."""

    def __init__(
        self, *, check: Check, role: str, item: str, case: str, judge: Judging, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.check = check
        self.role = role
        self.case = case
        self.judge = judge
        row = protocols.requirements_of(check.protocol)[check.requirement]
        self.requirement = row
        self.item = item
        for name in (str(row.level).lower(), check.protocol, f"role_{role}"):
            self.add_marker(getattr(pytest.mark, name))
        if check.for_all:
            self.add_marker(pytest.mark.property)

    def runtest(self) -> None:
        """Judge, and raise unless the verdict is pass."""
        outcome = self.judge.outcome(self)
        if outcome.verdict is not Verdict.PASS:
            raise NotPassedHere(outcome)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show the sentence, the bytes and the way to see them again."""
        if isinstance(excinfo.value, NotPassedHere):
            outcome = excinfo.value.outcome
            crash = SimpleNamespace(message=f"{outcome.verdict}: {outcome.reason}")
            return Finding(self.judge.text(self, outcome), crash)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Say where the check stands."""
        line = self.check.function.__code__.co_firstlineno
        return self.path, line - 1, f"{self.check.title} [{self.item}]"
