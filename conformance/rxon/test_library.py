"""The functions that every role needs, held to the golden vectors: one check a requirement."""

from __future__ import annotations

from conformance.kit.golden.held import checks
from conformance.rxon.golden import GOLDEN
from conformance.rxon.scenarios_library import VECTORS

globals().update(checks(GOLDEN, VECTORS, module=__name__))
