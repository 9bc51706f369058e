"""A driver of RXON's functions that lies in one way, named on its command line."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from conformance.kit.golden import vectors
from reference.rxon import LIBRARY

MOOD = sys.argv[-1]
ABOUT = {
    "protocol": "rxon",
    "role": "library",
    "methods": ["describe", "sign", "is_identifier"],
    "implementation": {"name": "liar", "version": MOOD},
}
KNOWN = {
    (case.method, json.dumps(case.input)): dict(case.expected)
    for path in vectors.files("rxon")
    for case in vectors.load(path).cases
}


def result(method: str, params: dict[str, Any]) -> Any:
    """Return what the mood makes of a call."""
    if method == "describe":
        return ABOUT
    if MOOD == "lenient" and method == "is_identifier":
        return {"valid": True}
    if MOOD == "parrot":
        return KNOWN.get((method, json.dumps(params)), {"refused": "I have not learned that"})
    if MOOD == "careless" and method == "is_identifier":
        return {"valid": "certainly"}
    return LIBRARY[method](params)


def respond(line: str) -> dict[str, Any]:
    """Return the response object for a line."""
    try:
        message = json.loads(line)
        number, method = message["id"], message["method"]
    except (ValueError, TypeError, KeyError, RecursionError):
        if MOOD == "fragile":
            os._exit(4)
        if MOOD == "chatty":
            return {"oh": "no"}
        return {"id": None, "error": {"code": -32700, "message": "not a request"}}
    if method not in {"describe", *LIBRARY}:
        if MOOD == "yes-man":
            return {"id": number, "result": {}}
        code = -32000 if MOOD == "vague" else -32601
        return {"id": number, "error": {"code": code, "message": "no such method"}}
    if MOOD == "helpless" and method != "describe":
        return {"id": number, "error": {"code": -32603, "message": "it crashed"}}
    return {"id": number, "result": result(method, message.get("params") or {})}


def main() -> None:
    """Answer until stdin ends."""
    for raw in sys.stdin.buffer:
        answer = {"jsonrpc": "2.0", **respond(raw.decode("utf-8", "replace"))}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
