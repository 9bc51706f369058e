"""The kill matrix: every mutant against every check, and what turned red."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from conformance.kit import protocols
from conformance.kit.proof.forks import forked
from conformance.kit.running.run import Run
from conformance.kit.targets import warm
from conformance.kit.targets.wish import Wish
from conformance.kit.verdict import RED, Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from conformance.kit.judging.suite import Check
    from conformance.kit.proof.mutation import Mutant

PROCESSES = 2  # that a run against a reference starts: a server, or a client and its opposite


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


@dataclass(frozen=True, slots=True)
class Found:
    """What a run of the checks found: outcomes by requirement, and the examples that it played."""

    outcomes: Mapping[str, Sequence[Outcome]]
    examples: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    @property
    def red(self) -> frozenset[str]:
        """The requirements that somebody breaks."""
        return self._with(RED)

    @property
    def unsound(self) -> frozenset[str]:
        """The requirements that somebody breaks, or that the kit itself fails to judge."""
        return self._with({*RED, Verdict.KIT_ERROR})

    def _with(self, verdicts: Collection[Verdict]) -> frozenset[str]:
        return frozenset(
            id
            for id, outcomes in self.outcomes.items()
            if any(each.verdict in verdicts for each in outcomes)
        )

    @property
    def errors(self) -> tuple[str, ...]:
        """The kit's own failures, in words."""
        return tuple(
            f"{id}: {each.reason} {each.details}".strip()
            for id, outcomes in self.outcomes.items()
            for each in outcomes
            if each.verdict is Verdict.KIT_ERROR
        )


def verdicts(
    target: Wish, checks: Sequence[Check], *, known: Mapping[str, Sequence[Any]] | None = None
) -> Found:
    """Run the checks against a target without pytest; ``known`` are properties' examples."""
    run = Run(target, known=known or {})
    outcomes: dict[str, list[Outcome]] = {}
    try:
        run.open()
        run.begin(checks)
        # Properties first: their examples talk while conversations wait.
        for check in sorted(checks, key=lambda check: not check.for_all):
            for _, case in check.item_ids():
                outcomes.setdefault(check.requirement, []).append(run.outcome(check, case))
    finally:
        run.close()
    return Found(outcomes, run.played)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How mutants of one role are proved: by which checks, and with which examples."""

    role: str
    checks: Sequence[Check]
    known: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    @property
    def protocol(self) -> str:
        """The protocol of the checks."""
        return self.checks[0].protocol

    def look(self, mutant: str | None) -> Found:
        """Run the checks against the reference with one bug or none."""
        warm.prepare(PROCESSES)
        try:
            target = wish(self.protocol, self.role, mutant)
            return verdicts(target, self.checks, known=self.known)
        finally:
            warm.discard()


def healthy(proof: Proof) -> tuple[Proof, frozenset[str]]:
    """Run the checks without any bug; return a proof that knows the examples, and what is red."""
    for _, found in forked([None], proof.look, jobs=1):
        return replace(proof, known=found.examples), found.unsound
    raise RuntimeError("a run without a bug has an end")


def kills(mutants: Iterable[Mutant], proof: Proof, *, jobs: int) -> Iterator[Kill]:
    """Yield the kill of every mutant as it ends, several at a time, each in a process."""
    by_id = {mutant.id: mutant for mutant in mutants}
    for id, found in forked(list(by_id), proof.look, jobs=jobs):
        yield Kill(by_id[id], found.red, found.errors)


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
