"""The protocol's functions as a driver offers them: JSON in, JSON out."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

LIBRARY: Mapping[str, Callable[[Mapping[str, Any]], Any]] = MappingProxyType({})
