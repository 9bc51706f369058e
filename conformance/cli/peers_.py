"""``assay peers``: who is there, as a running node tells it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from conformance.cli.desk import DeskError
from conformance.cli.sending import within
from conformance.kit.desks import DeskFailure, Late, desk_of

if TYPE_CHECKING:
    from conformance.kit.desks import Party


@click.command("peers")
@click.argument("url", metavar="URL")
@within(10.0)
@click.option("--json", "as_json", is_flag=True, help="one JSON object: the node, and its peers")
def command(url: str, seconds: float, *, as_json: bool) -> None:
    """List the peers of the node at URL: id, address and capabilities, the node itself first.

    URL is that of any node or tracker, such as elo://127.0.0.1:7878. What is listed is what the
    node says: a peer that dialled it may be listed at an address that nobody can dial.
    """
    try:
        itself, peers = desk_of(url).parties(within=seconds)
    except (DeskFailure, Late) as error:
        raise DeskError(str(error)) from error
    if as_json:
        click.echo(json.dumps({**asdict(itself), "peers": [asdict(each) for each in peers]}))
        return
    width = max(len(each.address) for each in (itself, *peers))
    for each in (itself, *peers):
        click.echo(line(each, width))


def line(party: Party, width: int) -> str:
    """Return one line of the list."""
    names = ", ".join(party.capabilities) or "-"
    return f"{party.id[:12] or '?':12}  {party.address:{width}}  {names}"
