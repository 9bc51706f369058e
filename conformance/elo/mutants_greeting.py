"""What breaks each requirement of hellos and their answers."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.kit.proof.mutation import mutant
from reference.elo import capabilities, frames, greeting, handshake, messages
from reference.elo.handshake import HandshakeError, Introduction
from reference.elo.links import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.proof.mutation import Mutant
    from reference.elo.identity import Identity
    from reference.elo.links import Link
    from reference.elo.node_shell import Shell
    from reference.elo.state import State

    Message = Mapping[str, Any]
    First = Callable[[State, Link, Message], bool]
    Ack = Callable[..., dict[str, Any]]

GREETING, MESSAGES = "reference.elo.greeting", "reference.elo.messages"
HANDSHAKE, CAPABILITIES = "reference.elo.handshake", "reference.elo.capabilities"
NOBODY = "?" * 12
KNOWN = {"type", "node_id", "caps", "interests", "tracker", "version", "known_peers"}
OURS = {"listen", "features", "timestamp", "signature"}
IMPATIENT = 0.7  # seconds
REGISTERED = range(1024, 5000)  # some of the ports that have owners

of_the_node = partial(mutant, role="node")


def speaks_first(arrive: Callable[..., Any]) -> Callable[..., Any]:
    """Say something to who says nothing for a while."""

    def prompt(shell: Shell, writer: asyncio.StreamWriter) -> None:
        port = writer.get_extra_info("peername")[1]
        state = shell.node.state
        for link in state.links:
            silent = link.id not in state.readers and link.stage is Stage.ACCEPTED
            if silent and link.address.endswith(f":{port}") and not writer.is_closing():
                writer.write(frames.encode(messages.bye()))

    async def arrives(
        shell: Shell, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        asyncio.get_running_loop().call_later(IMPATIENT, prompt, shell, writer)
        await arrive(shell, reader, writer)

    return arrives


def overlooks_heartbeats(first_frame: First) -> First:
    """Go on waiting for a hello after a heartbeat."""

    def first(state: State, link: Link, message: Message) -> bool:
        return message.get("type") != "heartbeat" and first_frame(state, link, message)

    return first


def answers_twice(first_frame: First) -> First:
    """Answer a hello, and answer it again."""

    def first(state: State, link: Link, message: Message) -> bool:
        good = first_frame(state, link, message)
        if good and not link.dialled:
            state.send(link, state.ack(link, listing=True))
        return good

    return first


def remembers_the_rejected(first_frame: First) -> First:
    """Keep who has no interests among the peers, although its connection was ended."""

    def first(state: State, link: Link, message: Message) -> bool:
        good = first_frame(state, link, message)
        if not good and message.get("interests", ()) is None:
            ghost = state.links.add(link.address, dialled=False, now=state.now)
            ghost.about = Introduction(str(message["node_id"]), capabilities.NOTHING, ())
            ghost.stage = Stage.PEER
        return good

    return first


def with_other(**members: Any) -> Callable[[Ack], Ack]:
    """Return what puts other members into a hello_ack."""
    return lambda ack: lambda *args, **rest: {**ack(*args, **rest), **members}


def pads_its_name(ack: Ack) -> Ack:
    """Write the node's id as other base64 has it."""
    return lambda node_id, *args, **rest: ack(f"{node_id}=", *args, **rest)


def interested_in_models(ack: Ack) -> Ack:
    """Tell every name as an interest."""

    def told(node_id: str, offers: Any, **rest: Any) -> dict[str, Any]:
        return ack(node_id, offers, **{**rest, "interests": offers.names})

    return told


def lists_only_the_able(ack: Ack) -> Ack:
    """Leave out peers that offer nothing."""

    def told(*args: Any, known_peers: Any, **rest: Any) -> dict[str, Any]:
        able = known_peers and [each for each in known_peers if each["caps"]]
        return ack(*args, known_peers=able, **rest)

    return told


def lists_the_asker(ack: Ack) -> Ack:
    """Tell a peer of itself."""

    def told(state: State, link: Link, *, listing: bool) -> dict[str, Any]:
        said = ack(state, link, listing=listing)
        if "known_peers" in said:
            said["known_peers"].append(link.entry())
        return state._proven(said)  # noqa: SLF001  (a bug)

    return told


def signs_for_the_proven(ack: Ack) -> Ack:
    """Prove oneself only to who did so first."""

    def told(state: State, link: Link, *, listing: bool) -> dict[str, Any]:
        said = ack(state, link, listing=listing)
        if link.about is not None and link.about.proven is None:
            del said["signature"]
        return said

    return told


