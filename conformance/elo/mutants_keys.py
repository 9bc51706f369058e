"""What breaks each requirement of the file that a node's key lives in."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from conformance.kit.proof.mutation import mutant

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conformance.kit.proof.mutation import Mutant
    from reference.elo.identity import Identity

    Load = Callable[[Path], Identity | None]

KEY_FILE = "reference.elo.key_file"

of_the_node = partial(mutant, role="node")


def writes_it_anew(load: Load) -> Load:
    """Write down what was read, and a line more each time."""

    def loads(path: Path) -> Identity | None:
        kept = load(path)
        path.write_bytes(b"# read\n" + path.read_bytes())
        return kept

    return loads


MUTANTS: tuple[Mutant, ...] = (
    of_the_node(
        "ELO-CLI-02",
        "a key file is never read",
        f"{KEY_FILE}:load",
        lambda _load: lambda _path: None,
    ),
    of_the_node(
        "ELO-CLI-03",
        "a key file is written whenever it is read",
        f"{KEY_FILE}:load",
        writes_it_anew,
    ),
)
