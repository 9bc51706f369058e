"""What a neuron makes of the frames that come (sheet 9.1: SSE), on a clock that the test moves."""

from typing import Any

import pytest
from neuron_core_bench import REGISTER, Bench, lease

from reference.neuron.neuron_effects import (
    Closed,
    Dropped,
    Opened,
    Post,
    Received,
    Reconnecting,
    RegisteredAs,
)


@pytest.mark.parametrize(
    "text",
    [
        "5",
        "null",
        "[]",
        "true",
        '"lease"',
        "",
        "{nope",
        '{"type":"lease"} x',
        "{}",
        '{"type":null}',
        '{"type":[]}',
        '{"type":{}}',
        '{"type":"LEASE"}',
        '{"type":"nobody"}',
        '{"type":"ack","leaseId":"l1","completedAt":"2026-01-01T00:00:00Z"}',
        '{"type":"lease","n":' + "9" * 5000 + "}",
        "[" * 100_000,
        '{"a":' * 100_000,
        "[" * 100_000 + "]" * 100_000,
        '{"type":"lease","lease":' + "[" * 5000 + "]" * 5000 + "}",
        '{"type":"lease","x":"\x00"}',
    ],
    ids=lambda text: text[:24],
)
def test_what_is_no_frame_is_dropped_and_the_stream_goes_on(text: str) -> None:
    bench = Bench().serving().send(text, lease(1)).end(1)
    assert bench.results() == [("l1", "ack")]
    assert (len(bench.news(Dropped)), bench.hung_up()) == (1, False)


MISSING: list[tuple[str, ...]] = [
    ("sentAt",),
    ("lease",),
    ("lease", "leaseId"),
    ("lease", "expiresAt"),
    ("lease", "task"),
    ("lease", "task", "taskId"),
    ("lease", "task", "workflowId"),
    ("lease", "task", "capability"),
    ("lease", "task", "input"),
    ("lease", "task", "attempt"),
]


@pytest.mark.parametrize("path", MISSING, ids=".".join)
def test_a_lease_without_a_member_is_not_executed(path: tuple[str, ...]) -> None:
    frame: Any = lease(1)
    inner = frame
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    bench = Bench().serving().send(frame)
    assert (bench.ran(), bench.results()) == ([], [])


def test_a_frame_with_an_unknown_member_is_not_executed() -> None:
    assert Bench().serving().send({**lease(1), "extra": 1}).ran() == []


def test_news_tell_what_came() -> None:
    registered = {
        "type": "registered",
        "sessionId": "s1",
        "capabilities": REGISTER["capabilities"],
        "acceptedAt": "2026-01-01T00:00:00Z",
    }
    bench = Bench().serving().send(registered)
    assert bench.news(RegisteredAs) == [RegisteredAs("s1", 3)]
    assert len(bench.news(Received)) == 1
    assert bench.done.index(next(e for e in bench.done if isinstance(e, Post))) > bench.done.index(
        next(e for e in bench.done if getattr(e, "news", None) == Opened())
    )
    bench.lose("gone")
    assert bench.news(Closed) == [Closed("gone")]
    assert bench.news(Reconnecting) == [Reconnecting(1, 0.5, "gone")]
