"""Payloads as JSON text: how they stand on the wire, how they are signed, and how they are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.elo.wire import written
from reference.elo.signing import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.elo.peer import Peer

MARK = "@payload@"


@dataclass(frozen=True, slots=True)
class Spelling:
    """A payload's text on the wire, in the signed bytes, and in bytes that must not verify."""

    wire: str
    signed: str
    wrong: str


# What a receiver makes of a number, of white space and of keys (the sheet's table of verdicts).
SPELLINGS: Mapping[str, Spelling] = {
    "a fraction": Spelling('{"x":1.50}', '{"x":1.5}', '{"x":1.50}'),
    "an exponent": Spelling('{"x":1e2}', '{"x":100.0}', '{"x":1e2}'),
    "a great exponent": Spelling('{"x":1E16}', '{"x":1e+16}', '{"x":1E16}'),
    "a small number": Spelling('{"x":0.00001}', '{"x":1e-05}', '{"x":0.00001}'),
    "minus zero": Spelling('{"x":-0}', '{"x":0}', '{"x":-0}'),
    "minus zero point zero": Spelling('{"x":-0.0}', '{"x":-0.0}', '{"x":0.0}'),
    "too great": Spelling('{"x":1e400}', '{"x":Infinity}', '{"x":1e400}'),
    "many digits": Spelling(
        '{"x":0.1000000000000000055511151231257827}',
        '{"x":0.1}',
        '{"x":0.1000000000000000055511151231257827}',
    ),
    "a great integer": Spelling(
        '{"x":1180591620717411303424}',
        '{"x":1180591620717411303424}',
        '{"x":1.1805916207174113e+21}',
    ),
    "white space": Spelling('{ "x" : [ 1 , 2 ] }', '{"x":[1,2]}', '{ "x" : [ 1 , 2 ] }'),
    "an escaped slash": Spelling('{"x":"\\/"}', '{"x":"/"}', '{"x":"\\/"}'),
    "another order": Spelling('{"b":1,"a":2}', '{"a":2,"b":1}', '{"b":1,"a":2}'),
    "a text": Spelling('"s"', '"s"', '"t"'),
    "null": Spelling("null", "null", "{}"),
}
# What is not ASCII is signed as escapes, and keys stand in the order of their code points.
ESCAPES: Mapping[str, Spelling] = {
    "not ASCII": Spelling('{"x":"é🚀"}', '{"x":"\\u00e9\\ud83d\\ude80"}', '{"x":"é🚀"}'),
    "capital digits": Spelling('{"x":"\\u00E9"}', '{"x":"\\u00e9"}', '{"x":"\\u00E9"}'),
    "a control character": Spelling('{"x":"\\u0009"}', '{"x":"\\t"}', '{"x":"\\u0009"}'),
    "DEL": Spelling('{"x":"\\u007f"}', '{"x":"\\u007f"}', '{"x":"\x7f"}'),
    "keys beyond the plane": Spelling(
        '{"\\ud83d\\ude00":2,"\\uff5e":1}',
        '{"\\uff5e":1,"\\ud83d\\ude00":2}',
        '{"\\ud83d\\ude00":2,"\\uff5e":1}',
    ),
}


def spelled(peer: Peer, wire: str, signed: str) -> tuple[str, bytes]:
    """Return the id of a task and its frame's payload, with two texts of its own payload."""
    task = peer.task("echo", MARK)
    del task["signature"]
    mark = f'"{MARK}"'
    covered = canonical(task).decode("ascii").replace(mark, signed).encode()
    task["signature"] = peer.identity.sign(covered)
    return task["id"], written(task).decode().replace(mark, wire).encode()
