"""The ``assay`` command; every sub-command is a module of its own, imported when it is called."""

from __future__ import annotations

import importlib
from typing import Any

import click

COMMANDS = {
    "run": "judge a target (pytest with a configuration of its own)",
    "list": "what there is: requirements, checks, vectors, mutants, targets",
    "serve": "start a reference role",
    "task": "hand tasks to a node or a gateway, and see what becomes of them",
    "peers": "who is there, as a node tells it",
    "driver": "the reference's own driver on stdio",
    "judge": "judge a recorded transcript",
    "replay": "play a saved counter-example again",
    "doctor": "is this target, and is its driver, fit to be judged?",
    "mutants": "prove that the checks can fail: the kill matrix",
    "vectors": "golden vectors: lint, fmt, verify, fill, add",
}


class Lazy(click.Group):
    """A group whose commands are imported only when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        """Return the names, in the order in which a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import ``conformance.cli.NAME`` and return its command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"conformance.cli.{cmd_name}_").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="assay", prog_name="assay")
def main() -> Any:
    """Judge implementations of agent protocols, and play the other side."""
