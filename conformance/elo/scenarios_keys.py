"""A conversation with a node that is started again and again with a file for its key."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from conformance.elo.peer import Peer
from conformance.kit.judging.suite import scenario
from conformance.kit.verdict import NotObserved

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage

FILE, OTHER = "identity.seed", "another.seed"


@scenario(restarts=True)
async def key_files(stage: Stage) -> None:
    """Start a node with a file that is not there, again with that file, and with another."""
    folder = Path(stage.closing.enter_context(TemporaryDirectory()))
    for about, name in {"first": FILE, "again": FILE, "another": OTHER}.items():
        await stage.restart(store=str(folder / name))
        peer = await Peer.greeted(stage, tag=about)
        if not (folder / name).is_file():
            raise NotObserved("the target keeps no key in the file that it is started with")
        key = (folder / name).read_text("ascii", "replace")
        stage.note(about, node_id=peer.ack.get("node_id"), key=key)
