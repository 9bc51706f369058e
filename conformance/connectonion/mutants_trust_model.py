"""Seeded bugs that only an unlikely conversation of admins and clients brings to light."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.connectonion.host_mutations import of_the_host
from conformance.connectonion.mutants_trust_levels import command, runs
from reference.connectonion.levels import Level, Operation

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant
    from reference.connectonion.administration import Body, Order
    from reference.connectonion.authentication import Signed
    from reference.connectonion.clients import Clients
    from reference.connectonion.trust import Trust

    Run = Callable[[Order], Body]

CLIENTS, TRUST = "reference.connectonion.clients", "reference.connectonion.trust"


def knew(clients: Clients, client: str, operation: Operation) -> bool:
    """Whether an operation was ever made of a client."""
    return any(each.client == client and each.operation is operation for each in clients.trail)


def makes_up_for_it(run: Run, order: Order) -> Body:
    """Promote who was blocked once to the whitelist."""
    wronged = knew(order.clients, order.client, Operation.BLOCK)
    body = run(order)
    if wronged and body.get("level") == Level.CONTACT:
        order.apply(Operation.PROMOTE_TO_WHITELIST)
        return {**body, "level": str(Level.WHITELIST)}
    return body


def apologises(run: Run, order: Order) -> Body:
    """Make a contact of a stranger that was an admin when it was blocked and is unblocked."""
    body = run(order)
    done = [each.operation for each in order.clients.trail if each.client == order.client]
    named_first = Operation.SET_ADMIN in done and Operation.BLOCK in done
    named_first = named_first and done.index(Operation.SET_ADMIN) < done.index(Operation.BLOCK)
    if named_first and body["level"] == Level.STRANGER:
        order.apply(Operation.PROMOTE_TO_CONTACT)
        return {**body, "level": str(Level.CONTACT)}
    return body


def honoured(is_admin: Callable[[Clients, str], bool]) -> Callable[[Clients, str], bool]:
    """Let who was an admin and is a contact stay one."""

    def named(clients: Clients, client: str) -> bool:
        former = clients.level(client) is Level.CONTACT and knew(
            clients, client, Operation.SET_ADMIN
        )
        return former or is_admin(clients, client)

    return named


def only_strangers_are_blocked(not_blocked: Callable[..., None]) -> Callable[..., None]:
    """Take orders of a blocked admin that was promoted before."""

    def asked(trust: Trust, signed: Signed) -> None:
        promoted = knew(trust.clients, signed.caller, Operation.PROMOTE_TO_CONTACT)
        if not (promoted and trust.clients.is_admin(signed.caller)):
            not_blocked(trust, signed)

    return asked


def with_its_friends(run: Run, order: Order) -> Body:
    """Block a client, and take back whatever it did as an admin."""
    body = run(order)
    for each in tuple(order.clients.trail):
        if each.by == order.client and each.operation is Operation.PROMOTE_TO_CONTACT:
            order.clients.apply(Operation.DEMOTE_TO_STRANGER, each.client, by=order.by, at=order.at)
    return body


def by_the_first_line(run: Run, order: Order) -> Body:
    """Take the first line of a name for the name."""
    return run(replace(order, client=order.client.partition("\n")[0]))


def obeys_the_whitelist(order_of: Callable[..., Body]) -> Callable[..., Body]:
    """Take orders to demote of whoever is on the whitelist."""

    def obey(clients: Clients, name: str, signed: Signed, **rest: Any) -> Body:
        if name == "demote" and clients.level(signed.caller) is Level.WHITELIST:
            clients.apply(
                Operation.DEMOTE_TO_STRANGER, signed.payload["client_id"], by="a bug", at=0.0
            )
        return order_of(clients, name, signed, **rest)

    return obey


def tidied(unquote: Callable[[str], str]) -> Callable[[str], str]:
    """Read a name in a path as if it were a path."""
    return lambda text: unquote(text).replace("//", "/")


MUTANTS: tuple[Mutant, ...] = (
    of_the_host(
        "CO-TRUST-18",
        "who was blocked once is promoted to the whitelist",
        command("promote"),
        runs(makes_up_for_it),
        suffix="-wronged",
    ),
    of_the_host(
        "CO-TRUST-20",
        "an admin that is unblocked becomes a contact",
        command("unblock"),
        runs(apologises),
        suffix="-admin",
    ),
    of_the_host(
        "CO-TRUST-24",
        "who is a contact stays the admin that it was",
        f"{CLIENTS}:Clients.is_admin",
        honoured,
        suffix="-contact",
    ),
    of_the_host(
        "CO-TRUST-27",
        "a blocked admin that was promoted gives orders",
        f"{TRUST}:Trust.not_blocked",
        only_strangers_are_blocked,
        suffix="-promoted",
    ),
    of_the_host(
        "CO-TRUST-37",
        "the first line of a name is demoted",
        command("demote"),
        runs(by_the_first_line),
        suffix="-demoted",
    ),
    of_the_host(
        "CO-TRUST-52",
        "the whitelist may demote",
        "reference.connectonion.administration:command",
        obeys_the_whitelist,
    ),
    of_the_host(
        "CO-TRUST-53",
        "who is blocked falls with all whom it promoted",
        command("block"),
        runs(with_its_friends),
    ),
    of_the_host(
        "CO-TRUST-54",
        "two slashes in a name are one",
        "reference.connectonion.host_core:unquote",
        tidied,
    ),
)
