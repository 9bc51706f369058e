from __future__ import annotations

from typing import Any

import pytest

from reference.elo import LIBRARY
from reference.role import ParameterError

SEED = bytes(range(32)).hex()
NAME = "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"
EMPTY = (  # recorded from elo-node 0.5.1
    "uGs28Qzd-n5JBljRU7LHQ2p25EC4VkSVhwNKwy-VSCLtFITk5yyiZAUDe9GqianCfdZRM7skWSAEu9h2jAlXAA"
)


@pytest.mark.parametrize(
    ("method", "params", "answer"),
    [
        ("canonical", {"json": '{"b":1.50,"a":"é","signature":1}'}, '{"a":"\\u00e9","b":1.5}'),
        ("sign", {"json": "{}", "seed": SEED}, EMPTY),
        ("verify", {"json": f'{{"signature":"{EMPTY}"}}', "signer": NAME}, True),
        ("verify", {"json": f'{{"a":1,"signature":"{EMPTY}"}}', "signer": NAME}, False),
        ("verify", {"json": "{}", "signer": NAME}, False),
        ("node_id", {"seed": SEED}, NAME),
        ("encode", {"json": "{}"}, "000000027b7d"),
    ],
)
def test_a_function_answers(method: str, params: dict[str, Any], answer: Any) -> None:
    *_, value = LIBRARY[method](params).values()
    assert value == answer


def test_an_id_spells_a_key_or_nothing() -> None:
    known = LIBRARY["public_key"]({"node_id": f"{NAME}="})
    assert known["node_id"] == NAME
    assert LIBRARY["public_key"]({"node_id": NAME[:12]}) == {"refused": True}


def test_what_no_frame_can_carry_is_refused() -> None:
    answer = LIBRARY["encode"]({"json": '{"a": "\\ud800"}'})
    assert answer["refused"] is True


def test_chunks_are_read_into_frames() -> None:
    assert LIBRARY["decode"]({"chunks": ["00000002", "7b7d"]}) == {
        "frames": ["{}"],
        "closed": False,
    }
    broken = LIBRARY["decode"]({"chunks": ["000000027b7d00000001", "7b"]})
    assert broken == {"frames": ["{}"], "closed": True}


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("canonical", {}),
        ("canonical", {"json": "["}),
        ("canonical", {"json": "[]"}),
        ("sign", {"json": "{}", "seed": "zz"}),
        ("sign", {"json": "{}", "seed": "00"}),
        ("decode", {"chunks": "00"}),
        ("decode", {"chunks": [5]}),
        ("decode", {"chunks": ["zz"]}),
    ],
)
def test_parameters_that_cannot_be_are_refused(method: str, params: dict[str, Any]) -> None:
    with pytest.raises(ParameterError):
        LIBRARY[method](params)
