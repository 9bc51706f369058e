"""An independent implementation of ConnectOnion's host and client, and of its trust policies."""

from collections.abc import Iterator, Mapping
from importlib import import_module

from reference.connectonion.library import LIBRARY
from reference.role import Role

__all__ = ["LIBRARY", "REVISION", "ROLES"]

REVISION = "0.6.5"

_PLACES = {
    "host": ("reference.connectonion.host", "HostRole"),
    "client": ("reference.connectonion.client", "ClientRole"),
    "relay": ("reference.connectonion.relay", "RelayRole"),
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
