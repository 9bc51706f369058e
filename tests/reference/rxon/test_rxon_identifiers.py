"""Names of workers, sheet 4.5."""

import pytest

from reference.rxon import identifiers
from reference.rxon.revision import NEWEST


@pytest.mark.parametrize("name", ["w", "w-1", "W_9", "-", "_", "0", "a" * 1000])
def test_letters_digits_underscores_and_hyphens_name_a_worker(name: str) -> None:
    assert identifiers.is_worker_id(name)


@pytest.mark.parametrize(
    "name",
    ["", "a b", "a.b", "a/b", "é", "a\n", "\na", "\u0663", "\uff41", None, 5, ["a"], b"a", True],
    ids=repr,
)
def test_nothing_else_names_a_worker(name: object) -> None:
    assert not identifiers.is_worker_id(name)


def test_another_revision_limits_the_length() -> None:
    assert identifiers.is_worker_id("a" * 128, revision=NEWEST)
    assert not identifiers.is_worker_id("a" * 129, revision=NEWEST)
