"""Matching, with the tables of sheet 6.1 and 6.2 as literal data."""

import itertools
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference.rxon import matching

MET: list[tuple[Any, Any]] = [
    (16, 8),
    (16, 16),
    (16.0, 16),
    (-1, -2),
    (True, 1),
    (True, False),
    (1, True),
    (2, True),
    (0, False),
    (True, 0),
    (math.nan, 1),
    (1, math.nan),
    (math.nan, math.nan),
    (math.inf, 10),
    (10**30, 1),
    ("abc", "abc"),
    (["a", "b"], "a"),
    ("a", ["a", "b"]),
    (["a"], ["a", "b"]),
    ([1, 2], 1.0),
    (1, [True]),
    ([True], 1),
    ([["a"]], [["a"]]),
    ({"a": 1}, {"a": 1}),
]
NOT_MET: list[tuple[Any, Any]] = [
    (8, 16),
    (16, 16.5),
    (False, True),
    (0, True),
    (True, 2),
    ("16", 16),
    (16, "16"),
    ("16GB", "16"),
    ("abc", "ABC"),
    ("RTX 4090", "RTX"),
    ("x", True),
    (None, 1),
    (1, None),
    (None, None),
    (["c"], ["a", "b"]),
    ("a", []),
    ([], ["a"]),
    ([], []),
    ([16, 32], 8),
    (8, [16, 32]),
    (["A"], "a"),
    ([["a"]], ["a"]),
    ({"a": 2}, {"a": 1}),
    ("abc", ["b"]),
    ("b", "abc"),
]


@pytest.mark.parametrize(("have", "required"), MET, ids=repr)
def test_a_property_is_met(have: Any, required: Any) -> None:
    assert matching.property_matches(have, required)


@pytest.mark.parametrize(("have", "required"), NOT_MET, ids=repr)
def test_a_property_is_not_met(have: Any, required: Any) -> None:
    assert not matching.property_matches(have, required)


def test_every_required_property_must_be_met() -> None:
    have = {"ram": 16, "zone": "a", "gone": None}
    assert matching.properties_match(have, {"ram": 8, "zone": ["a", "b"]})
    assert not matching.properties_match(have, {"ram": 8, "zone": "b"})
    assert not matching.properties_match(have, {"disk": 1})
    assert not matching.properties_match(have, {"gone": None})
    assert not matching.properties_match(None, {"ram": 8})
    assert matching.properties_match(None, None)
    assert matching.properties_match(have, {})


@pytest.mark.parametrize(
    ("have", "required", "met"),
    [
        ("NVIDIA GeForce RTX 4090", "rtx 4090", True),
        ("RTX", "RTX 4090", False),
        (None, "rtx", False),
        ("", "rtx", False),
        ("anything", "", True),
        (None, None, True),
        ("STRASSE", "straße", False),
        ("RTX 4090", 4090, False),
    ],
)
def test_a_model_is_found_as_a_part_in_any_letter_case(
    have: Any, required: Any, *, met: bool
) -> None:
    device = {"type": "gpu", "model": have}
    assert matching.device_matches(device, {"type": "gpu", "model": required}) is met


@pytest.mark.parametrize(
    ("required", "met"),
    [
        ({"type": "gpu"}, True),
        ({"type": "GPU"}, False),
        ({"type": "gp"}, False),
        ({"type": ""}, True),
        ({}, True),
        ({"id": "0"}, True),
        ({"id": "1"}, False),
        ({"id": 0}, True),
        ({"id": ""}, True),
        ({"properties": {"vram_gb": 16}}, True),
        ({"properties": {"vram_gb": 25}}, False),
        ({"properties": {"bus": "pcie"}}, False),
        ({"metrics": {"load": 100}}, True),
        ({"type": "gpu", "model": "4090", "id": "0", "properties": {"vram_gb": 24}}, True),
    ],
    ids=repr,
)
def test_a_device_serves_what_it_meets_in_full(required: dict[str, Any], *, met: bool) -> None:
    device = {
        "type": "gpu",
        "model": "RTX 4090",
        "id": "0",
        "properties": {"vram_gb": 24},
        "metrics": {"load": 1},
    }
    assert matching.device_matches(device, required) is met


def gpus(*sizes: int) -> list[dict[str, Any]]:
    return [{"type": "gpu", "properties": {"vram_gb": size}} for size in sizes]


