"""What properties of matching ask a library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from conformance.rxon.asking_library import (
    Example,
    Examples,
    asking,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


def matching(what: str, have: Any, required: Any) -> tuple[str, Example]:
    """Return the question whether something meets a requirement."""
    return "match", {"what": what, "have": have, "required": required}


def amounts() -> Examples:
    """Return amounts, and the same questions with more to offer or less to ask for."""
    number = st.integers(-3, 30) | st.sampled_from([0.5, 7.5, 16.0, 1e30, -0.0])
    some = st.dictionaries(st.sampled_from("ab"), number, min_size=1)
    step = st.integers(1, 5)

    def moved(amounts: Mapping[str, float], by: int) -> dict[str, float]:
        return {name: amount + by for name, amount in amounts.items()}

    return st.builds(
        lambda have, required, by: {
            **asking(
                it=matching("properties", have, required),
                offered_more=matching("properties", moved(have, by), required),
                asked_less=matching("properties", have, moved(required, -by)),
                asked_nothing=matching("properties", have, {}),
            ),
            "have": have,
            "required": required,
        },
        some,
        some,
        step,
    )


def lists() -> Examples:
    """Return lists, or single texts, that are there and that are required."""
    word = st.sampled_from(["a", "b", "c", "A"])
    some = st.lists(word, max_size=3)
    pairs = st.tuples(some, some) | st.tuples(word, some) | st.tuples(some, word)
    return pairs.map(
        lambda pair: {
            **asking(it=matching("property", *pair)),
            "have": pair[0],
            "required": pair[1],
        }
    )


def models() -> Examples:
    """Return names of models, and parts of them in any letter case."""
    letters = st.text(st.sampled_from("RTXa 49"), min_size=1, max_size=6)

    def device(have: str, start: int, end: int, other: str) -> Example:
        part = have[start % len(have) :][: end + 1]
        named = {"type": "gpu", "model": have}
        return {
            **asking(
                part=matching("device", named, {"type": "gpu", "model": part.swapcase()}),
                other=matching("device", named, {"type": "gpu", "model": other}),
            ),
            "have": have,
            "other": other,
        }

    return st.builds(device, letters, st.integers(0, 5), st.integers(0, 5), letters)


def words_exactly() -> Examples:
    """Return texts that are equal, or equal but for the letter case, a blank or an accent."""
    text = st.text(st.sampled_from("aAbéE 1"), min_size=1, max_size=4)
    change = st.sampled_from(["", "case", "blank", "other"])

    def pair(have: str, change: str) -> Example:
        changes = {"": have, "case": have.swapcase(), "blank": f"{have} ", "other": f"{have}x"}
        required = changes[change]
        return {
            **asking(
                property=matching("property", have, required),
                type=matching("device", {"type": have}, {"type": required}),
                id=matching("device", {"type": "t", "id": have}, {"type": "t", "id": required}),
            ),
            "fits": have == required,
        }

    return st.builds(pair, text, change)


def lacks() -> Examples:
    """Return requirements of which a worker says all but one."""
    value = st.sampled_from([0, 8, "a", "", ["a"], {}, True])
    some = st.dictionaries(st.sampled_from("abc"), value, min_size=1)
    return st.builds(
        lambda required, lacking: asking(
            all=matching("properties", {"z": 1, **required}, required),
            lacking=matching(
                "properties",
                {"z": 1, **{name: each for name, each in required.items() if name != lacking}},
                {**required, lacking: required.get(lacking, "a")},
            ),
        ),
        some.filter(lambda required: [] not in required.values()),
        st.sampled_from("abc"),
    )


def assignments() -> Examples:
    """Return devices of a worker, and as many that a task needs: what is there, nearly."""
    sizes = st.lists(st.sampled_from([4, 8, 16, 24]), min_size=1, max_size=4)
    changes = st.lists(st.sampled_from([0, 0, -4, 4]), min_size=4, max_size=4)

    def devices(amounts: list[int]) -> list[Example]:
        return [{"type": "gpu", "properties": {"vram": amount}} for amount in amounts]

    def dealt(have: list[int], required: list[int]) -> Example:
        asked = matching("resources", {"devices": devices(have)}, {"devices": devices(required)})
        return {**asking(it=asked), "have": have, "required": required}

    def nearly(have: list[int], required: list[int], changes: list[int]) -> Example:
        return dealt(have, [size + change for size, change in zip(required, changes, strict=False)])

    same = sizes.flatmap(
        lambda have: st.builds(nearly, st.just(have), st.permutations(have), changes)
    )
    return same | st.builds(dealt, sizes, sizes)


def skills() -> Examples:
    """Return skills and artifacts that nearly meet their requirements."""
    word = st.sampled_from(["a", "b"])
    kind = st.sampled_from(["skill", "artifact"])
    have = st.fixed_dictionaries({"name": word, "version": word})
    required = st.fixed_dictionaries({"name": word}, optional={"version": word})
    return st.builds(
        lambda what, have, required: {
            **asking(it=matching(what, have, required)),
            "have": have,
            "required": required,
        },
        kind,
        have,
        required,
    )
