"""Conversations about signatures: good ones in any spelling, forged ones, and none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.elo.dialled import answer, arrival
from conformance.elo.peer import COMES, Peer, fresh_identity
from conformance.elo.spelling import ESCAPES, SPELLINGS, spelled
from conformance.elo.wire import FRAME, framed
from conformance.kit.judging.suite import scenario
from reference.elo.signing import sign

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping

    from conformance.kit.running.stage import Stage

    Task = dict[str, Any]

# How a task that is signed well is spoilt.
FORGED: Mapping[str, Callable[[Task], Task]] = {
    "another payload": lambda task: {**task, "payload": "tampered"},
    "another key": lambda task: sign(task, fresh_identity()),
    "a signature cut short": lambda task: {**task, "signature": task["signature"][:-2]},
    "a signature of nothing": lambda task: {**task, "signature": "A" * 86},
    "a signature beyond ASCII": lambda task: {**task, "signature": "é" + task["signature"][1:]},
    "a signature that is a number": lambda task: {**task, "signature": 123},
    "a signature that is true": lambda task: {**task, "signature": True},
    "a signature in an array": lambda task: {**task, "signature": [task["signature"]]},
    "an object as signature": lambda task: {**task, "signature": {"a": 1}},
}
NOTHING: Mapping[str, Any] = {"an empty text": "", "null": None, "false": False, "0": 0, "[]": []}
NAMES_OF_NOBODY: Mapping[str, Any] = {
    "a word": "notakey",
    "42 characters": "A" * 42,
    "12 characters": "A" * 12,
}
# The neutral point as a key, and a signature that is valid for it whatever is signed.
KEY_OF_ANYBODY, SIGNATURE_OF_ANYBODY = "AQ" + 41 * "A", "AQ" + 84 * "A"
CALLERS_OF_OTHER_TYPES: Mapping[str, Any] = {
    "a number": 5,
    "an array": ["x"],
    "an object": {"a": 1},
    "true": True,
}
# Other spellings of the same signature.
LENIENT: Mapping[str, Callable[[str], str]] = {
    "padded": lambda text: f"{text}==",
    "with blanks": lambda text: f"{text[:40]} {text[40:]}\n",
    "with a stray character": lambda text: f"{text[:9]}!{text[9:]}",
    "in the other alphabet": lambda text: text.replace("-", "+").replace("_", "/"),
}


@scenario()
async def any_spelling(stage: Stage) -> None:
    """Send payloads whose text differs from the text that is signed, and sign wrong texts."""
    for table in (SPELLINGS, ESCAPES):
        peer = await Peer.greeted(stage, tag="spellings")
        for name, spelling in table.items():
            for about, signed in ((name, spelling.signed), (f"{name}, wrong", spelling.wrong)):
                id, payload = spelled(peer, spelling.wire, signed)
                stage.note(about, id=id)
                stage.recorder.sent(FRAME, peer.name, tag=peer.tag, body=payload)
                await peer.send(framed(payload))
                await peer.result(id)


@scenario()
async def forged(stage: Stage) -> None:
    """Send a good task, then tasks whose signature is not that of their caller, then a good one."""
    peer = await Peer.greeted(stage, tag="forged")
    await peer.attempt("good", peer.task())
    for name, spoil in FORGED.items():
        await peer.attempt(name, spoil(peer.task()))
    await peer.attempt("good afterwards", peer.task())

    extra = await Peer.greeted(stage, tag="unknown members")
    await extra.attempt("added before signing", extra.task(x_assay="signed"))
    await extra.attempt("added after signing", {**extra.task(), "x_assay": "added"})


@scenario()
async def unsigned(stage: Stage) -> None:
    """Send tasks that nobody signed, or nobody with a name."""
    peer = await Peer.greeted(stage, tag="unsigned")
    bare = {k: v for k, v in peer.task().items() if k != "signature"}
    await peer.attempt("no signature", bare)
    for name, nothing in NOTHING.items():
        own = {**bare, "id": stage.unique("task"), "signature": nothing}
        await peer.attempt(f"no signature: {name}", own)
    for name, caller in NAMES_OF_NOBODY.items():
        await peer.attempt(f"caller: {name}", peer.task(caller=caller))
    await peer.attempt("no caller", peer.task(caller=None))
    await peer.attempt("an empty caller", peer.task(caller=""))
    anybody = {**peer.task(caller=KEY_OF_ANYBODY), "signature": SIGNATURE_OF_ANYBODY}
    await peer.attempt("a key of small order", anybody)
    await peer.attempt("signed", peer.task())

    odd = await Peer.greeted(stage, tag="odd callers")
    for name, caller in CALLERS_OF_OTHER_TYPES.items():
        await odd.attempt(f"caller: {name}", odd.task(caller=caller))
    await odd.attempt("signed all the same", odd.task())


@scenario()
async def forgiven(stage: Stage) -> None:
    """Spell a good signature otherwise, and sign as somebody else than who said hello."""
    peer = await Peer.greeted(stage, tag="forgiven")
    for name, respell in LENIENT.items():
        task = peer.task()
        # A signature that has both characters in which the alphabets differ.
        while not {"-", "_"} <= set(task["signature"]):
            task = peer.task()
        await peer.attempt(name, {**task, "signature": respell(task["signature"])})
    other = fresh_identity()
    await peer.attempt("another caller", sign({**peer.task(), "caller": other.node_id}, other))


@scenario(settings={"verify": False})
async def verification_off(stage: Stage) -> None:
    """Send unsigned and forged tasks to a target that verifies nothing."""
    peer = await Peer.greeted(stage, tag="verification off")
    task = peer.task()
    await peer.attempt("off: unsigned", {k: v for k, v in task.items() if k != "signature"})
    await peer.attempt("off: forged", FORGED["a signature of nothing"](peer.task()))


@scenario()
async def coming_online(stage: Stage) -> None:
    """Be dialled by a target that starts, and hear that it is online."""
    listener = await stage.listen()
    starting: asyncio.Task[Any] = stage.beside(stage.another(peers=listener.address))
    peer = await arrival(stage, listener, starting, tag="coming online")
    await peer.say(answer(peer))
    await peer.await_type("event", within=COMES)
