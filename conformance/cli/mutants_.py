"""``assay mutants``: the kill matrix."""

from __future__ import annotations

import json
from dataclasses import replace

import click

from conformance.cli.list_ import checks_of
from conformance.kit import protocols
from conformance.kit.proof import matrix, mutation
from conformance.kit.verdict import RED


@click.command("mutants")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--protocol", default="rxon", show_default=True, help="whose reference is mutated")
@click.option("--role", help="which role (default: the first)")
@click.option("--jobs", default=3, show_default=True, help="mutants at a time")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object")
def command(
    ids: tuple[str, ...], protocol: str, role: str | None, jobs: int, *, as_json: bool
) -> None:
    """Start the reference with each seeded bug and see which requirements go red.

    Exactly those that the mutant names must. A requirement with a check but without a mutant,
    or with neither a check nor a written exclusion, fails the matrix too. Without ID: all.
    """
    try:
        role = role or protocols.get(protocol).roles[0].name
        code = protocols.get(protocol).role(role).code
        own = [each for each in mutation.of(protocol).values() if each.role == code]
        chosen = [mutation.find(protocol, id) for id in ids] or own
    except KeyError as error:
        raise click.UsageError(str(error.args[0])) from error
    rows = protocols.requirements_of(protocol)
    checks = [each for each in checks_of(protocol) if role in rows[each.requirement].roles]
    _healthy(protocol, role, checks)
    found = tuple(
        matrix.kills(
            chosen, role, checks, jobs=jobs, done=lambda kill: _progress(kill, quiet=as_json)
        )
    )
    counted = replace(matrix.coverage(protocol, role, checks, own), kills=found)
    click.echo(json.dumps(_document(counted), indent=1) if as_json else _told(counted))
    raise SystemExit(0 if counted.sound else 1)


def _healthy(protocol: str, role: str, checks: list) -> None:  # type: ignore[type-arg]
    """Refuse to start from a reference that is red without any bug."""
    sound = matrix.verdicts(matrix.wish(protocol, role, None), checks)
    red = sorted(id for id, found in sound.items() if any(each.verdict in RED for each in found))
    if red:
        raise click.ClickException(f"without any mutant these are red already: {', '.join(red)}")


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


def _told(counted: matrix.Coverage) -> str:
    exact = sum(kill.exact for kill in counted.kills)
    collateral = sum(len(kill.collateral) for kill in counted.kills)
    lines = [
        (
            f"requirements {counted.requirements}, checked {len(counted.checked)},"
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
