from datetime import UTC, datetime

import pytest

from reference.neuron import timestamps


@pytest.mark.parametrize(
    ("text", "micros", "second"),
    [
        ("2026-05-09T10:00:00Z", 0, 0),
        ("2026-05-09T10:00:01.120000Z", 120_000, 1),
        ("2026-05-09T10:00:00.5Z", 500_000, 0),
        ("2026-05-09T10:00:00.123456789Z", 123_456, 0),
        ("2026-05-09t10:00:00z", 0, 0),
        ("2026-05-09 10:00:00Z", 0, 0),
        ("2026-05-09T12:00:00+02:00", 0, 0),
        ("2026-05-09T04:30:00-05:30", 0, 0),
        ("2026-05-09T09:59:60Z", 0, 0),
    ],
)
def test_an_instant_is_read_in_utc(text: str, micros: int, second: int) -> None:
    assert timestamps.read(text) == datetime(2026, 5, 9, 10, 0, second, micros, UTC)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "yesterday",
        "2026-05-09",
        "2026-05-09T10:00:00",
        "2026-05-09T10:00Z",
        "2026-02-30T10:00:00Z",
        "2026-05-09T25:00:00Z",
        "2026-05-09T10:00:61Z",
        "2026-05-09T10:00:00.Z",
        "2026-05-09T10:00:00+24:00",
        "2026-05-09T10:00:00Z\n",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:60Z",
        "\N{FULLWIDTH DIGIT TWO}026-05-09T10:00:00Z",
        1778320800,
        1778320800.5,
        True,
        None,
        {},
    ],
)
def test_what_names_no_instant_is_refused(value: object) -> None:
    with pytest.raises(timestamps.TimestampError):
        timestamps.read(value)


@pytest.mark.parametrize("text", ["2026-05-09T10:00:00Z", "2026-05-09T10:00:00.120000Z"])
def test_an_instant_is_written_with_no_fraction_or_six_digits(text: str) -> None:
    assert timestamps.write(timestamps.read(text)) == text


def test_the_epoch_counts_seconds() -> None:
    assert timestamps.write(timestamps.at(1_778_320_800.25)) == "2026-05-09T10:00:00.250000Z"
