from __future__ import annotations

from typing import Any

import pytest

from reference.elo import LIBRARY
from reference.role import ParameterError

A, B, C = "a" * 43, "b" * 43, "c" * 43
QUERY = {"capability": "alpha", "id": "0123abcd", "ttl": 3, "origin": "o" * 43}


def peer(node_id: str, *caps: str, **more: Any) -> dict[str, Any]:
    return {"node_id": node_id, "caps": list(caps), **more}


def test_the_first_that_is_sent_for_a_task_is_told() -> None:
    answer = LIBRARY["route"]({"peers": [peer(A), peer(B)], "target": B, "capability": "x"})
    assert answer == {"to": ["b" * 12], "sent": {"type": "task", "target": B, "capability": "x"}}


def test_a_query_is_told_with_all_who_get_it() -> None:
    answer = LIBRARY["route"]({"peers": [peer(B), peer(A)], "target": "", "capability": "x"})
    sent = {"type": "query", "capability": "x", "ttl": 5}
    assert answer == {"to": ["a" * 12, "b" * 12], "sent": sent}


def test_a_relay_task_is_told_with_its_payload() -> None:
    answer = LIBRARY["route"]({"peers": [peer(A, "relay")], "target": C, "capability": "x"})
    assert answer["sent"]["payload"]["target"] == C


def test_a_task_for_nobody_has_a_code() -> None:
    assert LIBRARY["route"]({"peers": [], "target": A, "capability": "x"}) == {"code": "NO_PEER"}


def test_who_is_named_and_who_is_asked_are_told() -> None:
    params = {"peers": [peer(A), peer(B, bye=True)], "asker": C, "queries": [QUERY]}
    assert LIBRARY["answer_query"](params) == {
        "named": ["a" * 12],
        "to": ["a" * 12, "b" * 12],
        **QUERY,
        "ttl": 2,
    }


def test_the_last_query_counts() -> None:
    params = {"peers": [peer(A)], "asker": C, "queries": [QUERY, QUERY]}
    assert LIBRARY["answer_query"](params) == {"named": [], "to": []}


def test_a_result_is_read_as_its_caller_reads_it() -> None:
    read = LIBRARY["read_result"]
    assert read({"json": '{"status":"success","payload":1}'}) == {"status": "success", "payload": 1}
    told = {"status": "error", "code": "X", "text": "m"}
    assert read({"json": '{"status":"error","error":{"code":"X","message":"m"}}'}) == told


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("route", {"target": "", "capability": ""}),
        ("route", {"peers": [{}], "target": "", "capability": ""}),
        ("route", {"peers": [], "target": 5, "capability": ""}),
        ("answer_query", {"peers": [], "asker": C, "queries": [5]}),
        ("read_result", {"json": "["}),
        ("read_result", {"json": "[]"}),
    ],
)
def test_parameters_that_cannot_be_are_refused(method: str, params: dict[str, Any]) -> None:
    with pytest.raises(ParameterError):
        LIBRARY[method](params)
