"""Runs pytest with its arguments and writes to ``left.json`` what is there only afterwards.

A process of its own, because in a test run other conversations open and close sockets meanwhile.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from pathlib import Path

import pytest


def held() -> dict[str, set[str]]:
    """Return this process's children, sockets and threads, by what the system calls them."""
    own = Path(f"/proc/{os.getpid()}")
    descriptors = set()
    for each in (own / "fd").iterdir():
        with contextlib.suppress(OSError):  # the directory's own descriptor has gone again
            descriptors.add(str(each.readlink()))
    return {
        "processes": set((own / f"task/{os.getpid()}/children").read_text("utf-8").split()),
        "sockets": {name for name in descriptors if name.startswith("socket:")},
        "threads": {f"{each.name} {each.ident}" for each in threading.enumerate()},
    }


if __name__ == "__main__":
    before = held()
    code = pytest.main(sys.argv[1:])
    left = {kind: sorted(names - before[kind]) for kind, names in held().items()}
    Path("left.json").write_text(json.dumps(left), "utf-8")
    sys.exit(code)
