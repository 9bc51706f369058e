"""Conversations with a library: every golden vector."""

from __future__ import annotations

from conformance.connectonion.golden import GOLDEN
from conformance.kit.golden.held import conversations

VECTORS = conversations(GOLDEN, module=__name__)
