"""Bytes that are no frames, by what is wrong with them: the connection ends without a word."""

from __future__ import annotations

from conformance.elo.wire import MAX_PAYLOAD, framed

DEEP = 100_000  # brackets
TOO_LONG = (MAX_PAYLOAD + 1).to_bytes(4, "big")
LONGEST_HEADER = b"\xff\xff\xff\xff"
NO_LENGTH = framed(b"")
NO_JSON = {"a brace alone": framed(b"{"), "trailing text": framed(b'{"type": "hello"}x')}
NO_UTF8 = {
    "a stray byte": framed(b'{"type": "\xff"}'),
    "a byte order mark": framed(b'\xef\xbb\xbf{"type": "hello"}'),
}
NO_OBJECT = {
    "an array": framed(b"[]"),
    "null": framed(b"null"),
    "a text": framed(b'"hello"'),
    "a number": framed(b"5"),
}
NESTED = framed(b'{"type": "task", "payload": ' + b"[" * DEEP + b"]" * DEEP + b"}")
TRUNCATED = framed(b'{"type": "hello"}')[:-3]
OTHER_TALK = {
    "an HTTP request": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a TLS hello": bytes.fromhex("16030100c8010000c40303"),
    "a little-endian length": (17).to_bytes(4, "little") + b'{"type": "hello"}',
}
