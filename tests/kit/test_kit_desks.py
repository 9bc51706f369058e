"""Which desk a URL has: what a protocol names, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.kit import protocols
from conformance.kit.desks import DeskFailure, Order, Outcome, Party, desk_of, schemes


class ToyDesk:
    """A desk that says what it was made with."""

    def __init__(self, url: str, *, key: str | None = None) -> None:
        self.made_with = (url, key)

    def send(self, order: Order, *, within: float) -> Outcome:
        return Outcome(done=True, who="toy", payload=(order.payload, within))

    def parties(self, *, within: float) -> tuple[Party, list[Party]]:
        return Party(id="toy", address="", capabilities=(str(within),)), []


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    real = protocols.get

    def get(name: str) -> Any:
        desk = f"{__name__}:ToyDesk" if name == "rxon" else ""
        return replace(real(name), schemes=("toy",) if desk else ("other",), desk=desk)

    monkeypatch.setattr(protocols, "get", get)


@pytest.mark.usefixtures("toy")
def test_a_desk_is_the_class_that_its_protocol_names() -> None:
    desk: Any = desk_of("toy://host:1", key="k")
    assert desk.made_with == ("toy://host:1", "k")
    assert desk.send(Order(capability="c", payload=1), within=2.0).payload == (1, 2.0)


@pytest.mark.usefixtures("toy")
@pytest.mark.parametrize("url", ["other://host:1", "unknown://host:1", "host:1", ""])
def test_a_url_without_a_desk_is_told_which_there_are(url: str) -> None:
    assert list(schemes()) == ["toy"]
    with pytest.raises(DeskFailure, match="toy://HOST:PORT"):
        desk_of(url)


def test_every_desk_that_is_named_is_there() -> None:
    for scheme in schemes():
        assert desk_of(f"{scheme}://127.0.0.1:1")
