"""Where vectors and fixtures lie: beside the packages in a checkout, inside them when installed."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


def root(name: str) -> Path:
    """Return the folder ``vectors`` or ``fixtures``, alike in a checkout and installed."""
    installed = PACKAGE / "data" / name
    return installed if installed.is_dir() else PACKAGE.parent / name
