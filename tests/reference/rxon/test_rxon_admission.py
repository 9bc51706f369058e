"""What a signed message must pass, sheet 4.4."""

from typing import Any

import pytest

from reference.rxon import admission, canonical, signing
from reference.rxon.admission import Refusal
from reference.rxon.replay import Replays

SECRET = "s"
NOW = 1_700_000_000.9
BODIES: dict[str, dict[str, Any]] = {
    "registration": {"worker_id": "w"},
    "heartbeat": {"worker_id": "w", "status": "idle"},
    "result": {"worker_id": "w", "job_id": "j", "task_id": "t"},
    "event": {
        "worker_id": "w",
        "event_id": "e",
        "origin_worker_id": "w0",
        "event_type": "progress",
        "payload": {},
    },
}
KINDS = tuple(BODIES)


def signed(kind: str, *, secret: str = SECRET, **members: Any) -> dict[str, Any]:
    body: dict[str, Any] = {**BODIES[kind], "timestamp": 1_700_000_000, **members}
    ignore = signing.UNSIGNED_MEMBERS.get(kind, ())
    signature = signing.sign(body, secret=secret, ignore=ignore)
    return {**body, "security": {"signature": signature, "signer_id": "w"}}


def admit(
    kind: str,
    body: Any,
    *,
    secret: str | None = SECRET,
    replays: Replays | None = None,
    identity: str = "w",
) -> Refusal | None:
    return admission.admit(
        kind,
        body,
        identity=identity,
        secret=secret,
        now=NOW,
        replays=replays or Replays(window=60.0),
        window=60.0,
    )


def refused(
    kind: str, body: Any, *, secret: str | None = SECRET, identity: str = "w"
) -> tuple[int, str]:
    refusal = admit(kind, body, secret=secret, identity=identity)
    assert refusal is not None
    return refusal.status, refusal.error


# What a published worker sent, byte by byte (sheet 3).
CAPTURED: dict[str, bytes] = {
    "registration": (
        b'{"worker_id":"rw1","worker_type":"demo","supported_skills":[{"name":"echo","type":"echo",'
        b'"version":"1.0.0","input_schema":{"type":"object"},"schema_dialect":"json-schema"}],'
        b'"available_skills":["echo"],"resources":{"devices":[{"type":"gpu","model":"RTX 4090",'
        b'"id":"0","properties":{"vram_gb":24}}],"properties":{"cpu_cores":4,"ram_gb":16}},'
        b'"installed_software":{"python":"3.11"},"installed_artifacts":[{"name":"cuda",'
        b'"version":"12.1"}],"capabilities":{"hostname":"vm","ip_address":"127.0.0.1",'
        b'"cost_per_skill":{"echo":1.5},"extra":{"websockets":true,"zone":"a"}},"skills_hash":'
        b'"d41955f0139b8d54a3d4bafa385a6f14e38c8ea1bfbaf24b4065490b846024d7","security":{"signature":'
        b'"cd7e38428c4253551714ce0c047fd71115c4cfbac86a20b7092cdb1093fb9ba8","signer_id":"rw1"},'
        b'"timestamp":1795179537}'
    ),
    "heartbeat": (
        b'{"worker_id":"rw1","status":"offline","usage":{"cpu_load_percent":0,"ram_used_gb":0},'
        b'"current_tasks":[],"supported_skills":[],"hot_skills":[],"security":{"signature":'
        b'"2a1a2f41d54d79c8b250ca2b545d692c55eff81b285b031041f2f17edff489b8","signer_id":"rw1"},'
        b'"timestamp":1795179539}'
    ),
    "result": (
        b'{"job_id":"43160d09-17d6-4dc7-9dec-7cbd29981cde","task_id":'
        b'"task-2ac01925-443c-4348-ad85-9ac5b684712c","worker_id":"rw1","origin_worker_id":"rw1",'
        b'"status":"success","data":{"echo":{"a":1}},"security":{"signature":'
        b'"ef7bde271b031fe39853fef37b4152468108b75fabe51e7551a4677d4a765bfd","signer_id":"rw1"},'
        b'"timestamp":1795179538}'
    ),
    "event": (
        b'{"event_id": "48eb2ae9-fb8a-44c4-bd85-5afc36edef1d", "worker_id": "rw1", '
        b'"origin_worker_id": "rw1", "event_type": "progress", "payload": {"progress": 0.5, '
        b'"message": "half"}, "origin_task_id": "task-2ac01925-443c-4348-ad85-9ac5b684712c", '
        b'"bubbling_chain": [], "target_job_id": "43160d09-17d6-4dc7-9dec-7cbd29981cde", '
        b'"target_task_id": "task-2ac01925-443c-4348-ad85-9ac5b684712c", "trace_context": {}, '
        b'"priority": 0, "timestamp": 1795179538, "security": {"signature": '
        b'"c26143392d4bb93381396aaf99fd7b1297f5204f253abe157897924be849368d", "signer_id": "rw1"}}'
    ),
}


