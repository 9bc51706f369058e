"""The golden vectors of RXON, and what of an outcome each kind of requirement is about."""

from __future__ import annotations

from conformance.kit.golden import vectors
from conformance.kit.golden.groups import Groups

GOLDEN = Groups(
    "rxon",
    {
        "RXON-SIG": ("canonical", "signature", "verified", vectors.REFUSED),
        "RXON-SER": ("serialized", vectors.REFUSED),
        "RXON-SER-06": ("restored", vectors.REFUSED),
        "RXON-SER-07": ("restored", vectors.REFUSED),
        "RXON-SER-08": ("restored", vectors.REFUSED),
    },
)
