from __future__ import annotations

from typing import Any

import pytest

from reference.connectonion.identity import Identity
from reference.connectonion.relay_link import announcement
from reference.connectonion.relaying import Drop, Relay, ToAgent, ToClient

NOW = 1_700_000_000.0
AGENT = Identity.of_seed(b"\x01" * 32)


def announced(relay: Relay, link: int = 1, now: float = NOW) -> list[Any]:
    return list(relay.from_agent(link, announcement(AGENT, "s", now=now), now=now))


def prompt(input_id: str = "i", to: str = AGENT.address) -> dict[str, Any]:
    return {"type": "INPUT", "input_id": input_id, "to": to, "prompt": "hi"}


def test_a_prompt_goes_to_the_agent_that_it_names_and_its_output_comes_back() -> None:
    relay = Relay()
    assert announced(relay) == []
    assert relay.from_client(9, prompt()) == [ToAgent(1, prompt())]
    event = {"type": "thinking", "input_id": "i"}
    output = {"type": "OUTPUT", "input_id": "i", "result": "r"}
    assert relay.from_agent(1, event, now=NOW) == [ToClient(9, event)]
    assert relay.from_agent(1, output, now=NOW) == [ToClient(9, output)]
    assert relay.from_agent(1, output, now=NOW) == []


def test_what_belongs_to_a_prompt_need_not_name_it() -> None:
    relay = Relay()
    announced(relay)
    relay.from_client(9, prompt())
    said = relay.from_client(9, {"type": "ONBOARD_SUBMIT"})
    assert said == [ToAgent(1, {"type": "ONBOARD_SUBMIT", "input_id": "i"})]


@pytest.mark.parametrize("frame", [prompt(to="0xnobody"), {"type": "INPUT"}, 5, None])
def test_a_prompt_for_nobody_is_an_error(frame: Any) -> None:
    (effect,) = Relay().from_client(9, frame)
    assert isinstance(effect, ToClient)
    assert effect.frame["type"] == "ERROR"


def test_an_answer_to_anothers_prompt_goes_nowhere() -> None:
    relay = Relay()
    announced(relay)
    relay.from_client(9, prompt())
    assert relay.from_agent(2, {"type": "OUTPUT", "input_id": "i"}, now=NOW) == []


@pytest.mark.parametrize(
    "change",
    [
        {"signature": "00"},
        {"signature": 5},
        {"timestamp": int(NOW) - 301},
        {"timestamp": "x"},
        {"summary": "x" * 1001},
        {"endpoints": None},
        {"address": 5},
        {"extra": 1},
    ],
)
def test_a_bad_announcement_is_refused_and_its_connection_closed(change: dict[str, Any]) -> None:
    relay = Relay()
    told, dropped = relay.from_agent(1, {**announcement(AGENT, "s", now=NOW), **change}, now=NOW)
    assert isinstance(told, ToAgent)
    assert (told.frame["type"], dropped) == ("ERROR", Drop(1))
    assert relay.lookup(AGENT.address)["online"] is False


def test_an_agent_that_announces_itself_elsewhere_has_moved() -> None:
    relay = Relay()
    announced(relay)
    assert announced(relay, link=2) == [Drop(1)]
    assert relay.from_client(9, prompt()) == [ToAgent(2, prompt())]


def test_an_agent_that_goes_is_offline_and_who_waits_is_told() -> None:
    relay = Relay()
    announced(relay)
    relay.from_client(9, prompt())
    (told,) = relay.agent_gone(1)
    assert isinstance(told, ToClient)
    assert told.frame["error"] == "the agent has gone"
    assert relay.lookup(AGENT.address)["online"] is False


def test_an_agent_that_announces_itself_no_more_is_dropped() -> None:
    relay = Relay()
    announced(relay)
    assert relay.tick(now=NOW + 120) == []
    assert relay.tick(now=NOW + 121) == [Drop(1)]


def test_a_client_that_goes_waits_for_nothing() -> None:
    relay = Relay()
    announced(relay)
    relay.from_client(9, prompt())
    relay.client_gone(9)
    assert relay.from_agent(1, {"type": "OUTPUT", "input_id": "i"}, now=NOW) == []
