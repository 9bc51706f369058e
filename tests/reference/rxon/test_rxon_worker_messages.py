"""What a worker's messages look like (sheet 3)."""

import json
from itertools import count
from typing import Any

import pytest

from reference.rxon import messages, signing
from reference.rxon.execution import CANCELLED, Outcome
from reference.rxon.worker_messages import Profile, Writer

NOW = 1_700_000_000.9
ECHO = {
    "name": "echo",
    "type": "echo",
    "input_schema": {"type": "object"},
    "schema_dialect": "json-schema",
}
TASK = {"job_id": "j", "task_id": "t", "type": "echo"}


@pytest.fixture
def writer() -> Writer:
    ids = count(1)
    profile = Profile(worker_id="w", token="secret", catalogue={"echo": ECHO})
    return Writer(profile, lambda: f"id-{next(ids)}")


def written(writer: Writer) -> dict[str, bytes]:
    """Write one message of every kind."""
    return {
        "registration": writer.registration(now=NOW),
        "heartbeat": writer.heartbeat(
            status="idle", running=["t"], available=True, whole=True, now=NOW
        ),
        "result": writer.result(TASK, Outcome("success", {"n": 1.0, "x": None}), now=NOW),
        "event": writer.event(TASK, "progress", {"progress": 0.5}, now=NOW),
    }


def test_every_message_has_its_shape_and_a_valid_signature(writer: Writer) -> None:
    for kind, text in written(writer).items():
        body = json.loads(text)
        messages.check(kind, body)
        assert body["timestamp"] == 1_700_000_000
        assert body["security"]["signer_id"] == "w"
        assert signing.verify(
            body,
            signature=body["security"]["signature"],
            secret="secret",
            ignore=signing.UNSIGNED_MEMBERS.get(kind, ()),
        )


def test_no_message_has_a_null_or_an_integral_number_with_a_fraction(writer: Writer) -> None:
    def no_float(text: str) -> Any:
        raise AssertionError(text)

    for kind, text in written(writer).items():
        assert b"null" not in text
        if kind != "event":
            json.loads(text, parse_float=no_float)


def test_two_messages_of_one_moment_are_unlike(writer: Writer) -> None:
    assert writer.registration(now=NOW) != writer.registration(now=NOW)


def test_an_event_is_valid_whatever_relays_add_to_its_chain(writer: Writer) -> None:
    body = json.loads(writer.event(TASK, "progress", {}, now=NOW))
    signature = body["security"]["signature"]
    body["bubbling_chain"] = ["relay"]
    ignore = signing.UNSIGNED_MEMBERS["event"]
    assert signing.verify(body, signature=signature, secret="secret", ignore=ignore)


def test_a_cancelled_task_has_neither_data_nor_error(writer: Writer) -> None:
    body = json.loads(writer.result(TASK, CANCELLED, now=NOW))
    assert body["status"] == "cancelled"
    assert not {"data", "error"} & body.keys()


def test_with_the_default_token_nothing_is_signed() -> None:
    profile = Profile(worker_id="w", token="your-secret-worker-token", catalogue={"echo": ECHO})
    for text in written(Writer(profile, lambda: "id")).values():
        assert "security" not in json.loads(text)


def test_skills_that_are_hot_are_told_in_registration_and_heartbeat(writer: Writer) -> None:
    assert all("hot_skills" not in json.loads(text) for text in written(writer).values())
    profile = Profile(worker_id="w", token="s", catalogue={"echo": ECHO}, hot_skills=("echo",))
    told = written(Writer(profile, lambda: "id"))
    for kind in ("registration", "heartbeat"):
        assert json.loads(told[kind])["hot_skills"] == ["echo"]


@pytest.mark.parametrize(
    ("catalogue", "extra", "expected"),
    [
        ({}, {}, "0f52dd1c36ffa11a15ddca95a296a55774c7e2a16bfd2b02855ac1ed7262b063"),
    ],
)
def test_the_hash_is_that_of_the_sheet(
    catalogue: Any, extra: dict[str, str], expected: str
) -> None:
    profile = Profile(worker_id="w", token="secret", catalogue=catalogue, extra=extra)
    assert profile.skills_hash == expected


def test_whether_commands_are_taken_on_a_socket_is_told_but_not_hashed() -> None:
    with_sockets, without = (
        Profile(worker_id="w", token="secret", catalogue={"echo": ECHO}, websockets=each)
        for each in (True, False)
    )
    assert with_sockets.skills_hash == without.skills_hash
    body = json.loads(Writer(without, lambda: "id").registration(now=NOW))
    assert body["capabilities"]["extra"] == {"websockets": False}


def test_the_hash_changes_with_the_catalogue() -> None:
    one, two = (
        Profile(worker_id="w", token="secret", catalogue={"echo": {**ECHO, "version": version}})
        for version in ("1", "2")
    )
    assert one.skills_hash != two.skills_hash