@pytest.mark.parametrize(("kind", "text"), CAPTURED.items(), ids=CAPTURED.keys())
def test_what_a_published_worker_sends_is_admitted(kind: str, text: bytes) -> None:
    refusal = admission.admit(
        kind,
        canonical.read_json(text),
        identity="rw1",
        secret="global-secret",
        now=1795179540.0,
        replays=Replays(window=60.0),
        window=60.0,
    )
    assert refusal is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_signed_message_is_admitted(kind: str) -> None:
    assert admit(kind, signed(kind)) is None


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_members_are_admitted_if_they_are_signed(kind: str) -> None:
    assert admit(kind, signed(kind, mine={"a": 1.5})) is None
    assert refused(kind, {**signed(kind), "mine": 1})[0] == 403


@pytest.mark.parametrize("kind", KINDS)
def test_nulls_and_integral_floats_may_be_respelled(kind: str) -> None:
    body = {**signed(kind, n=1), "n": 1.0, "nothing": None}
    assert admit(kind, body) is None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "security",
    [
        {"signature": "0" * 64},
        {"signature": "é" * 64},
        {"signature": ""},
        {"signature": None},
        {"signer_id": "w"},
        {},
        None,
        [],
        "",
    ],
    ids=repr,
)
def test_without_a_right_signature_a_message_is_forbidden(kind: str, security: Any) -> None:
    status, error = refused(kind, {**signed(kind), "security": security})
    assert status == 403
    assert error.startswith("security")


@pytest.mark.parametrize("security", ["x", [1], 5, True, {"signature": 5}, {"signature": ["x"]}])
@pytest.mark.parametrize("secret", ["s", None])
def test_a_security_of_the_wrong_shape_is_a_bad_request(security: Any, secret: str | None) -> None:
    body = {**signed("heartbeat"), "security": security}
    status, error = refused("heartbeat", body, secret=secret)
    assert status == 400
    assert error.startswith("security")


@pytest.mark.parametrize("kind", KINDS)
def test_an_upper_case_signature_is_forbidden(kind: str) -> None:
    body = signed(kind)
    body["security"]["signature"] = body["security"]["signature"].upper()
    assert refused(kind, body)[0] == 403


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_with_another_secret_is_forbidden(kind: str) -> None:
    assert refused(kind, signed(kind, secret="other"))[0] == 403


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("timestamp", [None, 0, "", False, []])
def test_a_message_without_a_timestamp_is_forbidden(kind: str, timestamp: Any) -> None:
    assert refused(kind, signed(kind, timestamp=timestamp)) == (
        403,
        "timestamp: required, so that a message cannot be replayed",
    )


@pytest.mark.parametrize(
    "timestamp",
    [1_699_999_940, 1_700_000_060, 1_700_000_060.9, "1700000000", 1_699_999_940.0],
)
def test_a_timestamp_within_the_window_is_believed(timestamp: Any) -> None:
    assert admit("heartbeat", signed("heartbeat", timestamp=timestamp)) is None


@pytest.mark.parametrize("timestamp", [1_699_999_939, 1_700_000_061, 1, True, -1, "5", 1e15])
def test_a_timestamp_outside_the_window_is_forbidden(timestamp: Any) -> None:
    status, error = refused("heartbeat", signed("heartbeat", timestamp=timestamp))
    assert status == 403
    assert "more than 60 s away" in error


