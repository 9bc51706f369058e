"""``assay task``: the desk of a neuron gateway, from a terminal."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from conformance.cli.desk import Desk, DeskError, OutOfTimeError
from conformance.cli.given import json_of
from conformance.cli.sending import send

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

URL = "http://127.0.0.1:7700"
NOT_DONE, GAVE_UP = 1, 3  # exit codes; 2 is what could not be asked at all


def at_a_gateway(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which gateway, and how to show its answers."""
    options = (
        click.option(
            "--url",
            default=URL,
            envvar="ASSAY_GATEWAY_URL",
            show_default=True,
            show_envvar=True,
            help="base URL of the gateway",
        ),
        click.option(
            "--token",
            envvar="ASSAY_GATEWAY_TOKEN",
            show_envvar=True,
            help="its operator token, if it has one",
        ),
        click.option("--json", "as_json", is_flag=True, help="JSON for machines, one value a line"),
    )
    for option in reversed(options):
        command = option(command)
    return command


patience = click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="stop watching then; the task goes on",
)


class Tasks(click.Group):
    """Commands, of which `send` may be left out before a URL."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take a URL in a command's place for work that is sent there."""
        url = bool(args) and "://" in args[0]
        return super().resolve_command(ctx, ["send", *args] if url else args)


@click.group("task", cls=Tasks)
def command() -> None:
    """Hand tasks to a node or a gateway, and see what becomes of them.

    A node is told by its URL, and answers at once:

        assay task elo://127.0.0.1:7878 --capability echo --payload '{"a": 1}'

    The other commands are for a reference gateway, and for what its neurons make of tasks:
    `assay serve neuron gateway --port 7700`, in another terminal. Exit codes: 0 the task is done,
    1 it failed or was cancelled, 2 nobody could be asked, 3 the --timeout was over first.
    """


command.add_command(send)


@command.command("submit")
@click.argument("capability")
@click.argument("text", metavar="[INPUT]", default="null")
@click.option("--on-behalf-of", metavar="USER", help="the user that the task is for")
@click.option("--workflow", "workflow_id", metavar="ID", help="the workflow that it belongs to")
@click.option("--input-schema", metavar="JSON", help="JSON Schema that the neuron checks INPUT by")
@click.option("--output-schema", metavar="JSON", help="JSON Schema that the result has to fit")
@click.option("--metadata", metavar="JSON", help="an object that travels with the task")
@click.option("--max-attempts", type=click.IntRange(min=1), help="how often it is delivered")
@click.option("--detach", is_flag=True, help="print the task's id and do not wait")
@patience
@at_a_gateway
def submit(**options: Any) -> None:
    """Hand in a task for a neuron that offers CAPABILITY, and watch it to its end.

    INPUT is JSON; `@FILE` reads it from a file and `-` from standard input. So do the other
    options that take JSON.
    """
    desk = Desk(options["url"], token=options["token"])
    order = {
        "capability": options["capability"],
        "input": json_of("INPUT", options["text"]),
        "on_behalf_of": options["on_behalf_of"],
        "workflow_id": options["workflow_id"],
        "input_schema": json_of("--input-schema", options["input_schema"]),
        "output_schema": json_of("--output-schema", options["output_schema"]),
        "metadata": json_of("--metadata", options["metadata"]),
        "max_attempts": options["max_attempts"],
    }
    view = desk.ask("POST", "/tasks", order)
    if options["detach"]:
        click.echo(json.dumps(view) if options["as_json"] else view["task_id"])
        return
    if not options["as_json"]:
        click.echo(f"task {view['task_id']} for {view['capability']}", err=True)
    follow(desk, view["task_id"], options)


@command.command("show")
@click.argument("task_id", metavar="TASK")
@at_a_gateway
def show(task_id: str, url: str, token: str | None, *, as_json: bool) -> None:
    """Show where TASK stands."""
    view = Desk(url, token=token).ask("GET", f"/tasks/{quote(task_id, safe='')}")
    click.echo(json.dumps(view) if as_json else json.dumps(view, indent=2, ensure_ascii=False))


@command.command("watch")
@click.argument("task_id", metavar="TASK")
@patience
@at_a_gateway
def watch(task_id: str, **options: Any) -> None:
    """Watch TASK to its end, from the beginning."""
    follow(Desk(options["url"], token=options["token"]), task_id, options)


