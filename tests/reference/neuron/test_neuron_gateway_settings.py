from typing import Any

import pytest

from reference.neuron.gateway_settings import SETTINGS, policy
from reference.role import SettingError, resolve


def test_a_gateway_starts_without_being_told_anything() -> None:
    facts = resolve(SETTINGS, {})
    assert (facts["token"], facts["subject"]) == ("neuron-token", "user:conf")
    assert (facts["lease_ttl"], facts["max_attempts"], facts["counted_tokens"]) == (30.0, 5, True)
    assert facts["body_limit"] == 16 * 1024 * 1024


def test_a_neuron_is_not_dead_before_its_first_heartbeat() -> None:
    assert resolve(SETTINGS, {})["dead_after"] >= 15


def test_lists_are_separated_by_commas() -> None:
    facts = resolve(SETTINGS, {"denied_types": "a/b, c/d,", "pending_types": "e/f"})
    rules = policy(facts)
    assert rules.denied_types == {"a/b", "c/d"}
    assert rules.pending_types == {"e/f"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("denied_types", "a"),
        ("max_attempts", 0),
        ("lease_ttl", -1),
        ("counted_tokens", "perhaps"),
        ("token", 5),
        ("zz", 1),
    ],
)
def test_what_makes_no_sense_is_refused(key: str, value: Any) -> None:
    with pytest.raises(SettingError, match=key):
        resolve(SETTINGS, {key: value})
