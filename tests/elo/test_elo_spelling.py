"""Payloads in other spellings: the signed text is the canonical one, the wrong one is not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from conformance.elo.spelling import ESCAPES, SPELLINGS, Spelling, spelled
from reference.elo.identity import Identity
from reference.elo.signing import Verdict, canonical, sign, verdict

if TYPE_CHECKING:
    from conformance.elo.peer import Peer

EVERY = {**SPELLINGS, **ESCAPES}


class Signer:
    """As much of a peer as signs a task."""

    identity = Identity.of_seed(bytes(32))

    def task(self, capability: str, payload: Any) -> dict[str, Any]:
        task = {"id": "t", "capability": capability, "payload": payload}
        return sign({**task, "caller": self.identity.node_id}, self.identity)


def frame(wire: str, signed: str) -> dict[str, Any]:
    signer: Peer = Signer()  # type: ignore[assignment]
    id, payload = spelled(signer, wire, signed)
    assert id == "t"
    read: dict[str, Any] = json.loads(payload)
    return read


@pytest.mark.parametrize("spelling", EVERY.values(), ids=list(EVERY))
def test_the_signed_text_verifies_and_the_wrong_one_does_not(spelling: Spelling) -> None:
    good, bad = frame(spelling.wire, spelling.signed), frame(spelling.wire, spelling.wrong)
    assert verdict(good, good["caller"]) is Verdict.SIGNED
    assert verdict(bad, bad["caller"]) is Verdict.FORGED


@pytest.mark.parametrize("spelling", EVERY.values(), ids=list(EVERY))
def test_the_signed_text_is_the_canonical_one(spelling: Spelling) -> None:
    value = json.loads(spelling.wire)
    assert canonical({"payload": value}).decode() == f'{{"payload":{spelling.signed}}}'
