"""What a neuron makes of the frames that come (sheet 9.1: SSE), on a clock that the test moves."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
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


NAMES = st.sampled_from(
    ["type", "lease", "task", "leaseId", "taskId", "capability", "input", "attempt", "inputSchema"]
)
VALUES = st.sampled_from(["lease", "cancel", "registered", "disconnect", "conf/typed", "l1", 0, {}])
JSON = st.recursive(
    VALUES | st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda some: (
        st.lists(some, max_size=3) | st.dictionaries(NAMES | st.text(max_size=5), some, max_size=5)
    ),
    max_leaves=12,
)


@given(texts=st.lists(st.text() | JSON.map(json.dumps), max_size=5))
def test_whatever_comes_the_stream_goes_on(texts: list[str]) -> None:
    bench = Bench().serving().send(*texts, lease("after")).end("after")
    assert ("lafter", "ack") in bench.results()
    assert not bench.hung_up()


@given(path=st.lists(st.integers(0, 7), max_size=4), value=JSON)
def test_a_lease_with_any_member_changed_runs_is_refused_or_dropped(
    path: list[int], value: Any
) -> None:
    frame: Any = lease(1, "conf/typed", input={"a": 1}, inputSchema={"type": "object"})
    inner = frame
    for step in path:
        names = list(inner)
        name = names[step % len(names)]
        if not isinstance(inner[name], dict) or not inner[name]:
            break
        inner = inner[name]
    inner[list(inner)[sum(path) % len(inner)]] = value
    bench = Bench().serving().send(frame, lease("after")).end("after")
    assert len(bench.ran()) + len(bench.bodies("nack")) + len(bench.news(Dropped)) >= 2
    assert ("lafter", "ack") in bench.results()
