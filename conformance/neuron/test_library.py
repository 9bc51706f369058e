"""The functions that both roles need, held to the golden vectors: one check a requirement."""

from __future__ import annotations

from conformance.kit.golden.held import checks
from conformance.neuron.golden import GOLDEN
from conformance.neuron.scenarios_library import VECTORS

globals().update(checks(GOLDEN, VECTORS, module=__name__))
