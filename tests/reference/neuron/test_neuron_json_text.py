import pytest

from reference.neuron import json_text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"a":1}', {"a": 1}),
        (b'{ "a" : "\\u00e9" }', {"a": "é"}),
        ('{"a":"é"}'.encode(), {"a": "é"}),
        (b"12345678901234567890123", 12345678901234567890123),
        (b'{"type":1,"type":2}', {"type": 2}),
    ],
)
def test_json_is_read(text: bytes, value: object) -> None:
    assert json_text.read(text) == value


def test_a_number_stays_as_it_was_spelled() -> None:
    read = json_text.read(b"[1,1.0,-0.0,1e+22]")
    assert [repr(number) for number in read] == ["1", "1.0", "-0.0", "1e+22"]
    assert json_text.write(read) == b"[1,1.0,-0.0,1e+22]"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{nope",
        b'{"a":1} x',
        b"\xff",
        b'"\xc3("',
        b"NaN",
        b'{"a":Infinity}',
        b"-Infinity",
        b"1" * 5000,
        b"\xef\xbb\xbf{}",
        '{"a":1}'.encode("utf-16"),
        b"[" * 600 + b"]" * 600,
        b'{"a":' * 600 + b"1" + b"}" * 600,
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
    ],
    ids=lambda text: text[:12].hex(),
)
def test_what_no_frame_can_be_is_refused(text: bytes) -> None:
    with pytest.raises(json_text.JSONTextError):
        json_text.read(text)


def test_the_deepest_value_is_read_and_written() -> None:
    deepest = b"[" * 512 + b"]" * 512
    assert json_text.write(json_text.read(deepest)) == deepest


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("5", 0),
        ('"[[["', 0),
        ("[]", 1),
        ('[{"[":"{\\"["}]', 2),
        ('{"a\\\\":[[]],"b":{"c":1}}', 3),
    ],
)
def test_brackets_in_texts_are_not_depth(text: str, levels: int) -> None:
    json_text.read(text)
    assert json_text.depth(text) == levels


def test_many_brackets_are_not_depth() -> None:
    assert len(json_text.read(b"[" + b",".join([b"{}"] * 2000) + b"]")) == 2000


def test_text_is_one_line_of_compact_utf_8() -> None:
    assert json_text.write({"a": "é☃\n", "b": [None]}) == '{"a":"é☃\\n","b":[null]}'.encode()


def test_half_a_surrogate_pair_is_escaped() -> None:
    value = json_text.read(b'"\\ud800"')
    assert json_text.write(value) == b'"\\ud800"'
    assert json_text.write_ascii(["é", value]) == '["\\u00e9","\\ud800"]'
