"""How a gateway is told from other servers."""

import asyncio

import pytest
from aiohttp import web

from conformance import neuron, rxon
from conformance.kit.targets.instance import TargetError
from conformance.kit.targets.target import open_target
from conformance.kit.targets.wish import Wish
from conformance.kit.transcript import Recorder, Transcript
from conformance.kit.wire.http import HttpClient
from reference.neuron.gateway import GatewayRole
from reference.role import Role
from reference.rxon.orchestrator import OrchestratorRole

WITHIN = 10.0


async def served(role: Role) -> str:
    await role.start(host="127.0.0.1", port=0, settings={}, store=None)
    return role.url


async def asked(url: str) -> tuple[str | None, str | None]:
    client = HttpClient(Recorder(Transcript(clock=lambda: 0.0), "probe"), url)
    try:
        return await neuron.probe(client), await rxon.probe(client)
    finally:
        client.close()


@pytest.mark.parametrize(
    ("role", "known"),
    [(GatewayRole, ("gateway", None)), (OrchestratorRole, (None, "orchestrator"))],
)
def test_a_gateway_and_an_orchestrator_are_not_confused(
    role: type[Role], known: tuple[str | None, str | None]
) -> None:
    async def conversation() -> tuple[str | None, str | None]:
        there = role()
        try:
            return await asked(await served(there))
        finally:
            await there.stop()

    assert asyncio.run(asyncio.wait_for(conversation(), WITHIN)) == known


def test_a_server_that_calls_everything_unauthorized_is_no_gateway() -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.json_response({"message": "who are you?"}, status=401)

    async def conversation() -> tuple[str | None, str | None]:
        app = web.Application()
        app.router.add_route("*", "/{anything:.*}", refuse)
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            return await asked(f"http://127.0.0.1:{runner.addresses[0][1]}")
        finally:
            await runner.cleanup()

    assert asyncio.run(asyncio.wait_for(conversation(), WITHIN)) == (None, None)


def test_a_gateway_is_judged_with_a_bearer_or_not_at_all() -> None:
    async def conversation() -> None:
        there = GatewayRole()
        try:
            url = await served(there)
            with pytest.raises(TargetError, match="cannot be judged without --assay-set token=…"):
                await open_target(Wish(text=url))
            target = await open_target(Wish(text=url, facts={"token": "neuron-token"}))
            assert (target.protocol.name, target.role.name) == ("neuron", "gateway")
        finally:
            await there.stop()

    asyncio.run(asyncio.wait_for(conversation(), WITHIN))
