"""The tracker as a role: a node that relays tasks between the peers that dialled it."""

from collections.abc import Mapping
from typing import ClassVar

from reference.elo.node import NodeRole
from reference.elo.profile import TRACKER, Deed


class TrackerRole(NodeRole):
    """A reference tracker that listens on one port."""

    role: ClassVar[str] = "tracker"
    deeds: ClassVar[Mapping[str, Deed]] = TRACKER
