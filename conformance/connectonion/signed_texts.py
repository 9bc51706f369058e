"""Payloads as JSON text: as they stand on the wire, as they are signed, and as they are not.

`@now@` stands for the time in whole seconds, `@host@` for the host's address.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference.connectonion.identity import Identity

NOW, HOST = "@now@", "@host@"
TIME = re.compile(r'"timestamp":@now@(\.0)?')  # no key of a text comes between this one and `to`


@dataclass(frozen=True, slots=True)
class Text:
    """A payload on the wire, what a client signs, and what must not pass for its signature."""

    wire: str
    signed: str
    wrong: str

    def at(self, now: int, host: str, *, to: str | None = None) -> Text:
        """Put the time and the host's address in; ``to`` is whom a payload must name."""
        named = json.dumps(to)

        def put(text: str) -> str:
            if to is not None and '"to":' not in text:
                text = TIME.sub(rf'\g<0>,"to":{named}', text)
            return text.replace(NOW, str(now)).replace(HOST, host)

        return replace(self, wire=put(self.wire), signed=put(self.signed), wrong=put(self.wrong))


def plain(text: str, letter: str, other: str) -> Text:
    """Return a payload that is signed as it stands; wrong is one byte."""
    return Text(text, text, text.replace(letter, other, 1))


