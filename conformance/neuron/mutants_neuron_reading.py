"""What breaks how a neuron reads its stream."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import aiohttp

from conformance.neuron.bugs import (
    CORE,
    MEMBERS,
    SHELL,
    Changed,
    asking,
    at_task,
    of_the_neuron,
    wrapped,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant
    from reference.neuron.sse import Decoder

    Feed = Callable[[Decoder, bytes], list[Any]]
    EndLine = Callable[[Decoder, bytes], Any]

DECODER = "reference.neuron.sse:Decoder"
FRAMES = f"{CORE}:NeuronCore.received"
OWN_NAMES = {"lease", "registered", "cancel", "capability-revoked", "disconnect"}


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


MUTANTS: tuple[Mutant, ...] = (
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
