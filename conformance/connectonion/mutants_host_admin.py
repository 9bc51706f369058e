"""What breaks each requirement of administration over HTTP."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.connectonion.host_mutations import ANSWER, answers, member, of_the_host, refusal
from reference.connectonion import replies

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant
    from reference.connectonion.host_core import Asked
    from reference.connectonion.replies import Reply

    HasBearer = Callable[[Any, Asked], bool]

BEARER = "reference.connectonion.host_core:Host._has_bearer"
COMMAND = "reference.connectonion.administration:command"
LEVEL = "/admin/trust/level/"
FORBIDDEN, NOT_FOUND = 403, 404


def takes_small_letters(has_bearer: HasBearer) -> HasBearer:
    """Take a bearer whose scheme is in small letters, where there is a bearer at all."""

    def takes(self: Any, asked: Asked) -> bool:
        told = asked.headers.get("authorization", "")
        scheme, _, rest = told.partition(" ")
        headers = {**asked.headers, "authorization": f"{scheme.capitalize()} {rest}"}
        return has_bearer(self, replace(asked, headers=headers))

    return takes


def reads_ascii_alone(asked: Asked, _reply: Reply) -> Reply | None:
    """Trip over a bearer that is not ASCII."""
    bearer = asked.headers.get("authorization", "")
    return None if bearer.isascii() else replies.error("internal", 500)


def logs_in_json(asked: Asked, reply: Reply) -> Reply | None:
    """Have no logs in JSON."""
    none = asked.path == "/admin/logs" and reply.status == NOT_FOUND
    return replies.of({"logs": []}) if none else None


def names_raw_paths(asked: Asked, reply: Reply) -> Reply | None:
    """Tell the level of an id as the path has it."""
    body = json.loads(reply.body) if asked.path.startswith(LEVEL) else {}
    raw = asked.path.removeprefix(LEVEL)
    return replies.of({**body, "client_id": raw}) if "client_id" in body else None


def hides_what_others_may_not(asked: Asked, reply: Reply) -> Reply | None:
    """Have no route for whoever is not the super admin."""
    hidden = asked.path.startswith("/superadmin/") and reply.status == FORBIDDEN
    return replies.NOT_FOUND if hidden else None


def has_no_fixed_routes(asked: Asked, reply: Reply) -> Reply | None:
    """Have no fixed routes where they are disabled."""
    off = asked.path.startswith("/trust/") and reply.status == FORBIDDEN
    return replies.NOT_FOUND if off else None


def writes_numbers_down(command: Callable[..., Any]) -> Callable[..., Any]:
    """Take a number for the name of a client."""

    def run(clients: Any, name: str, signed: Any, **about: Any) -> Any:
        told = signed.payload.get("client_id")
        if isinstance(told, int):
            signed = replace(signed, payload={**signed.payload, "client_id": str(told)})
        return command(clients, name, signed, **about)

    return run


MUTANTS: tuple[Mutant, ...] = (
    of_the_host(
        "CO-HOST-19",
        "takes a bearer whose scheme is in small letters",
        BEARER,
        takes_small_letters,
    ),
    of_the_host(
        "CO-HOST-20",
        "tells in JSON that there are no logs",
        ANSWER,
        answers(logs_in_json),
    ),
    of_the_host(
        "CO-HOST-21",
        "lists what was updated last at the end",
        ANSWER,
        member("/admin/sessions", "sessions", lambda listed: listed and listed[::-1]),
    ),
    of_the_host(
        "CO-HOST-22",
        "has other words for who is unblocked",
        ANSWER,
        member("/admin/trust/unblock", "message", lambda told: f"OK: {told}"),
    ),
    of_the_host(
        "CO-HOST-23",
        "cannot work on an order about nobody",
        ANSWER,
        refusal("client_id required", 422),
    ),
    of_the_host(
        "CO-HOST-24",
        "says in other words that only admins may",
        ANSWER,
        refusal("forbidden: admin only", 403, says="forbidden: you are no admin"),
    ),
    of_the_host(
        "CO-HOST-25",
        "names a client as the path does",
        ANSWER,
        answers(names_raw_paths),
    ),
    of_the_host(
        "CO-HOST-26",
        "believes nobody whose time is no number",
        ANSWER,
        refusal("Invalid X-Timestamp header", 401),
    ),
    of_the_host(
        "CO-HOST-27",
        "hides the routes of the super admin from others",
        ANSWER,
        answers(hides_what_others_may_not),
    ),
    of_the_host(
        "CO-HOST-28",
        "has no fixed routes where they are disabled",
        ANSWER,
        answers(has_no_fixed_routes),
    ),
    of_the_host(
        "CO-HOST-32",
        "takes a number for the name of a client",
        COMMAND,
        writes_numbers_down,
    ),
    of_the_host(
        "CO-HOST-33",
        "trips over a bearer that is not ASCII",
        ANSWER,
        answers(reads_ascii_alone),
    ),
)
