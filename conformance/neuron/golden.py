"""The golden vectors of the neuron protocol."""

from __future__ import annotations

from conformance.kit.golden.groups import Groups

GOLDEN = Groups("neuron")
