"""An independent implementation of RXON, the pull protocol between orchestrators and workers."""

from collections.abc import Iterator, Mapping
from importlib import import_module

from reference.role import Role
from reference.rxon.library import LIBRARY, library
from reference.rxon.revision import PROTOCOL_VERSION as REVISION
from reference.rxon.revision import REVISIONS

__all__ = ["LIBRARIES", "LIBRARY", "REVISION", "ROLES"]

# The functions of every revision.
LIBRARIES = {name: library(revision) for name, revision in REVISIONS.items()}

_PLACES = {
    "orchestrator": ("reference.rxon.orchestrator", "OrchestratorRole"),
    "worker": ("reference.rxon.worker", "WorkerRole"),
}


class _Roles(Mapping[str, type[Role]]):
    """Role classes by name, imported when asked for: most users need only the rules."""

    def __getitem__(self, name: str) -> type[Role]:
        module, attribute = _PLACES[name]
        role: type[Role] = getattr(import_module(module), attribute)
        return role

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)


ROLES: Mapping[str, type[Role]] = _Roles()
