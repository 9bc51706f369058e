"""Environments for published implementations: one each, pinned, made on first use."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.targets.manifest import Environment

INSTALL_WITHIN = 900.0  # seconds
COMPLETE = "assay-complete"  # a file that only a finished installation has


class EnvironmentFailed(RuntimeError):  # noqa: N818  (says what happened)
    """The environment could not be made; the text carries the installer's last words."""


def home() -> Path:
    """Return the folder of all environments (``ASSAY_HOME``, or the user's cache)."""
    given = os.environ.get("ASSAY_HOME")
    if given:
        return Path(given)
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "assay"


def python_for(environment: Environment, *, name: str, say: Callable[[str], None]) -> str:
    """Return the interpreter of an environment with these pins, making it when it is missing.

    Where no package of Python is wanted, nothing is there: the path leads to the folder alone.
    """
    wanted = (*sorted(environment.requirements), *sorted(environment.npm))
    pins = "\n".join((sys.version.split()[0], *wanted))
    folder = home() / f"{name}-{hashlib.sha256(pins.encode()).hexdigest()[:12]}"
    python = folder / "bin" / "python"
    if not (folder / COMPLETE).exists():
        say(f"making an environment for {name} (first use, {folder})")
        _make(folder, python, environment)
    return str(python)


def _make(folder: Path, python: Path, environment: Environment) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if environment.requirements:
        venv.create(folder, with_pip=True)
        pip = (str(python), "-m", "pip", "install", "--quiet")
        _install(*pip, "--upgrade", "pip")
        _install(*pip, "--pre", *environment.requirements)
    if environment.npm:
        # No package may run anything while it is installed.
        npm = ("npm", "install", "--prefix", str(folder), "--ignore-scripts", "--no-audit")
        _install(*npm, "--no-fund", *environment.npm)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / COMPLETE).write_text("", encoding="utf-8")


def _install(*command: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603  (the pins come from a manifest that the user named)
            list(command), capture_output=True, text=True, timeout=INSTALL_WITHIN, check=False
        )
    except FileNotFoundError:
        raise EnvironmentFailed(f"{command[0]} is needed, and there is none") from None
    if done.returncode:
        raise EnvironmentFailed(f"{' '.join(command)} failed:\n{done.stderr.strip()[-2000:]}")
