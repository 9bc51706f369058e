"""``assay vectors``: golden vectors, for those who use them and those who write them."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from conformance.kit import exits
from conformance.kit.golden import vectors, vectors_edit, vectors_lint, vectors_verify
from conformance.kit.golden.vectors import VectorError
from conformance.kit.golden.vectors_verify import Oracle
from conformance.kit.targets import drivers
from conformance.kit.targets.driver import DriverError
from conformance.kit.targets.instance import TargetError
from conformance.kit.verdict import JUDGED, RED, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from conformance.kit.golden.vectors import VectorFile
    from conformance.kit.golden.vectors_verify import Judged
    from conformance.kit.targets.driver import Driver

T = TypeVar("T")
SHOWN = 160  # characters of an input or an outcome

FILES = click.argument("paths", nargs=-1, metavar="[FILE]…", type=click.Path(path_type=Path))
FILE = click.argument("path", metavar="FILE", type=click.Path(path_type=Path))


@dataclass(frozen=True, slots=True)
class Run:
    """One driver, as it describes itself, and what it made of its protocol's cases."""

    about: dict[str, Any]
    judged: list[Judged]


@click.group("vectors")
def command() -> None:
    """Golden vectors: recorded inputs and outcomes (vectors/README.md)."""


@command.command()
@FILES
def lint(paths: tuple[Path, ...]) -> None:
    """Check FILEs, or all: schema, ids, flags, requirements, shapes, provenance, format."""
    chosen = paths or tuple(vectors.files())
    problems = [problem for path in chosen for problem in vectors_lint.lint(path)]
    for problem in problems:
        click.echo(str(problem))
    click.echo(f"{len(chosen)} files, {len(problems)} problems")
    raise SystemExit(1 if problems else 0)


@command.command()
@FILES
@click.option("--check", is_flag=True, help="write nothing; exit 1 if a file would change")
def fmt(paths: tuple[Path, ...], *, check: bool) -> None:
    """Write FILEs, or all, in the canonical format."""
    changed = 0
    for path in paths or tuple(vectors.files()):
        text = vectors.written(_must(vectors.read, path))
        if text != path.read_text(encoding="utf-8"):
            changed += 1
            click.echo(f"{path}: {'would change' if check else 'written'}")
            if not check:
                path.write_text(text, encoding="utf-8")
    raise SystemExit(1 if check and changed else 0)


@command.command()
@FILES
@click.option("--target", help="judge this target by its driver: exec:, driver+http:, *.toml")
@click.option("--driver", help="judge by this driver: a command, or its URL")
@click.option(
    "--package",
    is_flag=True,
    help="where text and source package differ, demand what the package did",
)
@click.option("--revision", default="", help="judge by this one; by default the driver's own")
@click.option("--case", "ids", multiple=True, metavar="ID", help="only this case; may be repeated")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object")
def verify(paths: tuple[Path, ...], **options: Any) -> None:
    """Hold an implementation (unless you name one, the reference) to all vectors, or to FILEs.

    Exit codes: 0 nothing binding is broken, 1 something is, 2 bad file or option,
    10 driver unreachable, 13 nothing judged.
    """
    oracle = Oracle.PACKAGE if options["package"] else Oracle.TEXT
    chosen = [_must(vectors.load, path) for path in paths or tuple(vectors.files())]
    runs = _awaited(_verify(_only(chosen, options["ids"]), options, oracle))
    judged = [each for run in runs for each in run.judged]
    if options["as_json"]:
        click.echo(json.dumps(_document(runs, oracle), indent=1))
    else:
        for run in runs:
            _show(run)
    count = Counter(each.verdict for each in judged)
    raise SystemExit(
        exits.decide(
            pytest_code=0,
            kit_errors=0,
            failed=count[Verdict.FAIL],
            judged=sum(count[verdict] for verdict in JUDGED),
            stale=0,
        )
    )


@command.command()
@FILE
@click.option(
    "--driver", required=True, help="driver of a published package: a command, or its URL"
)
def fill(path: Path, driver: str) -> None:
    """Fill `expected` of the cases in FILE that lack it, by asking a published package.

    A package of a later revision than FILE's is asked about every case, and what it does
    otherwise is written down under `revisions`.
    """
    document = _must(vectors.read, path)
    number = _awaited(_filled(path, document, driver))
    path.write_text(vectors.written(document), encoding="utf-8")
    click.echo(f"{path}: {number} outcomes filled in; compare them with the protocol's text")


@command.command()
@FILE
@click.option("--into", type=click.Path(path_type=Path), help="instead of the area's own file")
def add(path: Path, into: Path | None) -> None:
    """Append the cases of FILE, which have no ids yet, to their area's file.

    FILE is a vector file (vectors/README.md) whose cases lack `id`, and which may leave out
    what the area's file says already. `assay vectors fill` completes it first.
    """
    home, ids = _must(partial(vectors_edit.add, into=into), path)
    click.echo(f"{home}: {', '.join(ids)}")


