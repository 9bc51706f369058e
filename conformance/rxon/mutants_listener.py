"""RXON-LSN and RXON-SER: seeded bugs in what is served and how it is spelled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from conformance.kit.proof.mutation import mutant

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from reference.rxon.orchestrator_routes import WorkerApi

    AddHeaders = Callable[[web.Request, web.StreamResponse], Awaitable[None]]

EMPTY = 204


def no_warning_is_null(warning: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Write a member that has nothing to say."""
    return lambda version: warning(version) or {"warning": None}


def fractional(issue: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Write seconds as they are kept."""

    def broken(*arguments: Any, **rest: Any) -> dict[str, Any]:
        answer = issue(*arguments, **rest)
        return {**answer, "expires_in": float(answer["expires_in"])}

    return broken


def events_by_get(
    routes: Callable[[WorkerApi], list[web.RouteDef]],
) -> Callable[[WorkerApi], list[web.RouteDef]]:
    """Serve events with another method as well."""
    return lambda api: [*routes(api), web.get("/_worker/events", api.event)]


def silent_when_empty(add_version: AddHeaders) -> AddHeaders:
    """Forget the header of an answer without a body."""

    async def broken(request: web.Request, answer: web.StreamResponse) -> None:
        if answer.status != EMPTY:
            await add_version(request, answer)

    return broken


def deepened(revision: Any) -> Any:
    """Allow 500 levels; in place, since it is the default of functions that are there already."""
    object.__setattr__(revision, "depth_limit", 500)
    return revision


MUTANTS = (
    mutant(
        "RXON-SER-11",
        "a registration without a warning is answered `warning: null`",
        "reference.rxon.presence:warning",
        no_warning_is_null,
        role="orc",
    ),
    mutant(
        "RXON-SER-12",
        "the life of an access token is spelled 3600.0",
        "reference.rxon.identity:TokenService.issue",
        fractional,
        role="orc",
    ),
    mutant(
        "RXON-LSN-02",
        "events can be sent with GET",
        "reference.rxon.orchestrator_routes:WorkerApi.routes",
        events_by_get,
        role="orc",
    ),
    mutant(
        "RXON-LSN-03",
        "an answer without a body names no version",
        "reference.rxon.orchestrator:add_version",
        silent_when_empty,
        role="orc",
    ),
    mutant(
        "RXON-LSN-04",
        "a body may have two megabytes",
        "reference.rxon.revision:BODY_LIMIT",
        lambda limit: 2 * limit,
        role="orc",
    ),
    mutant(
        "RXON-LSN-05",
        "a body may have 500 levels",
        "reference.rxon.revision:BASELINE",
        deepened,
        role="orc",
    ),
)
