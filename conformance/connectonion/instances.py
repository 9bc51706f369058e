"""The settings that conversations with a host share: each set of them is one more instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reference.connectonion.identity import Identity

if TYPE_CHECKING:
    from collections.abc import Mapping

    Settings = Mapping[str, Any]

BEARER = "assay-bearer"
LISTED = Identity.of_seed(b"\x41" * 32)  # on the whitelist that hosts are started with
UNLISTED = Identity.of_seed(b"\x42" * 32)  # on the blacklist that hosts are started with

OPEN: Settings = {"trust": "open"}
STRICT: Settings = {"trust": "strict"}
CAREFUL: Settings = {"trust": "careful"}
# The lists of callers that a host is started with are none of its policy's.
GUARDED: Settings = {
    "trust": "strict",
    "blacklist": UNLISTED.address,
    "whitelist": LISTED.address,
}
WITH_A_BEARER: Settings = {"admin_token": BEARER}
LEVELLESS: Settings = {"whitelist": LISTED.address}  # something, and no level
WITHOUT_FIXED_ROUTES: Settings = {"fixed_routes": False}