@pytest.mark.parametrize("timestamp", ["soon", [1], {"a": 1}, "1.5"])
def test_a_timestamp_that_is_no_time_is_a_bad_request(timestamp: Any) -> None:
    assert refused("heartbeat", signed("heartbeat", timestamp=timestamp)) == (
        400,
        "timestamp: expected seconds since 1970",
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_signer_is_the_sender_or_unnamed(kind: str) -> None:
    body = signed(kind)
    del body["security"]["signer_id"]
    assert admit(kind, body) is None
    body["security"]["signer_id"] = "other"
    assert refused(kind, body) == (403, "security.signer_id 'other' is not the sender 'w'")


@pytest.mark.parametrize("kind", KINDS)
def test_the_worker_in_the_body_is_the_sender(kind: str) -> None:
    body = signed(kind, worker_id="other")
    assert refused(kind, body) == (403, "worker_id 'other' is not the sender 'w'")


@pytest.mark.parametrize("kind", ["heartbeat", "result"])
def test_a_message_need_not_repeat_who_sends_it(kind: str) -> None:
    assert admit(kind, signed(kind, worker_id=None)) is None


@pytest.mark.parametrize("worker_id", [None, "", 5, ["w"], {}])
def test_a_registration_names_its_worker(worker_id: Any) -> None:
    body = signed("registration", worker_id=worker_id)
    assert refused("registration", body) == (400, "worker_id: required, a non-empty string")


@pytest.mark.parametrize("worker_id", ["a b", "a.b", "é", "a\n"])
def test_a_registration_needs_an_identifier(worker_id: str) -> None:
    body = signed("registration", worker_id=worker_id)
    body["security"]["signer_id"] = worker_id
    status, error = refused("registration", body, identity=worker_id)
    assert status == 400
    assert error.startswith("worker_id: only letters")


def test_no_worker_id_is_exempt_from_signing() -> None:
    body = {"worker_id": "ghost", "timestamp": 1_700_000_000}
    assert refused("registration", body, identity="ghost")[0] == 403


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", [[], [1], "x", 5, None, True])
def test_what_is_no_object_is_a_bad_request(kind: str, body: Any) -> None:
    status, error = refused(kind, body)
    assert status == 400
    assert "must be a JSON object, not" in error


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize("secret", ["s", None])
@pytest.mark.parametrize("place", ["metadata", "security"])
@pytest.mark.parametrize(
    ("extreme", "problem"), [(nested(100), "deeper than 100"), (1e22, "written as JSON")]
)
def test_what_could_not_be_passed_on_is_a_bad_request(
    secret: str | None, place: str, extreme: Any, problem: str
) -> None:
    body = {**signed("heartbeat"), place: {"a": extreme}}
    status, error = refused("heartbeat", body, secret=secret)
    assert status == 400
    assert problem in error


def test_ninety_eight_levels_under_metadata_are_not_too_deep() -> None:
    assert admit("heartbeat", signed("heartbeat", metadata=nested(98))) is None


@pytest.mark.parametrize(
    ("kind", "members", "error"),
    [
        (
            "registration",
            {"supported_skills": [{}]},
            "Invalid WorkerRegistration payload: supported_skills[0].name: required",
        ),
        ("result", {"task_id": None}, "Invalid TaskResult payload: task_id: required"),
        (
            "heartbeat",
            {"current_tasks": 5},
            "Invalid Heartbeat payload: current_tasks: expected array, got number",
        ),
    ],
)
def test_a_wrong_shape_is_a_bad_request_that_names_the_member(
    kind: str, members: dict[str, Any], error: str
) -> None:
    assert refused(kind, signed(kind, **members)) == (400, error)


def test_a_malformed_event_is_told_so_under_200() -> None:
    refusal = admit("event", signed("event", event_type=None))
    assert refusal is not None
    assert refusal.status == 200
    assert refusal.body == {
        "status": "error",
        "message": "Invalid event payload: event_type: required",
    }


def test_any_other_refusal_is_an_error_object() -> None:
    assert Refusal(403, "why").body == {"error": "why"}


def test_an_event_may_pass_relays_after_it_was_signed() -> None:
    body = {**signed("event", bubbling_chain=["a"]), "bubbling_chain": ["a", "b"]}
    assert admit("event", body) is None


def test_a_heartbeat_is_signed_with_everything_in_it() -> None:
    body = {**signed("heartbeat", bubbling_chain=["a"]), "bubbling_chain": ["a", "b"]}
    assert refused("heartbeat", body)[0] == 403


def test_without_a_secret_the_signature_is_not_looked_at_but_the_rest_is() -> None:
    body = {**BODIES["heartbeat"], "timestamp": 1_700_000_000}
    assert admit("heartbeat", body, secret=None) is None
    assert admit("heartbeat", {**body, "security": {"signature": "x"}}, secret=None) is None
    assert refused("heartbeat", {**body, "timestamp": 1}, secret=None)[0] == 403
    assert refused("heartbeat", {**body, "security": {"signer_id": "v"}}, secret=None)[0] == 403


@pytest.mark.parametrize("kind", ["registration", "heartbeat", "event"])
def test_the_same_message_is_admitted_once(kind: str) -> None:
    replays = Replays(window=60.0)
    assert admit(kind, signed(kind), replays=replays) is None
    again = admit(kind, signed(kind), replays=replays)
    assert again == Refusal(403, "this message has already been received once")


def test_a_result_may_be_sent_again_by_a_worker_that_lost_the_answer() -> None:
    replays = Replays(window=60.0)
    for _ in range(3):
        assert admit("result", signed("result"), replays=replays) is None


def test_a_used_message_does_not_pass_as_one_of_another_kind() -> None:
    replays = Replays(window=60.0)
    admit("result", signed("result"), replays=replays)
    refusal = admit("registration", signed("result"), replays=replays)
    assert refusal is not None
    assert refusal.status == 403


def test_a_forged_copy_does_not_use_up_the_true_message() -> None:
    replays = Replays(window=60.0)
    true = signed("heartbeat")
    assert admit("heartbeat", {**true, "status": "full"}, replays=replays) is not None
    assert admit("heartbeat", true, replays=replays) is None


def test_unsigned_messages_are_never_taken_for_replays() -> None:
    replays = Replays(window=60.0)
    body = {**BODIES["heartbeat"], "timestamp": 1_700_000_000}
    for _ in range(2):
        assert admit("heartbeat", body, secret=None, replays=replays) is None
