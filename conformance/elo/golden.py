"""The golden vectors of Elo."""

from __future__ import annotations

from conformance.kit.golden.groups import Groups

GOLDEN = Groups(
    "elo",
    looked_at={
        "ELO-ROUTE-08.a": ("to",),
        "ELO-ROUTE-13.a": ("named",),
        "ELO-ROUTE-15.a": ("named",),
        "ELO-ROUTE-19.a": ("to", "id", "capability", "ttl"),
        "ELO-ROUTE-20.a": ("to",),
        "ELO-ROUTE-21.a": ("origin",),
        "ELO-SIG-17.b": ("public_key",),
    },
)
