"""The second tier: an agent that judges what no fast rule decides.

It sees a question and gives an opinion, and can do nothing else: what a caller writes can move it
to allow one request, never to change a list.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reference.connectonion.levels import Level
from reference.connectonion.policy import Ordered, Policy


@dataclass(frozen=True, slots=True)
class Question:
    """What the agent is told: the policy's own words, who asks, and what."""

    instructions: str
    client: str
    level: Level
    request: Mapping[str, Any]
    hints: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the agent thinks."""

    allow: bool
    reason: str


class Unavailable(Exception):  # noqa: N818  (an answer, not an error of ours)
    """The agent gives no opinion: then nobody is let in (CO-TRUST-04)."""


Agent = Callable[[Question], Opinion]


def cautious(question: Question) -> Opinion:
    """Let nobody in; the agent of a host that was given none."""
    return Opinion(allow=False, reason=f"no agent vouches for a {question.level}")


@dataclass(slots=True)
class SecondTier:
    """An agent, and the opinions that an ordered policy's ``cache`` lets it keep."""

    agent: Agent = cautious
    asked: int = 0
    _kept: dict[tuple[str, Level], tuple[float, Opinion]] = field(default_factory=dict)

    def opinion(self, policy: Policy, question: Question, *, now: float) -> Opinion:
        """Return an opinion, kept or fresh; raises Unavailable.

        An opinion is about a client at one level: another level is another question.
        """
        key = (question.client, question.level)
        until, kept = self._kept.get(key, (0.0, None))
        if kept is not None and now < until:
            return kept
        self.asked += 1
        found = self.agent(question)
        keep = policy.rules.cache if isinstance(policy.rules, Ordered) else 0.0  # CO-TRUST-39
        if keep > 0:
            self._kept = {each: entry for each, entry in self._kept.items() if entry[0] > now}
            self._kept[key] = (now + keep, found)
        return found


def question(policy: Policy, client: str, level: Level, payload: Mapping[str, Any]) -> Question:
    """Put a question; only what the request says of itself, and no more, comes from the caller."""
    told = {name: payload[name] for name in ("prompt", "invite_code", "payment") if name in payload}
    hints = policy.rules.agent if isinstance(policy.rules, Ordered) else ()
    return Question(policy.body, client, level, told, hints)
