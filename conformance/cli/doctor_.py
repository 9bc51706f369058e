"""``assay doctor``: whether a target and its driver are fit to be judged."""

from __future__ import annotations

import asyncio
import json
import random
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from conformance.kit import exits, protocols
from conformance.kit.proof import doctor
from conformance.kit.proof.doctor import Finding, Health
from conformance.kit.targets.instance import TargetError
from conformance.kit.targets.target import reference
from conformance.kit.targets.wish import Wish, parse_set

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH = 8  # of a health word


@click.command("doctor")
@click.option(
    "--target",
    "--assay-target",
    "text",
    envvar="ASSAY_TARGET",
    help="any form that pytest takes; without it, the reference",
)
@click.option(
    "--driver",
    "--assay-driver",
    default="",
    envvar="ASSAY_DRIVER",
    help="command or URL of a driver beside it",
)
@click.option("--protocol", "--assay-protocol", default="", help="if probing does not tell")
@click.option("--role", "--assay-role", default="", help="if probing does not tell")
@click.option(
    "--set",
    "--assay-set",
    "pairs",
    multiple=True,
    metavar="KEY=VALUE",
    help="a fact; may be repeated",
)
@click.option("--seed", type=int, help="of the fresh inputs; without it, another one each time")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object")
def command(**options: Any) -> None:
    """Examine a target and its driver before judging it.

    Is it there, and what is it? What is missing, and what does that cost? Is the driver
    honest: does it refuse an unknown method, call a known-bad input bad, answer a fresh one
    rightly, and survive garbage?

    Exit codes: 0 fit to be judged, 1 something is NOT OK, 10 unreachable.
    """
    seed = random.randrange(2**32) if options["seed"] is None else options["seed"]  # noqa: S311
    tell = (lambda _: None) if options["as_json"] else _teller()
    try:
        wish = _wish(options)
        findings = asyncio.run(_examined(wish, seed=seed, tell=tell))
    except TargetError as error:
        click.echo(f"Error: {error}", err=True)
        raise SystemExit(exits.Exit.UNREACHABLE) from error
    fit = all(finding.health is not Health.BAD for finding in findings)
    if options["as_json"]:
        click.echo(json.dumps(_document(wish, findings, fit=fit, seed=seed), indent=1))
    else:
        missing = sum(finding.health is Health.MISSING for finding in findings)
        verdict = "fit to be judged" if fit else "not fit to be judged"
        click.echo(f"{verdict}; {missing} things missing; --seed {seed}")
    raise SystemExit(0 if fit else 1)


def _wish(options: dict[str, Any]) -> Wish:
    name = options["protocol"] or protocols.names()[0]
    text = options["text"] or reference(name, options["role"] or protocols.get(name).roles[0].name)
    return Wish(
        text=text,
        protocol=options["protocol"],
        role=options["role"],
        driver=options["driver"],
        facts=parse_set(options["pairs"]),
    )


async def _examined(wish: Wish, *, seed: int, tell: Callable[[Finding], None]) -> list[Finding]:
    findings = []
    async for finding in doctor.examine(wish, seed=seed, say=partial(click.echo, err=True)):
        tell(finding)
        findings.append(finding)
    return findings


def _teller() -> Callable[[Finding], None]:
    """Return what prints findings; the same advice is given once."""
    given = {""}

    def tell(finding: Finding) -> None:
        click.echo(f"{finding.health:<{WIDTH}} {finding.probe}: {finding.detail}")
        if finding.advice not in given:
            click.echo(f"{'':<{WIDTH}}   → {finding.advice}")
        given.add(finding.advice)

    return tell


def _document(wish: Wish, findings: list[Finding], *, fit: bool, seed: int) -> dict[str, Any]:
    return {
        "format": "assay-doctor/1",
        "target": wish.text,
        "fit": fit,
        "seed": seed,
        "findings": [
            {
                "probe": finding.probe,
                "health": finding.health,
                "detail": finding.detail,
                "advice": finding.advice,
            }
            for finding in findings
        ],
    }