@pytest.mark.parametrize(
    ("have", "required", "met"),
    [
        ((24, 10), (20, 8), True),
        ((24, 10), (8, 20), True),
        ((10, 24), (8, 20), True),
        ((10, 24), (20, 8), True),
        ((24,), (8, 8), False),
        ((24, 10), (20, 20), False),
        ((), (1,), False),
        ((5,), (), True),
        ((3, 2, 1), (1, 2, 3), True),
        ((4, 3, 2, 1), (1, 1, 2, 4), True),
        ((4, 3, 1, 1), (1, 1, 4, 4), False),
    ],
)
def test_each_device_serves_one_requirement_whatever_their_order(
    have: tuple[int, ...], required: tuple[int, ...], *, met: bool
) -> None:
    assert matching.devices_suffice(gpus(*have), gpus(*required)) is met


@settings(deadline=None)  # a busy machine is no finding
@given(
    st.lists(st.integers(0, 3).map(lambda n: [f"tag{n}", f"tag{(n * 2) % 4}"]), max_size=5),
    st.lists(st.integers(0, 3).map(lambda n: f"tag{n}"), max_size=5),
)
def test_a_feasible_assignment_is_found_exactly_when_there_is_one(
    have: list[list[str]], required: list[str]
) -> None:
    devices = [{"properties": {"tags": tags}} for tags in have]
    needs = [{"properties": {"tags": tag}} for tag in required]
    feasible = any(
        all(tag in tags for tag, tags in zip(required, order, strict=True))
        for order in itertools.permutations(have, len(required))
    )
    assert matching.devices_suffice(devices, needs) is feasible


def test_a_long_chain_of_exchanges_does_not_exhaust_the_stack() -> None:
    # Device n serves requirements n and n + 1; the last requirement moves all the others.
    size = 300
    devices = [{"properties": {"for": [n, n + 1]}} for n in range(size)]
    needs = [{"properties": {"for": n}} for n in (*range(1, size), 0)]
    assert matching.devices_suffice(devices, needs)
    assert not matching.devices_suffice(devices, [*needs[:-1], {"properties": {"for": -1}}])


@pytest.mark.parametrize(
    ("have", "required", "met"),
    [
        (None, None, True),
        (None, {"devices": []}, True),
        ({"devices": None}, {"devices": None}, True),
        (None, {"devices": gpus(1)}, False),
        ({"devices": gpus(24), "properties": {"ram_gb": 16}}, {"properties": {"ram_gb": 16}}, True),
        ({"devices": gpus(24)}, {"devices": gpus(16), "properties": {"ram_gb": 1}}, False),
        (
            {"devices": [{"type": "gpu", "model": "RTX 4090", "properties": {"vram_gb": 24}}]},
            {"devices": [{"type": "gpu", "properties": {"vram_gb": 16}}]},
            True,
        ),
        ({"devices": gpus(8)}, {"devices": gpus(16)}, False),
    ],
)
def test_resources_are_devices_and_properties(have: Any, required: Any, *, met: bool) -> None:
    assert matching.resources_match(have, required) is met


@pytest.mark.parametrize(
    ("have", "required", "met"),
    [
        ({"version": "12.1"}, {}, True),
        ({"version": "12.1"}, {"version": "unknown"}, True),
        ({"version": "12.1"}, {"version": "12.1"}, True),
        ({"version": "12.1"}, {"version": "12"}, False),
        ({}, {"version": "12.1"}, False),
        ({"version": "12.1"}, {"version": None}, False),
        ({"version": ""}, {"version": ""}, False),
        ({"type": "library"}, {"type": "model"}, True),
        ({"properties": {"size": 7}}, {"properties": {"size": 5}}, True),
        ({"properties": {"size": 3}}, {"properties": {"size": 5}}, False),
        ({"name": "CUDA"}, {}, False),
    ],
)
def test_an_artifact_has_a_name_a_version_and_properties(
    have: dict[str, Any], required: dict[str, Any], *, met: bool
) -> None:
    assert matching.artifact_matches({"name": "cuda", **have}, {"name": "cuda", **required}) is met


@pytest.mark.parametrize(
    ("have", "required", "met"),
    [
        ({}, {}, True),
        ({"type": "t", "version": "1"}, {}, True),
        ({"type": "t"}, {"type": "t"}, True),
        ({"type": "t"}, {"type": "u"}, False),
        ({}, {"type": ""}, False),
        ({"version": "1.0.0"}, {"version": "1.0.0"}, True),
        ({"version": "1.0.1"}, {"version": "1.0.0"}, False),
        ({}, {"version": "1.0.0"}, False),
        ({}, {"version": None, "type": None}, True),
        ({"properties": {"a": 1}}, {"properties": {"a": 2}}, True),
        ({"name": "Echo"}, {}, False),
    ],
)
def test_a_skill_has_a_name_and_may_have_a_type_and_a_version(
    have: dict[str, Any], required: dict[str, Any], *, met: bool
) -> None:
    assert matching.skill_matches({"name": "echo", **have}, {"name": "echo", **required}) is met
