"""What a host knows of a caller: four levels, and admins apart from them (sheet 6.5, 6.6)."""

from enum import StrEnum


class Level(StrEnum):
    """How far a caller is trusted."""

    STRANGER = "stranger"
    CONTACT = "contact"
    WHITELIST = "whitelist"
    BLOCKED = "blocked"


class Operation(StrEnum):
    """An atomic change of what is known of one client."""

    PROMOTE_TO_CONTACT = "promote_to_contact"
    PROMOTE_TO_WHITELIST = "promote_to_whitelist"
    DEMOTE_TO_CONTACT = "demote_to_contact"
    DEMOTE_TO_STRANGER = "demote_to_stranger"
    BLOCK = "block"
    UNBLOCK = "unblock"
    SET_ADMIN = "set_admin"
    REMOVE_ADMIN = "remove_admin"


class Roll(StrEnum):
    """A list of clients that a host keeps."""

    CONTACTS = "contacts"
    WHITELIST = "whitelist"
    BLOCKLIST = "blocklist"
    ADMINS = "admins"


# Which lists an operation puts a client on, and from which it takes it.
# A whitelisted client stays among the contacts, so that demoting it is going back (sheet 6.5).
MOVES: dict[Operation, tuple[tuple[Roll, ...], tuple[Roll, ...]]] = {
    Operation.PROMOTE_TO_CONTACT: ((Roll.CONTACTS,), ()),
    Operation.PROMOTE_TO_WHITELIST: ((Roll.WHITELIST,), ()),
    Operation.DEMOTE_TO_CONTACT: ((Roll.CONTACTS,), (Roll.WHITELIST,)),
    Operation.DEMOTE_TO_STRANGER: ((), (Roll.CONTACTS, Roll.WHITELIST)),
    Operation.BLOCK: ((Roll.BLOCKLIST,), ()),
    Operation.UNBLOCK: ((), (Roll.BLOCKLIST,)),
    Operation.SET_ADMIN: ((Roll.ADMINS,), ()),
    Operation.REMOVE_ADMIN: ((), (Roll.ADMINS,)),
}

# A client's level is that of the first list that has it (CO-TRUST-22).
PRECEDENCE: tuple[tuple[Roll, Level], ...] = (
    (Roll.BLOCKLIST, Level.BLOCKED),
    (Roll.WHITELIST, Level.WHITELIST),
    (Roll.CONTACTS, Level.CONTACT),
)
