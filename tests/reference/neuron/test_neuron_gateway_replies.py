import pytest

from reference.neuron.gateway_replies import OK, Refusal


def test_success_is_one_answer() -> None:
    assert (OK.status, OK.body) == (200, {"ok": True})


# Sheet 7.5.
@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [
        (Refusal.INVALID_FRAME, 400, "INVALID_FRAME"),
        (Refusal.NO_NEURON_ID, 400, "NO_NEURON_ID"),
        (Refusal.UNSUPPORTED_VERSION, 400, "UNSUPPORTED_PROTOCOL_VERSION"),
        (Refusal.FOREIGN, 403, "FORBIDDEN"),
        (Refusal.FOREIGN_SCOPE, 403, "FORBIDDEN"),
        (Refusal.DENIED, 403, "CAPABILITY_DENIED"),
        (Refusal.PENDING_APPROVAL, 403, "CAPABILITY_PENDING_APPROVAL"),
        (Refusal.BARRED, 403, "DISCONNECTED"),
        (Refusal.UNKNOWN_LEASE, 404, "UNKNOWN_LEASE"),
        (Refusal.UNKNOWN_CAPABILITY, 404, "UNKNOWN_CAPABILITY"),
        (Refusal.NO_STREAM, 409, "NO_STREAM"),
        (Refusal.NO_SESSION, 409, "NO_SESSION"),
        (Refusal.LEASE_CLOSED, 409, "LEASE_CLOSED"),
        (Refusal.OUTPUT_MISMATCH, 422, "OUTPUT_SCHEMA_MISMATCH"),
    ],
)
def test_a_refusal_has_its_status_and_code(refusal: Refusal, status: int, code: str) -> None:
    reply = refusal.reply()
    assert (reply.status, reply.body["code"]) == (status, code)
    assert reply.body["error"]
    assert refusal.reply("why").body == {"error": "why", "code": code}


def test_only_strangers_are_told_401() -> None:
    strangers = [refusal for refusal in Refusal if refusal.reply().status == 401]
    assert strangers == [Refusal.UNAUTHORIZED]
    reply = Refusal.UNAUTHORIZED.reply()
    assert reply.body == {"error": "unauthorized"}
    assert reply.headers == {"WWW-Authenticate": "Bearer"}
