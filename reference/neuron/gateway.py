"""The gateway as a role: settings in, a listening HTTP server, driver methods."""

import secrets
import sqlite3
import time
import uuid
from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from aiohttp import web

from reference.neuron import gateway_answers as answers
from reference.neuron import gateway_driver
from reference.neuron.bearers import Bearers
from reference.neuron.gateway_core import Gateway
from reference.neuron.gateway_desk import Desk, Door
from reference.neuron.gateway_routes import NeuronApi
from reference.neuron.gateway_settings import SETTINGS, policy
from reference.neuron.gateway_shell import Shell
from reference.role import CannotError, resolve
from reference.serving import Server


class GatewayRole:
    """A reference gateway that listens on one port."""

    protocol: ClassVar[str] = "neuron"
    role: ClassVar[str] = "gateway"
    revision: ClassVar[str] = "1.0.0"
    methods: ClassVar[Collection[str]] = tuple(gateway_driver.METHODS)

    def __init__(self) -> None:
        self.url = ""
        self.facts: dict[str, Any] = {}
        self._shell: Shell | None = None
        self._server: Server | None = None

    async def start(
        self, *, host: str, port: int, settings: Mapping[str, Any], store: str | None
    ) -> None:
        """Listen; raises SettingError or OSError."""
        facts = resolve(SETTINGS, settings)
        try:
            self._shell = shell = Shell(lambda: core(facts), store=store)
        except sqlite3.Error as error:
            raise CannotError(f"store {store!r} cannot be used: {error}") from error
        self._server = Server(application(shell, facts))
        try:
            await self._server.listen(host, port)
        except OSError:
            await self.stop()
            raise
        self.url = self._server.url
        self.facts = {key: value for key, value in facts.items() if value is not None}
        self._tell_token()
        shell.settle()

    async def stop(self) -> None:
        """Say goodbye to the neurons, answer what is under way, release the port."""
        if self._shell is None or self._server is None:
            return
        await self._shell.close()
        await self._server.close()
        self._shell.put_away()
        self._shell = self._server = None

    async def reset(self) -> None:
        """Forget every neuron and task."""
        self._running().reset()
        self._tell_token()

    async def call(self, method: str, params: Mapping[str, Any]) -> Any:
        """Run a driver method."""
        shell = self._running()
        call = gateway_driver.Call(
            params=params,
            now=time.time(),
            subject=str(self.facts["subject"]),
            new_token=secrets.token_hex(16),
        )
        answer = gateway_driver.run(shell.core, method, call)
        shell.settle()
        self._tell_token()
        return answer

    def _tell_token(self) -> None:
        """Show the bearers that are good now; they may have been rotated, also in another life."""
        current = self._running().core.state.bearers.current()
        for token, subject in (("token", "subject"), ("second_token", "second_subject")):
            self.facts[token] = current[self.facts[subject]]
        if self.facts["counted_tokens"]:  # NEURON-GW-AUTH-04 wants two of one identity
            self.facts["another_token"] = f"{self.facts['token']}-2"

    def _running(self) -> Shell:
        if self._shell is None:
            raise CannotError("the gateway is not running")
        return self._shell


def core(facts: Mapping[str, Any]) -> Gateway:
    """Make a core that knows nothing yet."""
    tokens = {
        facts["token"]: facts["subject"],
        facts["second_token"]: facts["second_subject"],
    }
    return Gateway(
        policy=policy(facts),
        bearers=Bearers(tokens, counted=facts["counted_tokens"]),
        new_id=lambda: str(uuid.uuid4()),
    )


def application(shell: Shell, facts: Mapping[str, Any]) -> web.Application:
    """Put the routes together."""
    # aiohttp refuses a body of exactly its limit; the limit here is the last size that is taken
    app = web.Application(
        middlewares=[answers.json_errors], client_max_size=facts["body_limit"] + 1
    )
    app[answers.BODY_LIMIT] = facts["body_limit"]
    app.add_routes(NeuronApi(shell, keep_alive=facts["keep_alive"]).routes())
    door = Door(facts["operator_token"])
    app.add_routes(Desk(shell, door=door, keep_alive=facts["keep_alive"]).routes())
    return app
