"""What breaks how a neuron reads its stream, its leases and their schemas."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import aiohttp
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from conformance.neuron.bugs import (
    CORE,
    OUTCOMES,
    SHELL,
    WORK,
    Changed,
    asking,
    later,
    of_the_neuron,
    wrapped,
)
from reference.neuron.fields import FrameError
from reference.neuron.frames import NackKind
from reference.neuron.neuron_letters import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant
    from reference.neuron.sse import Decoder

    Feed = Callable[[Decoder, bytes], list[Any]]
    EndLine = Callable[[Decoder, bytes], Any]

DECODER = "reference.neuron.sse:Decoder"
MEMBERS = "reference.neuron.fields:members"
EFFECTIVE = "reference.neuron.schemas:effective"
PROBLEM = "reference.neuron.schemas:problem"
LEASES = f"{CORE}:REACTIONS[<class 'reference.neuron.frames.LeaseFrame'>]"
FRAMES = f"{CORE}:NeuronCore.received"
OWN_NAMES = {"lease", "registered", "cancel", "capability-revoked", "disconnect"}


# --- the stream


def starts_anew(end_line: EndLine, decoder: Decoder, piece: bytes, field: bytes) -> Any:
    """Forget the block when a line begins so."""
    if bytes(decoder._line + piece).startswith(field):  # noqa: SLF001  (a bug)
        decoder._data.clear()  # noqa: SLF001
    return end_line(decoder, piece)


def keeps_the_last_line(end_line: EndLine, decoder: Decoder, piece: bytes) -> Any:
    """Forget the data lines before the last."""
    if bytes(decoder._line + piece).startswith(b"data:"):  # noqa: SLF001  (a bug)
        decoder._data.clear()  # noqa: SLF001
    return end_line(decoder, piece)


def wants_a_space(end_line: EndLine, decoder: Decoder, piece: bytes) -> Any:
    """Know no data without a space before it."""
    line = bytes(decoder._line + piece)  # noqa: SLF001  (a bug)
    if line.startswith(b"data:") and not line.startswith(b"data: "):
        decoder._line.clear()  # noqa: SLF001
        return end_line(decoder, b": nothing")
    return end_line(decoder, piece)


def decodes_each_piece(feed: Feed, decoder: Decoder, chunk: bytes) -> list[Any]:
    """Decode what was read before putting it together."""
    return feed(decoder, chunk.decode("utf-8", "replace").encode())


def cuts_line_ends(feed: Feed, decoder: Decoder, chunk: bytes) -> list[Any]:
    """Take the halves of a CRLF for two ends of a line."""
    decoder._after_return = False  # noqa: SLF001  (a bug)
    return feed(decoder, chunk)


def hurries(end_line: EndLine, decoder: Decoder, piece: bytes) -> Any:
    """Take a data line with a whole object for an event."""
    whole = bytes(decoder._line + piece)  # noqa: SLF001  (a bug)
    event = end_line(decoder, piece)
    if whole.startswith(b"data: {") and whole.endswith(b"}"):
        event = decoder._end_block()  # noqa: SLF001
    return event


def wants_a_name(end_block: Callable[[Decoder], Any], decoder: Decoder) -> Any:
    """Drop events whose name is none of a frame."""
    event = end_block(decoder)
    return event if event is not None and event.name in OWN_NAMES else None


def kind_of_data(data: str) -> str:
    """Return in which way an event's data is odd."""
    try:
        value = json.loads(data)
    except json.JSONDecodeError:
        return "no JSON"
    except (ValueError, RecursionError):
        return "absurd"
    if not isinstance(value, dict) or isinstance(value.get("type"), list):
        return "no object"
    known = value.get("type") in OWN_NAMES
    return "a frame" if known or value.get("type") is None else "unknown"


def stumbles_over(kind: str) -> Any:
    """Return what gives the stream up over data of a kind."""

    def around(received: Callable[..., None], core: Any, data: str, *, now: float) -> None:
        if kind_of_data(data) == kind:
            core._distrusted("the stream", now=now)  # noqa: SLF001  (a bug)
        else:
            received(core, data, now=now)

    return wrapped(around)


