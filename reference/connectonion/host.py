"""The host as a role: settings in, a listening HTTP server, driver methods."""

import logging
import os
import sqlite3
import time
from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from aiohttp import web

from reference.connectonion import host_driver
from reference.connectonion.authentication import Gate
from reference.connectonion.clients import Clients
from reference.connectonion.host_core import Host, Profile
from reference.connectonion.host_settings import SETTINGS, fresh_seed, policy, without_effect
from reference.connectonion.host_shell import Shell, new_id
from reference.connectonion.identity import Identity
from reference.connectonion.levels import Operation
from reference.connectonion.relay_link import RelayLink
from reference.connectonion.running import Desk
from reference.connectonion.second_tier import SecondTier
from reference.connectonion.sessions import Sessions
from reference.connectonion.trust import Trust
from reference.journal import Journal
from reference.role import CannotError, SettingError, resolve
from reference.serving import Server

FINISH_SECONDS = 1.0  # how long requests under way may take after `stop`
BODY_LIMIT = 64 * 1024 * 1024  # bytes, CO-HOST-31
LOG = logging.getLogger(__name__)
TOOLS = ("echo",)
AGENTS = {
    "cautious": host_driver.cautious,
    "yes": host_driver.trusting,
    "broken": host_driver.broken,
}


class HostRole:
    """A reference host that listens on one port."""

    protocol: ClassVar[str] = "connectonion"
    role: ClassVar[str] = "host"
    revision: ClassVar[str] = "0.6.5"
    methods: ClassVar[Collection[str]] = tuple(host_driver.METHODS)

    def __init__(self) -> None:
        self.url = ""
        self.facts: dict[str, Any] = {}
        self._shell: Shell | None = None
        self._server: Server | None = None
        self._relay: RelayLink | None = None

    async def start(
        self, *, host: str, port: int, settings: Mapping[str, Any], store: str | None
    ) -> None:
        """Listen; raises SettingError or OSError."""
        facts = resolve(SETTINGS, settings)
        facts["key"] = facts["key"] or fresh_seed()
        facts["admin_key"] = facts["admin_key"] or fresh_seed()
        if facts["agent"] not in AGENTS:
            raise SettingError(f"setting 'agent' is one of {', '.join(AGENTS)}")
        try:
            journal = Journal(store) if store else None
        except sqlite3.Error as error:
            raise CannotError(f"store {store!r} cannot be used: {error}") from error
        self._shell = shell = Shell(
            core(facts), journal, ping=facts["ping_interval"], dead_after=facts["dead_after"]
        )
        application = web.Application(client_max_size=BODY_LIMIT)
        application.add_routes(shell.routes())
        application.on_shutdown.append(self._let_go)
        self._server = Server(application, finish=FINISH_SECONDS)
        try:
            await self._server.listen(host, port)
        except OSError:
            await self.stop()
            raise
        self.url = self._server.url
        self.facts = _told(facts)
        for remark in without_effect(facts["trust"]):
            LOG.warning("trust: %s", remark)
        if facts["relay_url"]:
            self._relay = RelayLink(
                shell,
                Identity.of_seed(bytes.fromhex(facts["key"])),
                facts["relay_url"],
                summary=f"{facts['name']} agent",
                heartbeat=facts["relay_heartbeat"],
            )

    async def stop(self) -> None:
        """Let clients go and release the port."""
        if self._shell is None or self._server is None:
            return
        if self._relay is not None:
            await self._relay.close()
        await self._server.close()
        await self._shell.close()
        self._shell.put_away()
        self._shell = self._server = None

    async def _let_go(self, _application: web.Application) -> None:
        """Let clients go when nobody can come any more: they dial again at once."""
        if self._shell is not None:
            await self._shell.close()

    async def reset(self) -> None:
        """Forget every client and session."""
        shell = self._running()
        desk = shell.host.desk
        fresh = core({**resolve(SETTINGS, {}), **_given(self.facts)}).desk
        desk.trust, desk.sessions, desk.gate = fresh.trust, fresh.sessions, fresh.gate
        shell.forget()

    async def call(self, method: str, params: Mapping[str, Any]) -> Any:
        """Run a driver method."""
        shell = self._running()
        answer = host_driver.METHODS[method](shell.host, params, time.time())
        shell.settle()
        return answer

    def _running(self) -> Shell:
        if self._shell is None:
            raise CannotError("the host is not running")
        return self._shell


def core(facts: Mapping[str, Any]) -> Host:
    """Make a host that knows nobody but its admins."""
    own = Identity.of_seed(bytes.fromhex(facts["key"]))
    clients = Clients(super_admin=own.address)
    admin = Identity.of_seed(bytes.fromhex(facts["admin_key"]))
    clients.apply(Operation.SET_ADMIN, admin.address, by=own.address, at=time.time())
    desk = Desk(
        Gate(own.address, facts["blacklist"], facts["window"]),
        Trust(
            policy(facts["trust"]),
            clients,
            SecondTier(AGENTS[facts["agent"]]),
            facts["whitelist"],
        ),
        Sessions(facts["result_ttl"]),
        new_id,
    )
    return Host(
        desk,
        Profile(
            name=facts["name"],
            address=own.address,
            tools=TOOLS,
            version=HostRole.revision,
            started=time.time(),
            logs_token=facts["admin_token"] or os.environ.get("OPENONION_API_KEY", ""),
            open_sessions=facts["open_sessions"],
            fixed_routes=facts["fixed_routes"],
        ),
    )


def _told(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of the ready line: the host's own key is the super admin's."""
    shown = {
        key: ",".join(value) if isinstance(value, tuple) else value
        for key, value in facts.items()
        if value is not None
    }
    own = Identity.of_seed(bytes.fromhex(facts["key"]))
    onboarding = policy(facts["trust"]).onboarding
    codes = [code for code in onboarding.codes if isinstance(code, str)]
    return {
        **shown,
        "super_admin_key": facts["key"],
        "address": own.address,
        **({"invite_code": codes[0]} if codes else {}),
        **({"payment": onboarding.payment} if onboarding.payment is not None else {}),
    }


def _given(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings among the facts."""
    return resolve(SETTINGS, {key: value for key, value in facts.items() if key in SETTINGS})
