"""An independent implementation of RXON, the pull protocol between orchestrators and workers."""

from reference.role import Roles
from reference.rxon.library import LIBRARY, library
from reference.rxon.revision import PROTOCOL_VERSION as REVISION
from reference.rxon.revision import REVISIONS

__all__ = ["LIBRARIES", "LIBRARY", "REVISION", "ROLES"]

# The functions of every revision.
LIBRARIES = {name: library(revision) for name, revision in REVISIONS.items()}

ROLES = Roles(
    {
        "orchestrator": "reference.rxon.orchestrator:OrchestratorRole",
        "worker": "reference.rxon.worker:WorkerRole",
    }
)
