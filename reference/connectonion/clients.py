"""What a host knows of its clients: lists, levels, operations, and a trail of every change."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reference.connectonion.identity import same_person
from reference.connectonion.levels import MOVES, PRECEDENCE, Level, Operation, Roll
from reference.connectonion.rolls import ClientList, checked


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the audit trail: who changed what, and how it was before and after.

    ``by`` is an admin's address, or the policy that did it.
    """

    at: float
    operation: Operation
    client: str
    by: str
    before: Level
    after: Level
    reason: str = ""


def _empty() -> dict[Roll, ClientList]:
    return {roll: ClientList(patterns=roll is not Roll.ADMINS) for roll in Roll}


@dataclass(slots=True)
class Clients:
    """The lists of one host.

    ``super_admin`` is the host's own address: an admin that nobody can remove (CO-TRUST-25).
    """

    super_admin: str = ""
    rolls: dict[Roll, ClientList] = field(default_factory=_empty)
    trail: list[Change] = field(default_factory=list)

    def read(self, texts: Mapping[Roll, str]) -> None:
        """Take the lists as they are in their files now (CO-TRUST-31)."""
        for roll, text in texts.items():
            if text != self.rolls[roll].text:
                self.rolls[roll] = ClientList.parse(text, patterns=roll is not Roll.ADMINS)

    def level(self, client: str) -> Level:
        """Return a client's level (CO-TRUST-22)."""
        for roll, level in PRECEDENCE:
            if client in self.rolls[roll]:
                return level
        return Level.STRANGER

    def is_admin(self, client: str) -> bool:
        """Whether a client may change levels; that is apart from its own (CO-TRUST-23)."""
        return self.is_super_admin(client) or client in self.rolls[Roll.ADMINS]

    def is_super_admin(self, client: str) -> bool:
        """Whether a client may name admins (CO-TRUST-26)."""
        return bool(self.super_admin) and same_person(client) == same_person(self.super_admin)

    def apply(
        self, operation: Operation, client: str, *, by: str, at: float, reason: str = ""
    ) -> Change:
        """Make one change and write it down; raises ClientIdError."""
        name, before = checked(client), self.level(client)
        joins, leaves = MOVES[operation]
        for roll in leaves:
            self.rolls[roll] = self.rolls[roll].without(name)
        for roll in joins:
            self.rolls[roll] = self.rolls[roll].with_client(name)
        change = Change(at, operation, name, by, before, self.level(client), reason)
        self.trail.append(change)
        return change
