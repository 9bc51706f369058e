"""``assay mutants``: the kill matrix."""

from __future__ import annotations

import importlib
import json
import logging
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from conformance.cli.list_ import checks_of
from conformance.cli.roles import reference_of
from conformance.kit import protocols
from conformance.kit.proof import matrix, mutation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.kit.proof.mutation import Mutant
    from conformance.kit.protocols import Role

# What is imported only when it is needed, and is needed in every run.
LIBRARIES = ("conformance.kit.wire.tap", "hypothesis", "jsonschema", "reference.driver")
AGAIN = ("once more", "a last time")  # what was not exact beside others may be so alone
# Mutants that one core can play at a time: conversations are mostly waiting, most with a client.
A_CORE = {"server": 2, "client": 3, "library": 1}


EVERYTHING = slice(None)


def _share(_ctx: click.Context, _param: click.Parameter, value: str | None) -> slice:
    """Read ``K/N``, the K-th of N shares which together are everything."""
    if value is None:
        return EVERYTHING
    number, _, shares = value.partition("/")
    if not (number.isdecimal() and shares.isdecimal() and 1 <= int(number) <= int(shares)):
        raise click.BadParameter(f"{value!r} is no share, as 2/3 is")
    return slice(int(number) - 1, None, int(shares))


@click.command("mutants")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--protocol", help="only this protocol's mutants (default: every protocol's)")
@click.option("--role", help="only this role's mutants (default: every role's)")
@click.option(
    "--share", metavar="K/N", callback=_share, help="one of N shares of each role's mutants"
)
@click.option("--jobs", type=int, help="mutants at a time (default: by the number of cores)")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object")
def command(  # noqa: PLR0913  (one parameter an option)
    ids: tuple[str, ...],
    protocol: str | None,
    role: str | None,
    share: slice,
    jobs: int | None,
    *,
    as_json: bool,
) -> None:
    """Start the reference with each seeded bug and see which requirements go red.

    Exactly those that the mutant names must; one that is not exact is played once or twice more,
    alone, since a busy machine can turn a requirement about time red. A requirement with a check
    but without a mutant, or with neither a check nor a written exclusion, fails the matrix too.
    Without ID: all.
    """
    logging.getLogger().addHandler(logging.NullHandler())  # bugs are expected to have their say
    counted: dict[str, dict[str, matrix.Coverage]] = {}
    for name, side, wanted in _chosen(ids, protocol, role):
        chosen = wanted[share]
        number = jobs or A_CORE[side.kind] * (os.cpu_count() or 1)
        found = _matrix(name, side.name, chosen, jobs=number, quiet=as_json)
        counted.setdefault(name, {})[side.name] = found
        if not as_json:
            click.echo(_told(f"{name} {side.name}", found))
    if as_json:
        click.echo(json.dumps(_documents(counted), indent=1))
    every = [each for roles in counted.values() for each in roles.values()]
    raise SystemExit(0 if all(each.sound for each in every) else 1)


def _chosen(
    ids: tuple[str, ...], protocol: str | None, role: str | None
) -> Iterator[tuple[str, Role, list[Mutant]]]:
    """Yield protocol, role and its mutants that are wanted; a usage error for others."""
    try:
        names = [protocols.get(protocol).name] if protocol else list(protocols.names())
        known = {name: mutation.of(name) for name in names}
        for id in ids:
            if not any(id in mutants for mutants in known.values()):
                mutation.find(protocol or names[0], id)
        if role and not any(
            each.name == role for name in names for each in protocols.get(name).roles
        ):
            protocols.get(names[0]).role(role)
    except KeyError as error:
        raise click.UsageError(str(error.args[0])) from error
    for name in names:
        for side in protocols.get(name).roles:
            own = (mutant for mutant in known[name].values() if mutant.role == side.code)
            chosen = [mutant for mutant in own if not ids or mutant.id in ids]
            if chosen and role in {None, side.name}:
                yield name, side, chosen


