"""What the tests of the plugin need: projects in which pytest runs."""

from __future__ import annotations

pytest_plugins = ["pytester"]
