"""What the gateway answers to requests of neurons (sheet 7.5)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: HTTP status, JSON body, headers."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Enum):
    """Every reason for which a request has no effect: its status, its code, its words."""

    # 401 makes a neuron ask its token provider and repeat the request; nothing else may say so.
    UNAUTHORIZED = (401, None, "unauthorized")
    INVALID_FRAME = (400, "INVALID_FRAME", "the frame is not valid")
    NO_NEURON_ID = (400, "NO_NEURON_ID", "the query must name the neuron: ?neuronId=...")
    UNSUPPORTED_VERSION = (
        400,
        "UNSUPPORTED_PROTOCOL_VERSION",
        "this gateway speaks 1.x of the protocol",
    )
    FOREIGN = (403, "FORBIDDEN", "this belongs to another identity")
    FOREIGN_SCOPE = (403, "FORBIDDEN", "onBehalfOf is not the user of this bearer")
    DENIED = (403, "CAPABILITY_DENIED", "the capability is denied")
    PENDING_APPROVAL = (403, "CAPABILITY_PENDING_APPROVAL", "the capability waits for approval")
    BARRED = (403, "DISCONNECTED", "this neuron was told not to reconnect")
    UNKNOWN_LEASE = (404, "UNKNOWN_LEASE", "no such lease")
    UNKNOWN_CAPABILITY = (404, "UNKNOWN_CAPABILITY", "the neuron has not registered this type")
    NO_STREAM = (409, "NO_STREAM", "the neuron has no open event stream")
    NO_SESSION = (409, "NO_SESSION", "the neuron is not registered on its present stream")
    LEASE_CLOSED = (409, "LEASE_CLOSED", "the lease is finished or expired")
    OUTPUT_MISMATCH = (422, "OUTPUT_SCHEMA_MISMATCH", "the output does not match outputSchema")

    def reply(self, detail: str | None = None) -> Reply:
        """Return the answer; the detail replaces its words."""
        status, code, words = self.value
        body = {"error": detail or words, "code": code}
        headers = {"WWW-Authenticate": "Bearer"} if status == UNAUTHORIZED_STATUS else {}
        return Reply(status, {key: value for key, value in body.items() if value}, headers)


UNAUTHORIZED_STATUS = 401
OK = Reply(200, {"ok": True})
