from __future__ import annotations

from typing import Any

import pytest

from reference.elo import LIBRARY
from reference.role import ParameterError

SEED = "00" * 32
NAME = "O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik"  # recorded from elo-node 0.5.1


def test_a_key_file_that_was_written_is_read_again() -> None:
    written = LIBRARY["write_key_file"]({"seed": SEED})
    assert (written["path"], written["mode"]) == (".elo/identity.seed", "600")
    opened = LIBRARY["open_key_file"]({"text": written["text"]})
    assert opened == {"node_id": NAME, "kept": True}


def test_a_file_that_holds_no_key_is_reported_and_kept() -> None:
    answer = LIBRARY["open_key_file"]({"text": "garbage"})
    assert answer == {"ephemeral": True, "reported": True, "kept": True}


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("write_key_file", {}),
        ("write_key_file", {"seed": "00"}),
        ("write_key_file", {"seed": 5}),
        ("open_key_file", {}),
    ],
)
def test_parameters_that_cannot_be_are_refused(method: str, params: dict[str, Any]) -> None:
    with pytest.raises(ParameterError):
        LIBRARY[method](params)
