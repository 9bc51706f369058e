"""What breaks how a host is reached through a relay."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import aiohttp

from conformance.connectonion.client_mutations import around
from conformance.connectonion.host_mutations import of_the_host
from reference.connectonion import canonical, replies

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant

    Frame = dict[str, Any]
    Announce = Callable[..., Frame]

PLACE = "reference.connectonion.relay_link"
ANNOUNCEMENT, LINK = f"{PLACE}:announcement", f"{PLACE}:RelayLink"
TAKE, SAY = f"{LINK}._take", f"{PLACE}:Relayed.say"
PATIENCE = 1.2  # seconds
KNOWN: dict[str, Frame] = {}  # the first announcement of each identity


def dials_elsewhere(good: Callable[..., None], link: Any, *args: Any, **members: Any) -> None:
    """Dial the path that another document names."""
    good(link, *args, **members)
    link._url = link._url.replace("/ws/announce", "/announce")  # noqa: SLF001  (a bug)


def signed(identity: Any, message: Frame) -> Frame:
    """Return an announcement with its signature."""
    return {**message, "signature": identity.sign(canonical.announcement(message))}


def without_endpoints(good: Announce, identity: Any, *args: Any, **members: Any) -> Frame:
    """Announce no list of endpoints."""
    return signed(identity, {**good(identity, *args, **members), "endpoints": None})


def compact_at_first(good: Announce, identity: Any, *args: Any, **members: Any) -> Frame:
    """Sign the first announcement as payloads are signed."""
    message = good(identity, *args, **members)
    if identity.address in KNOWN:
        return message
    KNOWN[identity.address] = message
    unsigned = {name: value for name, value in message.items() if name != "signature"}
    return {**message, "signature": identity.sign(canonical.escaped(unsigned))}


def repeats_itself(good: Announce, identity: Any, *args: Any, **members: Any) -> Frame:
    """Announce the same as the first time."""
    return KNOWN.setdefault(identity.address, good(identity, *args, **members))


async def wants_a_word(good: Callable[..., Any], link: Any, socket: Any) -> None:
    """Hang up on a relay that says nothing at first."""
    take, heard = link._take, []  # noqa: SLF001  (a bug)

    async def hear(*args: Any) -> None:
        heard.append(args)
        await take(*args)

    async def lose_patience() -> None:
        await asyncio.sleep(PATIENCE)
        if not heard:
            await socket.close()

    link._take = hear  # noqa: SLF001
    watch = asyncio.create_task(lose_patience())
    await good(link, socket)
    watch.cancel()


async def small_letters(good: Callable[..., Any], line: Any, frame: Frame) -> None:
    """Tell ids in small letters."""
    line._input_id = line._input_id.lower()  # noqa: SLF001  (a bug)
    await good(line, frame)


def falls_over(stumbles: Callable[[str], bool]) -> Callable[[Any], Any]:
    """Lose the line at some frames."""

    async def take(good: Callable[..., Any], link: Any, socket: Any, lines: Any, text: str) -> None:
        if stumbles(text):
            raise aiohttp.ClientError
        await good(link, socket, lines, text)

    return around(take)


async def says_it_once(good: Callable[..., Any], link: Any, socket: Any) -> None:
    """Announce oneself, and never again."""
    link._heartbeat = 3600.0  # noqa: SLF001  (a bug)
    await good(link, socket)


async def no_way_back(good: Callable[..., Any], link: Any, socket: Any) -> None:
    """Stop for good when the relay has gone."""
    await good(link, socket)
    await asyncio.Event().wait()


async def credulous(
    good: Callable[..., Any], link: Any, socket: Any, lines: Any, text: str
) -> None:
    """Do what nobody signed."""
    frame = json.loads(text) if text.startswith("{") and text.endswith("}") else {}
    if frame.get("type") == "INPUT" and "prompt" in frame and "signature" not in frame:
        result = {"type": "OUTPUT", "result": "done", "input_id": frame.get("input_id")}
        await socket.send_str(json.dumps(result))
    else:
        await good(link, socket, lines, text)


async def keeps_failures(good: Callable[..., Any], line: Any, frame: Frame) -> None:
    """Tell nobody that the agent failed."""
    if frame["type"] != "ERROR":
        await good(line, frame)


async def sulks(good: Callable[..., Any], link: Any) -> None:
    """Answer nobody while there is no relay."""
    host = link._shell.host  # noqa: SLF001  (a bug)
    answer = host.answer

    async def serve(socket: Any) -> None:
        host.answer = answer
        await type(link)._serve(link, socket)  # noqa: SLF001

    host.answer = lambda *_args, **_members: replies.error("no relay", 503)
    link._serve = serve  # noqa: SLF001
    await good(link)


async def one_by_one(
    good: Callable[..., Any], link: Any, socket: Any, lines: Any, text: str
) -> None:
    """Read nothing of a new prompt while another has no answer."""
    if '"INPUT"' in text:
        while any(line.talk.run is not None for line in lines.values()):  # noqa: ASYNC110  (a bug)
            await asyncio.sleep(0.01)
    await good(link, socket, lines, text)


async def hears_nobody(_line: Any) -> Frame:
    """Have the agent think that nobody is there."""
    return {"type": "io_closed"}


MUTANTS: tuple[Mutant, ...] = (
    of_the_host(
        "CO-RELAY-01",
        "another path of the relay is dialled",
        f"{LINK}.__init__",
        around(dials_elsewhere),
    ),
    of_the_host("CO-RELAY-02", "endpoints are no list", ANNOUNCEMENT, around(without_endpoints)),
    of_the_host(
        "CO-RELAY-03",
        "the first announcement is signed in the form of payloads",
        ANNOUNCEMENT,
        around(compact_at_first),
    ),
    of_the_host(
        "CO-RELAY-04",
        "a relay that says nothing at first is left",
        f"{LINK}._serve",
        around(wants_a_word),
        also=("CO-RELAY-07",),  # it has left before its last heartbeat
    ),
    of_the_host("CO-RELAY-05", "ids come back in small letters", SAY, around(small_letters)),
    of_the_host(
        "CO-RELAY-06",
        "an ERROR of the relay ends the connection",
        TAKE,
        falls_over(lambda text: '"ERROR"' in text),
    ),
    of_the_host(
        "CO-RELAY-07",
        "an announcement is not repeated",
        f"{LINK}._announce",
        around(says_it_once),
    ),
    of_the_host(
        "CO-RELAY-08",
        "the first announcement is repeated as it was",
        ANNOUNCEMENT,
        around(repeats_itself),
    ),
    of_the_host("CO-RELAY-09", "a lost relay stays lost", f"{LINK}._serve", around(no_way_back)),
    of_the_host("CO-RELAY-10", "what nobody signed is done", TAKE, around(credulous)),
    of_the_host("CO-RELAY-11", "failures are not reported", SAY, around(keeps_failures)),
    of_the_host(
        "CO-RELAY-12",
        "a list ends the connection",
        TAKE,
        falls_over(lambda text: text.startswith("[")),
    ),
    of_the_host(
        "CO-RELAY-13",
        "a host without its relay answers nobody",
        f"{LINK}._keep",
        around(sulks),
    ),
    of_the_host("CO-RELAY-22", "relayed prompts wait in line", TAKE, around(one_by_one)),
    of_the_host(
        "CO-RELAY-23",
        "an agent behind a relay hears no answers",
        f"{PLACE}:Relayed.receive",
        lambda _good: hears_nobody,
    ),
)