@command.command("cancel")
@click.argument("task_id", metavar="TASK")
@click.option("--reason", help="what the neuron is told")
@at_a_gateway
def cancel(task_id: str, reason: str | None, url: str, token: str | None, *, as_json: bool) -> None:
    """Call TASK off; a neuron that has it is asked to stop."""
    query = f"?reason={quote(reason, safe='')}" if reason else ""
    path = f"/tasks/{quote(task_id, safe='')}{query}"
    view = Desk(url, token=token).ask("DELETE", path)
    asked = f"its neuron {view.get('neuron_id')} has been asked to stop"
    shown = asked if view.get("cancelling") else view["state"]
    click.echo(json.dumps(view) if as_json else shown)


@command.command("list")
@at_a_gateway
def list_(url: str, token: str | None, *, as_json: bool) -> None:
    """List the tasks that the gateway remembers, the newest last."""
    tasks = Desk(url, token=token).ask("GET", "/tasks")["tasks"]
    if as_json:
        click.echo(json.dumps(tasks))
        return
    for task in tasks:
        when = time.strftime("%H:%M:%S", time.localtime(task["created"]))
        click.echo(f"{task['task_id']}  {when}  {task['state']:9}  {task['capability']}")


def follow(desk: Desk, task_id: str, options: Mapping[str, Any]) -> None:
    """Show the events of a task as they come, and leave with the code of its outcome."""
    show_event = show_as_json if options["as_json"] else show_to_people
    try:
        for name, data in desk.events(task_id, within=options["timeout"]):
            show_event(name, data)
            if name == "outcome":
                sys.exit(0 if data["state"] == "done" else NOT_DONE)
    except (OutOfTimeError, KeyboardInterrupt) as error:
        why = "interrupted" if isinstance(error, KeyboardInterrupt) else "no outcome in time"
        click.echo(f"{why}; the task goes on: assay task watch {task_id}", err=True)
        sys.exit(GAVE_UP)
    raise DeskError(f"the gateway ended before the task did; later: assay task watch {task_id}")


def show_as_json(name: str, data: Any) -> None:
    """Write an event as one line."""
    click.echo(json.dumps({"event": name, **data}))


def show_to_people(name: str, data: Any) -> None:
    """Write the result to standard output and everything before it to standard error."""
    EVENTS[name](data)


def show_state(data: Mapping[str, Any]) -> None:
    """Say where the task is."""
    failure = data.get("last_failure")
    if failure:
        click.echo(f"attempt failed: {failure['kind']}: {failure['reason']}", err=True)
    if "waiting_for" in data:
        click.echo(f"queued: waits for {data['waiting_for']}", err=True)
    elif data.get("cancelling"):
        click.echo(f"cancelling: {data['neuron_id']} has been asked to stop", err=True)
    else:
        click.echo(f"leased to {data['neuron_id']}, attempt {data['attempt'] + 1}", err=True)


def show_progress(data: Mapping[str, Any]) -> None:
    """Say how far it is."""
    percent = f"{data['percent']:5.1f} %" if "percent" in data else "      …"
    more = json.dumps(data["data"], ensure_ascii=False) if "data" in data else ""
    click.echo("  ".join(part for part in (percent, data.get("message"), more) if part), err=True)


def show_outcome(data: Mapping[str, Any]) -> None:
    """Print the result, or why there is none."""
    if data["state"] == "done":
        click.echo("done", err=True)
        click.echo(json.dumps(data["output"], indent=2, ensure_ascii=False))
        return
    failure = data.get("failure")
    code = f" ({failure['code']})" if failure and "code" in failure else ""
    why = f": {failure['kind']}: {failure['reason']}{code}" if failure else ""
    click.echo(f"{data['state']}{why}", err=True)
    for error in errors_of(failure):
        click.echo(f"  {error}", err=True)


def errors_of(failure: Mapping[str, Any] | None) -> list[Any]:
    """Return what a schema mismatch lists."""
    details = (failure or {}).get("details")
    errors = details.get("errors") if isinstance(details, dict) else None
    return errors if isinstance(errors, list) else []


EVENTS: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
    "state": show_state,
    "progress": show_progress,
    "outcome": show_outcome,
}
