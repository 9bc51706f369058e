"""What a host answers over HTTP, as a value; the shell turns it into bytes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

JSON, TEXT, HTML = "application/json", "text/plain; charset=utf-8", "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Reply:
    """A status and a body with its type."""

    status: int
    body: bytes = b""
    content_type: str = JSON


def of(body: Any, status: int = 200) -> Reply:
    """Answer with JSON."""
    return Reply(status, json.dumps(body).encode())


def error(text: str, status: int) -> Reply:
    """Answer that something is wrong."""
    return of({"error": text}, status)


NOT_FOUND = error("not found", 404)  # CO-HOST-06
BAD_JSON = error("Invalid JSON", 400)  # CO-HOST-11
UNAUTHORIZED = error("unauthorized", 401)  # CO-HOST-19
NOTHING = Reply(204)  # CO-HOST-07
# CO-HOST-07, CO-HOST-08; the three headers of a signed GET are among them, so that pages can ask
CORS: Mapping[str, str] = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET, POST, OPTIONS",
    "access-control-allow-headers": (
        "authorization, content-type, x-from, x-signature, x-timestamp"
    ),
}
