"""What breaks each requirement of frames."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.elo.broken import LONGEST_HEADER
from conformance.kit.proof.mutation import mutant
from reference.elo import messages
from reference.elo.frames import FrameError
from reference.elo.links import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant
    from reference.elo.core import Node
    from reference.elo.links import Link
    from reference.elo.state import State
    from reference.elo.working import Work

FRAMES = "reference.elo.frames"
CORE = "reference.elo.core"
WORKING = "reference.elo.working"
SNOWMAN = "☃".encode()
SHORT = 2.0  # seconds

of_the_node = partial(mutant, role="node")


def adds_a_frame_without_a_type(answer: Callable[..., Link]) -> Callable[..., Link]:
    """Say something that has no type after every result."""

    def answered(work: Work, state: State, job: int, message: Any) -> Link:
        link = answer(work, state, job, message)
        state.send(link, {"note": 1})
        return link

    return answered


def counts_characters(encode: Callable[[Any], bytes]) -> Callable[[Any], bytes]:
    """Count each of one character's three bytes as a third."""

    def written(message: Any) -> bytes:
        payload = encode(message)[4:]
        return (len(payload) - 2 * payload.count(SNOWMAN)).to_bytes(4, "big") + payload

    return written


def leaves_no_spaces(encode: Callable[[Any], bytes]) -> Callable[[Any], bytes]:
    """Write compact JSON."""

    def written(message: Any) -> bytes:
        value = json.loads(encode(message)[4:])
        payload = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        return len(payload).to_bytes(4, "big") + payload

    return written


def forgets_pieces(feed: Callable[..., Any]) -> Callable[..., Any]:
    """Expect frames in larger pieces."""
    return lambda reader, data: [] if len(data) == 1 else feed(reader, data)


def reverses_tasks(feed: Callable[..., Any]) -> Callable[..., Any]:
    """Take tasks that came together from the last to the first."""

    def fed(reader: Any, data: bytes) -> Any:
        whole = feed(reader, data)
        tasks = all(each.get("type") == "task" for each in whole)
        return list(reversed(whole)) if tasks else whole

    return fed


def hears_only_the_hello(feed: Callable[..., Any]) -> Callable[..., Any]:
    """Drop what came together with a hello."""

    def fed(reader: Any, data: bytes) -> Any:
        whole = feed(reader, data)
        return whole[:1] if whole and whole[0].get("type") == "hello" else whole

    return fed


def ignores_the_longest_header(following: Callable[..., Any]) -> Callable[..., Any]:
    """Wait for more after the greatest length."""

    def followed(reader: Any) -> Any:
        begins = bytes(reader._rest[:4])  # noqa: SLF001  (a bug)
        return None if begins == LONGEST_HEADER else following(reader)

    return followed


