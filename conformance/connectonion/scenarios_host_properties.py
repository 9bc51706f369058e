"""The conversations of properties: a few requests each, with whatever hypothesis thought of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.connectonion.peer import Caller, admitted
from reference.connectonion.identity import same_person

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.running.stage import Stage

    Example = Mapping[str, Any]

GOOD, BAD, RECORD = "a good request", "a bad request", "the record of a bad request"
THE_SAME = "the change changes nothing"


async def respell(stage: Stage, example: Example) -> None:
    """Sign a value and write the request in some spelling; then one with another value."""
    caller = await admitted(stage)
    good = caller.input(value=example["value"])
    tampered = {**good, "payload": {**good["payload"], "value": [example["value"]]}}
    for tag, request in ((GOOD, good), (BAD, tampered)):
        await caller.post("/input", spelled(request, example), tag=tag)


def spelled(request: Mapping[str, Any], example: Example) -> bytes:
    """Write a request as the example wants it."""
    ordered: Any = turned(request) if example["reversed"] else request
    text = json.dumps(ordered, ensure_ascii=example["ascii"], indent=example["indent"])
    return text.encode()


def turned(value: Any) -> Any:
    """Return the same value with the members of every object the other way round."""
    if isinstance(value, list):
        return [turned(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: turned(value[name]) for name in reversed(value)}


async def change(stage: Stage, example: Example) -> None:
    """Put another value in the place of one that was signed."""
    caller = await admitted(stage)
    good = caller.input(deep={"value": example["value"]})
    other = {**good["payload"], "deep": {"value": example["other"]}}
    await attempt(caller, {**good, "payload": other})
    await caller.post("/input", good, tag=GOOD)


async def attempt(caller: Caller, request: Any) -> None:
    """Post what must not be accepted, for a session of its own, and look for that."""
    session_id = caller.stage.unique("session")
    if isinstance(request, dict) and not request.get("session"):
        request = {**request, "session": {"session_id": session_id}}
    await caller.post("/input", request, tag=BAD)
    await caller.record(session_id, tag=RECORD)


async def flip(stage: Stage, example: Example) -> None:
    """Turn over some bits of one byte of a signed request."""
    caller = await admitted(stage)
    good = caller.input()
    raw = json.dumps(good, separators=(",", ":")).encode()
    session_id = stage.unique("session")
    end = json.dumps({"session": {"session_id": session_id}}).encode()[1:]
    place = example["at"] % (len(raw) - 1)  # the brace at the end stands before the session
    bad = raw[:place] + bytes([raw[place] ^ example["bits"]]) + raw[place + 1 :]
    stage.note(THE_SAME, so=means_the_same(bad, good))
    await caller.post("/input", bad[:-1] + b"," + end, tag=BAD)
    await caller.record(session_id, tag=RECORD)
    await caller.ask(tag=GOOD)


def means_the_same(raw: bytes, good: Mapping[str, Any]) -> bool:
    """Whether a request still is the good one, in another spelling."""
    try:
        said = json.loads(raw)
    except (ValueError, RecursionError):
        return False
    if not isinstance(said, dict) or said.get("payload") != good["payload"]:
        return False
    same = ((said.get(name), good[name]) for name in ("from", "signature"))
    return all(isinstance(now, str) and digits(now) == digits(then) for now, then in same)


def digits(text: str) -> str:
    """Return the digits of a key or a signature as everybody reads them."""
    return "".join(same_person(text).lower().removeprefix("0x").split())


async def spoil(stage: Stage, example: Example) -> None:
    """Put something else in the place of a part of a request; sign what is signed."""
    caller = await admitted(stage)
    place, value = example["place"], example["value"]
    good = caller.input()
    request: Any
    match place:
        case "body":
            request = json.dumps(value).encode()
        case "bytes":
            request = bytes.fromhex(value)
        case "timestamp" | "prompt":
            request = caller.signed({**good["payload"], place: value})
        case _:
            request = {**good, place: value}
    await attempt(caller, request)
    await caller.post("/input", good, tag=GOOD)


async def misname(stage: Stage, example: Example) -> None:
    """Give an order about what is no name; then about somebody."""
    admin = Caller.holding(stage, "admin_key")
    path = f"/admin/trust/{example['deed']}"
    payload = {**admin.payload(None, **admin.bound(path)), "client_id": example["client_id"]}
    await admin.post(path, admin.signed(payload), tag=BAD)
    await admin.administer(example["deed"], stage.unique("client"), tag=GOOD)


async def ask_for_a_level(stage: Stage, client: str) -> None:
    """Ask for the level of somebody."""
    await Caller.holding(stage, "admin_key").level_of(client, tag=GOOD)
