"""The odd frames that a neuron is sent: the reference reads none of the bad and all of the good."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.neuron import leasing, odd_frames
from reference.neuron import messages
from reference.neuron.capabilities import is_type
from reference.neuron.sse import Decoder


def good() -> dict[str, Any]:
    return leasing.lease("l1", "conf/echo", 1, about="a test").frame


def refused(text: str) -> bool:
    try:
        messages.parse(text, among=messages.FROM_GATEWAY.keys())
    except messages.FrameError:
        return True
    return False


def test_the_twin_of_every_spoiled_lease_is_read() -> None:
    assert not refused(json.dumps(good()))


@pytest.mark.parametrize("name", odd_frames.LEASES)
def test_a_spoiled_lease_is_refused_and_its_twin_left_alone(name: str) -> None:
    frame = good()
    assert refused(json.dumps(odd_frames.LEASES[name](frame)))
    assert frame == good()


@pytest.mark.parametrize("name", odd_frames.EVENTS)
def test_an_odd_event_is_one_event_at_most_and_no_frame(name: str) -> None:
    events = Decoder().feed(odd_frames.EVENTS[name])
    assert len(events) <= 1
    assert all(refused(event.data) for event in events)


def test_names_are_names_and_others_are_none() -> None:
    assert all(map(is_type, odd_frames.NAMES))
    assert not any(map(is_type, odd_frames.NO_NAMES))


def test_every_kind_of_oddity_has_a_name_of_its_own() -> None:
    parts = (odd_frames.UNKNOWN_TYPES, odd_frames.NO_JSON, odd_frames.NO_OBJECTS, odd_frames.ABSURD)
    assert len(odd_frames.EVENTS) == sum(map(len, parts))
    spoiled = (odd_frames.MISSING, odd_frames.NULLS, odd_frames.WRONG, odd_frames.UNKNOWN_MEMBERS)
    assert len(odd_frames.LEASES) == sum(map(len, spoiled))
