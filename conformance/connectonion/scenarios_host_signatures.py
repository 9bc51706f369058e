"""Conversations about what is signed: texts on the wire and texts under the signature."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from conformance.connectonion.forged import MALLEATED, SMALL_ORDER, malleated, signed_by_nobody
from conformance.connectonion.peer import Caller, admitted
from conformance.connectonion.signed_texts import TABLES, body
from conformance.kit.judging.suite import scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.running.stage import Stage

LEVEL = "/admin/trust/level/0xCLIENT"
# X-Timestamp, and what is signed: right, and wrong.
TIMES: Mapping[str, tuple[str, str, str]] = {
    "a whole number": ("{now}", '{{"timestamp":{now}.0}}', '{{"timestamp":{now}}}'),
    "a fraction": ("{now}.5", '{{"timestamp":{now}.5}}', '{{"timestamp":"{now}.5"}}'),
    "noughts at the end": ("{now}.5000", '{{"timestamp":{now}.5}}', '{{"timestamp":{now}.5000}}'),
}


def other_digit(digits: str) -> str:
    """Return hexadecimal digits of which one is another."""
    return digits[:20] + ("1" if digits[20] != "1" else "2") + digits[21:]


# What is no signature of the sender's, and what is no key.
SPOILT: Mapping[str, Callable[[str], str]] = {
    "another digit": other_digit,
    "cut short": lambda digits: digits[:-2],
    "too long": lambda digits: f"{digits}00",
    "half a byte": lambda digits: digits[:-1],
    "noughts": lambda digits: "00" * (len(digits) // 2),
    "no digits": lambda digits: f"g{digits[1:]}",
    "halves the other way round": lambda digits: digits[64:] + digits[:64],
    "base64": lambda digits: base64.b64encode(bytes.fromhex(digits)).decode(),
}
NO_KEYS: Mapping[str, Callable[[str], str]] = {
    "another digit": other_digit,
    "cut short": lambda address: address[:-2],
    "too long": lambda address: f"{address}00",
    "no digits": lambda address: f"{address[:-1]}g",
    "a name": lambda _: "somebody",
    "0x alone": lambda _: "0x",
}
SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "as it is": str,
    "with 0x": lambda digits: f"0x{digits}",
    "in capitals": str.upper,
    "in capitals with 0x": lambda digits: f"0x{digits.upper()}",
    "in both": lambda digits: digits[:64].upper() + digits[64:],
}


@scenario()
async def texts(stage: Stage) -> None:
    """Sign payloads whose text is another one on the wire, and sign what does not count."""
    host = str(stage.facts.get("address", ""))
    if not host:
        answer = await Caller(stage).get("/info", tag="info")
        host = str(answer.member("address"))
    for table, rows in TABLES.items():
        caller = await admitted(stage)
        for name, text in rows.items():
            now = text.at(int(stage.now()), host, to=caller.to)
            for kind, signed in (("right", now.signed), ("wrong", now.wrong)):
                raw = body(caller.identity, now.wire, signed)
                await caller.post("/input", raw, tag=f"{table}: {name}, {kind}")
    await spoilt(await admitted(stage))


async def spoilt(caller: Caller) -> None:
    """Send what is no signature, and from what is no key."""
    for name, spoil in SPOILT.items():
        good = caller.input()
        spoilt = {**good, "signature": spoil(good["signature"])}
        await caller.post("/input", spoilt, tag=f"signature: {name}")
    for name, spoil in NO_KEYS.items():
        good = caller.input()
        await caller.post("/input", {**good, "from": spoil(good["from"])}, tag=f"from: {name}")
    await caller.ask(tag="nothing spoilt")


@scenario()
async def spelled(stage: Stage) -> None:
    """Spell good signatures in every way."""
    caller = await admitted(stage)
    for name, spell in SPELLINGS.items():
        good = caller.input()
        await caller.post("/input", {**good, "signature": spell(good["signature"])}, tag=name)


@scenario()
async def times(stage: Stage) -> None:
    """Sign GETs at times that are spelled in every way."""
    admin = Caller.holding(stage, "admin_key")
    for name, (header, *signed) in TIMES.items():
        for kind, text in zip(("right", "wrong"), signed, strict=True):
            now = int(stage.now())
            headers = [
                ("X-From", admin.address),
                ("X-Signature", admin.identity.sign(text.format(now=now).encode())),
                ("X-Timestamp", header.format(now=now)),
            ]
            await admin.get(LEVEL, headers=headers, tag=f"{name}, {kind}")


@scenario()
async def forged(stage: Stage) -> None:
    """Send what no key has signed."""
    caller = await admitted(stage)
    await caller.ask(tag="signed by a key")
    for name, key in SMALL_ORDER.items():
        await caller.post("/input", signed_by_nobody(key, caller.payload()), tag=name)
    for name in MALLEATED:
        good = caller.input()
        bad = {**good, "signature": malleated(good["signature"], name)}
        await caller.post("/input", bad, tag=name)
