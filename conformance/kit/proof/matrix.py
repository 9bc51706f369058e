"""The kill matrix: every mutant against every check, and what turned red."""

from __future__ import annotations

import shlex
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conformance.kit import protocols
from conformance.kit.running.run import Run
from conformance.kit.targets.wish import Wish
from conformance.kit.verdict import RED, Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from conformance.kit.judging.suite import Check
    from conformance.kit.proof.mutation import Mutant


@dataclass(frozen=True, slots=True)
class Kill:
    """What one mutant did."""

    mutant: Mutant
    red: frozenset[str]  # requirement ids
    errors: tuple[str, ...] = ()

    @property
    def survived(self) -> frozenset[str]:
        """Requirements that should have seen the bug and did not."""
        return self.mutant.expected - self.red

    @property
    def collateral(self) -> frozenset[str]:
        """Requirements that should not have seen it and did."""
        return self.red - self.mutant.expected

    @property
    def exact(self) -> bool:
        """Whether exactly the named requirements went red."""
        return not (self.survived or self.collateral or self.errors)


@dataclass(frozen=True, slots=True)
class Coverage:
    """The counts that a reader of the matrix wants first."""

    requirements: int
    checked: frozenset[str]
    excluded: frozenset[str]
    unchecked: frozenset[str]  # neither a check nor a reason
    unproven: frozenset[str]  # a check without a mutant
    kills: tuple[Kill, ...] = field(default=())

    @property
    def sound(self) -> bool:
        """Whether nothing is left open."""
        return not (self.unchecked or self.unproven) and all(kill.exact for kill in self.kills)


def wish(protocol: str, role: str, mutant: str | None) -> Wish:
    """Return the embedded reference, with one bug or none."""
    command = [sys.executable, "-m", "conformance", "driver", protocol]
    if mutant is not None:
        command += ["--mutant", mutant]
    return Wish(text=f"exec:{shlex.join(command)}", protocol=protocol, role=role)


def verdicts(target: Wish, checks: Sequence[Check]) -> dict[str, list[Outcome]]:
    """Run the checks against a target without pytest; outcomes by requirement."""
    run = Run(target)
    found: dict[str, list[Outcome]] = {}
    try:
        run.open()
        run.begin(checks)
        for check in checks:
            for _, case in check.item_ids():
                found.setdefault(check.requirement, []).append(run.outcome(check, case))
    finally:
        run.close()
    return found


def kill(mutant: Mutant, role: str, checks: Sequence[Check]) -> Kill:
    """Let the checks look for one bug."""
    protocol = checks[0].protocol
    found = verdicts(wish(protocol, role, mutant.id), checks)
    red = frozenset(
        id for id, outcomes in found.items() if any(each.verdict in RED for each in outcomes)
    )
    errors = tuple(
        f"{id}: {each.reason} {each.details}".strip()
        for id, outcomes in found.items()
        for each in outcomes
        if each.verdict is Verdict.KIT_ERROR
    )
    return Kill(mutant, red, errors)


def kills(
    mutants: Iterable[Mutant],
    role: str,
    checks: Sequence[Check],
    *,
    jobs: int,
    done: Callable[[Kill], None],
) -> Iterator[Kill]:
    """Yield the kill of every mutant, several at a time; ``done`` is told of each as it ends."""

    def one(mutant: Mutant) -> Kill:
        result = kill(mutant, role, checks)
        done(result)
        return result

    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(one, mutants)


def coverage(
    protocol: str, role: str, checks: Iterable[Check], mutants: Iterable[Mutant]
) -> Coverage:
    """Count requirements, checks and mutants of a role."""
    rows = {id: row for id, row in protocols.requirements_of(protocol).items() if role in row.roles}
    checked = frozenset(check.requirement for check in checks) & rows.keys()
    excluded = frozenset(id for id, row in rows.items() if row.excluded)
    proven = frozenset(id for mutant in mutants for id in (mutant.requirement,))
    return Coverage(
        requirements=len(rows),
        checked=checked,
        excluded=excluded,
        unchecked=frozenset(rows) - checked - excluded,
        unproven=checked - proven,
    )
