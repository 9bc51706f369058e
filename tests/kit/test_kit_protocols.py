from __future__ import annotations

from typing import TYPE_CHECKING

import kit_world
import pytest

from conformance.kit import protocols, requirements

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FUNCTIONS = "library"  # what every role has, and vectors judge


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    yield kit_world.install_toy(monkeypatch, tmp_path)
    monkeypatch.undo()
    kit_world.forget()


def test_a_package_with_requirements_is_a_protocol(toy: Path) -> None:
    assert protocols.names() == ("toy",)
    assert protocols.get("toy") is kit_world.TOY
    assert list(protocols.requirements_of("toy")) == [row[0] for row in kit_world.ROWS]
    assert protocols.get("toy").folder == toy


def test_an_unknown_protocol_is_told_the_installed_ones(toy: Path) -> None:
    with pytest.raises(KeyError, match="no protocol 'smtp'; installed: toy"):
        protocols.get("smtp")


def test_an_unknown_role_is_told_the_known_ones() -> None:
    assert kit_world.TOY.role("server") is kit_world.SERVER
    with pytest.raises(KeyError, match="Toy has no role 'client'; it has server"):
        kit_world.TOY.role("client")


@pytest.mark.parametrize("name", protocols.names())
def test_an_installed_protocol_is_whole(name: str) -> None:
    protocol = protocols.get(name)
    assert protocol.name == name
    assert protocol.roles
    known = {role.name for role in protocol.roles} | {requirements.LIBRARY}
    for row in protocols.requirements_of(name).values():
        assert row.area
        assert set(row.roles) <= known, row.id
        assert row.sentence.endswith("."), row.id
