"""The node as a role: settings in, a listening TCP server, driver methods."""

import logging
import os
import uuid
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, ClassVar

from reference.elo import key_file, node_driver
from reference.elo.core import Node
from reference.elo.identity import Identity
from reference.elo.node_shell import Shell
from reference.elo.profile import PROFILE, Deed
from reference.elo.settings import SETTINGS, setup
from reference.role import CannotError, resolve

LOG = logging.getLogger(__name__)
GREETED_WITHIN = 20.0  # seconds for the peers that a node starts with
ANY = "0.0.0.0"  # noqa: S104  (an address that nobody can dial)


class NodeRole:
    """A reference node that listens on one port."""

    protocol: ClassVar[str] = "elo"
    role: ClassVar[str] = "node"
    revision: ClassVar[str] = "0.5.1"
    methods: ClassVar[Collection[str]] = tuple(node_driver.METHODS)
    deeds: ClassVar[Mapping[str, Deed]] = PROFILE

    def __init__(self) -> None:
        self.url = ""
        self.facts: dict[str, Any] = {}
        self._shell: Shell | None = None
        self._setup: Any = None

    async def start(
        self, *, host: str, port: int, settings: Mapping[str, Any], store: str | None
    ) -> None:
        """Listen and greet the peers that it was told of; raises SettingError or OSError.

        A node keeps nothing but its identity: ``store`` is the key file.
        """
        facts = resolve(SETTINGS, settings)
        facts["agents"] = tuple(self.deeds) if facts["agents"] is None else facts["agents"]
        identity = _identity(facts["seed"], facts["key_file"] or store)
        shell = self._shell = Shell(self.deeds)
        bound = await shell.listen(host, port)
        shell.begin(Node(setup(facts, identity, listen=bound), new_id=lambda: str(uuid.uuid4())))
        self.url = f"elo://{host}:{bound}"
        self.facts = {
            **{key: _shown(value) for key, value in facts.items() if value is not None},
            "node_id": identity.node_id,
        }
        for peer in facts["peers"]:
            if not await shell.dial(peer, keeps=True, within=GREETED_WITHIN):
                LOG.warning("no greeting came from %s yet; it is dialled again", peer)
        if facts["run"]:
            shell.run()

    async def stop(self) -> None:
        """Say bye to the peers and release the port."""
        if self._shell is not None:
            await self._shell.close()
            self._shell = None

    async def reset(self) -> None:
        """Forget every peer, query and task; go on listening."""
        self._running().reset(lambda setup: Node(setup, new_id=lambda: str(uuid.uuid4())))

    async def call(self, method: str, params: Mapping[str, Any]) -> Any:
        """Run a driver method."""
        return await node_driver.METHODS[method](self._running(), params)

    def _running(self) -> Shell:
        if self._shell is None:
            raise CannotError(f"the {self.role} is not running")
        return self._shell


def _identity(seed: str | None, path: str | None) -> Identity:
    """Return the identity that a node was given, or that its file keeps, or a fresh one."""
    if seed is not None:
        return Identity.of_seed(bytes.fromhex(seed))
    if path is not None:
        file = Path(path)
        kept = key_file.load(file) if file.exists() else key_file.create(file)
        if kept is not None:
            return kept
    return Identity.of_seed(os.urandom(32))


def _shown(value: Any) -> Any:
    return ",".join(value) if isinstance(value, tuple) else value
