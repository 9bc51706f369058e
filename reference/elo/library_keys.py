"""The key file as functions: written into, and read from, a folder that is gone afterwards."""

import logging
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from reference.elo import key_file
from reference.elo.identity import Identity
from reference.role import ParameterError

Params = Mapping[str, Any]


def write_key_file(params: Params) -> dict[str, Any]:
    """Write an identity down, and tell what and where, and who may read it."""
    try:
        identity = Identity.of_seed(bytes.fromhex(params.get("seed", "")))
    except (TypeError, ValueError) as error:
        raise ParameterError(f"seed: {error}") from error
    with tempfile.TemporaryDirectory() as folder:
        place = key_file.default_path().relative_to(Path.home())
        path = Path(folder) / place
        key_file.write(path, identity)
        mode = oct(path.stat().st_mode & 0o777).removeprefix("0o")
        return {"path": str(place), "mode": mode, "text": path.read_text(encoding="ascii")}


def open_key_file(params: Params) -> dict[str, Any]:
    """Start with a key file; tell whose it is, or that nobody's was and that this was said."""
    text = params.get("text")
    if not isinstance(text, str):
        raise ParameterError("text: a text is needed")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "identity.seed"
        path.write_text(text, encoding="utf-8")
        said = _Said()
        key_file.LOG.addHandler(said)
        try:
            identity = key_file.load(path)
        finally:
            key_file.LOG.removeHandler(said)
        kept = path.read_text(encoding="utf-8") == text
    if identity is None:
        return {"ephemeral": True, "reported": said.anything, "kept": kept}
    return {"node_id": identity.node_id, "kept": kept}


class _Said(logging.Handler):
    """Hears whether anything is said."""

    anything = False

    def emit(self, record: logging.LogRecord) -> None:
        self.anything = record.levelno >= logging.WARNING


KEYS: Mapping[str, Callable[[Params], Any]] = MappingProxyType(
    {"write_key_file": write_key_file, "open_key_file": open_key_file}
)
