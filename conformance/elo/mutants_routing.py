"""What breaks each requirement of tasks that find their way."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.kit.proof.mutation import mutant
from reference.elo import messages, routing, signing
from reference.elo.effects import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from conformance.kit.proof.mutation import Mutant
    from reference.elo.discovery import Searches
    from reference.elo.links import Link
    from reference.elo.node_shell import Shell
    from reference.elo.routing import Errand, Journey, Router, Way
    from reference.elo.state import State

    Message = Mapping[str, Any]
    End = Callable[[Router, Journey, Outcome], None]
    Able = Callable[[Any, str, Link], Iterator[str]]
    Response = Callable[[Router, Link, Message, float], None]

ROUTING, MESSAGES, DISCOVERY = (
    "reference.elo.routing",
    "reference.elo.messages",
    "reference.elo.discovery",
)
NAMED, ANYBODY = f"{ROUTING}:WAYS[(True, False)]", f"{ROUTING}:WAYS[(False, False)]"

of_the_node = partial(mutant, role="node")


def names_somebody(task: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Fill in who asks where a task is for anybody."""
    return lambda id, *, target, caller, **rest: task(
        id, target=target or caller, caller=caller, **rest
    )


def asks_in_capitals(ask: Callable[..., str]) -> Callable[..., str]:
    """Have ids of questions with other digits."""

    def asks(state: State, capability: Any, *, ttl: int) -> str:
        new_id, state.new_id = state.new_id, lambda: f"Q{new_id()}"
        try:
            return ask(state, capability, ttl=ttl)
        finally:
            state.new_id = new_id

    return asks


def asks_many_or_nobody(query: Way) -> Way:
    """Ask nobody when there is only one to ask."""
    return lambda router, journey, now: (
        len(router.outbox.links.peers()) > 1 and query(router, journey, now)
    )


def stays_at_home(response: Response) -> Response:
    """Go nowhere, when the first answer names a single place."""
    heard: set[str] = set()

    def hears(router: Router, link: Link, message: Message, now: float) -> None:
        id, nodes = str(message.get("id")), message.get("nodes")
        first = id not in heard
        heard.add(id)
        alone = isinstance(nodes, list) and len(nodes) == 1 and "caps" in nodes[0]
        if not (first and alone):
            response(router, link, message, now)

    return hears


def tells_more(relay_payload: Callable[[Errand], dict[str, Any]]) -> Callable[..., Any]:
    """Tell a tracker of a member that does not belong there."""
    return lambda errand: {**relay_payload(errand), "protocol": "elo.v1"}


def no_tracker(end: End) -> End:
    """Have another code where a target is not to be reached."""

    def ends(router: Router, journey: Journey, outcome: Outcome) -> None:
        alone = outcome.code == routing.NO_PEER and journey.errand.target
        end(router, journey, Outcome(outcome.status, code="NO_TRACKER") if alone else outcome)

    return ends


def waits_for_the_gone(_lost: Callable[..., None]) -> Callable[..., None]:
    """Wait on, when the peer that has a task goes."""

    def loses(router: Router, link: Link, now: float) -> None:
        for journey in tuple(router._journeys):  # noqa: SLF001  (a bug)
            if journey.dialled == link.id:
                journey.dialled = None
                router.visit(journey, now)

    return loses


def stops_at_the_first(response: Callable[..., bool]) -> Callable[..., bool]:
    """Heed no answer to a search after the first."""
    answered: dict[str, str] = {}

    def hears(searches: Searches, message: Message, link: Link) -> bool:
        id = str(message.get("id"))
        first = answered.setdefault(id, link.prefix) == link.prefix
        return response(searches, message, link) if first else id in searches._open  # noqa: SLF001

    return hears


def adds_to_the_old(news: Callable[..., None]) -> Callable[..., None]:
    """Take what a peer tells anew for what it can do besides."""

    def takes(state: State, link: Link, message: Message) -> None:
        before = link.about.capabilities if link.about is not None else None
        news(state, link, message)
        if link.about is not None and before is not None:
            told = link.about.capabilities
            more = replace(told, agents=(*before.agents, *told.agents))
            link.about = link.about.with_news(more, link.about.interests)

    return takes


def tells_everybody(begin: Callable[..., None]) -> Callable[..., None]:
    """Give a task that nobody waits for to every peer, unless somebody offers it."""

    def begins(shell: Shell, target: str, capability: str, payload: Any) -> None:
        state = shell.node.state
        if target or state.links.offering(capability):
            begin(shell, target, capability, payload)
            return
        task = messages.task(
            state.new_id(),
            target="",
            caller=state.identity.node_id,
            capability=capability,
            payload=payload,
            timestamp=int(state.now),
        )
        state.send_all(signing.sign(task, state.identity))
        shell.perform(state.take())

    return begins


def takes_anybody(able: Able) -> Able:
    """Go to the first who is named, when nobody is named who can."""

    def names(nodes: Any, capability: str, link: Link) -> Iterator[str]:
        found = list(able(nodes, capability, link))
        good = isinstance(nodes, list) and all(isinstance(each, dict) for each in nodes)
        if not found and good and any(isinstance(each.get("caps"), list) for each in nodes):
            found = [each["addr"] for each in nodes if isinstance(each.get("addr"), str)]
        return iter(found)

    return names


