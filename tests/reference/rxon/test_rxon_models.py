"""The message types, beside the tables that receivers check with."""

from dataclasses import MISSING, fields

import pytest

from reference.rxon import messages, models
from reference.rxon.revision import NEWEST

# What receivers know beside the models: sheet 3.3, 3.5 and 6.3.
BESIDE = {"hot_cache", "skill_version", "skill_type"}
MERGED = {"resources", "installed_software", "installed_artifacts", "capabilities"}
PARTS = {
    "skill": messages.SKILL,
    "device": messages.DEVICE,
    "resources": messages.RESOURCES,
    "artifact": messages.ARTIFACT,
    "capabilities": messages.CAPABILITIES,
    "security": messages.SECURITY,
    "file": messages.FILE,
    "device usage": messages.DEVICE_USAGE,
    "usage": messages.USAGE,
}


@pytest.mark.parametrize("kind", models.MESSAGES)
def test_a_message_has_the_members_that_receivers_know(kind: str) -> None:
    names = [field.name for field in fields(models.model(kind))]
    extra = BESIDE | (MERGED if kind == "heartbeat" else set())
    assert [name for name in messages.SHAPES[kind] if name not in extra] == names


@pytest.mark.parametrize("kind", PARTS)
def test_a_part_has_the_members_that_receivers_know(kind: str) -> None:
    rows = {field.name: field.default is MISSING for field in fields(models.model(kind))}
    assert rows == {name: field.required for name, field in PARTS[kind].items()}


def test_a_newer_revision_adds_members_at_the_end() -> None:
    names = [field.name for field in fields(models.model("task", revision=NEWEST))]
    assert names[-6:] == ["timestamp", "policy", "sig", "step", "depth", "parent_hash"]
    assert models.model("heartbeat", revision=NEWEST) is models.Heartbeat


def test_an_unknown_kind_has_no_model() -> None:
    with pytest.raises(KeyError, match="letter"):
        models.model("letter")
