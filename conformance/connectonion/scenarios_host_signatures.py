"""Conversations about what is signed: texts on the wire and texts under the signature."""

from __future__ import annotations

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
        if table == "plain":
            good = caller.input()
            changed = {**good, "signature": other_digit(good["signature"])}
            await caller.post("/input", changed, tag="another digit")


def other_digit(digits: str) -> str:
    """Return hexadecimal digits of which one is another."""
    return digits[:20] + ("1" if digits[20] != "1" else "2") + digits[21:]


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