async def _filled(path: Path, document: dict[str, Any], command: str) -> int:
    driver = await drivers.by_command(command)
    today = datetime.now(UTC).date().isoformat()
    try:
        return await vectors_edit.fill(document, driver, name=str(path), today=today)
    finally:
        await driver.close()


async def _verify(chosen: list[VectorFile], options: dict[str, Any], oracle: Oracle) -> list[Run]:
    runs, spoken = [], ""
    for name in sorted({file.protocol for file in chosen}):
        driver = await _driver(name, options)
        spoken = driver.about["protocol"]
        try:
            if spoken == name:
                files = [file for file in chosen if file.protocol == name]
                cases = vectors_verify.verify(
                    driver, files, oracle=oracle, revision=options["revision"]
                )
                runs.append(Run(dict(driver.about), [each async for each in cases]))
        finally:
            await driver.close()
    if not runs:
        raise TargetError(f"the driver speaks {spoken!r}, and none of these vectors is about it")
    return runs


async def _driver(protocol: str, options: dict[str, Any]) -> Driver:
    if options["driver"]:
        return await drivers.by_command(options["driver"])
    if options["target"]:
        return await drivers.by_target(options["target"], say=partial(click.echo, err=True))
    return await drivers.reference(protocol, revision=options["revision"])


def _only(files: list[VectorFile], ids: tuple[str, ...]) -> list[VectorFile]:
    if not ids:
        return files
    known = {case.id for file in files for case in file.cases}
    if unknown := set(ids) - known:
        raise click.UsageError(f"no case {min(unknown)!r}; `assay list vectors` has them")
    return [
        replace(file, cases=tuple(case for case in file.cases if case.id in ids)) for file in files
    ]


def _show(run: Run) -> None:
    said = run.about.get("implementation", {})
    click.echo(f"{said.get('name', 'the driver')} {said.get('version', '')}".rstrip())
    for each in run.judged:
        if each.verdict in RED:
            click.echo("\n".join(_told(each)))
    for path, verdicts in _by_file(run.judged).items():
        counts = ", ".join(f"{verdicts[v]} {v}" for v in Verdict if verdicts[v])
        click.echo(f"{path.parent.name}/{path.name}: {counts}")
    for reason, number in Counter(_unobserved(run.judged)).items():
        click.echo(f"not observed ({number}): {reason}")
    if free := Counter(_free(run.judged)):
        click.echo(
            "left open by the protocol: " + ", ".join(f"{n} {what}" for what, n in free.items())
        )


def _told(each: Judged) -> list[str]:
    lines = [f"{each.verdict.upper()} {each.case.id}: {each.case.comment}: {each.reason}"]
    lines.append(f"    input    {_cut(each.case.input)}")
    lines.append(f"    expected {_cut(each.wanted)}")
    lines.append(f"    got      {_cut(each.got)}")
    lines += [f"    {row.id}: {row.sentence}" for row in vectors_verify.requirements(each.case)]
    return lines


def _by_file(judged: list[Judged]) -> dict[Path, Counter[Verdict]]:
    counts: dict[Path, Counter[Verdict]] = {}
    for each in judged:
        counts.setdefault(each.file.path, Counter())[each.verdict] += 1
    return counts


def _unobserved(judged: list[Judged]) -> list[str]:
    return [each.reason for each in judged if each.verdict is Verdict.NOT_OBSERVED]


def _free(judged: list[Judged]) -> list[str]:
    return [each.reason for each in judged if each.verdict is Verdict.PASS and each.reason]


def _document(runs: list[Run], oracle: Oracle) -> dict[str, Any]:
    judged = [each for run in runs for each in run.judged]
    count = Counter(each.verdict for each in judged)
    return {
        "format": "assay-vectors/1",
        "drivers": [run.about for run in runs],
        "oracle": oracle,
        "counts": {verdict: count[verdict] for verdict in Verdict if count[verdict]},
        "cases": [
            {
                "id": each.case.id,
                "verdict": each.verdict,
                "reason": each.reason,
                "requirements": list(each.case.requirements),
                "expected": each.wanted,
                "got": each.got,
            }
            for each in judged
        ],
    }


def _cut(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} … ({len(text)} characters)"


def _must(function: Callable[[Path], T], path: Path) -> T:
    """Call a function that reads a file of the user's; a bad file is a usage error."""
    try:
        return function(path)
    except VectorError as error:
        raise click.UsageError(str(error)) from error


def _awaited(work: Coroutine[Any, Any, T]) -> T:
    """Run something that talks to a driver; turn its failures into exit codes."""
    try:
        return asyncio.run(work)
    except VectorError as error:
        raise click.UsageError(str(error)) from error
    except (TargetError, DriverError) as error:
        click.echo(f"Error: {error}", err=True)
        raise SystemExit(exits.Exit.UNREACHABLE) from error
