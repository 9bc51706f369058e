"""Frames and signatures; runs in the published node's environment, the reference on its path."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import side_by_side
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from elo import security  # type: ignore[attr-defined]  # of the published environment
from elo.transport import protocol  # type: ignore[import-not-found]

from reference.elo import frames, messages, signing
from reference.elo.identity import Identity
from reference.elo.signing import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

CALLS = 200
SEED = bytes(range(32))
OWN, KEY = Identity.of_seed(SEED), Ed25519PrivateKey.from_private_bytes(SEED)
SMALL = messages.task(
    "11111111-2222-4333-8444-555555555555",
    target="",
    caller=OWN.node_id,
    capability="echo",
    payload={"msg": "hello"},
    timestamp=1_700_000_000,
)
ROWS = [{"n": number, "x": number / 7, "name": f"row {number} é"} for number in range(100)]
LARGE = {**SMALL, "payload": {"rows": ROWS}}
LOOP = asyncio.new_event_loop()  # a StreamReader wants one; nothing here waits on it


def to_its_end(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that waits for nothing."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise RuntimeError("it waited")


def published_read(stream: bytes, count: int) -> list[Any]:
    """Read frames as the package does."""
    reader = asyncio.StreamReader(loop=LOOP)
    reader.feed_data(stream)
    return [to_its_end(protocol.read_frame(reader)) for _ in range(count)]


def both_sign(task: dict[str, Any]) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Return calls that sign a task."""
    return (
        lambda: signing.sign(task, OWN)["signature"],
        lambda: security.sign_message(KEY, task),
    )


def both_verify(task: dict[str, Any]) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Return calls that verify a task; either has read the key before."""
    signed, key = signing.sign(task, OWN), KEY.public_key()

    def theirs() -> bool:
        rest = {name: value for name, value in signed.items() if name != "signature"}
        return bool(security.verify_signature(key, rest, signed["signature"]))

    return lambda: signing.verdict(signed, OWN.node_id) is Verdict.SIGNED, theirs


def pairs() -> dict[str, tuple[Callable[[], Any], Callable[[], Any]]]:
    """Return label -> (reference, published) calls that do the same."""
    stream = frames.encode(SMALL) * 20
    return {
        "write a small task": (
            lambda: frames.encode(SMALL),
            lambda: protocol.encode_frame(SMALL),
        ),
        "write a task of 100 rows": (
            lambda: frames.encode(LARGE),
            lambda: protocol.encode_frame(LARGE),
        ),
        "read 20 small tasks": (
            lambda: list(frames.Reader().feed(stream)),
            lambda: published_read(stream, 20),
        ),
        "sign a small task": both_sign(SMALL),
        "sign a task of 100 rows": both_sign(LARGE),
        "verify a small task": both_verify(SMALL),
        "verify a task of 100 rows": both_verify(LARGE),
    }


side_by_side.report(pairs(), calls=CALLS)
