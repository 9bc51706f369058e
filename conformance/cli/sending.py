"""``assay task URL``: one task for a running node, and what became of it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from conformance.cli.desk import DeskError
from conformance.cli.given import json_of
from conformance.kit.desks import DeskFailure, Late, Order, desk_of

if TYPE_CHECKING:
    from collections.abc import Callable

NOT_DONE, GAVE_UP = 1, 3  # exit codes; 2 is what could not be asked at all
LONGEST_LIFE = 86_400  # seconds


def within(default: float) -> Callable[[Any], Any]:
    """Return the option that says how long to wait."""
    return click.option(
        "--timeout",
        "seconds",
        type=click.FloatRange(min=0, min_open=True),
        default=default,
        show_default=True,
        metavar="SECONDS",
        help="give up then",
    )


@click.command("send")
@click.argument("url", metavar="URL")
@click.option("--capability", required=True, metavar="NAME", help="what shall be done")
@click.option(
    "--payload",
    default="{}",
    show_default=True,
    metavar="JSON",
    help="what it is done with; `@FILE` reads it from a file and `-` from standard input",
)
@click.option(
    "--target",
    default="",
    metavar="ID",
    help="another node, by its id or the first 12 characters of it: URL must relay then",
)
@click.option(
    "--ttl",
    type=click.IntRange(1, LONGEST_LIFE),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="how long the task is worth doing",
)
@click.option("--key", metavar="HEX", help="the caller's secret key, 32 bytes; a new one otherwise")
@within(30.0)
@click.option("--json", "as_json", is_flag=True, help="one JSON object for machines")
def send(**options: Any) -> None:
    """Have the node at URL do a task, and print the payload of its result.

    Exit codes: 0 it is done, 1 it was refused or failed (the code says why), 2 there is no node
    or it could not be asked, 3 no result came in time.
    """
    order = Order(
        capability=options["capability"],
        payload=json_of("--payload", options["payload"]),
        target=options["target"],
        life=options["ttl"],
    )
    try:
        outcome = desk_of(options["url"], key=options["key"]).send(order, within=options["seconds"])
    except DeskFailure as error:
        raise DeskError(str(error)) from error
    except Late:
        show_late(options)
        sys.exit(GAVE_UP)
    if options["as_json"]:
        click.echo(json.dumps(asdict(outcome)))
    elif outcome.done:
        click.echo(f"answered by {outcome.who}", err=True)
        click.echo(json.dumps(outcome.payload, indent=2, ensure_ascii=False))
    else:
        click.echo(f"{outcome.code}: {outcome.message}", err=True)
    sys.exit(0 if outcome.done else NOT_DONE)


def show_late(options: dict[str, Any]) -> None:
    """Say that nothing came."""
    why = f"no result came within {options['seconds']:g} s"
    if options["as_json"]:
        click.echo(json.dumps({"done": False, "code": "TIMEOUT", "message": why}))
    else:
        click.echo(f"TIMEOUT: {why}", err=True)
