"""``assay driver PROTOCOL``: the reference's own driver on stdio."""

from __future__ import annotations

import asyncio

import click

from conformance.cli.roles import apply_mutant, parts_of, reference_of


@click.command("driver")
@click.argument("protocol")
@click.option("--revision", metavar="NAME", help="whose rules the functions are; not the roles'")
@click.option("--mutant", metavar="ID", help="play with one seeded bug (assay list mutants)")
def command(protocol: str, revision: str | None, mutant: str | None) -> None:
    """Speak JSON-RPC 2.0 on stdio for the reference of PROTOCOL, one message a line.

    The messages are described in fixtures/drivers/README.md; `describe` lists the methods.
    """
    from reference.driver import serve_stdio  # noqa: PLC0415  (only this command serves)

    package = reference_of(protocol)
    apply_mutant(protocol, mutant)
    asyncio.run(serve_stdio(package.ROLES, **parts_of(package, protocol, revision)))
