"""Conversations with a library: every golden vector, long frames, the examples of properties."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

from conformance.elo.golden import GOLDEN
from conformance.elo.wire import MAX_PAYLOAD, framed, written
from conformance.kit.golden.held import ask, conversations
from conformance.kit.judging.suite import scenario

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.running.stage import Stage

VECTORS = conversations(GOLDEN, module=__name__)
LONGEST = json.dumps({"text": "x" * (MAX_PAYLOAD - len('{"text": ""}'))})
SIGNER = "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"  # of the seed 00, 01, …, 1f
SEED = bytes(range(32)).hex()


@scenario()
async def long_frames(stage: Stage) -> None:
    """Ask for the longest frame there is, to write and to read, and for one that is longer."""
    await ask(stage, "written", "encode", json=LONGEST)
    await ask(stage, "too long", "encode", json=LONGEST.replace("x", "xx", 1))
    await ask(stage, "read", "decode", chunks=[framed(LONGEST.encode()).hex()])


async def cut(stage: Stage, example: Mapping[str, Any]) -> None:
    """Have the frames of messages read in any pieces."""
    whole = "".join(framed(written(message)).hex() for message in example["messages"])
    cuts = [0, *sorted(2 * (at % (len(whole) // 2 + 1)) for at in example["cuts"]), len(whole)]
    chunks = [whole[one:other] for one, other in itertools.pairwise(cuts)]
    await ask(stage, "it", "decode", chunks=chunks)


async def written_again(stage: Stage, example: Mapping[str, Any]) -> None:
    """Ask for the canonical text: of two spellings of a message, and of that text itself."""
    said = await ask(stage, "one", "canonical", json=example["one"])
    await ask(stage, "other", "canonical", json=example["other"])
    await ask(stage, "again", "canonical", json=said.get("canonical", "{}"))


async def signed(stage: Stage, example: Mapping[str, Any]) -> None:
    """Have a message signed, and verified as it is and with one member changed."""
    message = example["message"]
    said = await ask(stage, "signed", "sign", json=json.dumps(message), seed=SEED)
    signature = {"signature": said.get("signature")}
    for tag, change in (("as it is", {}), ("changed", example["change"])):
        whole = json.dumps({**message, **change, **signature})
        await ask(stage, tag, "verify", json=whole, signer=SIGNER)