def _documents(
    counted: dict[str, dict[str, matrix.Coverage]],
) -> dict[str, dict[str, dict[str, object]]]:
    return {
        name: {role: _document(each) for role, each in roles.items()}
        for name, roles in counted.items()
    }


def _matrix(
    protocol: str, role: str, chosen: list[Mutant], *, jobs: int, quiet: bool
) -> matrix.Coverage:
    """Play every chosen mutant of a role, and once more alone those that were not exact."""
    rows = protocols.requirements_of(protocol)
    checks = [each for each in checks_of(protocol) if role in rows[each.requirement].roles]
    _import_all(protocol)
    proof = _sound(matrix.Proof(role=role, checks=checks))
    found = {}
    for kill in matrix.kills(chosen, proof, jobs=jobs):
        _progress(kill, quiet=quiet)
        found[kill.mutant.id] = kill
    for words in AGAIN:
        doubtful = [kill.mutant for kill in found.values() if not kill.exact]
        if doubtful and not quiet:
            click.echo(f"{words}, alone: {', '.join(mutant.id for mutant in doubtful)}")
        for kill in matrix.kills(doubtful, proof, jobs=1):
            _progress(kill, quiet=quiet)
            found[kill.mutant.id] = kill
    # A requirement of two roles is proven in either.
    counts = matrix.coverage(protocol, role, checks, mutation.of(protocol).values())
    return replace(counts, kills=tuple(found[mutant.id] for mutant in chosen))


def _sound(proof: matrix.Proof) -> matrix.Proof:
    """Refuse to start from a reference that is red without any bug, whenever one looks."""
    healthy, red = matrix.healthy(proof)
    for words in AGAIN:
        if not red:
            break
        click.echo(f"red without any mutant, {words}: {', '.join(sorted(red))}", err=True)
        healthy, still = matrix.healthy(proof)
        red &= still
    if red:
        shown = ", ".join(sorted(red))
        raise click.ClickException(f"without any mutant these are red already: {shown}")
    return healthy


def _import_all(protocol: str) -> None:
    """Import what runs of this protocol import, once for all the processes that are forked."""
    for role in reference_of(protocol).ROLES.values():
        importlib.import_module(role.__module__)
    for name in LIBRARIES:
        importlib.import_module(name)


def _progress(kill: matrix.Kill, *, quiet: bool) -> None:
    if quiet:
        return
    words = [f"killed    {kill.mutant.id}" if kill.exact else f"NOT EXACT {kill.mutant.id}"]
    if kill.survived:
        words.append(f"survived by {', '.join(sorted(kill.survived))}")
    if kill.collateral:
        words.append(f"collateral {', '.join(sorted(kill.collateral))}")
    words += kill.errors
    click.echo("  ".join(words) + f"   ({kill.mutant.breaks})")


def _told(role: str, counted: matrix.Coverage) -> str:
    exact = sum(kill.exact for kill in counted.kills)
    collateral = sum(len(kill.collateral) for kill in counted.kills)
    lines = [
        (
            f"{role}: requirements {counted.requirements}, checked {len(counted.checked)},"
            f" excluded {len(counted.excluded)}, mutants {len(counted.kills)},"
            f" killed exactly {exact}, collateral {collateral}"
        )
    ]
    if counted.unchecked:
        lines.append(f"neither checked nor excluded: {', '.join(sorted(counted.unchecked))}")
    if counted.unproven:
        lines.append(f"checked, but without a mutant: {', '.join(sorted(counted.unproven))}")
    return "\n".join(lines)


def _document(counted: matrix.Coverage) -> dict[str, object]:
    return {
        "format": "assay-kill-matrix/1",
        "requirements": counted.requirements,
        "checked": sorted(counted.checked),
        "excluded": sorted(counted.excluded),
        "unchecked": sorted(counted.unchecked),
        "unproven": sorted(counted.unproven),
        "kills": [
            {
                "mutant": kill.mutant.id,
                "breaks": kill.mutant.breaks,
                "expected": sorted(kill.mutant.expected),
                "red": sorted(kill.red),
                "exact": kill.exact,
                "errors": list(kill.errors),
            }
            for kill in counted.kills
        ],
    }
