"""``assay judge CAPTURE``: the verdicts over a recorded transcript."""

from __future__ import annotations

import json
from pathlib import Path

import click

from conformance.cli.list_ import checks_of
from conformance.kit import exits, protocols, transcript
from conformance.kit.reporting import capture, render
from conformance.kit.verdict import JUDGED, Verdict


@click.command("judge")
@click.argument("path", metavar="CAPTURE", type=click.Path(exists=True, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="print one JSON object")
def command(path: str, *, as_json: bool) -> None:
    """Judge CAPTURE, a transcript.jsonl of a run or a trace of `assay serve --trace`.

    The checks are those of a live run; what the capture does not hold is not-observed.
    """
    try:
        with Path(path).open(encoding="utf-8") as stream:
            header, events = transcript.load(stream)
        rows = protocols.requirements_of(header["protocol"])
        found = list(capture.verdicts(header, events, checks_of(header["protocol"])))
    except (KeyError, ValueError) as error:
        raise click.ClickException(f"{path} is no transcript: {error}") from error
    judged = [each for each in found if each[2].verdict in JUDGED]
    if as_json:
        click.echo(
            json.dumps(
                {
                    "format": "assay-judgement/1",
                    "capture": header,
                    "results": [
                        {"item": item, "verdict": outcome.verdict, "reason": outcome.reason}
                        for item, _, outcome in found
                    ],
                },
                indent=1,
            )
        )
    else:
        for _, check, outcome in found:
            if (
                outcome.verdict in JUDGED | {Verdict.KIT_ERROR}
                and outcome.verdict is not Verdict.PASS
            ):
                row = rows[check.requirement]
                click.echo(render.finding(row, outcome, reproduce="", secrets={}) + "\n")
        click.echo(_counted([outcome.verdict for _, _, outcome in found]))
    raise SystemExit(
        exits.decide(
            pytest_code=0,
            kit_errors=sum(outcome.verdict is Verdict.KIT_ERROR for _, _, outcome in found),
            failed=sum(outcome.verdict is Verdict.FAIL for _, _, outcome in found),
            judged=len(judged),
            stale=0,
        )
    )


def _counted(verdicts: list[Verdict]) -> str:
    return ", ".join(f"{verdicts.count(v)} {v}" for v in Verdict if v in verdicts)