# The vectors V1, V2, V9 and V12 of the sheet (4.5), at another time.
PLAIN: Mapping[str, Text] = {
    "a prompt": plain('{"prompt":"hi","timestamp":@now@}', "hi", "Hi"),
    "a prompt for the host": plain(
        '{"prompt":"hello","timestamp":@now@,"to":"@host@"}', "hello", "Hello"
    ),
    "an invite code": plain(
        '{"invite_code":"OpenOnion","timestamp":@now@}', "OpenOnion", "OpenOniom"
    ),
    "an order": plain(
        '{"client_id":"0xCLIENT","reason":"spam","timestamp":@now@}', "0xCLIENT", "0xCLIENS"
    ),
}
# V4 and V5, and what looks like them.
ESCAPED: Mapping[str, Text] = {
    "beyond ASCII": Text(
        '{"prompt":"héllo 世 🎉","timestamp":@now@}',
        '{"prompt":"h\\u00e9llo \\u4e16 \\ud83c\\udf89","timestamp":@now@}',
        '{"prompt":"h\\u00E9llo \\u4E16 \\uD83C\\uDF89","timestamp":@now@}',
    ),
    "control characters": Text(
        '{"prompt":"\\"\\\\\\/\\u0008\\u000c\\u000a\\u000d\\u0009\\u0000\\u001f","timestamp":@now@}',
        '{"prompt":"\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f","timestamp":@now@}',
        '{"prompt":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f","timestamp":@now@}',
    ),
    "DEL and a line separator": Text(
        '{"prompt":"\\u007f\\u2028","timestamp":@now@}',
        '{"prompt":"\\u007f\\u2028","timestamp":@now@}',
        '{"prompt":"\\u007F\\u2028","timestamp":@now@}',
    ),
}
# What the other clients of the vendor sign; wrong is a letter that is another.
RAW: Mapping[str, Text] = {
    "sorted at every depth": Text(
        '{"prompt":"héllo","z":{"b":1,"a":"é"},"timestamp":@now@}',
        '{"prompt":"héllo","timestamp":@now@,"z":{"a":"é","b":1}}',
        '{"prompt":"hello","timestamp":@now@,"z":{"a":"é","b":1}}',
    ),
    "sorted at the top": Text(
        '{"prompt":"héllo","z":{"b":1,"a":"é"},"timestamp":@now@}',
        '{"prompt":"héllo","timestamp":@now@,"z":{"b":1,"a":"é"}}',
        '{"prompt":"hello","timestamp":@now@,"z":{"b":1,"a":"é"}}',
    ),
    "a key beyond the plane before one of its end": Text(
        '{"\\uffff":1,"\\ud800\\udc00":2,"prompt":"","timestamp":@now@}',
        '{"prompt":"","timestamp":@now@,"\U00010000":2,"\uffff":1}',
        '{"prompt":"","timestamp":@now@,"\U00010000":1,"\uffff":2}',
    ),
}
# V6 and V7; wrong is the order in which the members stand on the wire, or another.
SORTED: Mapping[str, Text] = {
    "inside of objects and lists": Text(
        '{"z":{"b":[3,{"y":1,"x":null}],"a":true},"timestamp":@now@,"prompt":"hi","_":"u","A":false}',
        '{"A":false,"_":"u","prompt":"hi","timestamp":@now@,"z":{"a":true,"b":[3,{"x":null,"y":1}]}}',
        '{"z":{"b":[3,{"y":1,"x":null}],"a":true},"timestamp":@now@,"prompt":"hi","_":"u","A":false}',
    ),
    "digits, capitals, small letters": Text(
        '{"a":4,"Z":5,"9":7,"10":6,"prompt":"","timestamp":@now@}',
        '{"10":6,"9":7,"Z":5,"a":4,"prompt":"","timestamp":@now@}',
        '{"9":7,"10":6,"a":4,"prompt":"","timestamp":@now@,"Z":5}',
    ),
    "beyond ASCII": Text(
        '{"\\ud800\\udc00":2,"\\uffff":1,"é":3,"prompt":"","timestamp":@now@}',
        '{"prompt":"","timestamp":@now@,"\\u00e9":3,"\\uffff":1,"\\ud800\\udc00":2}',
        '{"prompt":"","timestamp":@now@,"\\u00e9":3,"\\ud800\\udc00":2,"\\uffff":1}',
    ),
}
# V3 and V8, one number each.
NUMBERS: Mapping[str, Text] = {
    "a time as a fraction": Text(
        '{"prompt":"hi","timestamp":@now@.0}',
        '{"prompt":"hi","timestamp":@now@.0}',
        '{"prompt":"hi","timestamp":@now@}',
    ),
    "a whole time": Text(
        '{"prompt":"ho","timestamp":@now@}',
        '{"prompt":"ho","timestamp":@now@}',
        '{"prompt":"ho","timestamp":@now@.0}',
    ),
    **{
        name: Text(
            f'{{"n":{wire},"timestamp":@now@}}',
            f'{{"n":{signed},"timestamp":@now@}}',
            f'{{"n":{wrong},"timestamp":@now@}}',
        )
        for name, wire, signed, wrong in (
            ("one as a fraction", "1.0", "1.0", "1"),
            ("minus zero", "-0.0", "-0.0", "0.0"),
            ("a nought too many", "1.10", "1.1", "1.10"),
            ("an exponent", "1e3", "1000.0", "1e3"),
            ("a great exponent", "1E16", "1e+16", "10000000000000000.0"),
            ("just below it", "1e15", "1000000000000000.0", "1e+15"),
            ("a small number", "0.0000001", "1e-07", "1e-7"),
            ("just above it", "0.0001", "0.0001", "1e-04"),
            ("beyond every float", "1e400", "Infinity", "1e400"),
            (
                "a great integer",
                "123456789012345678901234567890",
                "123456789012345678901234567890",
                "1.2345678901234568e+29",
            ),
        )
    },
}
TABLES: Mapping[str, Mapping[str, Text]] = {
    "plain": PLAIN,
    "escaped": ESCAPED,
    "raw": RAW,
    "sorted": SORTED,
    "numbers": NUMBERS,
}


def body(identity: Identity, wire: str, signed: str) -> bytes:
    """Return a request whose payload stands there in one text and is signed in another."""
    signature = identity.sign(signed.encode("utf-8"))
    about = json.dumps({"from": identity.address, "signature": signature})
    return f'{{"payload":{wire},{about[1:]}'.encode()
