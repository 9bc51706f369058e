"""Properties: hypothesis generates, a conversation on the wire answers, the smallest failure stays.

An example is plain JSON data, so a counter-example can be kept in a file and played again
without hypothesis and without a seed.
"""

from __future__ import annotations

import importlib
import time
import traceback
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from conformance.kit.verdict import RED, Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from conformance.kit.judging.suite import Check

    Play = Callable[[Any, int], Outcome]

PROPERTY_BOUND = 30.0  # seconds; after that what was found so far stands


class Falsified(Exception):  # noqa: N818  (the finding that hypothesis shrinks)
    """An example breaks the property."""


class Stopped(Exception):  # noqa: N818  (an answer, not an error)
    """An example said nothing of the property: unmet, not observed, or the kit is broken."""


@dataclass(slots=True, eq=False)
class Attempt:
    """The examples of one property so far."""

    play: Play
    started: float = field(default_factory=time.monotonic)
    examples: int = 0
    subjects: int = 0
    failure: Outcome | None = None
    smallest: Any = None
    over: bool = False

    def example(self, example: Any) -> None:
        """Play and judge one example; raises Falsified or Stopped."""
        if self.over or time.monotonic() - self.started > PROPERTY_BOUND:
            return  # nothing more to learn; hypothesis only tries to shrink
        self.examples += 1
        outcome = self.play(example, self.examples)
        self.subjects += outcome.subjects
        if outcome.verdict is Verdict.PASS:
            return
        self.failure, self.smallest = outcome, example
        if outcome.verdict in RED and outcome.met:
            raise Falsified(outcome.reason)
        self.over = True
        raise Stopped(outcome.reason)

    def examples_of(self, known: Sequence[Any]) -> None:
        """Play and judge examples in order; raises Falsified or Stopped."""
        for example in known:
            self.example(example)


def prove(check: Check, play: Play, *, seed: int | None, known: Sequence[Any] = ()) -> Outcome:
    """Look for a counter-example and return the smallest one found, or how many held.

    ``play`` takes an example and its number, has it talk, and returns the judgement. Examples that
    are ``known`` from a run in which all held are played instead of a search, up to the first that
    fails: a search without a seed comes upon the very same ones.
    """
    attempt = Attempt(play)
    try:
        if known:
            attempt.examples_of(known)
        else:
            _search(attempt, check, seed=seed)
    except (Falsified, Stopped):
        pass
    except Exception:  # noqa: BLE001  (hypothesis's own complaints: flaky or unsatisfiable)
        if attempt.failure is None:
            return Outcome(Verdict.KIT_ERROR, "the search crashed", details=traceback.format_exc())
    if attempt.failure is not None:
        words = attempt.failure.details or f"smallest example: {attempt.smallest!r}"
        return replace(attempt.failure, details=words, example=attempt.smallest)
    return Outcome(Verdict.PASS, f"{attempt.examples} examples", subjects=attempt.subjects)


def _search(attempt: Attempt, check: Check, *, seed: int | None) -> None:
    import hypothesis  # noqa: PLC0415  (a third of a second that only properties pay)

    module, _, name = check.for_all.partition(":")
    strategy = getattr(importlib.import_module(module), name)()
    given: Any = hypothesis.given(strategy)
    search = given(_asker(attempt))
    if seed is not None:
        search = hypothesis.seed(seed)(search)
    limits: Any = hypothesis.settings(
        max_examples=check.examples,
        derandomize=seed is None,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        print_blob=False,
        report_multiple_bugs=False,
        verbosity=hypothesis.Verbosity.quiet,
    )
    limits(search)()


def _asker(attempt: Attempt) -> Callable[[Any], None]:
    """Return a plain function, which is what hypothesis decorates."""

    def ask(example: Any) -> None:
        attempt.example(example)

    return ask
