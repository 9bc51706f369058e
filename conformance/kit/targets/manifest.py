"""Target manifests: how to get, start and describe one implementation, as data.

The format is described in fixtures/targets/README.md.
"""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.kit import data, schemas

if TYPE_CHECKING:
    from collections.abc import Mapping


class ManifestError(ValueError):
    """A manifest that cannot be used; the text names file and member."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """A command that starts a server and announces itself on stdout."""

    command: tuple[str, ...]
    ready: str  # "json", or a regular expression with named groups
    url: str  # a format of those groups: "http://127.0.0.1:{port}"
    facts: Mapping[str, Any]
    settings: Mapping[str, Mapping[str, str]]  # key -> {"env": NAME} or {"arg": "--x={value}"}

    def with_settings(self, wanted: Mapping[str, Any]) -> tuple[list[str], dict[str, str]]:
        """Return command and environment; a setting without a known way is left out."""
        command, env = list(self.command), dict[str, str]()
        for key, value in wanted.items():
            way = self.settings.get(key, {})
            if "env" in way:
                env[way["env"]] = str(value)
            if "arg" in way:
                command += way["arg"].format(value=value).split(" ", 1)
        return command, env


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """An environment of the target's own, pinned: packages of Python, of Node.js, or both."""

    python: str
    requirements: tuple[str, ...]
    npm: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One implementation, one role, one version."""

    path: Path
    name: str
    version: str
    protocol: str
    role: str
    revision: str
    environment: Environment | None
    driver: tuple[str, ...]
    launch: Launch | None
    facts: Mapping[str, Any] = field(default_factory=dict)
    unsupported: Mapping[str, str] = field(default_factory=dict)
    baseline: Path | None = None


def find(text: str) -> Path:
    """Return the manifest of that path, or the shipped one of that name.

    Raises ManifestError that lists what is shipped.
    """
    path = Path(text)
    if path.is_file():
        return path
    shipped = data.root("fixtures") / "targets"
    for candidate in (shipped / path.name, shipped / f"{path.name}.toml"):
        if candidate.is_file():
            return candidate
    names = ", ".join(sorted(each.stem for each in shipped.glob("*.toml")))
    raise ManifestError(f"no manifest {text!r}; shipped are: {names}")


def load(path: Path) -> Manifest:
    """Read a manifest; placeholders in commands stay for ``resolve``."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(f"{path}: {error}") from error
    schemas.check("manifest", "", document, error=ManifestError, about=str(path))
    environment = document.get("environment")
    baseline = document.get("baseline", {}).get("file")
    return Manifest(
        path=path,
        name=document["name"],
        version=document["version"],
        protocol=document["protocol"],
        role=document["role"],
        revision=document.get("revision", ""),
        environment=_environment(environment) if environment else None,
        driver=tuple(document.get("driver", {}).get("command", ())),
        launch=_launch(document["target"], path) if "target" in document else None,
        facts=document.get("set", {}),
        unsupported=document.get("features", {}).get("unsupported", {}),
        baseline=(path.parent / baseline).resolve() if baseline else None,
    )


def _environment(table: Mapping[str, Any]) -> Environment:
    return Environment(
        python=table.get("python", ""),
        requirements=tuple(table.get("requirements", ())),
        npm=tuple(table.get("npm", ())),
    )


def _launch(table: Mapping[str, Any], path: Path) -> Launch:
    ready = table.get("ready", "json")
    if ready != "json":
        try:
            groups = re.compile(ready).groupindex
            table.get("url", "").format(**dict.fromkeys(groups, ""))
        except (re.error, LookupError) as error:
            raise ManifestError(
                f"{path}: target.ready, target.url: not a regular expression and a URL of its"
                f" named groups: {error}"
            ) from error
        if not table.get("url"):
            raise ManifestError(f"{path}: target.url: needed, since the ready line is not JSON")
    return Launch(
        command=tuple(table["command"]),
        ready=ready,
        url=table.get("url", ""),
        facts=table.get("set", {}),
        settings=table.get("settings", {}),
    )


def resolve(
    command: tuple[str, ...], manifest: Manifest, *, python: str, revision: str = ""
) -> tuple[str, ...]:
    """Fill the placeholders in a command; ``revision`` outranks the manifest's own."""
    known = {
        "{python}": [python],
        "{assay}": [sys.executable, "-m", "conformance"],
        "{revision}": [revision or manifest.revision],
    }
    words: list[str] = []
    for word in command:
        words += known.get(word) or [
            word.replace("{fixtures}", str(data.root("fixtures")))
            .replace("{manifest_dir}", str(manifest.path.parent.resolve()))
            .replace("{environment}", str(Path(python).parent.parent))
        ]
    return tuple(words)


def launch_with(launch: Launch, manifest: Manifest, *, python: str) -> Launch:
    """Return the launch with its command's placeholders filled."""
    return replace(launch, command=resolve(launch.command, manifest, python=python))
