"""What breaks each requirement of the tracker, one small bug each."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.kit.proof.mutation import mutant
from reference.elo import messages, profile, signing
from reference.elo.effects import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.proof.mutation import Mutant
    from reference.elo.effects import Execute
    from reference.elo.links import Link, Links
    from reference.elo.node_shell import Shell
    from reference.elo.profile import Ask
    from reference.elo.returning import Returns
    from reference.elo.routing import Journey, Router
    from reference.elo.state import State

    Message = Mapping[str, Any]

ROUTING, LINKS, PROFILE = "reference.elo.routing", "reference.elo.links", "reference.elo.profile"
GREETING, CORE, RETURNING = (
    "reference.elo.greeting",
    "reference.elo.core",
    "reference.elo.returning",
)
A_CROWD = 200  # peers

of_the_tracker = partial(mutant, role="trk")


def knows_the_able_alone(query: Callable[..., None]) -> Callable[..., None]:
    """Answer no query for what no peer has."""

    def heeds(state: State, link: Link, message: Message) -> None:
        wanted = message.get("capability", "")
        if wanted == "" or state.links.offering(wanted):
            query(state, link, message)

    return heeds


def loses_the_payload(whole: Callable[..., Any]) -> Callable[..., Any]:
    """Answer a relay task with word that it was passed on."""

    async def asks(shell: Shell, job: Execute, ask: Ask) -> None:
        if not ask.relays:
            await whole(shell, job, ask)
            return
        outcome = await shell.send_task(
            ask.target, ask.capability, ask.payload, ttl_s=ask.ttl_s, relays=ask.relays
        )
        if outcome.status == messages.SUCCESS:
            shell._done(job, {"relayed": True})  # noqa: SLF001  (a bug)
        else:
            shell._failed(job, outcome.code, outcome.message)  # noqa: SLF001

    return asks


def waits_for_nobody(go_on: Callable[..., None]) -> Callable[..., None]:
    """Go on waiting when there is nobody to whom a task can be passed on."""

    def goes(router: Router, journey: Journey, now: float) -> None:
        if journey.errand.target and not router.outbox.links.named(journey.errand.target):
            journey.until = now + router.result_within
            return
        go_on(router, journey, now)

    return goes


def hides_the_relay(proven: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Do not tell that one relays."""

    def tells(state: State, said: dict[str, Any]) -> dict[str, Any]:
        agents = [each for each in said["caps"]["agents"] if each["name"] != messages.RELAY]
        interests = [each for each in said["interests"] if each != messages.RELAY]
        caps = {**said["caps"], "agents": agents}
        return proven(state, {**said, "caps": caps, "interests": interests})

    return tells


def names_who_listens(named: Callable[..., Link | None]) -> Callable[..., Link | None]:
    """Give work only to who can be dialled."""

    def finds(links: Links, target: str) -> Link | None:
        link = named(links, target)
        listens = link is not None and link.about is not None and link.about.listen is not None
        return link if listens else None

    return finds


def announces(first_frame: Callable[..., bool]) -> Callable[..., bool]:
    """Tell everybody who has come."""

    def first(state: State, link: Link, message: Message) -> bool:
        if not (good := first_frame(state, link, message)):
            return False
        data = {"node_id": link.prefix}
        event = messages.event("peer.joined", data, id=state.new_id(), timestamp=int(state.now))
        state.send_all(signing.sign(event, state.identity), but=link)
        return good

    return first


def tells_no_capabilities(_discovery: Any) -> Any:
    """Tell the addresses of the known peers alone."""
    return lambda _payload, links: profile.Return(
        {"peers": [{"addr": peer.reachable_at} for peer in links.peers()]}
    )


def tells_so_many(told_of: Callable[..., list[Link]]) -> Callable[..., list[Link]]:
    """Tell the newest peers of a crowd."""
    return lambda links, *, asker: told_of(links, asker=asker)[-A_CROWD:]


