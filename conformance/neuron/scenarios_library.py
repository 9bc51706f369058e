"""Conversations with a library: every golden vector."""

from __future__ import annotations

from conformance.kit.golden.held import conversations
from conformance.neuron.golden import GOLDEN

VECTORS = conversations(GOLDEN, module=__name__)
