"""The file that a node's identity lives in: read, or made once and never overwritten."""

import logging
import os
from pathlib import Path

from reference.elo.identity import Identity, KeyFileError

PRIVATE = 0o600  # ELO-SIG-19
LOG = logging.getLogger(__name__)


def default_path() -> Path:
    """Return where every Elo node looks."""
    return Path.home() / ".elo" / "identity.seed"


def create(path: Path) -> Identity:
    """Make a new identity and write it down; raises FileExistsError (ELO-CLI-03)."""
    identity = Identity.of_seed(os.urandom(32))
    write(path, identity)
    return identity


def write(path: Path, identity: Identity) -> None:
    """Write an identity down for its owner alone; raises FileExistsError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(identity.pem)


def load(path: Path) -> Identity | None:
    """Read an identity; None, and a warning, when there is none to be read (ELO-SIG-20)."""
    try:
        return Identity.of_pem(path.read_bytes())
    except (OSError, KeyFileError) as error:
        LOG.warning("%s: %s; this node's identity will not outlive it", path, error)
        return None
