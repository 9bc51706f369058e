"""An independent implementation of Elo, a mesh of peers and trackers over TCP."""

from reference.elo.library import LIBRARY
from reference.role import Roles

__all__ = ["LIBRARY", "REVISION", "ROLES"]

REVISION = "0.5.1"

ROLES = Roles(
    {
        "node": "reference.elo.node:NodeRole",
        "tracker": "reference.elo.tracker:TrackerRole",
    }
)
