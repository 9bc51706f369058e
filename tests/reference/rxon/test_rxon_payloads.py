"""Reading what a driver is given."""

from typing import Any

import pytest

from reference.role import ParameterError
from reference.rxon.payloads import Params, payload
from reference.rxon.revision import BASELINE


def read(**given: Any) -> Any:
    return payload(Params(given, BASELINE))


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({"json": "[1.0, null]"}, [1.0, None]),
        ({"hex": "5b5d"}, []),
        ({"nest": {"container": "object", "depth": 2, "leaf": None}}, {"a": {"a": None}}),
        ({"typed": {"object": {"a": [1]}}}, {"a": [1]}),
    ],
)
def test_a_payload_is_read_in_one_of_four_ways(given: dict[str, Any], value: Any) -> None:
    assert read(**given) == value


def test_two_payloads_are_none() -> None:
    with pytest.raises(ParameterError, match="exactly one of json, hex, nest, typed"):
        read(json="1", typed=1)


def test_what_cannot_be_read_is_no_fault_of_the_caller() -> None:
    with pytest.raises(ValueError, match="not JSON") as error:
        read(json="{")
    assert not isinstance(error.value, ParameterError)


def test_parameters_are_of_a_type_or_named() -> None:
    params = Params({"a": 1, "names": ["x", 1]}, BASELINE)
    assert params.of("b", str, default="c") == "c"
    with pytest.raises(ParameterError, match="a: str is needed, not int"):
        params.of("a", str)
    with pytest.raises(ParameterError, match="b: this parameter is needed"):
        params.of("b")
    with pytest.raises(ParameterError, match="names: a list of texts"):
        params.texts("names")
