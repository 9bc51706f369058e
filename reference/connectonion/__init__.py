"""An independent implementation of ConnectOnion's host and client, and of its trust policies."""

from reference.connectonion.library import LIBRARY
from reference.role import Roles

__all__ = ["LIBRARY", "REVISION", "ROLES"]

REVISION = "0.6.5"

ROLES = Roles(
    {
        "host": "reference.connectonion.host:HostRole",
        "client": "reference.connectonion.client:ClientRole",
        "relay": "reference.connectonion.relay:RelayRole",
    }
)
