"""What outlives a host: its records, the signatures that it took, its lists, and their trail.

What callers have said is kept as JSON text: a store of bytes has no place for half a surrogate
pair.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from reference.change import Change
from reference.connectonion import clients
from reference.connectonion.authentication import SIGNATURE
from reference.connectonion.levels import Level, Operation, Roll
from reference.connectonion.rolls import ClientList
from reference.connectonion.running import Desk
from reference.connectonion.sessions import RECORD

ROLL, TRAIL = "roll", "trail"  # the kinds of documents beside those of sessions and signatures


@dataclass(slots=True)
class Memory:
    """What a store knows of a desk, and how the two come together."""

    desk: Desk
    _rolls: dict[Roll, ClientList] = field(default_factory=dict)
    _trail: int = 0  # how many lines of it are stored

    def changes(self) -> list[Change]:
        """Hand out what a store has to write, so that it knows all that anybody was told."""
        desk, known = self.desk, self.desk.trust.clients
        lists = [
            Change(ROLL, roll, json.dumps(each.text))
            for roll, each in known.rolls.items()
            if each is not self._rolls.get(roll)
        ]
        lines = [
            Change(TRAIL, f"{number:010}", json.dumps(asdict(known.trail[number])))
            for number in range(self._trail, len(known.trail))
        ]
        self._rolls, self._trail = dict(known.rolls), len(known.trail)
        return [*desk.sessions.changes(), *desk.gate.changes(), *lists, *lines]

    def let_go(self) -> None:
        """Hand out nothing: there is no store."""
        self.desk.sessions.let_go()
        self.desk.gate.let_go()

    def restore(self, read: Callable[[str], Mapping[str, Any]], *, now: float) -> None:
        """Take what a store has; who was made an admin to start with is one still."""
        known = self.desk.trust.clients
        named = known.rolls[Roll.ADMINS].clients
        known.read({Roll(roll): json.loads(text) for roll, text in read(ROLL).items()})
        for name in named:
            known.rolls[Roll.ADMINS] = known.rolls[Roll.ADMINS].with_client(name)
        lines = [_line(json.loads(text)) for _, text in sorted(read(TRAIL).items())]
        known.trail[:0], self._trail = lines, len(lines)
        self.desk.gate.restore(read(SIGNATURE))
        self.desk.sessions.restore(read(RECORD), now=now)


def _line(document: Mapping[str, Any]) -> clients.Change:
    names = {
        "operation": Operation(document["operation"]),
        "before": Level(document["before"]),
        "after": Level(document["after"]),
    }
    return clients.Change(**{**document, **names})
