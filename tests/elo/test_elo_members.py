"""Peers of the distributed table, as the kit plays them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import kit_world
import pytest
from kit_world import talk

from conformance.elo.members import ask, member, must_take_part, nothing, record
from conformance.elo.peer import fresh_identity
from conformance.elo.wire import Message
from conformance.kit.running.stage import Stage
from conformance.kit.targets.certificates import Certificates
from conformance.kit.targets.instance import Instance
from conformance.kit.verdict import NotObserved
from reference.elo import ROLES
from reference.elo.signing import Verdict, verdict

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def stage(**settings: Any) -> AsyncIterator[Stage]:
    role = ROLES["node"]()
    await role.start(host="127.0.0.1", port=0, settings=settings, store=None)
    one = Stage(kit_world.recorder(), Instance(role.url, {}), run="r", certificates=Certificates())
    try:
        yield one
    finally:
        await one.closing.aclose()
        await role.stop()


def noted(one: Stage, about: str) -> dict[str, Any]:
    (note,) = (e for e in one.recorder.transcript.events if e.tag == about and e.kind == "note")
    return dict(note.data)


def test_a_member_asks_and_the_answer_is_noted() -> None:
    async def conversation() -> None:
        async with stage() as one:
            peer = await member(one, tag="m")
            await ask(peer, "dht_ping", "a ping")
            assert noted(one, "a ping")["answer"]["type"] == "dht_pong"

    talk(conversation())


def test_a_member_answers_the_targets_own_questions() -> None:
    async def conversation() -> None:
        async with stage() as one:
            peer = await member(one, tag="m")
            stored = await peer.await_type("dht_store", within=10.0)
            assert stored is not None  # it came only because a dht_find_node was answered
            await asyncio.sleep(0)

    talk(conversation())


def test_a_target_that_takes_no_part_is_not_observed() -> None:
    async def conversation() -> None:
        async with stage(dht=False) as one:
            with pytest.raises(NotObserved, match="announce"):
                await member(one, tag="m")

    talk(conversation())


@pytest.mark.parametrize("told", [{}, {"features": None}, {"features": "dht"}, {"features": []}])
def test_what_does_not_announce_the_table_takes_no_part(told: dict[str, Any]) -> None:
    with pytest.raises(NotObserved):
        must_take_part(told)


def test_a_record_is_signed_by_who_it_is_about() -> None:
    async def conversation() -> None:
        async with stage() as one:
            peer = await member(one, tag="m")
            own, other = record(peer, "a"), fresh_identity()
            assert (own["node_id"], own["caps"]) == (peer.identity.node_id, ["a"])
            assert own["addr"] == f"{peer.address.rpartition(':')[0]}:9"
            anothers = record(peer, identity=other, ttl_s=1)
            assert anothers["ttl_s"] == 1
            for told, signer in ((own, peer.identity), (anothers, other)):
                assert verdict(told, signer.node_id) is Verdict.SIGNED

    talk(conversation())


def test_nothing_is_an_answer_with_the_questions_id() -> None:
    event: Any = None
    asked = Message(event, {"type": "dht_find_value", "id": "a"})
    assert nothing(asked, nodes=[1]) == {
        "type": "dht_find_value_resp",
        "id": "a",
        "records": [],
        "nodes": [1],
    }
    assert nothing(Message(event, {"type": "dht_ping", "id": "b"})) == {
        "type": "dht_pong",
        "id": "b",
    }