def gives_up_on_texts(response: Response) -> Response:
    """Hear no more answers after one whose nodes are no objects."""
    spoilt: set[str] = set()

    def hears(router: Router, link: Link, message: Message, now: float) -> None:
        id, nodes = str(message.get("id")), message.get("nodes")
        if isinstance(nodes, list) and not all(isinstance(each, dict) for each in nodes):
            spoilt.add(id)
        if id not in spoilt:
            response(router, link, message, now)

    return hears


def blames_the_relay(end: End) -> End:
    """Have a code of one's own for what went wrong behind a relay."""

    def ends(router: Router, journey: Journey, outcome: Outcome) -> None:
        failed = journey.relayed and journey.task and outcome.status == messages.ERROR
        end(router, journey, Outcome(outcome.status, code="RELAY_ERROR") if failed else outcome)

    return ends


def tries_one_place(able: Able) -> Able:
    """Take only the first place that an answer names."""
    return lambda nodes, capability, link: iter(list(able(nodes, capability, link))[:1])


def wants_capabilities(able: Able) -> Able:
    """Take nobody who tells no capabilities."""
    return lambda nodes, capability, link: able(
        [each for each in nodes if not isinstance(each, dict) or "caps" in each]
        if isinstance(nodes, list)
        else nodes,
        capability,
        link,
    )


MUTANTS: tuple[Mutant, ...] = (
    of_the_node(
        "ELO-ROUTE-01",
        "a relay goes before the target itself",
        NAMED,
        lambda ways: tuple(reversed(ways)),
    ),
    of_the_node(
        "ELO-ROUTE-02",
        "a task for anybody has a target",
        f"{MESSAGES}:task",
        names_somebody,
        also=("ELO-MESH-01",),  # there is nobody of that name
    ),
    of_the_node(
        "ELO-ROUTE-03",
        "questions for tasks live for four hops",
        f"{ROUTING}:TASK_QUERY_TTL",
        lambda ttl: ttl - 1,
    ),
    of_the_node(
        "ELO-ROUTE-04",
        "ids of questions have other digits",
        "reference.elo.state:State.ask",
        asks_in_capitals,
    ),
    of_the_node(
        "ELO-ROUTE-05",
        "a single peer is not asked",
        ANYBODY,
        lambda ways: (ways[0], asks_many_or_nobody(ways[1]), *ways[2:]),
    ),
    of_the_node(
        "ELO-ROUTE-06",
        "who is named alone is not dialled",
        f"{ROUTING}:Router.response",
        stays_at_home,
    ),
    of_the_node(
        "ELO-ROUTE-07",
        "a task for anybody is not relayed",
        ANYBODY,
        lambda ways: ways[:-1],
    ),
    of_the_node(
        "ELO-ROUTE-08",
        "who is not there is replaced by who can",
        NAMED,
        lambda ways: (ways[0], routing._interest_table, *ways[1:]),  # noqa: SLF001
    ),
    of_the_node(
        "ELO-ROUTE-09",
        "trackers are told of more",
        f"{ROUTING}:Errand.relay_payload",
        tells_more,
    ),
    of_the_node(
        "ELO-ROUTE-10",
        "a target that is not to be reached has another code",
        f"{ROUTING}:Router._end",
        no_tracker,
    ),
    of_the_node(
        "ELO-ROUTE-11",
        "what is not answered has another code",
        f"{ROUTING}:TIMEOUT",
        lambda _code: "NO_RESULT",
    ),
    of_the_node(
        "ELO-ROUTE-12",
        "who has gone is waited for",
        f"{ROUTING}:Router.lost",
        waits_for_the_gone,
    ),
    of_the_node(
        "ELO-ROUTE-24",
        "who is there is asked for more hops",
        f"{DISCOVERY}:DISCOVERY_TTL",
        lambda _ttl: 5,
    ),
    of_the_node(
        "ELO-ROUTE-25",
        "the first answer is the only one",
        f"{DISCOVERY}:Searches.response",
        stops_at_the_first,
    ),
    of_the_node(
        "ELO-ROUTE-29",
        "what was once offered is offered for ever",
        "reference.elo.greeting:news",
        adds_to_the_old,
    ),
    of_the_node(
        "ELO-ROUTE-30",
        "everybody is given what nobody waits for",
        "reference.elo.node_shell:Shell.begin_task",
        tells_everybody,
    ),
    of_the_node(
        "ELO-ROUTE-32",
        "anybody who is named will do",
        f"{ROUTING}:_able",
        takes_anybody,
    ),
    of_the_node(
        "ELO-ROUTE-33",
        "after a malformed answer nobody is heard",
        f"{ROUTING}:Router.response",
        gives_up_on_texts,
    ),
    of_the_node(
        "ELO-ROUTE-34",
        "errors from behind a relay have a code of this node",
        f"{ROUTING}:Router._end",
        blames_the_relay,
    ),
    of_the_node(
        "ELO-ROUTE-36",
        "only the first address is tried",
        f"{ROUTING}:_able",
        tries_one_place,
    ),
    of_the_node(
        "ELO-ROUTE-38",
        "who names itself is passed over",
        f"{ROUTING}:_able",
        wants_capabilities,
    ),
)
