"""What breaks each requirement of what a host tells anybody over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.connectonion.host_mutations import ANSWER, answers, member, of_the_host
from reference.connectonion import replies
from reference.connectonion.replies import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.connectonion.host_mutations import Replacement
    from conformance.kit.proof.mutation import Mutant
    from reference.connectonion.host_core import Asked

SHELL = "reference.connectonion.host_shell"
REPLIES = "reference.connectonion.replies"


def not_found_in_other_words(asked: Asked, reply: Reply) -> Reply | None:
    """Say of an unknown path what another server would."""
    known = asked.path.startswith(("/sessions/", "/admin/", "/trust/", "/superadmin/"))
    lost = reply == replies.NOT_FOUND and not known
    return replies.of({"detail": "Not Found"}, 404) if lost else None


def without_origin(respond: Callable[..., Any]) -> Callable[..., Any]:
    """Let nobody else's page read JSON."""

    def responded(reply: Reply, **how: bool) -> Any:
        response = respond(reply, **how)
        if reply.content_type == replies.JSON and reply.status != 204:  # noqa: PLR2004
            del response.headers["access-control-allow-origin"]
        return response

    return responded


def opens_with_a_whitelist(start: Callable[..., Any]) -> Callable[..., Any]:
    """Take a host with a whitelist and no level for an open one."""

    async def started(self: Any, *, settings: Mapping[str, Any], **where: Any) -> None:
        levelless = "whitelist" in settings and "trust" not in settings
        chosen = {**settings, "trust": "open"} if levelless else settings
        await start(self, settings=chosen, **where)

    return started


def plain_docs(asked: Asked, reply: Reply) -> Reply | None:
    """Show the documentation as it is written."""
    return Reply(200, reply.body, replies.TEXT) if asked.path == "/docs" else None


def codes(told: Any) -> Any:
    """Tell the codes themselves, where there are any."""
    return told and {**told, "invite_code": ["OpenOnion"]}


def info(name: str, change: Callable[[Any], Any]) -> Replacement:
    """Have a member of what /info says changed."""
    return member("/info", name, change)


MUTANTS: tuple[Mutant, ...] = (
    of_the_host(
        "CO-HOST-01",
        "the uptime is told as a text",
        ANSWER,
        member("/health", "uptime", str),
    ),
    of_the_host(
        "CO-HOST-02",
        "the tools are told as objects",
        ANSWER,
        info("tools", lambda tools: [{"name": tool} for tool in tools]),
    ),
    of_the_host(
        "CO-HOST-03",
        "says what object decides instead of the level",
        ANSWER,
        info("trust", lambda _: "<TrustAgent>"),
    ),
    of_the_host(
        "CO-HOST-04",
        "tells a digest for its address",
        ANSWER,
        info("address", lambda address: address[:42]),
    ),
    of_the_host(
        "CO-HOST-05",
        "tells everybody its invite codes",
        ANSWER,
        info("onboard", codes),
    ),
    of_the_host(
        "CO-HOST-06",
        "says otherwise that there is nothing at a path",
        ANSWER,
        answers(not_found_in_other_words),
    ),
    of_the_host(
        "CO-HOST-07",
        "answers OPTIONS with 200",
        f"{REPLIES}:NOTHING",
        lambda _: Reply(200),
    ),
    of_the_host(
        "CO-HOST-08",
        "lets no page of others read JSON",
        f"{SHELL}:_response",
        without_origin,
    ),
    of_the_host(
        "CO-HOST-29",
        "is open when it has a whitelist and no level",
        "reference.connectonion.host:HostRole.start",
        opens_with_a_whitelist,
    ),
    of_the_host(
        "CO-HOST-30",
        "shows its documentation as plain text",
        ANSWER,
        answers(plain_docs),
    ),
    of_the_host(
        "CO-HOST-34",
        "lets no page of others sign a GET",
        f"{REPLIES}:CORS",
        lambda good: {**good, "access-control-allow-headers": "authorization, content-type"},
    ),
)
