"""JSON text of frames: numbers as they were spelled, and bounds for what strangers send.

The standard parser is used because it keeps integers of any size and tells 1 from 1.0: an input
must reach its handler unchanged (NEURON-NRN-LEASE-06).
"""

import json
import re
from collections.abc import Mapping
from itertools import accumulate
from typing import Any, NoReturn

DEPTH_LIMIT = 512  # containers inside each other; published neurons cannot write more than 255

STRING = re.compile(r'"(?>[^"\\]+|\\.)*+"')
STEPS: Mapping[int, int] = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
NO_BRACKETS = bytes(sorted(set(range(256)) - STEPS.keys()))


class JSONTextError(ValueError):
    """The bytes are not JSON that a frame can be."""


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


# Made once: `json.loads` and `json.dumps` make one for every call that is not plain.
READER = json.JSONDecoder(parse_constant=_refuse_constant)
WRITER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
ASCII_WRITER = json.JSONEncoder(separators=(",", ":"))


def read(text: bytes | str) -> Any:
    """Parse one JSON text in UTF-8; raises JSONTextError."""
    try:
        spelled = text if isinstance(text, str) else text.decode()
        value = READER.decode(spelled)
    except RecursionError as error:
        raise JSONTextError(f"nested deeper than {DEPTH_LIMIT} levels") from error
    except ValueError as error:
        raise JSONTextError(f"not JSON in UTF-8: {error}") from error
    # Fewer brackets than levels: only a suspect is looked at more closely.
    if spelled.count("[") + spelled.count("{") > DEPTH_LIMIT and depth(spelled) > DEPTH_LIMIT:
        raise JSONTextError(f"nested deeper than {DEPTH_LIMIT} levels")
    return value


def depth(spelled: str) -> int:
    """Return how many containers of a JSON text stand in each other, at the pace of C."""
    brackets = STRING.sub("", spelled).encode("utf-8", "replace").translate(None, NO_BRACKETS)
    return max(accumulate(map(STEPS.__getitem__, brackets)), default=0)


def write(value: Any) -> bytes:
    """Write compact JSON on one line in UTF-8 (NEURON-GW-SSE-07).

    Half of a surrogate pair has no UTF-8; a text with one is escaped as a whole.
    """
    try:
        return WRITER.encode(value).encode()
    except UnicodeEncodeError:
        return write_ascii(value).encode()


def write_ascii(value: Any) -> str:
    """Write compact JSON that is ASCII, so that every text can hold it."""
    return ASCII_WRITER.encode(value)
