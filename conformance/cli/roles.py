"""Finding reference roles for the commands that start them."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

import click


def reference_of(protocol: str) -> Any:
    """Return the reference package of a protocol; a usage error names the known ones."""
    if not protocol.isidentifier() or not importlib.util.find_spec(f"reference.{protocol}"):
        from conformance.kit import protocols  # noqa: PLC0415  (only to name what there is)

        known = ", ".join(protocols.names())
        raise click.UsageError(f"no reference of a protocol {protocol!r}; there is {known}")
    return importlib.import_module(f"reference.{protocol}")


def parts_of(package: Any, protocol: str, revision: str | None = None) -> dict[str, Any]:
    """Return what a driver must know of a reference package, beside its roles.

    A usage error names the revisions whose functions there are.
    """
    name = revision or package.REVISION
    libraries = getattr(package, "LIBRARIES", {package.REVISION: getattr(package, "LIBRARY", {})})
    if name not in libraries:
        known = ", ".join(libraries)
        raise click.UsageError(f"no revision {name!r} of {protocol}; there is {known}")
    return {"protocol": protocol, "revision": name, "library": libraries[name]}


def apply_mutant(protocol: str, mutant: str | None) -> None:
    """Seed one bug into the reference of this process; a usage error for an unknown id."""
    if mutant is None:
        return
    from conformance.kit.proof import mutation  # noqa: PLC0415  (mutants are rare)

    try:
        mutation.find(protocol, mutant).seed()
    except KeyError as error:
        raise click.UsageError(str(error.args[0])) from error
