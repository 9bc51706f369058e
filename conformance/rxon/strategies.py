"""What properties range over: resources that are required, and resources that are there.

Only what binds every orchestrator is generated. Left out are truth values as numbers
(RXON-MAT-09 is a MAY), devices that compete for one (RXON-MAT-08 is a SHOULD) and empty lists,
which the protocol's text does not settle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Mapping

Example = dict[str, Any]
Strategies = dict[str, st.SearchStrategy[Any]]

# Few values, so that they often meet, and close ones, so that they often just miss.
NUMBERS = st.sampled_from([0, 1, 7.5, 8, 16, 24.0])
WORDS = st.sampled_from(["a", "A", "ab", "b"])
LISTS = st.lists(WORDS, min_size=1, max_size=2, unique=True)

PROPERTIES: Strategies = {
    "amount": NUMBERS,
    "word": WORDS,
    "words": LISTS,
    "word or words": st.one_of(WORDS, LISTS),
    "word or amount": st.one_of(WORDS, NUMBERS),
}
NAMES: Strategies = {
    "type": st.sampled_from(["gpu", "npu", "GPU"]),
    "model": st.sampled_from(["RTX 4090", "rtx 4090", "NVIDIA GeForce RTX 4090", "RTX", "A100"]),
    "id": WORDS,
}


@st.composite
def matching(draw: st.DrawFn) -> Example:
    """Return what a task requires (``required``) and what a worker has (``have``): nearly that."""
    devices = draw(st.lists(device(), max_size=1))
    wanted = draw(properties())
    have = {
        "devices": [draw(near_device(each)) for each in devices],
        "properties": draw(near(wanted, PROPERTIES)),
    }
    return {"required": {"devices": devices, "properties": wanted}, "have": have}


@st.composite
def device(draw: st.DrawFn) -> Example:
    """Return a device."""
    optional = {"model": NAMES["model"], "id": NAMES["id"]}
    names = draw(st.fixed_dictionaries({"type": NAMES["type"]}, optional=optional))
    return {**names, "properties": draw(properties())}


@st.composite
def near_device(draw: st.DrawFn, wanted: Example) -> Example:
    """Return a device that is, or just is not, the one that is wanted."""
    names = {name: value for name, value in wanted.items() if name != "properties"}
    measures = draw(near(wanted["properties"], PROPERTIES))
    return {**draw(near(names, NAMES)), "properties": measures}


def properties() -> st.SearchStrategy[Example]:
    """Return one property or two."""
    names = st.lists(st.sampled_from(sorted(PROPERTIES)), min_size=1, max_size=2, unique=True)
    return names.flatmap(
        lambda chosen: st.fixed_dictionaries({name: PROPERTIES[name] for name in chosen})
    )


@st.composite
def near(draw: st.DrawFn, wanted: Mapping[str, Any], members: Strategies) -> Example:
    """Return an object with the same members, or with one of them changed."""
    changed = draw(st.sampled_from([None, *wanted]))
    if changed is None:
        return dict(wanted)
    return {**wanted, changed: draw(members[changed])}