def loses_the_code(outcome_of: Callable[..., Outcome]) -> Callable[..., Outcome]:
    """Make one error of all errors."""

    def reads(message: Message) -> Outcome:
        told = outcome_of(message)
        if told.status == messages.SUCCESS:
            return told
        return Outcome(told.status, code="INTERNAL", message=told.message)

    return reads


def takes_any_result(_result: Any) -> Callable[..., None]:
    """Take a peer's result for that of the oldest task that it has."""

    def takes(router: Router, link: Link, message: Message) -> None:
        for journey in router._journeys:  # noqa: SLF001  (a bug)
            if journey.task and journey.link == link.id:
                router._end(journey, messages_outcome(message))  # noqa: SLF001
                return

    return takes


def messages_outcome(message: Message) -> Outcome:
    """Read a result as the router does."""
    from reference.elo.routing import outcome_of  # noqa: PLC0415  (a mutant of it may be in place)

    return outcome_of(message)


def hurries(keep: Callable[..., None]) -> Callable[..., None]:
    """Make next to no pause before a lost tracker is dialled again."""

    def keeps(returns: Returns, address: str) -> None:
        returns.pause = 0.01
        keep(returns, address)

    return keeps


MUTANTS: tuple[Mutant, ...] = (
    of_the_tracker(
        "ELO-TRK-01",
        "a query for what no peer has is not answered",
        "reference.elo.asking:query",
        knows_the_able_alone,
    ),
    of_the_tracker(
        "ELO-TRK-02",
        "the caller is told that its task was passed on, and no more",
        "reference.elo.node_shell:Shell._ask",
        loses_the_payload,
        also=("ELO-TRK-14",),
    ),
    of_the_tracker(
        "ELO-TRK-03",
        "what is passed on has no target",
        "reference.elo.messages:task",
        lambda task: lambda id, **rest: {**task(id, **rest), "target": ""},
    ),
    of_the_tracker(
        "ELO-TRK-04",
        "work for nobody waits for somebody to come",
        f"{ROUTING}:Router.go_on",
        waits_for_nobody,
        also=("ELO-TRK-13",),
    ),
    of_the_tracker(
        "ELO-TRK-05",
        "a tracker does not tell that it relays",
        "reference.elo.state:State._proven",
        hides_the_relay,
    ),
    of_the_tracker(
        "ELO-TRK-06",
        "who cannot be dialled is given nothing",
        f"{LINKS}:Links.named",
        names_who_listens,
        also=("ELO-HELLO-16",),
    ),
    of_the_tracker(
        "ELO-TRK-07",
        "everybody is told who has come",
        f"{GREETING}:first_frame",
        announces,
    ),
    of_the_tracker(
        "ELO-TRK-08",
        "discovery tells addresses alone",
        f"{PROFILE}:TRACKER[discovery]",
        tells_no_capabilities,
    ),
    of_the_tracker(
        "ELO-TRK-09",
        "everybody lists its peers",
        "reference.elo.capabilities:Disclosure.lists_peers",
        lambda _lists: property(lambda _disclosure: True),
    ),
    of_the_tracker(
        "ELO-TRK-10",
        "the newest two hundred peers are told",
        f"{LINKS}:Links.told_of",
        tells_so_many,
    ),
    of_the_tracker(
        "ELO-TRK-11",
        "a lost tracker is not dialled again",
        f"{RETURNING}:Returns.lost",
        lambda _lost: lambda _returns, _address, **_rest: None,
    ),
    of_the_tracker(
        "ELO-TRK-12",
        "a lost tracker is dialled at once",
        f"{RETURNING}:Returns.keep",
        hurries,
    ),
    of_the_tracker(
        "ELO-TRK-13",
        "every error is INTERNAL",
        f"{ROUTING}:outcome_of",
        loses_the_code,
    ),
    of_the_tracker(
        "ELO-TRK-14",
        "a result is that of the oldest task",
        f"{ROUTING}:Router.result",
        takes_any_result,
    ),
    of_the_tracker(
        "ELO-TRK-15",
        "a task waits for who has gone",
        f"{ROUTING}:Router.lost",
        lambda _lost: lambda _router, _link, _now: None,
    ),
)
