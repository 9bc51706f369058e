"""The spellings of JSON that the kit sends: many texts, one value, one signature."""

import itertools
import json

import orjson
import pytest

from conformance.rxon import spelling
from reference.rxon import signing

MESSAGE = {
    "worker_id": "w1",
    "count": 12,
    "nothing": 0,
    "below": -7,
    "share": 0.5,
    "flags": [True, False, [], {}],
    "text": 'é 😀 "quoted" a/b\n',
    "deep": {"ключ": [{"z": 1, "a": 2}]},
}
WAYS = [
    dict(zip(("order", "blanks", "numbers", "escapes", "nulls"), way, strict=True))
    for way in itertools.product(
        spelling.ORDERS,
        spelling.BLANKS,
        spelling.WHOLE_NUMBERS,
        spelling.ESCAPES,
        spelling.NULLS,
    )
]


def without_nulls(value: object) -> object:
    if isinstance(value, dict):
        return {key: without_nulls(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [without_nulls(each) for each in value]
    return value


def test_every_spelling_is_the_same_value_to_two_parsers() -> None:
    for way in WAYS:
        text = spelling.spell(MESSAGE, way)
        assert without_nulls(json.loads(text)) == MESSAGE, way
        assert without_nulls(orjson.loads(text)) == MESSAGE, way


def test_every_spelling_has_the_same_signature() -> None:
    signatures = {
        signing.sign(orjson.loads(spelling.spell(MESSAGE, way)), secret="s") for way in WAYS
    }
    assert len(signatures) == 1


@pytest.mark.parametrize(
    ("way", "text"),
    [
        ({"order": "backwards"}, '{"b":[2],"a":1}'),
        ({"blanks": "space"}, '{ "a" : 1 , "b" : [ 2 ] }'),
        ({"numbers": "fraction"}, '{"a":1.0,"b":[2.0]}'),
        ({"numbers": "shifted"}, '{"a":100E-2,"b":[200E-2]}'),
        ({"escapes": "all"}, '{"\\u0061":1,"\\u0062":[2]}'),
        ({"nulls": "first"}, '{"assay_null":null,"a":1,"b":[2]}'),
    ],
)
def test_a_way_changes_one_thing(way: dict[str, str], text: str) -> None:
    plain = {
        "order": "as given",
        "blanks": "none",
        "numbers": "plain",
        "escapes": "least",
        "nulls": "none",
    }
    assert spelling.spell({"a": 1, "b": [2]}, {**plain, **way}) == text


def test_a_character_beyond_the_basic_plane_is_escaped_as_a_pair() -> None:
    assert spelling.escaped("😀") == "\\ud83d\\ude00"
