"""Assay: conformance suites for agent-networking protocols, and the kit that runs them."""

from __future__ import annotations

from importlib import metadata

try:
    __version__ = metadata.version("assay")
except metadata.PackageNotFoundError:  # a checkout that nobody installed
    __version__ = "0+checkout"
