"""The command that shows a finding again, ready to be pasted."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.kit.targets.wish import Wish

KEYWORD = re.compile(r"[\w:+.\[\]/-]+")  # what pytest takes for one word in an expression
NAMED = ("protocol", "role", "revision", "driver", "listen")


def command(wish: Wish, *what: str, known: str = "") -> str:
    """Return the line that judges ``what`` of the same target; ``known`` is a baseline."""
    named = {name: getattr(wish, name) for name in NAMED if getattr(wish, name)}
    return shlex.join(
        [
            "pytest",
            *([f"--target={wish.text}"] if wish.text else []),
            *(f"--assay-{name}={value}" for name, value in named.items()),
            *(f"--assay-set={key}={value}" for key, value in wish.facts.items()),
            *([f"--assay-baseline={known}"] if known else []),
            *what,
        ]
    )


def selecting(item: str) -> str:
    """Return a ``-k`` expression that finds an item, whatever words its case consists of."""
    words = [word for word in KEYWORD.findall(item) if word not in {"and", "or", "not"}]
    return " and ".join(words)
