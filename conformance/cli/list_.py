"""``assay list``: requirements, checks, vectors, mutants and targets, for people and machines."""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING, Any

import click

from conformance.kit import data, protocols, requirements
from conformance.kit.golden import vectors
from conformance.kit.judging.suite import check_of
from conformance.kit.proof import mutation
from conformance.kit.targets import manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conformance.kit.golden.vectors import VectorFile
    from conformance.kit.judging.suite import Check

Rows = list[dict[str, Any]]


def checks_of(protocol: str) -> Iterator[Check]:
    """Yield every check of a protocol's suites."""
    for path in sorted((data.PACKAGE / protocol).glob("test_*.py")):
        module = importlib.import_module(f"conformance.{protocol}.{path.stem}")
        for candidate in vars(module).values():
            if (check := check_of(candidate)) is not None:
                yield check


def _requirements(protocol: str) -> Rows:
    checked = {check.requirement for check in checks_of(protocol)}
    pinned = {id for file in _files(protocol) for case in file.cases for id in case.requirements}
    return [
        {
            "id": row.id,
            "protocol": protocol,
            "roles": list(row.roles),
            "level": row.level,
            "source": row.source,
            "sentence": row.sentence,
            "checked": row.id in checked
            or (requirements.LIBRARY in row.roles and row.id in pinned),
            **({"excluded": row.excluded} if row.excluded else {}),
        }
        for row in protocols.requirements_of(protocol).values()
    ]


def _checks(protocol: str) -> Rows:
    return [
        {
            "id": check.address,
            "protocol": protocol,
            "requirement": check.requirement,
            "sentence": check.title,
            "cases": list(check.cases),
            "kind": "property" if check.for_all else "check",
        }
        for check in checks_of(protocol)
    ]


def _mutants(protocol: str) -> Rows:
    return [
        {
            "id": mutant.id,
            "protocol": protocol,
            "requirement": mutant.requirement,
            "also": list(mutant.also),
            "sentence": mutant.breaks,
        }
        for mutant in mutation.of(protocol).values()
    ]


def _vectors(protocol: str) -> Rows:
    return [
        {
            "id": case.id,
            "protocol": protocol,
            "area": file.area,
            "result": case.result,
            "flags": list(case.flags),
            "sentence": case.comment,
        }
        for file in _files(protocol)
        for case in file.cases
    ]


def _files(protocol: str) -> list[VectorFile]:
    return [vectors.load(path) for path in vectors.files(protocol)]


def _targets(protocol: str) -> Rows:
    plans = [
        manifest.load(path) for path in sorted((data.root("fixtures") / "targets").glob("*.toml"))
    ]
    return [
        {
            "id": plan.path.name,
            "protocol": plan.protocol,
            "role": plan.role,
            "revision": plan.revision,
            "sentence": f"{plan.name} {plan.version} ({plan.role})",
        }
        for plan in plans
        if plan.protocol == protocol
    ]


KINDS: dict[str, Callable[[str], Rows]] = {
    "requirements": _requirements,
    "checks": _checks,
    "vectors": _vectors,
    "mutants": _mutants,
    "targets": _targets,
}


@click.command("list")
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.option("--protocol", help="only this protocol")
@click.option("--json", "as_json", is_flag=True, help="print a JSON array of objects")
def command(kind: str, protocol: str | None, *, as_json: bool) -> None:
    """List what there is of a KIND, one line each."""
    if protocol is not None and protocol not in protocols.names():
        raise click.UsageError(f"no protocol {protocol!r}; there is {', '.join(protocols.names())}")
    rows = [
        row for name in ([protocol] if protocol else protocols.names()) for row in KINDS[kind](name)
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    for row in rows:
        level = f" {row['level']:6}" if "level" in row else ""
        note = f"  (excluded: {row['excluded']})" if "excluded" in row else ""
        click.echo(f"{row['id']:<24}{level} {row['sentence']}{note}")
    click.echo(f"{len(rows)} {kind}")
