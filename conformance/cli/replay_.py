"""``assay replay FILE``: one saved counter-example, played again."""

from __future__ import annotations

from pathlib import Path

import click

from conformance.cli import run_
from conformance.kit.reporting import replay
from conformance.kit.targets.target import reference


@click.command(
    "replay",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(path: str, arguments: tuple[str, ...]) -> None:
    """Play the counter-example in FILE again and judge it.

    Takes the options of `assay run`; without --target it is played against the embedded
    reference. It needs neither hypothesis's database nor a seed: the example is in the file.
    """
    try:
        document = replay.load(Path(path))
    except replay.ReplayError as error:
        raise click.ClickException(str(error)) from error
    words = [f"--assay-replay={path}", *arguments]
    if not any(word.startswith(("--target", "--assay-target", "--assay-listen")) for word in words):
        words.append(f"--assay-target={reference(document['protocol'], document['role'])}")
    run_.pytest_on(words)
