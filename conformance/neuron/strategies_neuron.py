"""What the neuron's properties range over; every example is plain JSON."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Example = dict[str, Any]

TEXT = st.sampled_from(["", "a", "é", "☃😀", "\n", "\r\n", ": x", "data: y", "\x00"])
VALUES = st.one_of(st.none(), st.booleans(), st.integers(-5, 2**70), TEXT)
INPUTS = st.one_of(VALUES, st.lists(VALUES, max_size=2), st.dictionaries(TEXT, VALUES, max_size=2))
EXTRAS = st.lists(st.sampled_from(["retry: 5", "color: red", "nonsense"]), max_size=2)
PAUSES = st.sampled_from([0.0, 0.002, 0.03])


def streams() -> st.SearchStrategy[Example]:
    """Return frames in spellings, and where their text is cut.

    A CRLF is not cut in two (that is NEURON-NRN-SSE-07) when the lines end in LF or CR only.
    """
    frame = st.fixed_dictionaries(
        {
            "input": INPUTS,
            "extra": EXTRAS,
            "end": st.sampled_from(["LF", "CR"]),
        }
    )
    return st.fixed_dictionaries(
        {
            "frames": st.lists(frame, min_size=1, max_size=4),
            "cuts": st.lists(st.integers(0, 2000), max_size=8),
        }
    )


# Each schema with what fits it and what does not: literal, so that no code judges another.
CONTRACTS: list[tuple[Any, list[Any], list[Any]]] = [
    ({"type": "integer"}, [0, -3, 2**70, 1.0], ["1", None, True, 1.5, []]),
    ({"type": "string", "minLength": 2}, ["ab", "☃☃"], ["a", "", 12, None]),
    ({"type": ["null", "boolean"]}, [None, True, False], [0, "", "null"]),
    ({"enum": [1, "a", None]}, [1, "a", None], [True, "A", 2]),
    ({"const": False}, [False], [0, None, ""]),
    ({"minimum": 3, "exclusiveMaximum": 5}, [3, 4.5, "x"], [2, 5]),
    ({"type": "array", "items": {"type": "string"}, "maxItems": 2}, [[], ["a"]], [[1], "a"]),
    ({"uniqueItems": True}, [[1, 2], [1, True]], [[1, 1], ["a", "b", "a"]]),
    ({"required": ["a"]}, [{"a": None}, 5], [{}, {"A": 1}]),
    ({"additionalProperties": False, "properties": {"a": True}}, [{}, {"a": 1}], [{"b": 1}]),
    ({"properties": {"a": {"type": "string"}}}, [{}, {"a": "x"}, "x"], [{"a": 1}]),
    ({"not": {"type": "object"}}, [1, []], [{}]),
    ({"oneOf": [{"type": "integer"}, {"minimum": 5}]}, [1, 5.5], [7, 1.5]),
    ({"anyOf": [{"type": "null"}, {"pattern": "^a"}]}, [None, "ab", 1], ["b"]),
    ({"allOf": [{"minLength": 1}, {"maxLength": 1}]}, ["a", 3], ["", "ab"]),
    ({"$defs": {"n": {"type": "null"}}, "$ref": "#/$defs/n"}, [None], [0, {}]),
    ({"if": {"const": 1}, "then": False}, [2, "1"], [1]),
    (True, [None, {}, 7], []),
]
PAIRS = [
    {"schema": schema, "input": value, "fits": fits}
    for schema, good, bad in CONTRACTS
    for fits, values in ((True, good), (False, bad))
    for value in values
]


def contracts() -> st.SearchStrategy[list[Example]]:
    """Return schemas with inputs that fit or do not."""
    return st.lists(st.sampled_from(PAIRS), min_size=1, max_size=6)


SCRIPTS: list[Example] = [
    {},
    {"sleepMs": 20},
    {"sleepMs": 60},
    {"sleepMs": 60, "ignoreCancel": True},
    {"raise": "boom"},
    {"fail": {"reason": "over"}},
    {"selfCancel": True},
    {"progress": [{"percent": 1}], "sleepMs": 20},
]


def lives() -> st.SearchStrategy[list[Example]]:
    """Return leases, some that are cancelled at once, and losses of the stream, in any order.

    A cancel that meets an ack on its way is another matter (NEURON-NRN-CANCEL-10).
    """
    lease = st.fixed_dictionaries(
        {
            "do": st.just("lease"),
            "capability": st.sampled_from(["conf/ctl", "conf/serial"]),
            "script": st.sampled_from(SCRIPTS),
            "pause": PAUSES,
        }
    )
    cancelled = st.fixed_dictionaries(
        {
            "do": st.just("lease and cancel"),
            "capability": st.sampled_from(["conf/ctl", "conf/serial"]),
            "pause": PAUSES,
        }
    )
    lose = st.fixed_dictionaries(
        {
            "do": st.just("lose"),
            "how": st.sampled_from(["end", "cut"]),
            "pause": PAUSES,
        }
    )
    steps = st.one_of(lease, lease, lease, cancelled, cancelled, lose)
    return st.tuples(lease, st.lists(steps, max_size=9)).map(lambda pair: [pair[0], *pair[1]])


def troubles() -> st.SearchStrategy[list[Example]]:
    """Return up to two troubles: what fails on the way back to a gateway, and how."""
    trouble = st.fixed_dictionaries(
        {
            "at": st.sampled_from(["events", "register"]),
            "answer": st.sampled_from(["cut", "401", "403", "429", "500", "503"]),
            "pause": PAUSES,
        }
    )
    return st.lists(trouble, min_size=1, max_size=2)
