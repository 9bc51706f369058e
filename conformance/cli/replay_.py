"""``assay replay FILE``: one saved counter-example, played again."""

from __future__ import annotations

from pathlib import Path

import click

from conformance.cli.list_ import checks_of
from conformance.kit import exits, protocols, redact, render, replay
from conformance.kit.instance import TargetError
from conformance.kit.properties import play_example
from conformance.kit.run import Run
from conformance.kit.target import Wish, parse_set, reference
from conformance.kit.verdict import RED, Verdict


@click.command("replay")
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False))
@click.option("--target", help="what to play it against (default: the embedded reference)")
@click.option(
    "--assay-set", "--set", "pairs", multiple=True, metavar="KEY=VALUE", help="a fact of the target"
)
def command(path: str, target: str | None, pairs: tuple[str, ...]) -> None:
    """Play the counter-example in FILE again and judge it.

    Exits 0 when the requirement holds now, 1 when it is still broken.
    """
    try:
        document = replay.load(Path(path))
        check = replay.check_for(document, checks_of(document["protocol"]))
        text = target or reference(document["protocol"], document["role"])
        wish = Wish(
            text=text, protocol=document["protocol"], role=document["role"], facts=parse_set(pairs)
        )
    except (replay.ReplayError, TargetError, KeyError) as error:
        raise click.ClickException(str(error)) from error
    run = Run(wish, say=lambda text: click.echo(f"assay: {text}", err=True))
    try:
        opened = run.open()
        run.begin([])
        outcome = play_example(run, check, run.requirement(check), document["example"], 1)
        secrets = redact.secrets_of([e.data["facts"] for e in run.events if e.kind == "instance"])
    except TargetError as error:
        click.echo(f"assay: {error}", err=True)
        raise SystemExit(exits.Exit.UNREACHABLE) from error
    finally:
        run.close()
    row = protocols.requirements_of(document["protocol"])[check.requirement]
    if outcome.verdict is Verdict.PASS:
        click.echo(f"{row.id} holds for this example against {opened.title}")
        return
    click.echo(render.finding(row, outcome, reproduce="", secrets=secrets))
    raise SystemExit(1 if outcome.verdict in RED else exits.Exit.KIT_ERROR)
