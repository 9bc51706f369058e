"""JSON text of frames: numbers as they were spelled, and bounds for what strangers send.

The standard parser is used because it keeps integers of any size and tells 1 from 1.0: an input
must reach its handler unchanged (NEURON-NRN-LEASE-06).
"""

import json
from typing import Any, NoReturn

DEPTH_LIMIT = 512  # containers inside each other; published neurons cannot write more than 255


class JSONTextError(ValueError):
    """The bytes are not JSON that a frame can be."""


def read(text: bytes | str) -> Any:
    """Parse one JSON text in UTF-8; raises JSONTextError."""
    try:
        spelled = text if isinstance(text, str) else text.decode()
        value = json.loads(spelled, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise JSONTextError(f"nested deeper than {DEPTH_LIMIT} levels") from error
    except ValueError as error:
        raise JSONTextError(f"not JSON in UTF-8: {error}") from error
    # Fewer brackets than levels: only a suspect pays for the walk.
    if spelled.count("[") + spelled.count("{") > DEPTH_LIMIT:
        _refuse_depth(value)
    return value


def write(value: Any) -> bytes:
    """Write compact JSON on one line in UTF-8 (NEURON-GW-SSE-07).

    Half of a surrogate pair has no UTF-8; a text with one is escaped as a whole.
    """
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return write_ascii(value).encode()


def write_ascii(value: Any) -> str:
    """Write compact JSON that is ASCII, so that every text can hold it."""
    return json.dumps(value, separators=(",", ":"))


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def _refuse_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEPTH_LIMIT + 1):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise JSONTextError(f"nested deeper than {DEPTH_LIMIT} levels")


def _inside(value: Any) -> list[Any]:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [item for item in items if isinstance(item, dict | list)]
