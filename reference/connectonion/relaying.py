"""A relay without its sockets: agents announce themselves, clients' prompts are passed on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from reference.connectonion import canonical
from reference.connectonion.identity import is_signed, same_person

Frame = Mapping[str, Any]
FORGOTTEN_AFTER = 120.0  # seconds without an ANNOUNCE, CO-RELAY-16
WINDOW = 300.0  # seconds, CO-RELAY-02
SUMMARY_LIMIT = 1000  # characters, CO-RELAY-02


@dataclass(frozen=True, slots=True)
class ToAgent:
    """Send a frame to an agent's connection."""

    link: int
    frame: Frame


@dataclass(frozen=True, slots=True)
class ToClient:
    """Send a frame to a client's connection."""

    link: int
    frame: Frame


@dataclass(frozen=True, slots=True)
class Drop:
    """Close an agent's connection."""

    link: int


Effect: TypeAlias = ToAgent | ToClient | Drop


@dataclass(slots=True)
class Announced:
    """An agent that can be reached."""

    link: int
    at: float
    summary: str


@dataclass(slots=True)
class Relay:
    """Who is announced, and who waits for which answer."""

    forgotten_after: float = FORGOTTEN_AFTER
    _agents: dict[str, Announced] = field(default_factory=dict)
    _waiting: dict[str, tuple[int, int]] = field(default_factory=dict)  # input id: client, agent
    _last: dict[int, str] = field(default_factory=dict)  # client: its last input id

    def from_agent(self, link: int, frame: Any, *, now: float) -> list[Effect]:
        """Take what an agent says: an announcement, or the answer to a prompt."""
        if not isinstance(frame, Mapping):
            return []
        if frame.get("type") == "ANNOUNCE":
            return self._announce(link, frame, now)
        client, agent = self._waiting.get(str(frame.get("input_id")), (None, None))
        if client is None or agent != link:
            return []
        if frame.get("type") in {"OUTPUT", "ERROR"}:
            del self._waiting[str(frame["input_id"])]
        return [ToClient(client, frame)]

    def _announce(self, link: int, frame: Frame, now: float) -> list[Effect]:
        problem = _problem(frame, now)
        if problem:
            return [ToAgent(link, {"type": "ERROR", "error": problem}), Drop(link)]
        address = same_person(str(frame["address"]))
        before = self._agents.get(address)
        self._agents[address] = Announced(link, now, str(frame["summary"]))
        return [Drop(before.link)] if before is not None and before.link != link else []

    def from_client(self, link: int, frame: Any) -> list[Effect]:
        """Pass a client's frame on to the agent that it names (CO-RELAY-14)."""
        if not isinstance(frame, Mapping):
            return [ToClient(link, _error("a frame is a JSON object"))]
        to = frame.get("to")
        # What belongs to a prompt, such as an invite code, need not name it again.
        input_id = frame.get("input_id") or (None if to else self._last.get(link))
        known = self._waiting.get(input_id) if isinstance(input_id, str) else None
        if known is not None and known[0] == link:
            return [ToAgent(known[1], {**frame, "input_id": input_id})]
        agent = self._agents.get(same_person(to)) if isinstance(to, str) else None
        if agent is None:  # CO-RELAY-15
            return [ToClient(link, {**_error("no such agent"), "input_id": input_id})]
        if not isinstance(input_id, str):
            return [ToClient(link, _error("input_id required"))]
        self._waiting[input_id] = (link, agent.link)
        self._last[link] = input_id
        return [ToAgent(agent.link, frame)]

    def agent_gone(self, link: int) -> list[Effect]:
        """Forget an agent, and tell who waits for it."""
        self._agents = {key: each for key, each in self._agents.items() if each.link != link}
        lost = [(key, client) for key, (client, agent) in self._waiting.items() if agent == link]
        for key, _ in lost:
            del self._waiting[key]
        return [
            ToClient(client, {**_error("the agent has gone"), "input_id": key})
            for key, client in lost
        ]

    def client_gone(self, link: int) -> None:
        """Forget what a client waits for."""
        self._last.pop(link, None)
        self._waiting = {key: pair for key, pair in self._waiting.items() if pair[0] != link}

    def tick(self, *, now: float) -> list[Effect]:
        """Drop the agents that announce themselves no more."""
        limit = self.forgotten_after
        silent = [each.link for each in self._agents.values() if now - each.at > limit]
        return [Drop(link) for link in silent]

    def lookup(self, address: str) -> dict[str, Any]:
        """Tell whether an agent can be reached."""
        found = self._agents.get(same_person(address))
        if found is None:
            return {"online": False, "endpoints": [], "last_seen": None}
        return {"online": True, "endpoints": [], "last_seen": found.at}


def _error(text: str) -> dict[str, Any]:
    return {"type": "ERROR", "error": text}


def _problem(frame: Frame, now: float) -> str:
    """Return what is wrong with an announcement, if anything (CO-RELAY-02, CO-RELAY-03)."""
    address, told = frame.get("address"), frame.get("timestamp")
    summary, endpoints = frame.get("summary"), frame.get("endpoints")
    signature = frame.get("signature")
    if not isinstance(address, str) or not isinstance(signature, str):
        return "address and signature are texts"
    if not isinstance(told, int) or isinstance(told, bool) or abs(now - told) > WINDOW:
        return "timestamp expired"
    if not isinstance(summary, str) or len(summary) > SUMMARY_LIMIT:
        return "summary is a text of at most 1000 characters"
    if not isinstance(endpoints, list):
        return "endpoints is a list"
    if not is_signed(canonical.announcement(frame), signature, address):
        return "invalid signature"
    return ""
