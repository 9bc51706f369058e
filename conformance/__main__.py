"""``python -m conformance`` is ``assay``."""

from __future__ import annotations

from conformance.cli import main

main()
