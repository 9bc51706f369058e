"""What the kit takes for a client's poll, and for the end of its patience."""

from __future__ import annotations

import pytest

from conformance.connectonion.polls import is_anonymous, is_poll, is_upgrade
from conformance.kit.wire.tap import Asked

SIGNED = (("X-From", "0x1"), ("X-Signature", "00"), ("X-Timestamp", "1.5"))


def asked(method: str, target: str, *headers: tuple[str, str]) -> Asked:
    return Asked(method, target, headers, b"")


@pytest.mark.parametrize(
    ("method", "target", "expected"),
    [
        ("GET", "/sessions/a", True),
        ("GET", "/base/sessions/a%2Fb?x=1", True),
        ("GET", "/sessions", False),
        ("POST", "/sessions/a", False),
        ("GET", "/ws", False),
    ],
)
def test_a_poll_is_a_get_of_one_session(method: str, target: str, *, expected: bool) -> None:
    assert is_poll(asked(method, target)) is expected


def test_who_signs_a_poll_is_not_anonymous() -> None:
    assert is_anonymous(asked("GET", "/sessions/a"))
    assert not is_anonymous(asked("GET", "/sessions/a", *SIGNED))
    assert not is_anonymous(asked("GET", "/health"))


def test_an_upgrade_is_told_by_its_header() -> None:
    assert is_upgrade(asked("GET", "/anywhere", ("UPGRADE", "websocket")))
    assert not is_upgrade(asked("GET", "/ws"))
