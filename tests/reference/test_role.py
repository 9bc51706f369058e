from typing import Any

import pytest

from reference import role
from reference.role import Setting, SettingError

TABLE = {
    "name": Setting("x", role.text),
    "path": Setting(None, role.optional_text),
    "hold": Setting(30.0, role.seconds),
    "retries": Setting(3, role.count),
    "limited": Setting(default=False, read=role.flag),
    "mode": Setting("mixed", role.one_of("mixed", "strict")),
    "window": Setting(60.0, role.only(60.0, role.seconds)),
}


def test_what_is_not_given_has_its_default() -> None:
    assert role.resolve(TABLE, {}) == {
        "name": "x",
        "path": None,
        "hold": 30.0,
        "retries": 3,
        "limited": False,
        "mode": "mixed",
        "window": 60.0,
    }


@pytest.mark.parametrize(
    ("key", "given", "value"),
    [
        ("hold", "0.4", 0.4),
        ("hold", 2, 2.0),
        ("retries", "0", 0),
        ("retries", 2.0, 2),
        ("limited", "true", True),
        ("limited", True, True),
        ("limited", "0", False),
        ("path", "", None),
        ("path", "/x", "/x"),
        ("mode", "strict", "strict"),
        ("window", "60", 60.0),
        ("window", 60, 60.0),
    ],
)
def test_text_from_a_command_line_becomes_a_value(key: str, given: Any, value: Any) -> None:
    assert role.resolve(TABLE, {key: given})[key] == value


@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("hold", "soon"),
        ("hold", "-1"),
        ("hold", "nan"),
        ("hold", True),
        ("hold", None),
        ("retries", "2.5"),
        ("retries", -1),
        ("retries", True),
        ("limited", "maybe"),
        ("mode", "odd"),
        ("window", 30),
        ("name", 5),
    ],
)
def test_a_bad_value_is_refused_by_its_key(key: str, given: Any) -> None:
    with pytest.raises(SettingError, match=f"setting '{key}' cannot be"):
        role.resolve(TABLE, {key: given})


def test_an_unknown_key_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(SettingError, match=r"unknown setting 'hodl'; known: hold, limited, mode"):
        role.resolve(TABLE, {"hodl": 1})


def test_a_role_is_imported_when_it_is_asked_for() -> None:
    roles = role.Roles({"late": "reference.role:CannotError", "missing": "no.such.module:X"})
    assert (list(roles), len(roles)) == (["late", "missing"], 2)
    found: object = roles["late"]
    assert found is role.CannotError
    with pytest.raises(ModuleNotFoundError):
        _ = roles["missing"]
    with pytest.raises(KeyError):
        _ = roles["nobody"]