def tolerates(fits: Callable[[bytes], bool]) -> Callable[[Any], Any]:
    """Return what takes some payloads for messages without a meaning."""

    def replacement(decode: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
        return lambda payload: {"type": "x"} if fits(payload) else decode(payload)

    return replacement


def is_no_text(payload: bytes) -> bool:
    """Whether a payload is not UTF-8, or begins with a byte order mark."""
    try:
        return payload.decode().startswith("\ufeff")
    except UnicodeDecodeError:
        return True


def is_no_json(payload: bytes) -> bool:
    """Whether a payload is text, and no JSON."""
    if not payload or is_no_text(payload):
        return False
    try:
        json.loads(payload)
    except ValueError:
        return True
    except RecursionError:
        return False
    return False


def is_no_object(payload: bytes) -> bool:
    """Whether a payload is JSON, and no object."""
    try:
        return not isinstance(json.loads(payload), dict)
    except (ValueError, RecursionError):
        return False


def says_bye_at_the_end(ended: Callable[..., Any]) -> Callable[..., Any]:
    """Say something to who has said half of something and no more."""

    def end(node: Node, number: int, *, now: float) -> Any:
        link, reader = node.state.links.get(number), node.state.readers.get(number)
        if link is not None and reader is not None and reader.unfinished:
            node.state.send(link, messages.bye())
        return ended(node, number, now=now)

    return end


def ends_at_once(_ended: Callable[..., Any]) -> Callable[..., Any]:
    """Hang up on who says nothing more, whatever is still to be answered."""

    def end(node: Node, number: int, *, now: float) -> Any:
        node.state.now = now
        link = node.state.links.get(number)
        if link is not None:
            node._end(link, "ended")  # noqa: SLF001  (a bug)
        return node.state.take()

    return end


def patient_for(seconds: float | None) -> Callable[[Any], Any]:
    """Return what waits so long, or for ever, for a hello."""

    def replacement(patience: Callable[..., float | None]) -> Callable[..., float | None]:
        def waits(node: Node, link: Link) -> float | None:
            if link.stage is not Stage.ACCEPTED:
                return patience(node, link)
            return None if seconds is None else link.since + seconds

        return waits

    return replacement


def refuses_line_ends(decode: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """Want JSON on one line."""

    def decoded(payload: bytes) -> Any:
        if b"\r\n" in payload:
            raise FrameError("one line")
        return decode(payload)

    return decoded


def keeps_the_first(_decode: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """Let the first of two equal keys win."""

    def decoded(payload: bytes) -> Any:
        try:
            text = payload.decode()
            value = json.loads(text, object_pairs_hook=lambda pairs: dict(reversed(pairs)))
        except (ValueError, RecursionError) as error:
            raise FrameError(str(error)) from error
        if not isinstance(value, dict):
            raise FrameError("no object")
        return value

    return decoded


def falls_silent_after_depth(read: Callable[..., None]) -> Callable[..., None]:
    """Serve nobody any more once something could not be read."""
    silent: set[Node] = set()

    def reads(node: Node, link: Link, data: bytes) -> None:
        if b"[" * 1000 in data:
            silent.add(node)
        if node not in silent:
            read(node, link, data)

    return reads


def ends_everybody(end: Callable[..., None]) -> Callable[..., None]:
    """Close every connection when one is in error."""

    def ends(node: Node, link: Link, why: str) -> None:
        for each in node.state.links if "not JSON" in why or "JSON object" in why else ():
            end(node, each, why)
        if node.state.links.get(link.id) is not None:
            end(node, link, why)

    return ends


def drops_what_cannot_be_sent(_answer: Callable[..., Link]) -> Callable[..., Link]:
    """Say nothing instead of a result that no frame can carry."""

    def answered(work: Work, state: State, job: int, message: Any) -> Link:
        link = work._jobs.pop(job).link  # noqa: SLF001  (a bug)
        for each in state.answers[link.id].take(job, message):
            try:
                state.send(link, each)
            except FrameError:
                continue
        return link

    return answered


MUTANTS: tuple[Mutant, ...] = (
    of_the_node(
        "ELO-FRAME-01",
        "a frame without a type follows every result",
        f"{WORKING}:Work._answer",
        adds_a_frame_without_a_type,
    ),
    of_the_node(
        "ELO-FRAME-02",
        "a length counts a character of three bytes as one",
        f"{FRAMES}:encode",
        counts_characters,
        also=("ELO-FRAME-01",),  # what is left of the frame is no JSON
    ),
    of_the_node("ELO-FRAME-03", "single bytes are lost", f"{FRAMES}:Reader.feed", forgets_pieces),
    of_the_node(
        "ELO-FRAME-04",
        "tasks that come together are taken backwards",
        f"{FRAMES}:Reader.feed",
        reverses_tasks,
    ),
    of_the_node(
        "ELO-FRAME-05",
        "what comes with a hello is lost",
        f"{FRAMES}:Reader.feed",
        hears_only_the_hello,
    ),
    of_the_node(
        "ELO-FRAME-06", "the limit is a byte lower", f"{FRAMES}:MAX_PAYLOAD", lambda most: most - 1
    ),
    of_the_node(
        "ELO-FRAME-07", "the limit is a byte higher", f"{FRAMES}:MAX_PAYLOAD", lambda most: most + 1
    ),
    of_the_node(
        "ELO-FRAME-08",
        "after the greatest length more is awaited",
        f"{FRAMES}:Reader._next",
        ignores_the_longest_header,
    ),
    of_the_node(
        "ELO-FRAME-09",
        "a payload of nothing is a message",
        f"{FRAMES}:decode",
        tolerates(lambda payload: not payload),
    ),
    of_the_node(
        "ELO-FRAME-10", "what is no JSON is a message", f"{FRAMES}:decode", tolerates(is_no_json)
    ),
    of_the_node(
        "ELO-FRAME-11", "what is no UTF-8 is a message", f"{FRAMES}:decode", tolerates(is_no_text)
    ),
    of_the_node(
        "ELO-FRAME-12", "what is no object is one", f"{FRAMES}:decode", tolerates(is_no_object)
    ),
    of_the_node(
        "ELO-FRAME-13",
        "half a frame and the end are answered",
        f"{CORE}:Node.ended",
        says_bye_at_the_end,
    ),
    of_the_node(
        "ELO-FRAME-14",
        "a hello that takes two seconds comes too late",
        f"{CORE}:Node._patience",
        patient_for(SHORT),
    ),
    of_the_node(
        "ELO-FRAME-15",
        "who says nothing more hears nothing more",
        f"{CORE}:Node.ended",
        ends_at_once,
    ),
    of_the_node("ELO-FRAME-16", "JSON stands on one line", f"{FRAMES}:decode", refuses_line_ends),
    of_the_node(
        "ELO-FRAME-17", "the first of two equal keys wins", f"{FRAMES}:decode", keeps_the_first
    ),
    of_the_node(
        "ELO-FRAME-18",
        "after something very deep nobody is served",
        f"{CORE}:Node._read",
        falls_silent_after_depth,
    ),
    of_the_node(
        "ELO-FRAME-19",
        "one broken frame ends every connection",
        f"{CORE}:Node._end",
        ends_everybody,
    ),
    of_the_node(
        "ELO-FRAME-20",
        "a result that no frame can carry is dropped",
        f"{WORKING}:Work._answer",
        drops_what_cannot_be_sent,
    ),
    of_the_node(
        "ELO-FRAME-21",
        "frames have no spaces",
        f"{FRAMES}:encode",
        leaves_no_spaces,
    ),
    of_the_node(
        "ELO-FRAME-22",
        "a hello is awaited for ever",
        f"{CORE}:Node._patience",
        patient_for(None),
    ),
)
