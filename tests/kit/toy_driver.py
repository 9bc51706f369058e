"""A driver of the toy protocol for the tests: honest, or bad in one way named on its command line.

It uses the standard library alone, so that starting it costs milliseconds.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from typing import Any

ABOUT = {
    "protocol": "toy",
    "role": "server",
    "methods": ["describe", "start", "stop", "echo", "later"],
    "implementation": {"name": "toy", "version": "1"},
}
MOOD = sys.argv[1] if len(sys.argv) > 1 else "honest"
LOCK = threading.Lock()


def send(answer: dict[str, Any]) -> None:
    """Write one line."""
    with LOCK:
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", **answer}) + "\n")
        sys.stdout.flush()


def listen() -> str:
    """Answer every request on a free port; the greeting depends on the mood."""
    server = socket.create_server(("127.0.0.1", 0))
    word = b"no" if MOOD == "mute" else b"hi"
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n" + word

    def serve() -> None:
        while True:
            peer, _ = server.accept()
            with peer:
                peer.recv(65536)
                peer.sendall(reply)

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{server.getsockname()[1]}"


def answer(message: dict[str, Any]) -> None:
    """Answer one request."""
    number, params = message["id"], message.get("params", {})
    match message["method"]:
        case "describe":
            send({"id": number, "result": {} if MOOD == "wrong-schema" else ABOUT})
        case "start":
            send(
                {
                    "id": number,
                    "result": {"instance": "i1", "url": listen(), "set": params.get("set", {})},
                }
            )
        case "echo":
            send({"id": number, "result": params})
        case "later":
            threading.Timer(0.1, send, [{"id": number, "result": "late"}]).start()
        case "silence":
            pass
        case "die":
            sys.stderr.write("I cannot go on\n")
            sys.stderr.flush()
            os._exit(3)
        case "grandchild":
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
            send({"id": number, "result": child.pid})
        case other:
            send({"id": number, "error": {"code": -32601, "message": f"no method {other}"}})


def main() -> None:
    """Answer until stdin ends."""
    if MOOD == "garbage":
        sys.stdout.write("Welcome to my driver!\n")
        sys.stdout.flush()
    if MOOD == "deaf":
        time.sleep(60)
    for line in sys.stdin:
        answer(json.loads(line))


if __name__ == "__main__":
    main()
