"""Conversations about who signs, when, for whom, and how often."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from conformance.connectonion.instances import GUARDED, LISTED, OPEN, STRICT, UNLISTED
from conformance.connectonion.peer import Caller, admitted, fresh_identity
from conformance.connectonion.scenarios_host_prompts import without
from conformance.kit.judging.suite import scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.running.stage import Stage

    Body = dict[str, Any]
    Fault = Callable[[Caller, Body], Body]  # a good prompt comes in

LEVELS = ("open", "by default", "strict")
NOUGHTS = "00" * 64
NEAR: Mapping[str, int] = {"295 s ago": -295, "295 s ahead": 295}
FAR: Mapping[str, Callable[[int], Any]] = {
    "305 s ago": lambda now: now - 305,
    "305 s ahead": lambda now: now + 305,
    "before there was a clock": lambda _: -1,
    "in milliseconds": lambda now: now * 1000,
    "Infinity": lambda _: math.inf,
    "minus Infinity": lambda _: -math.inf,
}
NEAR_IN_A_HEADER: Mapping[str, int] = {
    "295 s ago in a header": -295,
    "295 s ahead in a header": 295,
}
FAR_IN_A_HEADER: Mapping[str, int] = {
    "305 s ago in a header": -305,
    "305 s ahead in a header": 305,
}
TIMELESS: Mapping[str, Any] = {
    "0": 0,
    "null": None,
    "false": False,
    "an empty text": "",
    "an empty list": [],
}
INSIDE: Mapping[str, Callable[[Body], Body]] = {
    "a member added": lambda payload: {**payload, "x_assay": 1},
    "an empty member added": lambda payload: {**payload, "x_assay": None},
    "a member taken away": lambda payload: without(payload, "deep"),
    "the prompt taken away": lambda payload: without(payload, "prompt"),
    "the prompt changed": lambda payload: {**payload, "prompt": "something else"},
    "the time changed": lambda payload: {**payload, "timestamp": payload["timestamp"] + 1},
    "the time written as a fraction": lambda payload: {
        **payload,
        "timestamp": float(payload["timestamp"]),
    },
    "something deep inside changed": lambda payload: {**payload, "deep": {"a": [1, {"b": 3}]}},
    "a list in another order": lambda payload: {**payload, "deep": {"a": [{"b": 2}, 1]}},
}
BESIDE: Mapping[str, Any] = {
    "type": "INPUT",
    "input_id": "anything",
    "to": "0xab",
    "timestamp": 1,
    "images": ["x"],
    "x_assay": {"a": 1},
}
# Two faults at a time; what is found first.
ORDER: Mapping[str, tuple[Fault, str]] = {
    "no signature before no sender": (
        lambda _, good: {"payload": good["payload"]},
        "unauthorized: signed request required",
    ),
    "no sender before an empty signature": (
        lambda _, good: {**without(good, "from"), "signature": ""},
        "unauthorized: 'from' field required",
    ),
    "no sender before a bad signature": (
        lambda _, good: {**good, "from": "", "signature": NOUGHTS},
        "unauthorized: 'from' field required",
    ),
    "an empty signature before no timestamp": (
        lambda _, good: {**good, "payload": {}, "signature": ""},
        "unauthorized: signature required",
    ),
    "no timestamp before a bad signature": (
        lambda _, good: {**good, "payload": {}, "signature": NOUGHTS},
        "unauthorized: timestamp required in payload",
    ),
    "an old timestamp before a bad signature": (
        lambda _, good: {**good, "payload": {"timestamp": 1}, "signature": NOUGHTS},
        "unauthorized: signature expired",
    ),
    "a bad signature before the policy": (
        lambda _, good: {**good, "from": fresh_identity().address, "signature": NOUGHTS},
        "unauthorized: invalid signature",
    ),
}
# What a host does not even look at, of somebody on its blacklist.
LISTED_FAULTS: Mapping[str, Fault] = {
    "a good prompt": lambda _, good: good,
    "a bad signature": lambda _, good: {**good, "signature": NOUGHTS},
    "an empty signature": lambda _, good: {**good, "signature": ""},
    "an old timestamp": lambda caller, _: caller.input(timestamp=1),
    "no timestamp": lambda caller, _: caller.input(timestamp=None),
}


async def unsigned(stage: Stage, level: str) -> None:
    """Send prompts without a signature: in a friend's name, in nobody's, and as the design has."""
    caller = await admitted(stage)
    good = caller.input()
    bare = without(good, "signature")
    await caller.post("/input", good, tag=f"signed, {level}")
    await caller.post("/input", bare, tag=f"no signature, {level}")
    await caller.post("/input", {**bare, "signature": ""}, tag=f"an empty one, {level}")
    await caller.post("/input", {**bare, "signature": NOUGHTS}, tag=f"noughts, {level}")
    await caller.post("/input", {"prompt": "hi"}, tag=f"a prompt alone, {level}")


UNSIGNED = ("no signature", "an empty one", "noughts", "a prompt alone")


@scenario(settings=OPEN)
async def unsigned_open(stage: Stage) -> None:
    """Sign nothing where everybody is welcome."""
    await unsigned(stage, "open")


@scenario()
async def unsigned_by_default(stage: Stage) -> None:
    """Sign nothing where friends are welcome."""
    await unsigned(stage, "by default")


@scenario(settings=STRICT)
async def unsigned_strict(stage: Stage) -> None:
    """Sign nothing where the whitelist is welcome."""
    await unsigned(stage, "strict")


@scenario(settings=GUARDED)
async def known_from_the_start(stage: Stage) -> None:
    """Come as those whom the host was told to let in, and not to let in, when it started."""
    listed = Caller(stage, identity=LISTED)
    await listed.ask(tag="listed, signed")
    bare = without(listed.input(), "signature")
    await listed.post("/input", bare, tag="listed, no signature")
    for name, bad in (("noughts", NOUGHTS), ("another's", listed.input()["signature"])):
        other = {**listed.input(), "signature": bad}
        await listed.post("/input", other, tag=f"listed, {name}")
    stranger = Caller(stage)
    await stranger.ask(tag="a stranger")
    unlisted = Caller(stage, identity=UNLISTED)
    for name, spoil in LISTED_FAULTS.items():
        await unlisted.post("/input", spoil(unlisted, unlisted.input()), tag=f"unlisted, {name}")


@scenario()
async def ages(stage: Stage) -> None:
    """Sign at times that are near and far, and at none."""
    caller = await admitted(stage)
    for name, away in NEAR.items():
        await caller.ask(tag=name, timestamp=int(stage.now()) + away)
    for name, of in FAR.items():
        await caller.ask(tag=name, timestamp=of(int(stage.now())))
    await caller.ask(tag="no time: none", timestamp=None)
    for name, nothing in TIMELESS.items():
        payload = {**caller.payload(), "timestamp": nothing}
        await caller.post("/input", caller.signed(payload), tag=f"no time: {name}")
    await caller.ask(tag="NaN in a payload", timestamp=math.nan)
    if "admin_key" in stage.facts:
        admin = Caller.holding(stage, "admin_key")
        path = f"/admin/trust/level/{caller.address}"
        await admin.get(path, headers=admin.headers("nan"), tag="NaN in a header")
        await admin.get(path, headers=admin.headers(), tag="now in a header")
        for name, away in {**NEAR_IN_A_HEADER, **FAR_IN_A_HEADER}.items():
            headers = admin.headers(repr(stage.now() + away))
            await admin.get(path, headers=headers, tag=name)
    await caller.ask(tag="now in a payload")


@scenario()
async def changes(stage: Stage) -> None:
    """Change what was signed, and what was not; sign as somebody else."""
    caller = await admitted(stage)
    deep = {"a": [1, {"b": 2}]}
    await caller.ask(tag="unchanged", deep=deep)
    for name, change in INSIDE.items():
        good = caller.input(deep=deep)
        await caller.post("/input", {**good, "payload": change(good["payload"])}, tag=name)
    for name, value in BESIDE.items():
        await caller.post("/input", {**caller.input(), name: value}, tag=f"beside: {name}")

    other = await admitted(stage)
    await other.ask(tag="another's own")
    await other.post(
        "/input", other.signed(other.payload(), **{"from": caller.address}), tag="as somebody else"
    )
    for name, (spoil, _) in ORDER.items():
        await caller.post("/input", spoil(caller, caller.input()), tag=name)
