"""What the neuron's mutants are made of."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.kit.proof import mutation
from conformance.neuron import bugs


def render(frame: dict[str, Any]) -> bytes:
    return json.dumps(frame).encode()


def test_only_frames_of_the_type_are_retold() -> None:
    changed = bugs.told_with("ack", kind="ok")(render)
    assert json.loads(changed({"type": "ack"})) == {"type": "ack", "kind": "ok"}
    assert changed({"type": "nack"}) == render({"type": "nack"})


def test_what_is_wrapped_gets_the_original_first() -> None:
    double = bugs.wrapped(lambda original, number: 2 * original(number))
    assert double(lambda number: number + 1)(3) == 8


def test_something_changed_is_as_before_otherwise() -> None:
    whole = bugs.Changed(SimpleNamespace(a=1, b=2), b=3)
    assert (whole.a, whole.b) == (1, 3)


def test_a_header_is_changed_at_one_address() -> None:
    change = bugs.with_header("Accept", str.upper, at="/events")
    members = {"headers": {"Accept": "x"}, "data": b""}
    assert change("http://h/neuron/events?neuronId=/x", members)["headers"] == {"Accept": "X"}
    assert change("http://h/neuron/ack", members) == members


def test_the_letters_under_way_are_told_by_kind_and_lease() -> None:
    letters = {1: ("ack", "l1"), 2: ("nack", "l1"), 3: ("ack", "l2")}
    waiting = {key: SimpleNamespace(kind=k, lease_id=id_) for key, (k, id_) in letters.items()}
    core = SimpleNamespace(_letters=SimpleNamespace(_under_way=waiting))
    assert bugs.under_way(core, "ack", "l1") == [1]


@pytest.mark.parametrize(
    "mutant",
    [each for each in mutation.of("neuron").values() if each.role == "nrn"],
    ids=lambda each: each.id,
)
def test_a_mutant_has_its_place(mutant: mutation.Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seeding raises when the place is gone; what it puts there is taken away again."""
    seeded: list[Any] = []
    monkeypatch.setattr(mutation, "setattr", lambda *row: seeded.append(row), raising=False)
    mutant.seed()
    ((_, _, value),) = seeded
    assert value is not None