def at_task(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Return what changes the task of each lease before it is read."""

    def around(members: Callable[..., Any], path: str, value: Any, fields: Any) -> Any:
        odd = path == "lease.task" and isinstance(value, dict)
        return members(path, change(value) if odd else value, fields)

    return wrapped(around)


def refusing(is_odd: Callable[[dict[str, Any]], bool]) -> Any:
    """Return what refuses tasks of some kind."""

    def change(task: dict[str, Any]) -> dict[str, Any]:
        if is_odd(task):
            raise FrameError("lease.task", "assay wants this refused")
        return task

    return at_task(change)


def without_unknown(task: dict[str, Any]) -> dict[str, Any]:
    """Take an unknown member out."""
    return {name: value for name, value in task.items() if name != "assay"}


def loses_patience(_url: str, members: dict[str, Any]) -> dict[str, Any]:
    """Give a quiet stream up."""
    return {**members, "timeout": aiohttp.ClientTimeout(total=None, sock_read=2.5)}


class Chunked:
    """A response that must come in chunks."""

    def __init__(self, response: Any) -> None:
        self._response = response

    async def __aenter__(self) -> Any:
        response = await self._response.__aenter__()
        if response.status == 200 and "Transfer-Encoding" not in response.headers:  # noqa: PLR2004
            raise aiohttp.ClientPayloadError("a body without a length")
        return response

    async def __aexit__(self, *error: object) -> Any:
        return await self._response.__aexit__(*error)


async def gets_chunks(start: Callable[..., Any], shell: Any) -> None:
    """Read no body that ends with its connection."""
    await start(shell)
    get = shell._http.get  # noqa: SLF001  (a bug)

    def chunked(*args: Any, **members: Any) -> Chunked:
        return Chunked(get(*args, **members))

    shell._http = Changed(shell._http, get=chunked)  # noqa: SLF001


STREAM: tuple[Mutant, ...] = (
    of_the_neuron(
        "NEURON-NRN-SSE-01",
        "CR ends no line",
        "reference.neuron.sse:LINE_END",
        lambda _: re.compile(rb"\r\n|\n"),
        also=("NEURON-NRN-SSE-06", "NEURON-NRN-SSE-07"),  # which split lines of every kind
    ),
    of_the_neuron(
        "NEURON-NRN-SSE-02",
        "a comment ends the block",
        f"{DECODER}._end_line",
        wrapped(lambda end, decoder, piece: starts_anew(end, decoder, piece, b":")),
    ),
    of_the_neuron(
        "NEURON-NRN-SSE-03",
        "of several data lines the last counts",
        f"{DECODER}._end_line",
        wrapped(keeps_the_last_line),
        also=("NEURON-NRN-SSE-07",),  # which needs several of them
    ),
    of_the_neuron(
        "NEURON-NRN-SSE-04",
        "an id ends the block",
        f"{DECODER}._end_line",
        wrapped(lambda end, decoder, piece: starts_anew(end, decoder, piece, b"id")),
    ),
    of_the_neuron(
        "NEURON-NRN-SSE-05",
        "data without a space is none",
        f"{DECODER}._end_line",
        wrapped(wants_a_space),
    ),
    of_the_neuron(
        "NEURON-NRN-SSE-06",
        "a code point that is split is lost",
        f"{DECODER}.feed",
        wrapped(decodes_each_piece),
    ),
    of_the_neuron(
        "NEURON-NRN-SSE-07",
        "a CRLF that is split is two ends of a line",
        f"{DECODER}.feed",
        wrapped(cuts_line_ends),
    ),
    of_the_neuron(
        "NEURON-NRN-SSE-08",
        "a byte order mark is part of the first line",
        "reference.neuron.sse:BOM",
        lambda _: b"\x00",
    ),
    of_the_neuron(
        "NEURON-NRN-SSE-09",
        "a whole data line is an event",
        f"{DECODER}._end_line",
        wrapped(hurries),
    ),
    of_the_neuron(
        "NEURON-NRN-SSE-10",
        "events without the right name are dropped",
        f"{DECODER}._end_block",
        wrapped(wants_a_name),
    ),
    of_the_neuron(
        "NEURON-NRN-SSE-11", "an unknown type ends the stream", FRAMES, stumbles_over("unknown")
    ),
    of_the_neuron(
        "NEURON-NRN-SSE-12", "what is no JSON ends the stream", FRAMES, stumbles_over("no JSON")
    ),
    of_the_neuron(
        "NEURON-NRN-SSE-13", "what is no object ends the stream", FRAMES, stumbles_over("no object")
    ),
    of_the_neuron(
        "NEURON-NRN-SSE-14", "absurd JSON ends the stream", FRAMES, stumbles_over("absurd")
    ),
    of_the_neuron(
        "NEURON-NRN-SSE-15",
        "a task needs no workflowId",
        MEMBERS,
        at_task(lambda task: {"workflowId": "none", **task}),
    ),
    of_the_neuron(
        "NEURON-NRN-SSE-16",
        "unknown members of a task are ignored",
        MEMBERS,
        at_task(without_unknown),
    ),
    of_the_neuron(
        "NEURON-NRN-SSE-17",
        "an event may have 4 MiB",
        f"{DECODER}.__init__",
        lambda init: lambda decoder: init(decoder, limit=4 * 1024 * 1024),
    ),
    of_the_neuron(
        "NEURON-NRN-SSE-18",
        "a stream that is quiet for 2.5 s is given up",
        f"{SHELL}.start",
        asking("get", loses_patience),
    ),
    of_the_neuron(
        "NEURON-NRN-SSE-19",
        "a stream must be chunked",
        f"{SHELL}.start",
        wrapped(gets_chunks),
    ),
)


# --- leases


def answers_conf_twice(
    conclude: Callable[..., None], work: Any, execution: Any, frame: Any
) -> None:
    """Say everything twice about the tasks of one user."""
    conclude(work, execution, frame)
    if execution.lease.task.on_behalf_of == "user:conf":
        work._verdicts.append(frame)  # noqa: SLF001  (a bug)


def has_a_spare(init: Callable[..., None], slots: Any, limit: int) -> None:
    """Have three slots where there are two."""
    init(slots, limit + (limit > 1))


def serves_the_last(next_: Callable[..., Any], slots: Any) -> Any:
    """Give a free slot to the last in line."""
    if slots._waiting:  # noqa: SLF001  (a bug)
        last = next(reversed(slots._waiting))  # noqa: SLF001
        slots._waiting = {last: None, **slots._waiting}  # noqa: SLF001
    return next_(slots)


class Behind:
    """Slots that are full while others are."""

    def __init__(self, own: Any, others: Any) -> None:
        self._own, self._others = own, others

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)

    def next(self) -> Any:
        """Give a slot if one is free here and there."""
        return None if self._others._running else self._own.next()  # noqa: SLF001  (a bug)


def shares_slots(init: Callable[..., None], work: Any, offers: Any) -> None:
    """Let conf/echo wait for conf/serial."""
    init(work, offers)
    slots = work._slots  # noqa: SLF001  (a bug)
    slots["conf/echo"] = Behind(slots["conf/echo"], slots["conf/serial"])


async def tidies_text(echo: Callable[..., Any], given: Any, context: Any) -> Any:
    """Replace line separators in what is echoed."""
    text = isinstance(given, str)
    return await echo(given.replace("\u2028", " ") if text else given, context)


def reads_no_further(hear: Callable[..., None], core: Any, frame: Any, now: float) -> None:
    """Take a lease of conf/ctl only when one that runs there for a while has ended."""
    running = [
        each
        for each in core.work._executions.values()  # noqa: SLF001  (a bug)
        if each.lease.task.capability == "conf/ctl" and 0 < each.started_at < now - 0.01
    ]
    if running and frame.lease.task.capability == "conf/ctl":
        later(0.05, lambda: reads_no_further(hear, core, frame, now + 0.05))
    else:
        hear(core, frame, now)


def waits_for_nacks(hear: Callable[..., None], core: Any, frame: Any, now: float) -> None:
    """Take a lease only when every nack has been answered."""
    if core._letters.under_way(Kind.NACK):  # noqa: SLF001  (a bug)
        later(0.05, lambda: waits_for_nacks(hear, core, frame, now + 0.05))
    else:
        hear(core, frame, now)


class Twin(str):
    """An id that is spelled like another and is another."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


def takes_twins(lease_: Callable[..., None], work: Any, lease: Any, *, now: float) -> None:
    """Execute a lease that runs already once more."""
    if lease.lease_id in work._executions:  # noqa: SLF001  (a bug)
        lease = replace(lease, lease_id=Twin(lease.lease_id))
    lease_(work, lease, now=now)


def resents_the_past(hear: Callable[..., None], core: Any, frame: Any, now: float) -> None:
    """Give the stream up over a lease that has expired."""
    if frame.lease.expires_at.year < 2020:  # noqa: PLR2004
        core._distrusted("the stream", now=now)  # noqa: SLF001  (a bug)
    else:
        hear(core, frame, now)


def turns_away(enter: Callable[..., None], slots: Any, lease_id: str) -> None:
    """Let no more than two hundred stand in line."""
    if len(slots._waiting) < 200:  # noqa: PLR2004, SLF001  (a bug)
        enter(slots, lease_id)


LEASED: tuple[Mutant, ...] = (
    of_the_neuron(
        "NEURON-NRN-LEASE-01",
        "leases on behalf of one user are answered twice",
        f"{WORK}:Work._conclude",
        wrapped(answers_conf_twice),
    ),
    of_the_neuron(
        "NEURON-NRN-LEASE-02",
        "an unknown capability is refused for good",
        f"{OUTCOMES}:REFUSALS[Refusal.UNKNOWN]",
        lambda row: (NackKind.TERMINAL, *row[1:]),
    ),
    of_the_neuron(
        "NEURON-NRN-LEASE-03",
        "there is a slot too many",
        "reference.neuron.neuron_slots:Slots.__init__",
        wrapped(has_a_spare),
    ),
    of_the_neuron(
        "NEURON-NRN-LEASE-04",
        "the last in line is served first",
        "reference.neuron.neuron_slots:Slots.next",
        wrapped(serves_the_last),
    ),
    of_the_neuron(
        "NEURON-NRN-LEASE-05",
        "conf/echo waits for conf/serial",
        f"{WORK}:Work.__init__",
        wrapped(shares_slots),
    ),
    of_the_neuron(
        "NEURON-NRN-LEASE-06",
        "line separators in the input become spaces",
        "reference.neuron.profile:echo",
        wrapped(tidies_text),
    ),
    of_the_neuron(
        "NEURON-NRN-LEASE-07",
        "metadata must not be null",
        MEMBERS,
        refusing(lambda task: task.get("metadata", 1) is None),
    ),
    of_the_neuron(
        "NEURON-NRN-LEASE-08",
        "a task must be new",
        MEMBERS,
        refusing(lambda task: bool(task.get("attempt"))),
    ),
    of_the_neuron(
        "NEURON-NRN-LEASE-09",
        "leases of conf/ctl are read when the one that runs has ended",
        LEASES,
        wrapped(reads_no_further),
    ),
    of_the_neuron(
        "NEURON-NRN-LEASE-10",
        "leases wait for the answers to nacks",
        LEASES,
        wrapped(waits_for_nacks),
    ),
    of_the_neuron(
        "NEURON-NRN-LEASE-11",
        "a lease that runs is executed once more",
        f"{WORK}:Work.lease",
        wrapped(takes_twins),
    ),
    of_the_neuron(
        "NEURON-NRN-LEASE-12",
        "an expired lease ends the stream",
        LEASES,
        wrapped(resents_the_past),
    ),
    of_the_neuron(
        "NEURON-NRN-LEASE-13",
        "the line is two hundred long",
        "reference.neuron.neuron_slots:Slots.enter",
        wrapped(turns_away),
    ),
    of_the_neuron(
        "NEURON-NRN-LEASE-14",
        "names may have exclamation marks",
        "reference.neuron.capabilities:TYPE",
        lambda _: re.compile(r"[A-Za-z0-9_.\-]+(?:/[A-Za-z0-9_.!\-]+)+"),
    ),
)


# --- schemas


def trusts_conf_ctl(problem: Callable[..., Any], work: Any, lease: Any) -> Any:
    """Validate no input of conf/ctl."""
    return None if lease.task.capability == "conf/ctl" else problem(work, lease)


def forgives_types(misfit: Callable[..., Any], lease_id: str, problem: str, **members: Any) -> Any:
    """Call an output of the wrong type a failure for good."""
    nack = misfit(lease_id, problem, **members)
    wrong = members["of"] == "output" and problem.startswith("{")
    return replace(nack, kind=NackKind.TERMINAL) if wrong else nack


def tells_one_error(misfit: Callable[..., Any], *args: Any, **members: Any) -> Any:
    """Tell the error as text, not as a list."""
    nack = misfit(*args, **members)
    return replace(nack, details={"errors": nack.details["errors"][0]})


def wants_no_five(effective: Callable[..., Any], *schemas: Any) -> Any:
    """Allow anything but 5 where nothing is said."""
    schema = effective(*schemas)
    return {"not": {"const": 5}} if schema is None else schema


def overlooks(is_odd: Callable[[str], bool]) -> Any:
    """Return what lets values pass in spite of some problems."""

    def around(problem: Callable[..., str | None], value: Any, schema: Any) -> str | None:
        found = problem(value, schema)
        return None if found is not None and is_odd(found) else found

    return wrapped(around)


def leads_nowhere(problem: str) -> bool:
    """Whether a problem is a reference that does not end or does not resolve."""
    return problem.startswith("invalid schema") and any(
        word in problem for word in ("ends", "esolv", "Nowhere", "Pointer")
    )


def is_no_schema(problem: str) -> bool:
    """Whether a problem is a schema that is none."""
    return problem.startswith("invalid schema") and not leads_nowhere(problem)


def fetch(url: str) -> Resource[Any]:
    """Fetch a schema."""
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310  (a bug)
            return Resource.from_contents(json.loads(answer.read()), DRAFT202012)
    except (urllib.error.URLError, ValueError):
        return Resource.from_contents({}, DRAFT202012)


SCHEMAS: tuple[Mutant, ...] = (
    of_the_neuron(
        "NEURON-NRN-SCHEMA-01",
        "inputs of conf/ctl are not validated",
        f"{WORK}:Work._problem",
        wrapped(trusts_conf_ctl),
    ),
    of_the_neuron(
        "NEURON-NRN-SCHEMA-02",
        "an output of the wrong type is a failure for good",
        f"{OUTCOMES}:misfit",
        wrapped(forgives_types),
    ),
    of_the_neuron(
        "NEURON-NRN-SCHEMA-03",
        "a mismatch of the output has another code",
        f"{OUTCOMES}:OUTPUT_MISMATCH",
        lambda _: "SCHEMA_MISMATCH",
    ),
    of_the_neuron(
        "NEURON-NRN-SCHEMA-04",
        "the errors are no list",
        f"{OUTCOMES}:misfit",
        wrapped(tells_one_error),
    ),
    of_the_neuron(
        "NEURON-NRN-SCHEMA-05",
        "the handler's schema wins",
        EFFECTIVE,
        lambda _: lambda of_lease, own: own if own is not None else of_lease,
    ),
    of_the_neuron(
        "NEURON-NRN-SCHEMA-06",
        "an empty schema counts",
        EFFECTIVE,
        lambda _: lambda of_lease, own: own if of_lease is None else of_lease,
    ),
    of_the_neuron(
        "NEURON-NRN-SCHEMA-07",
        "without a schema there is no 5",
        EFFECTIVE,
        wrapped(wants_no_five),
    ),
    of_the_neuron(
        "NEURON-NRN-SCHEMA-08",
        "what is no schema fits everything",
        PROBLEM,
        overlooks(is_no_schema),
    ),
    of_the_neuron(
        "NEURON-NRN-SCHEMA-09",
        "a reference to nowhere fits everything",
        PROBLEM,
        overlooks(leads_nowhere),
    ),
    of_the_neuron(
        "NEURON-NRN-SCHEMA-10",
        "references are fetched",
        "reference.neuron.schemas:NOWHERE",
        lambda _: Registry(retrieve=fetch),  # type: ignore[call-arg]
    ),
    of_the_neuron(
        "NEURON-NRN-SCHEMA-11",
        "false is no schema",
        EFFECTIVE,
        lambda _: lambda of_lease, own: of_lease or own,
    ),
    of_the_neuron(
        "NEURON-NRN-SCHEMA-12",
        "every schema is read by the newest draft",
        "reference.neuron.schemas:DIALECTS",
        lambda _: {},
    ),
)

MUTANTS: tuple[Mutant, ...] = (*STREAM, *LEASED, *SCHEMAS)
