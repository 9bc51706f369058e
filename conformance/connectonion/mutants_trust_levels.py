"""What breaks each requirement of levels, admins and the trail."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.connectonion.host_mutations import of_the_host
from reference.connectonion.authentication import Refused
from reference.connectonion.identity import same_person
from reference.connectonion.levels import Level, Operation, Roll
from reference.connectonion.rolls import ClientList

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant
    from reference.connectonion.administration import Body, Command, Order
    from reference.connectonion.authentication import Signed
    from reference.connectonion.clients import Clients
    from reference.connectonion.trust import Trust

    Run = Callable[[Order], Body]

ADMINISTRATION, CLIENTS = "reference.connectonion.administration", "reference.connectonion.clients"
ROLLS, TRUST = "reference.connectonion.rolls", "reference.connectonion.trust"
OF_ADMINS = frozenset({Operation.SET_ADMIN, Operation.REMOVE_ADMIN})


def runs(change: Callable[[Run, Order], Body]) -> Callable[[Command], Command]:
    """Carry an order out otherwise."""
    return lambda command: replace(command, run=lambda order: change(command.run, order))


def and_then(operation: Operation) -> Callable[[Command], Command]:
    """Do one thing more than an order says."""

    def change(run: Run, order: Order) -> Body:
        body = run(order)
        order.apply(operation)
        return body

    return runs(change)


def has_failed(level: Level) -> Callable[[Body], bool]:
    """Whether an order was an error, of a client at a level."""
    return lambda body: "error" in body and body["level"] == level


def the_second_time(operation: Operation, level: Level) -> Callable[[Command], Command]:
    """Move a client that can go no further when that is tried once more."""
    tried: set[str] = set()

    def change(run: Run, order: Order) -> Body:
        body = run(order)
        if has_failed(level)(body):
            if order.client in tried:
                order.apply(operation)
            tried.add(order.client)
        return body

    return runs(change)


def forgets_when_repeated(run: Run, order: Order) -> Body:
    """Forget what a client was that is blocked once more."""
    before = order.clients.level(order.client)
    body = run(order)
    if before is Level.BLOCKED:
        order.apply(Operation.DEMOTE_TO_STRANGER)
    return body


def names_who_is_none(run: Run, order: Order) -> Body:
    """Make an admin of who is removed and was none."""
    was = order.clients.is_admin(order.client)
    body = run(order)
    if not was:
        order.apply(Operation.SET_ADMIN)
    return body


def abdicates(run: Run, order: Order) -> Body:
    """Say that the super admin is no admin, and make that true."""
    body = run(order)
    if order.clients.is_super_admin(order.client):
        order.clients.super_admin = ""
    return body


def own_key_names_admins_only(command: Callable[..., Body]) -> Callable[..., Body]:
    """Take no order of the host's own key but those about admins."""

    def obey(clients: Clients, name: str, signed: Signed, **rest: Any) -> Body:
        if clients.is_super_admin(signed.caller) and not name.endswith("_admin"):
            raise Refused("forbidden: admin only")
        return command(clients, name, signed, **rest)

    return obey


def admins_are_never_blocked(not_blocked: Callable[..., None]) -> Callable[..., None]:
    """Take orders of blocked admins."""

    def asked(trust: Trust, signed: Signed) -> None:
        if not trust.clients.is_admin(signed.caller):
            not_blocked(trust, signed)

    return asked


def anonymous(operations: frozenset[Operation]) -> Callable[[Any], Any]:
    """Write some changes down, but not whose they were."""
    return lambda apply: (
        lambda clients, operation, client, *, by, **told: apply(
            clients, operation, client, by="" if operation in operations else by, **told
        )
    )


def blocks_patterns(run: Run, order: Order) -> Body:
    """Put a pattern on the blocklist that an order names."""
    if "*" not in order.client:
        return run(order)
    rolls = order.clients.rolls
    rolls[Roll.BLOCKLIST] = ClientList((*rolls[Roll.BLOCKLIST].lines, order.client, ""))
    return {"success": True, "message": "", "level": str(Level.BLOCKED)}


def only_as_it_is_written(run: Run, order: Order) -> Body:
    """Promise to promote, and do so where the key is written in the one spelling."""
    if order.client == same_person(order.client):
        return run(order)
    return {"success": True, "message": "", "level": str(Level.CONTACT)}


def command(name: str) -> str:
    """Return the place of an order."""
    return f"{ADMINISTRATION}:COMMANDS[{name}]"


MUTANTS: tuple[Mutant, ...] = (
    of_the_host(
        "CO-TRUST-18",
        "who is promoted at the top once more falls to contact",
        command("promote"),
        the_second_time(Operation.DEMOTE_TO_CONTACT, Level.WHITELIST),
    ),
    of_the_host(
        "CO-TRUST-19",
        "who is demoted at the bottom once more rises to contact",
        command("demote"),
        the_second_time(Operation.PROMOTE_TO_CONTACT, Level.STRANGER),
    ),
    of_the_host(
        "CO-TRUST-20",
        "who is blocked twice comes back as a stranger",
        command("block"),
        runs(forgets_when_repeated),
    ),
    of_the_host(
        "CO-TRUST-21",
        "who is promoted twice while blocked comes back higher",
        command("promote"),
        the_second_time(Operation.PROMOTE_TO_WHITELIST, Level.BLOCKED),
    ),
    of_the_host(
        "CO-TRUST-23",
        "a new admin becomes a contact",
        command("add_admin"),
        and_then(Operation.PROMOTE_TO_CONTACT),
    ),
    of_the_host(
        "CO-TRUST-24",
        "who is removed twice is an admin again",
        command("remove_admin"),
        runs(names_who_is_none),
    ),
    of_the_host(
        "CO-TRUST-25", "the super admin can abdicate", command("remove_admin"), runs(abdicates)
    ),
    of_the_host(
        "CO-TRUST-26",
        "the own key gives orders about admins alone",
        f"{ADMINISTRATION}:command",
        own_key_names_admins_only,
    ),
    of_the_host(
        "CO-TRUST-27",
        "admins give orders though they are blocked",
        f"{TRUST}:Trust.not_blocked",
        admins_are_never_blocked,
    ),
    of_the_host(
        "CO-TRUST-36.b",
        "nobody is said to have named an admin",
        f"{CLIENTS}:Clients.apply",
        anonymous(OF_ADMINS),
    ),
    of_the_host(
        "CO-TRUST-37", "a name may be two lines", f"{ROLLS}:BREAKS", lambda _: re.compile(r"\x00")
    ),
    of_the_host(
        "CO-TRUST-46",
        "nobody is said to have changed a level",
        f"{CLIENTS}:Clients.apply",
        anonymous(frozenset(Operation) - OF_ADMINS),
    ),
    of_the_host("CO-TRUST-47", "a pattern can be blocked", command("block"), runs(blocks_patterns)),
    of_the_host(
        "CO-TRUST-48",
        "a key in capitals is promoted in words alone",
        command("promote"),
        runs(only_as_it_is_written),
    ),
)
