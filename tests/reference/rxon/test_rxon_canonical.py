"""The normal form of messages and its bytes, with the table of sheet 4.1 as literal data."""

import enum
import math
import uuid
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest

from reference.rxon import canonical
from reference.rxon.revision import NEWEST


def nested(containers: int, leaf: Any = 1) -> Any:
    for _ in range(containers):
        leaf = [leaf]
    return leaf


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1.0, b"1"),
        (-0.0, b"0"),
        (1e16, b"10000000000000000"),
        (123456789012345680.0, b"123456789012345680"),
        (2.5, b"2.5"),
        (1e-05, b"0.00001"),
        (1e-07, b"1e-7"),
        (5e-324, b"5e-324"),
        (True, b"true"),
        (None, b"null"),
        (2**64 - 1, b"18446744073709551615"),
        (-(2**63), b"-9223372036854775808"),
        ([1, None, 2], b"[1,2]"),
        ([None], b"[]"),
        ({"a": None}, b"{}"),
        ({"a": {"b": [{"c": None, "d": 4.0}]}}, b'{"a":{"b":[{"d":4}]}}'),
        (
            {"a": {}, "b": [], "c": 0, "d": "", "e": False},
            b'{"a":{},"b":[],"c":0,"d":"","e":false}',
        ),
        ({"b": 1, "a": 2}, b'{"b":1,"a":2}'),
        ("é😀\u2028\x7f", '"é😀\u2028\x7f"'.encode()),
        ('\x01"\\/\n', b'"\\u0001\\"\\\\/\\n"'),
        ((1.0, None), b"[1]"),
    ],
)
def test_a_value_is_written_in_its_normal_form(value: Any, written: bytes) -> None:
    assert canonical.encode(value) == written


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_written_as_null(value: float) -> None:
    assert canonical.encode({"a": value}) == b'{"a":null}'


@pytest.mark.parametrize(
    "value",
    [1e22, 2**64, -(2**63) - 1, {1: "key"}, b"bytes", {1, 2}, "\ud800", [object()]],
    ids=repr,
)
def test_what_json_cannot_carry_is_refused(value: Any) -> None:
    with pytest.raises(canonical.CanonicalError, match="cannot be written as JSON"):
        canonical.encode(value)


class Colour(enum.Enum):
    RED = "red"
    WHOLE = 2.0


@dataclass
class Point:
    x: float
    label: str | None = None


class Pair(NamedTuple):
    first: Any
    second: Any = None


@pytest.mark.parametrize(
    ("value", "normal"),
    [
        (Colour.RED, "red"),
        ([Colour.WHOLE], [2.0]),
        (
            uuid.UUID("12345678-1234-5678-1234-567812345678"),
            "12345678-1234-5678-1234-567812345678",
        ),
        (Point(x=1.0), {"x": 1}),
        ([Pair(Point(x=0.5, label="p"))], [{"first": {"x": 0.5, "label": "p"}}]),
    ],
    ids=repr,
)
def test_what_only_a_program_can_hold_becomes_json(value: Any, normal: Any) -> None:
    assert canonical.normalise(value) == normal


def test_an_enum_value_is_not_normalised_further() -> None:
    assert canonical.encode(Colour.WHOLE) == b"2.0"


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        (nested(100), True),
        (nested(101), False),
        (nested(101, None), True),
        (nested(102, None), False),
        (nested(100, {}), True),
        (nested(101, {}), False),
        (nested(100, 1.5), True),
        (nested(101, "text"), False),
    ],
    ids=["100", "101", "101 null", "102 null", "100 empty", "101 empty", "100 float", "101 text"],
)
def test_one_hundred_containers_are_the_limit(value: Any, *, fits: bool) -> None:
    if fits:
        canonical.normalise(value)
    else:
        with pytest.raises(canonical.CanonicalError, match="deeper than 100"):
            canonical.normalise(value)


def test_another_revision_has_another_limit() -> None:
    assert canonical.normalise(nested(30), revision=NEWEST) == nested(30)
    with pytest.raises(canonical.CanonicalError, match="deeper than 30"):
        canonical.normalise(nested(31), revision=NEWEST)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ([1, None, 2.0], b"[1,null,2]"),
        ({"b": 1, "a": None}, b'{"b":1}'),
        ({"b": 1, "a": 2}, b'{"a":2,"b":1}'),
        ({"a": math.nan, "b": [math.inf]}, b'{"b":[null]}'),
        ({1: "key"}, b'{"1":"key"}'),
    ],
)
def test_another_revision_writes_otherwise(value: Any, written: bytes) -> None:
    assert canonical.encode(value, revision=NEWEST) == written


def test_another_revision_signs_less() -> None:
    message = {"_signature": 1, "security": 2, "a": 3}
    assert canonical.canonical_bytes(message) == b'{"_signature":1,"a":3}'
    assert canonical.canonical_bytes(message, revision=NEWEST) == b'{"a":3}'


def test_a_digest_covers_security_too() -> None:
    empty = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert canonical.digest({"a": None}) == empty
    assert canonical.digest({"security": 1}) != empty


def test_the_input_is_left_alone() -> None:
    message = {"security": {"signature": "x"}, "a": [1.0, None]}
    canonical.canonical_bytes(message)
    assert message == {"security": {"signature": "x"}, "a": [1.0, None]}


def test_only_the_outermost_security_is_left_out() -> None:
    message = {"security": 1, "a": {"security": 2}}
    assert canonical.canonical_bytes(message) == b'{"a":{"security":2}}'
    assert canonical.canonical_bytes([message]) == b'[{"a":{"security":2},"security":1}]'


def test_ignored_members_are_left_out_at_the_top_only() -> None:
    message = {"chain": [1], "a": {"chain": 2}}
    assert canonical.canonical_bytes(message, ignore=("chain",)) == b'{"a":{"chain":2}}'


def test_keys_are_sorted_by_code_point_at_every_level() -> None:
    message = {"\U00010000": 1, "\uffff": 2, "b": {"z": 1, "Z": 2}, "10": 5, "9": 6, "": 8}
    assert canonical.canonical_bytes(message) == (
        '{"":8,"10":5,"9":6,"b":{"Z":2,"z":1},"\uffff":2,"\U00010000":1}'.encode()
    )


def test_reading_keeps_nulls_and_the_last_of_two_equal_keys() -> None:
    assert canonical.read_json(b'{"a":1,"b":null,"a":2.0}') == {"a": 2.0, "b": None}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"NaN",
        b"[1,]",
        b"01",
        b'{"a":1e400}',
        b'"\xff"',
        b"\xef\xbb\xbf{}",
        b'"\\ud800"',
        b'"a\nb"',
        b"[" * 2000 + b"]" * 2000,
    ],
    ids=repr,
)
def test_what_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(canonical.JSONError, match="body is not JSON"):
        canonical.read_json(body)


def test_json_that_is_too_deep_is_refused() -> None:
    assert canonical.read_json(b"[" * 101 + b"]" * 101) == nested(100, [])
    with pytest.raises(canonical.JSONError, match="deeper than 100"):
        canonical.read_json(b"[" * 102 + b"]" * 102)


def test_many_flat_containers_are_not_deep() -> None:
    assert len(canonical.read_json(b"[" + b"{}," * 300 + b"{}]")) == 301
