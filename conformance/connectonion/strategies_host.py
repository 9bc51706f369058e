"""What properties of a host are tried with: payloads, changes of requests, and bad input."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Example = dict[str, Any]
Examples = st.SearchStrategy[Example]

EPOCHS = range(10**9, 10**10)  # seconds that could be now

# Whatever UTF-8 can carry but DEL (CO-AUTH-03); keys stay where every order of characters is the
# same (CO-AUTH-05).
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x7f"), max_size=8)
keys = st.text(st.characters(max_codepoint=0xD7FF, exclude_characters="\x7f"), max_size=4)
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)
# Every kind of JSON as likely as any other, for places where only one kind is right.
kinds = leaves | st.lists(leaves, max_size=2) | st.dictionaries(keys, leaves, max_size=2)


def is_now(value: Any) -> bool:
    """Whether a value could be a time of today."""
    return isinstance(value, int | float) and int(value) in EPOCHS


# Where a request can be spoilt, and by which values: those that are no more what belongs there.
PLACES: dict[str, st.SearchStrategy[Any]] = {
    "body": kinds.filter(lambda body: not isinstance(body, dict)),
    "payload": kinds,
    "from": kinds,
    "signature": kinds,
    "timestamp": kinds.filter(lambda told: told and not is_now(told)),  # CO-AUTH-09
    "prompt": kinds.filter(lambda prompt: not isinstance(prompt, str)),
    "session": kinds.filter(lambda session: session and not isinstance(session, dict)),
    "bytes": st.binary(max_size=64).map(bytes.hex),
}


def respelled() -> Examples:
    """Return values to sign, each with a way to write the request that has them."""
    return st.fixed_dictionaries(
        {
            "value": values,
            "ascii": st.booleans(),
            "indent": st.sampled_from((None, 0, 3)),
            "reversed": st.booleans(),
        }
    )


def changed() -> Examples:
    """Return a value to sign, and another one for its place."""
    pairs = st.fixed_dictionaries({"value": values, "other": values})
    return pairs.filter(lambda pair: repr(pair["value"]) != repr(pair["other"]))


def flipped() -> Examples:
    """Return a place in a request, and which bits of the byte there are turned over."""
    return st.fixed_dictionaries({"at": st.integers(0, 1000), "bits": st.integers(1, 255)})


def spoilt() -> Examples:
    """Return a part of a request, and what stands there instead."""
    return st.sampled_from(sorted(PLACES)).flatmap(
        lambda place: st.fixed_dictionaries({"place": st.just(place), "value": PLACES[place]})
    )


def nameless() -> Examples:
    """Return orders about what is no name."""
    return st.fixed_dictionaries(
        {
            "deed": st.sampled_from(("promote", "demote", "block", "unblock")),
            "client_id": kinds.filter(lambda value: not isinstance(value, str)),
        }
    )


def names() -> st.SearchStrategy[str]:
    """Return ids of clients, which may be any text."""
    return st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
