"""What a signed message must pass before it may have an effect, in order (sheet 4.4)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from reference.rxon import canonical, identifiers, messages, signing
from reference.rxon.replay import Replays


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that is answered without being carried out."""

    status: int
    error: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> dict[str, str]:
        """The JSON answer; a malformed event is told so under 200 (RXON-EVT-04)."""
        if self.status < 400:  # noqa: PLR2004 - where HTTP errors begin
            return {"status": "error", "message": self.error}
        return {"error": self.error}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A message as it came in, with what the checks need to know about it.

    `identity` is whom the transport authenticated, `secret` the key of that worker's signatures or
    None if it has none, `now` and `window` are seconds.
    """

    kind: str
    body: Any
    identity: str
    secret: str | None
    now: float
    window: float

    @property
    def security(self) -> Any:
        """The holder of the signature, null if there is none."""
        return self.body.get("security")


Step: TypeAlias = Callable[[Arrival], Refusal | None]

MODELS: Mapping[str, str] = {
    "registration": "WorkerRegistration",
    "heartbeat": "Heartbeat",
    "result": "TaskResult",
    "event": "event",
}
# Published workers expect the first answer to a malformed event (sheet 4.4, row 11).
MALFORMED_STATUS: Mapping[str, int] = {"event": 200}
# A worker that lost an answer sends the same bytes again (RXON-EXE-06); the job decides then.
REPEATABLE = frozenset({"result"})


def admit(  # noqa: PLR0913 - one argument for each thing that a check may look at
    kind: str,
    body: Any,
    *,
    identity: str,
    secret: str | None,
    now: float,
    replays: Replays,
    window: float,
) -> Refusal | None:
    """Return why the message is refused, or None, and then remember that it was used."""
    arrival = Arrival(
        kind=kind, body=body, identity=identity, secret=secret, now=now, window=window
    )
    for step in STEPS[kind]:
        refusal = step(arrival)
        if refusal is not None:
            return refusal
    # Last, or a forged copy would use up the signature of the true message (sheet B21).
    return refuse_replay(arrival, replays)


def need_object(arrival: Arrival) -> Refusal | None:
    """RXON-REG-07, RXON-HB-11."""
    if isinstance(arrival.body, dict):
        return None
    found = messages.JSON_NAMES.get(type(arrival.body), "null")
    return Refusal(400, f"{MODELS[arrival.kind]} must be a JSON object, not {found}")


def need_normal_form(arrival: Arrival) -> Refusal | None:
    """RXON-LSN-05, RXON-SER-10: also what is not signed will be stored and passed on."""
    try:
        canonical.encode(arrival.body)
    except canonical.CanonicalError as error:
        return Refusal(400, f"body is refused: {error}")
    return None


def need_worker_id(arrival: Arrival) -> Refusal | None:
    """RXON-REG-05."""
    worker_id = arrival.body.get("worker_id")
    if isinstance(worker_id, str) and worker_id:
        return None
    return Refusal(400, "worker_id: required, a non-empty string")


def need_own_worker_id(arrival: Arrival) -> Refusal | None:
    """RXON-AUTH-02, RXON-RES-07, RXON-HB-10."""
    worker_id = arrival.body.get("worker_id")
    if worker_id is None or worker_id == arrival.identity:
        return None
    return Refusal(403, f"worker_id {worker_id!r} is not the sender {arrival.identity!r}")


def need_timestamp(arrival: Arrival) -> Refusal | None:
    """RXON-SIG-12."""
    if arrival.body.get("timestamp"):
        return None
    return Refusal(403, "timestamp: required, so that a message cannot be replayed")


def need_fresh_timestamp(arrival: Arrival) -> Refusal | None:
    """RXON-SIG-13: whole seconds on both sides, to either side."""
    try:
        sent_at = int(arrival.body["timestamp"])
    except (ValueError, TypeError, OverflowError):
        return Refusal(400, "timestamp: expected seconds since 1970")
    if abs(int(arrival.now) - sent_at) <= arrival.window:
        return None
    return Refusal(403, f"timestamp {sent_at} is more than {arrival.window:g} s away")


def need_security_object(arrival: Arrival) -> Refusal | None:
    """RXON-SIG-11, RXON-SIG-18."""
    if arrival.security and not isinstance(arrival.security, dict):
        return Refusal(400, "security: expected object")
    if arrival.secret and not arrival.security:
        return Refusal(403, "security: required, the message must be signed")
    return None


def need_signature(arrival: Arrival) -> Refusal | None:
    """RXON-SIG-11, RXON-SIG-18."""
    signature = (arrival.security or {}).get("signature")
    if signature and not isinstance(signature, str):
        return Refusal(400, "security.signature: expected string")
    if arrival.secret and not signature:
        return Refusal(403, "security.signature: required, the message must be signed")
    return None


def need_own_signer(arrival: Arrival) -> Refusal | None:
    """RXON-SIG-14."""
    signer = (arrival.security or {}).get("signer_id")
    if signer is None or signer == arrival.identity:
        return None
    return Refusal(403, f"security.signer_id {signer!r} is not the sender {arrival.identity!r}")


def need_valid_signature(arrival: Arrival) -> Refusal | None:
    """RXON-SIG-10, -15, -16, -17, -20, -21; without any secret nothing can be verified."""
    if not arrival.secret or signing.verify(
        arrival.body,
        signature=arrival.security["signature"],
        secret=arrival.secret,
        ignore=signing.UNSIGNED_MEMBERS.get(arrival.kind, ()),
    ):
        return None
    return Refusal(403, "security.signature: does not fit the message and this worker's token")


def need_shape(arrival: Arrival) -> Refusal | None:
    """RXON-REG-08, RXON-RES-08, RXON-EVT-04."""
    try:
        messages.check(arrival.kind, arrival.body)
    except messages.FieldError as error:
        status = MALFORMED_STATUS.get(arrival.kind, 400)
        return Refusal(status, f"Invalid {MODELS[arrival.kind]} payload: {error}")
    return None


def need_identifier(arrival: Arrival) -> Refusal | None:
    """RXON-REG-04."""
    if identifiers.is_worker_id(arrival.body["worker_id"]):
        return None
    return Refusal(400, "worker_id: only letters, digits, underscores and hyphens are allowed")


def refuse_replay(arrival: Arrival, replays: Replays) -> Refusal | None:
    """RXON-SIG-19: a used signature opens no door, also not that of another kind of message."""
    if not arrival.secret:
        return None
    seen = replays.seen(arrival.security["signature"], now=arrival.now)
    if not seen or arrival.kind in REPEATABLE:
        return None
    return Refusal(403, "this message has already been received once")


_SIGNED: tuple[Step, ...] = (
    need_timestamp,
    need_fresh_timestamp,
    need_security_object,
    need_signature,
    need_own_signer,
    need_valid_signature,
    need_shape,
)

# The order is part of the contract: the first failure is the answer.
STEPS: Mapping[str, tuple[Step, ...]] = {
    "registration": (
        need_object,
        need_normal_form,
        need_worker_id,
        need_own_worker_id,
        *_SIGNED,
        need_identifier,
    ),
    "heartbeat": (need_object, need_normal_form, *_SIGNED, need_own_worker_id),
    "result": (need_object, need_normal_form, *_SIGNED, need_own_worker_id),
    "event": (need_object, need_normal_form, *_SIGNED, need_own_worker_id),
}
