"""What may name a worker (RXON-ID-01, RXON-REG-04)."""

import re

WORKER_ID = re.compile(r"[a-zA-Z0-9_-]+")


def is_worker_id(value: object) -> bool:
    """Accept letters, digits, underscores and hyphens of ASCII, to the very end of the text."""
    # fullmatch, since `$` would let a trailing newline through.
    return isinstance(value, str) and WORKER_ID.fullmatch(value) is not None
