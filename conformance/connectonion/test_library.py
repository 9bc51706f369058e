"""The functions of hosts and clients, held to the golden vectors: one check a requirement."""

from __future__ import annotations

from conformance.connectonion.golden import GOLDEN
from conformance.connectonion.scenarios_library import VECTORS
from conformance.kit.golden.held import checks

globals().update(checks(GOLDEN, VECTORS, module=__name__))
