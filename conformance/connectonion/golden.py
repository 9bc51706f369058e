"""The golden vectors of ConnectOnion."""

from __future__ import annotations

from conformance.kit.golden.groups import Groups

GOLDEN = Groups("connectonion")
