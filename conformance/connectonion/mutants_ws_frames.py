"""What breaks each requirement of frames that come while a host has no run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from conformance.connectonion.host_mutations import of_the_host
from conformance.connectonion.socket_mutations import HEAR, SHELL, UNREADABLE, hears, read, type_of
from reference.connectonion.administration import FRAMES
from reference.connectonion.conversation import HANDLERS, Deliver, error

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant
    from reference.connectonion.conversation import Conversation, Effect
    from reference.connectonion.host_shell import Shell

KNOWN = {*HANDLERS, *FRAMES, "PONG"}
MEBIBYTE = 1024 * 1024
NOT_LAST, TEXT = 0x80, 0x01  # the first byte of a frame: the bit that the last one has, what it is


def one_path_more(routes: Callable[[Shell], list[Any]]) -> Callable[[Shell], list[Any]]:
    """Open WebSockets at the path of relays too."""
    return lambda shell: [
        web.get("/ws/input", shell._websocket),  # noqa: SLF001  (a bug)
        *routes(shell),
    ]


def words_for_no_json(talk: Conversation, text: str | None) -> list[Effect] | None:
    """Have other words for what is no JSON."""
    bad = text is not None and read(text) is UNREADABLE
    return [error("not JSON")] if bad and talk.run is None else None


def words_for_unsigned(talk: Conversation, text: str | None) -> list[Effect] | None:
    """Have other words for a prompt without signature."""
    frame = read(text)
    if talk.run is not None or type_of(text) != "INPUT" or {"payload", "signature"} <= frame.keys():
        return None
    return [error("who are you?")]


def complains_of_unknown(talk: Conversation, text: str | None) -> list[Effect] | None:
    """Answer a type that it does not know."""
    kind = type_of(text)
    strange = isinstance(kind, str) and kind not in KNOWN and not kind.startswith("ADMIN_")
    return [error(f"unknown message type: {kind!r}")] if talk.run is None and strange else None


def complains_of_no_text(talk: Conversation, text: str | None) -> list[Effect] | None:
    """Answer a type that is no text."""
    strange = type_of(text) is not None and not isinstance(type_of(text), str)
    return [error("`type` must be a text")] if talk.run is None and strange else None


def hands_pongs_on(talk: Conversation, text: str | None) -> list[Effect] | None:
    """Give PONGs to the agent."""
    return [Deliver(read(text))] if talk.run is not None and type_of(text) == "PONG" else None


def hands_nothing_on(talk: Conversation, text: str | None) -> list[Effect] | None:
    """Give an empty frame to the agent for a binary one."""
    return [Deliver({})] if talk.run is not None and text is None else None


def _is_other_json(talk: Conversation, text: str | None) -> bool:
    frame = read(text)
    return talk.run is None and frame is not UNREADABLE and not isinstance(frame, dict)


def silent_on_other_json(talk: Conversation, text: str | None) -> list[Effect] | None:
    """Pass over JSON that is no object."""
    return [] if _is_other_json(talk, text) else None


def dies_of_other_json(talk: Conversation, text: str | None) -> list[Effect] | None:
    """Drop the connection on JSON that is no object."""
    if _is_other_json(talk, text):
        raise ConnectionResetError
    return None


def impatient(reader: Any) -> Any:
    """Read no message that comes in several frames."""

    class Impatient:
        def __init__(self, *given: Any, **named: Any) -> None:
            self._reader = reader(*given, **named)

        def feed_data(self, data: bytes) -> Any:
            part = data and not data[0] & NOT_LAST and data[0] & 0x0F == TEXT
            return (True, b"") if part else self._reader.feed_data(data)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._reader, name)

    return Impatient


def takes_nothing(take: Callable[..., Any]) -> Callable[..., Any]:
    """Run a prompt that is not there."""
    return lambda desk, envelope, signed, *, now, **_empty: take(
        desk, envelope, signed, now=now, empty=True
    )


MUTANTS: tuple[Mutant, ...] = (
    of_the_host(
        "CO-WS-01",
        "a WebSocket is opened at another path too",
        f"{SHELL}:Shell.routes",
        one_path_more,
    ),
    of_the_host(
        "CO-WS-02",
        "what is no JSON is refused in other words",
        HEAR,
        hears(words_for_no_json),
    ),
    of_the_host(
        "CO-WS-03",
        "an unsigned INPUT is refused in other words",
        HEAR,
        hears(words_for_unsigned),
    ),
    of_the_host("CO-WS-11", "the agent is given PONGs", HEAR, hears(hands_pongs_on)),
    of_the_host("CO-WS-13", "an unknown type is answered", HEAR, hears(complains_of_unknown)),
    of_the_host(
        "CO-WS-14",
        "an INPUT without a prompt is run",
        "reference.connectonion.running:Desk.take",
        takes_nothing,
    ),
    of_the_host(
        "CO-WS-16",
        "JSON that is no object is passed over",
        HEAR,
        hears(silent_on_other_json),
        also=("CO-WS-17",),
    ),
    of_the_host(
        "CO-WS-17", "JSON that is no object ends the connection", HEAR, hears(dies_of_other_json)
    ),
    of_the_host(
        "CO-WS-35",
        "frames may have 64 MiB",
        f"{SHELL}:FRAME_LIMIT",
        lambda limit: 4 * limit,
    ),
    of_the_host(
        "CO-WS-39", "a binary frame is an empty one to the agent", HEAR, hears(hands_nothing_on)
    ),
    of_the_host(
        "CO-WS-40",
        "a message in several frames ends the connection",
        "aiohttp.web_ws:WebSocketReader",
        impatient,
    ),
    of_the_host(
        "CO-WS-41", "a type that is no text is answered", HEAR, hears(complains_of_no_text)
    ),
)
