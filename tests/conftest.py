"""What the plugin's tests need: projects in which pytest runs, and the servers of tests/kit."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

# A session inside a test unloads what it imported first; cryptography bears no second import.
import pytest
import trustme  # noqa: F401

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = ["pytester"]

INTEROP = Path(__file__).parent / "interop"

# tests/plugin borrows the raw servers of tests/kit/kit_world.py, also when it is run alone.
sys.path.insert(0, str(Path(__file__).parent / "kit"))

# Without node its tests are not collected, which the header says: nothing is skipped in silence.
NEED_NODE = ["rxon/test_rxon_node.py", "neuron/test_neuron_in_javascript.py"]
collect_ignore = [] if shutil.which("node") else NEED_NODE


def pytest_report_header() -> list[str]:
    """Say what is not collected, and why."""
    return [f"not collected, since node is not installed: tests/{name}" for name in collect_ignore]


@pytest.fixture
def toy_suite(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Install the toy protocol with tests/plugin/toy_suite.py as its suite."""
    import kit_world  # noqa: PLC0415  (not every session needs servers)

    import assay_pytest  # noqa: PLC0415  (imported by now; an import of ours would hide how)

    place = kit_world.install_toy(monkeypatch, tmp_path)
    suite = Path(__file__).parent / "plugin" / "toy_suite.py"
    (place / "test_toy.py").write_text(suite.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(assay_pytest, "SUITES", place.parent)
    yield
    monkeypatch.undo()
    kit_world.forget()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave real pairs to who names them (``tox -e interop``): they install published packages."""
    asked = (Path(argument.partition("::")[0]).resolve() for argument in config.args)
    named = any(path == INTEROP or INTEROP in path.parents for path in asked)
    return True if collection_path == INTEROP and not named else None