def drops_empty_arrays(told: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Leave kinds out of which there is none."""
    return lambda offers: {kind: items for kind, items in told(offers).items() if items}


def without_an_array(entry: Callable[[Link], dict[str, Any]]) -> Callable[..., Any]:
    """Tell a single interest of a peer without its array."""

    def told(link: Link) -> dict[str, Any]:
        said = entry(link)
        one = said["interests"][0] if len(said["interests"]) == 1 else said["interests"]
        return {**said, "interests": one}

    return told


def refuses_the_unknown(read: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse a hello that has members of a later version."""

    def reads(message: Message, *, own_prefix: str) -> Any:
        if set(message) - KNOWN - OURS:
            raise HandshakeError("unknown members")
        return read(message, own_prefix=own_prefix)

    return reads


def knows_not_itself(read: Callable[..., Any]) -> Callable[..., Any]:
    """Take the node's own name for another's."""
    return lambda message, own_prefix: read(message, own_prefix=NOBODY)  # noqa: ARG005


def texts_are_none(items: Callable[..., Any]) -> Callable[..., Any]:
    """Take a text for an empty array of items."""
    return lambda kind, value: () if isinstance(value, str) else items(kind, value)


def registered_ports_are_none(port: Callable[[Any], int | None]) -> Callable[[Any], int | None]:
    """Take some ports for none."""

    def reads(value: Any) -> int | None:
        told = port(value)
        return None if told in REGISTERED else told

    return reads


def wants_features(features: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Refuse a hello whose features are no array."""

    def reads(value: Any) -> Any:
        if value is not None and not isinstance(value, list):
            raise HandshakeError("features is an array")
        return features(value)

    return reads


def obeys_news(news: Callable[..., None]) -> Callable[..., None]:
    """Dial whomever anybody names."""

    def heeds(state: State, link: Link, message: Message) -> None:
        news(state, link, message)
        greeting.meet(state, handshake.read(message, own_prefix=state.identity.prefix))

    return heeds


def of_another_seed(identity: Callable[..., Identity]) -> Callable[..., Identity]:
    """Make the key of something else than the seed."""
    return lambda seed, path: identity(seed and seed.replace("1", "2"), path)


MUTANTS: tuple[Mutant, ...] = (
    of_the_node(
        "ELO-HELLO-01",
        "who says nothing for a while is prompted",
        "reference.elo.node_shell:Shell._arrive",
        speaks_first,
    ),
    of_the_node(
        "ELO-HELLO-02",
        "a heartbeat before the hello is overlooked",
        f"{GREETING}:first_frame",
        overlooks_heartbeats,
    ),
    of_the_node(
        "ELO-HELLO-03", "a hello is answered twice", f"{GREETING}:first_frame", answers_twice
    ),
    of_the_node(
        "ELO-HELLO-04", "the visibility is null", f"{MESSAGES}:ack", with_other(tracker=None)
    ),
    of_the_node(
        "ELO-HELLO-05",
        "the id is padded",
        f"{MESSAGES}:ack",
        pads_its_name,
        also=("ELO-SIG-01", "ELO-SIG-03"),  # which say what it is without padding
    ),
    of_the_node(
        "ELO-HELLO-06",
        "arrays without items are left out",
        f"{CAPABILITIES}:Capabilities.told",
        drops_empty_arrays,
    ),
    of_the_node("ELO-HELLO-07", "models are interests", f"{MESSAGES}:ack", interested_in_models),
    of_the_node(
        "ELO-HELLO-08", "who offers nothing is not told", f"{MESSAGES}:ack", lists_only_the_able
    ),
    of_the_node(
        "ELO-HELLO-09",
        "a single interest of a peer is told without its array",
        "reference.elo.links:Link.entry",
        without_an_array,
    ),
    of_the_node(
        "ELO-HELLO-10",
        "a peer is told of itself",
        "reference.elo.state:State.ack",
        lists_the_asker,
    ),
    of_the_node(
        "ELO-HELLO-12",
        "a hello with unknown members is refused",
        f"{HANDSHAKE}:read",
        refuses_the_unknown,
    ),
    of_the_node(
        "ELO-HELLO-13",
        "the node takes its own name for another's",
        f"{HANDSHAKE}:read",
        knows_not_itself,
    ),
    of_the_node(
        "ELO-HELLO-20", "a text is an empty array", f"{CAPABILITIES}:_items", texts_are_none
    ),
    of_the_node(
        "ELO-HELLO-21",
        "who was rejected for its interests is remembered",
        f"{GREETING}:first_frame",
        remembers_the_rejected,
    ),
    of_the_node("ELO-HELLO-29", "news make the node dial", f"{GREETING}:news", obeys_news),
    of_the_node(
        "ELO-HELLO-30",
        "a private node answers like a public one",
        f"{CAPABILITIES}:Disclosure.in_ack",
        lambda _in_ack: lambda _disclosure, own, _node_id: own,
    ),
    of_the_node(
        "ELO-HELLO-30",
        "a private node greets like a public one",
        f"{CAPABILITIES}:Disclosure.in_hello",
        lambda _in_hello: lambda _disclosure, own: own,
        suffix="-hello",
    ),
    of_the_node(
        "ELO-HELLO-36",
        "another hello is never heeded",
        f"{GREETING}:hello_again",
        lambda _again: lambda _state, _link, _message: None,
    ),
    of_the_node(
        "ELO-HELLO-37",
        "a registered port is taken for none",
        f"{HANDSHAKE}:_port",
        registered_ports_are_none,
    ),
    of_the_node(
        "ELO-HELLO-38",
        "only who proved itself gets a proof",
        "reference.elo.state:State.ack",
        signs_for_the_proven,
    ),
    of_the_node(
        "ELO-HELLO-39",
        "features that are no array are refused",
        f"{HANDSHAKE}:_features",
        wants_features,
    ),
    of_the_node(
        "ELO-SIG-01",
        "the key is not that of the seed",
        "reference.elo.node:_identity",
        of_another_seed,
    ),
)
