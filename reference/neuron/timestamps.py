"""Instants as frames spell them: RFC 3339, UTC and `Z` when written, any offset when read."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

# What a zone may be is the point: an instant without one is nobody's instant.
RFC_3339 = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]"
    r"(?P<minute>[0-9]{2}:[0-9]{2}):(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]+))?"
    r"(?P<zone>[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
LEAP_SECOND = 60
DIGITS = 6  # of a fraction that are kept


class TimestampError(ValueError):
    """The text is no instant."""


def read(text: Any) -> datetime:
    """Return the instant in UTC, to the microsecond; raises TimestampError."""
    parts = RFC_3339.fullmatch(text) if isinstance(text, str) else None
    if parts is None:
        raise TimestampError("expected an RFC 3339 instant with its zone")
    second = int(parts["second"])
    leap = int(second == LEAP_SECOND)
    fraction = (parts["fraction"] or "")[:DIGITS].ljust(DIGITS, "0")
    zone = "+00:00" if parts["zone"] in "Zz" else parts["zone"]
    spelled = f"{parts['date']}T{parts['minute']}:{second - leap:02}.{fraction}{zone}"
    try:
        return datetime.fromisoformat(spelled).astimezone(UTC) + timedelta(seconds=leap)
    except (ValueError, OverflowError) as error:
        raise TimestampError(f"expected a date and time that exist: {error}") from error


def write(instant: datetime) -> str:
    """Spell an instant as neurons do: no fraction, or six digits of it (NEURON-GW-POST-06)."""
    detail = "microseconds" if instant.microsecond else "seconds"
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=detail) + "Z"


def at(seconds: float) -> datetime:
    """Return the instant so many seconds after the epoch."""
    return datetime.fromtimestamp(seconds, UTC)
