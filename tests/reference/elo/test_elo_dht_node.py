"""The distributed table between real nodes, on loopback."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest

from reference.elo import ROLES
from reference.role import ParameterError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from reference.role import Role

WITHIN = 20.0  # seconds; a test that gets here hangs


def talk(conversation: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(conversation, WITHIN))


async def started(closing: AsyncExitStack, **settings: Any) -> Role:
    role = ROLES["node"]()
    await role.start(host="127.0.0.1", port=0, settings=settings, store=None)
    closing.push_async_callback(role.stop)
    return role


def test_a_node_is_found_by_who_knows_somebody_that_knows_it() -> None:
    async def conversation() -> None:
        async with AsyncExitStack() as closing:
            first = await started(closing, agents="wanted", visibility="public")
            middle = await started(closing, peers=first.url.removeprefix("elo://"))
            last = await started(closing)
            await last.call("dial", {"address": middle.url.removeprefix("elo://")})
            for asked in ({"id": first.facts["node_id"]}, {"capability": "wanted"}):
                (found,) = await last.call("dht_find", asked)
                assert found["node_id"] == first.facts["node_id"]
                assert f"elo://{found['addr']}" == first.url
            assert await last.call("dht_find", {"capability": "nobody has it"}) == []

    talk(conversation())


def test_a_node_without_the_table_finds_nobody_in_it() -> None:
    async def conversation() -> None:
        async with AsyncExitStack() as closing:
            first = await started(closing, dht=False)
            other = await started(closing, peers=first.url.removeprefix("elo://"))
            assert await other.call("dht_find", {"id": first.facts["node_id"]}) == []

    talk(conversation())


@pytest.mark.parametrize("params", [{}, {"id": 5}, {"id": "x", "capability": "y"}])
def test_one_thing_is_looked_for_at_a_time(params: dict[str, Any]) -> None:
    async def conversation() -> None:
        async with AsyncExitStack() as closing:
            node = await started(closing)
            with pytest.raises(ParameterError):
                await node.call("dht_find", params)

    talk(conversation())
