"""The protocols that are installed: every sub-package with a ``requirements.toml``."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from conformance.kit import requirements
from conformance.kit.data import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from conformance.kit.requirements import Requirement
    from conformance.kit.wire.http import HttpClient
    from conformance.kit.wire.tcp import Tcp

    Probe = Callable[[HttpClient], Awaitable[str | None]]
    ProbeTcp = Callable[[Tcp], Awaitable[str | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One side of a protocol, as a target.

    ``kind`` is ``server`` (the kit dials), ``client`` (the kit serves the ``opposite`` role) or
    ``library`` (functions that a driver calls; nothing is started). ``settings`` are the short
    intervals that the suite asks a configurable target for; ``intervals`` are the facts, in
    seconds and with the protocol's own values, that conversations have to wait for.
    ``facts`` names what ``--assay-set`` can tell about a target, with its meaning; without those
    that ``needs`` names, a target that runs already cannot be judged at all.
    A client is served an opposite with the settings ``serves``, and must be told those of its
    facts that ``tells`` names. ``code`` is the role's part of a mutant's id.
    """

    name: str
    kind: str
    code: str = ""
    opposite: str = ""
    serves: Mapping[str, Any] = field(default_factory=dict)
    tells: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    intervals: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """What the kit must know of a protocol; its package gives it as ``PROTOCOL``.

    ``probe`` asks an address whether it speaks the protocol and returns the role; a protocol
    that is not spoken over HTTP has ``probe_tcp`` instead. ``desk`` is the place of the class,
    ``module:Class``, by which a person hands work to a running target (``kit/desks.py``).
    """

    name: str
    title: str
    revision: str
    schemes: tuple[str, ...]
    roles: tuple[Role, ...]
    probe: Probe | None = None
    probe_tcp: ProbeTcp | None = None
    desk: str = ""

    def role(self, name: str) -> Role:
        """Return a role; raises KeyError that names the known ones."""
        for role in self.roles:
            if role.name == name:
                return role
        known = ", ".join(role.name for role in self.roles)
        raise KeyError(f"{self.title} has no role {name!r}; it has {known}")

    @property
    def folder(self) -> Path:
        """Where the protocol's suites lie."""
        return PACKAGE / self.name


@cache
def names() -> tuple[str, ...]:
    """Return the names of the installed protocols."""
    return tuple(sorted(path.parent.name for path in PACKAGE.glob("*/requirements.toml")))


@cache
def get(name: str) -> Protocol:
    """Import and return a protocol; raises KeyError that names the installed ones."""
    if name not in names():
        raise KeyError(f"no protocol {name!r}; installed: {', '.join(names())}")
    protocol: Protocol = importlib.import_module(f"conformance.{name}").PROTOCOL
    return protocol


@cache
def requirements_of(name: str) -> dict[str, Requirement]:
    """Return a protocol's requirement rows by id."""
    return requirements.load(PACKAGE / name / "requirements.toml")
