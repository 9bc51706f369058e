"""What the user asked for, and where: command line before environment before ini file."""

from __future__ import annotations

import math
import os
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from conformance.kit.targets.instance import TargetError
from conformance.kit.targets.wish import Wish, parse_set
from conformance.kit.verdict import Level

if TYPE_CHECKING:
    from collections.abc import Callable

LEVELS = {
    "must": frozenset({Level.MUST}),
    "should": frozenset({Level.MUST, Level.SHOULD}),
    "may": frozenset(Level),
}
KEPT = ("failed", "all", "none")
TRUE = frozenset({"1", "true", "yes", "on"})


class OptionError(ValueError):
    """An option that cannot be used; the text names it and what it takes."""


@dataclass(frozen=True, slots=True)
class Options:
    """Option values by name (``baseline-update``) and the source that won for each."""

    values: dict[str, Any]
    sources: dict[str, str]

    @classmethod
    def collect(
        cls,
        names: list[str],
        *,
        command_line: Callable[[str], Any],
        ini: Callable[[str], Any],
    ) -> Options:
        """Ask command line, environment (``ASSAY_…``) and ini file in that order."""
        values: dict[str, Any] = {}
        sources: dict[str, str] = {}
        for name in names:
            key = f"assay_{name.replace('-', '_')}"
            for source, value in (
                ("command line", command_line(key)),
                (key.upper(), os.environ.get(key.upper())),
                ("ini file", ini(key)),
            ):
                if value:
                    values[name], sources[name] = value, source
                    break
        return cls(values, sources)

    def text(self, name: str) -> str:
        """Return an option's text, empty when it was not given."""
        return str(self.values.get(name, ""))

    def flag(self, name: str) -> bool:
        """Return whether a flag is set; an environment variable or ini key takes yes and no."""
        value = self.values.get(name, False)
        return value is True or str(value).lower() in TRUE

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        """Return one of the allowed words; raises OptionError."""
        value = self.text(name) or default
        if value not in allowed:
            raise OptionError(f"--assay-{name} takes {', '.join(allowed)}, not {value!r}")
        return value

    def number(self, name: str) -> float | None:
        """Return a number of at least zero, or None; raises OptionError."""
        value = self.text(name)
        if not value:
            return None
        try:
            number = float(value)
        except ValueError:
            raise OptionError(f"--assay-{name} takes a number, not {value!r}") from None
        if not 0 <= number < math.inf:
            raise OptionError(f"--assay-{name} takes a number of at least 0, not {value!r}")
        return number


@dataclass(frozen=True, slots=True)
class Request:
    """The options, understood."""

    wish: Wish | None
    levels: frozenset[Level]
    strict: bool
    baseline: str
    baseline_update: bool
    report: str
    transcript: str
    replay: str
    budget: float | None
    seed: int | None
    sources: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, options: Options) -> Request:
        """Read the options; raises OptionError."""
        pairs = options.values.get("set", [])
        try:
            facts = parse_set(shlex.split(pairs) if isinstance(pairs, str) else pairs)
        except TargetError as error:
            raise OptionError(str(error)) from error
        except ValueError as error:
            raise OptionError(f"{options.sources['set']} (--assay-set): {error}") from error
        seed = options.number("seed")
        return cls(
            wish=_wish(options, facts),
            levels=LEVELS[options.choice("level", tuple(LEVELS), "may")],
            strict=options.flag("strict"),
            baseline=options.text("baseline"),
            baseline_update=options.flag("baseline-update"),
            report=options.text("report"),
            transcript=options.choice("transcript", KEPT, "failed"),
            replay=options.text("replay"),
            budget=options.number("budget"),
            seed=None if seed is None else int(seed),
            sources=options.sources,
        )


def _wish(options: Options, facts: dict[str, Any]) -> Wish | None:
    if not options.text("target") and not options.text("listen"):
        return None
    return Wish(
        text=options.text("target"),
        protocol=options.text("protocol"),
        role=options.text("role"),
        revision=options.text("revision"),
        driver=options.text("driver"),
        listen=options.text("listen"),
        facts=facts,
    )
