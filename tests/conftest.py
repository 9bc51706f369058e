"""What the plugin's tests need: projects in which pytest runs, and the servers of tests/kit."""

from __future__ import annotations

import sys
from pathlib import Path

# A session inside a test unloads what it imported first; cryptography bears no second import.
import trustme  # noqa: F401

pytest_plugins = ["pytester"]

# tests/plugin borrows the raw servers of tests/kit/kit_world.py, also when it is run alone.
sys.path.insert(0, str(Path(__file__).parent / "kit"))
