from __future__ import annotations

import subprocess
import venv
from pathlib import Path
from typing import Any

import pytest

from conformance.kit.targets import environment
from conformance.kit.targets.environment import EnvironmentFailed
from conformance.kit.targets.manifest import Environment

PINS = Environment(python="", requirements=("toy==1", "other==2"))


class Installer:
    """Plays venv and pip, and remembers what was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, code: int = 0) -> None:
        self.installed: list[tuple[str, ...]] = []
        self.code = code
        monkeypatch.setattr(venv, "create", self.create)
        monkeypatch.setattr(subprocess, "run", self.run)

    def create(self, folder: Path, **_: Any) -> None:
        (folder / "bin").mkdir(parents=True)

    def run(self, command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        self.installed.append(tuple(command))
        return subprocess.CompletedProcess(command, self.code, "", "no matching distribution\n")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    return tmp_path


def python_for(pins: Environment = PINS) -> tuple[str, list[str]]:
    said: list[str] = []
    return environment.python_for(pins, name="toy-1", say=said.append), said


def test_an_environment_is_made_once(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    installer = Installer(monkeypatch)
    python, said = python_for()
    assert Path(python).is_relative_to(home)
    assert python.endswith("/bin/python")
    assert said[0].startswith("making an environment for toy-1")
    assert any({"toy==1", "other==2"} <= set(each) for each in installer.installed)
    again, quiet = python_for()
    assert (again, quiet) == (python, [])


def test_other_pins_are_another_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    Installer(monkeypatch)
    other = Environment(python="", requirements=("toy==2", "other==2"))
    same = Environment(python="", requirements=("other==2", "toy==1"))
    assert python_for()[0] == python_for(same)[0] != python_for(other)[0]


def test_a_failed_installation_is_told_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    installer = Installer(monkeypatch, code=1)
    with pytest.raises(EnvironmentFailed, match="no matching distribution"):
        python_for()
    installer.code = 0
    assert python_for()[1]


def test_packages_of_node_need_no_python(monkeypatch: pytest.MonkeyPatch) -> None:
    installer = Installer(monkeypatch)
    python, _ = python_for(Environment(python="", requirements=(), npm=("toy@1",)))
    folder = Path(python).parent.parent
    assert [each[:4] for each in installer.installed] == [
        ("npm", "install", "--prefix", str(folder))
    ]
    assert installer.installed[0][-1] == "toy@1"
    assert not (folder / "bin").exists()


def test_without_npm_it_is_said_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(EnvironmentFailed, match="npm is needed"):
        python_for(Environment(python="", requirements=(), npm=("toy@1",)))


def test_without_a_home_of_its_own_it_is_the_users_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASSAY_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert environment.home() == Path("/cache/assay")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert environment.home() == Path.home() / ".cache" / "assay"
