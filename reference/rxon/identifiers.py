"""What may name a worker (RXON-ID-01, RXON-REG-04)."""

import re

from reference.rxon.revision import BASELINE, Revision

WORKER_ID = re.compile(r"[a-zA-Z0-9_-]+")


def is_worker_id(value: object, *, revision: Revision = BASELINE) -> bool:
    """Accept letters, digits, underscores and hyphens of ASCII, to the very end of the text."""
    if not isinstance(value, str):
        return False
    limit = revision.identifier_limit
    # fullmatch, since `$` would let a trailing newline through.
    return WORKER_ID.fullmatch(value) is not None and (limit is None or len(value) <= limit)
