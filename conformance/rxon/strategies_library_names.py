"""What properties of names and times ask a library."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

from hypothesis import strategies as st

from conformance.rxon.asking_library import (
    Example,
    Examples,
    asking,
)


def identifiers() -> Examples:
    """Return names, most of them good but for one character."""
    good = st.text(st.sampled_from(string.ascii_letters + string.digits + "_-"), max_size=9)
    odd = st.characters(codec="utf-8") | st.sampled_from("é٣ａ \t./\\\u200b")
    name = st.builds(lambda head, mid, tail: head + mid + tail, good, odd | st.just(""), good)
    # One line feed at the end is a known weakness, which a vector shows.
    return name.filter(lambda text: not text.endswith("\n")).map(
        lambda text: {**asking(it=("is_identifier", {"value": text})), "name": text}
    )


def waits() -> Examples:
    """Return what a header may say of a time to wait: seconds, or a date with a zone."""
    now = st.integers(1_700_000_000, 1_900_000_000)
    zones = st.sampled_from([UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=-7))])

    def date(now: int, seconds: int, zone: timezone) -> Example:
        moment = datetime.fromtimestamp(now + seconds, zone)
        header = format_datetime(moment, usegmt=zone is UTC)
        return {
            **asking(it=("retry_after", {"header": header, "now": now})),
            "seconds": max(0, seconds),
        }

    def number(now: int, seconds: float) -> Example:
        header = str(seconds)
        return {
            **asking(it=("retry_after", {"header": header, "now": now})),
            "seconds": max(0, seconds),
        }

    amounts = st.integers(-100, 10_000)
    return st.builds(date, now, amounts, zones) | st.builds(
        number, now, amounts | st.sampled_from([0.25, 1.5, 100.0])
    )
