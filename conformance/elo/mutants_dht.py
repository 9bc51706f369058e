"""What breaks each requirement of the distributed table."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.kit.proof.mutation import mutant
from reference.elo import signing
from reference.elo.dht import messages, records
from reference.elo.dht.contacts import is_text
from reference.elo.dht.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.proof.mutation import Mutant
    from reference.elo.dht.contacts import Contact, Table
    from reference.elo.dht.lookup import Lookup
    from reference.elo.dht.member import Member
    from reference.elo.dht.records import Store
    from reference.elo.links import Link

    Message = Mapping[str, Any]
    Hear = Callable[[Member, Link, Message], None]
    Answer = Callable[[Member, Link, Message], Message | None]

MEMBER, RECORDS = "reference.elo.dht.member", "reference.elo.dht.records"
ANNOUNCED = 9  # the port that the kit's peers announce
FOR_EVER = 1e12  # seconds

of_the_node = partial(mutant, role="node")


def ends_whom_it_does_not_know(hear: Hear) -> Hear:
    """Hang up on a record of who announced no table."""

    def hears(member: Member, link: Link, message: Message) -> None:
        if message.get("type") == messages.STORE and not member.takes_part(link):
            member.state.close(link, "no part of the table")
        else:
            hear(member, link, message)

    return hears


def finds_by_capability_alone(found: Callable[..., None]) -> Callable[..., None]:
    """Take no record for what was looked for by an id."""

    def takes(lookup: Lookup, told: list[Record]) -> None:
        found(lookup, [each for each in told if lookup.target in each.keys[1:]])

    return takes


def pings_anybody(arrived: Callable[..., None]) -> Callable[..., None]:
    """Ping who can be dialled, whatever it announced."""

    def arrives(member: Member, link: Link) -> None:
        arrived(member, link)
        ported = link.about is not None and link.about.listen == ANNOUNCED
        if ported and not member.takes_part(link):
            member.state.send(link, messages.ping("0123abcd"))

    return arrives


def tells_more(told: Callable[[Contact], dict[str, str]]) -> Callable[[Contact], dict[str, str]]:
    """Tell more of a contact than its id and address."""
    return lambda contact: {**told(contact), "distance": "far"}


def farthest_first(closest: Callable[..., list[Contact]]) -> Callable[..., list[Contact]]:
    """Name the closest last."""

    def named(table: Table, target: str, *, but: str = "") -> list[Contact]:
        return closest(table, target, but=but)[::-1]

    return named


def knows_one_capability(about: Callable[..., list[Record]]) -> Callable[..., list[Record]]:
    """Find a node by the first of its capabilities alone."""

    def finds(store: Store, key: str, *, now: float) -> list[Record]:
        return [each for each in about(store, key, now=now) if key in each.keys[:2]]

    return finds


def pretends_to_keep(keep: Answer) -> Answer:
    """Say that a forged record is kept."""

    def keeps(member: Member, link: Link, message: Message) -> Message | None:
        said = keep(member, link, message) or {}
        forged = said.get("error", {}).get("code") == records.BAD_SIGNATURE
        return messages.stored(message["id"]) if forged else said

    return keeps


def forgets_what_it_had(keep: Callable[..., None]) -> Callable[..., None]:
    """Keep whatever came last."""

    def keeps(store: Store, record: Record, *, now: float) -> None:
        store._records.pop(record.node_id, None)  # noqa: SLF001  (a bug)
        keep(store, record, now=now)

    return keeps


def names_nobody(values: Answer) -> Answer:
    """Name nobody with records that are none."""

    def tells(member: Member, link: Link, message: Message) -> Message | None:
        said = values(member, link, message)
        return {**said, "nodes": []} if said is not None else None

    return tells


def ends_the_malformed(hear: Hear) -> Hear:
    """Hang up on a question without an id."""

    def hears(member: Member, link: Link, message: Message) -> None:
        if member.takes_part(link) and not is_text(message.get("id")):
            member.state.close(link, "a question has an id")
        else:
            hear(member, link, message)

    return hears


def offers_nothing(made: Callable[..., Any]) -> Callable[..., Any]:
    """Publish a record without capabilities."""
    return lambda identity, addr, _caps, **rest: made(identity, addr, [], **rest)


def believes_all(_believed: Callable[..., Any]) -> Callable[..., list[Record]]:
    """Look at no signature of a record that an answer tells."""

    def believed(_member: Member, told: Any) -> list[Record]:
        return [
            Record(
                each["node_id"],
                each["addr"],
                tuple(each["caps"]),
                each["timestamp"],
                each["timestamp"] + each["ttl_s"],
                each,
            )
            for each in told or ()
            if each.get(signing.SIGNATURE)
        ]

    return believed


def tells_all(own_keys: Any) -> property:
    """Be found whatever the visibility."""

    def keys(member: Member) -> tuple[str, ...]:
        found: tuple[str, ...] = own_keys.fget(member)
        return found or (member.state.identity.node_id,)

    return property(keys)


MUTANTS: tuple[Mutant, ...] = (
    of_the_node(
        "ELO-DHT-01",
        "a record of who announced no table ends its connection",
        f"{MEMBER}:Member.hear",
        ends_whom_it_does_not_know,
    ),
    of_the_node(
        "ELO-DHT-02",
        "nobody is found by its id",
        "reference.elo.dht.lookup:Lookup.found",
        finds_by_capability_alone,
    ),
    of_the_node(
        "ELO-DHT-04", "who can be dialled is pinged", f"{MEMBER}:Member.arrived", pings_anybody
    ),
    of_the_node(
        "ELO-DHT-05",
        "a pong has another id",
        "reference.elo.dht.messages:pong",
        lambda pong: lambda id: pong(id[::-1]),
    ),
    of_the_node(
        "ELO-DHT-06",
        "contacts have one member more",
        "reference.elo.dht.contacts:Contact.told",
        tells_more,
    ),
    of_the_node(
        "ELO-DHT-07",
        "the closest contacts come last",
        "reference.elo.dht.contacts:Table.closest",
        farthest_first,
    ),
    of_the_node(
        "ELO-DHT-08",
        "a node is found by its first capability alone",
        f"{RECORDS}:Store.about",
        knows_one_capability,
    ),
    of_the_node(
        "ELO-DHT-09",
        "a forged record is said to be kept",
        f"{MEMBER}:ANSWERS[dht_store]",
        pretends_to_keep,
    ),
    of_the_node(
        "ELO-DHT-09",
        "a record lives for as long as it says",
        f"{RECORDS}:MAX_LIFE",
        lambda _seconds: FOR_EVER,
        suffix="-life",
    ),
    of_the_node(
        "ELO-DHT-10",
        "anybody tells about anybody",
        f"{MEMBER}:must_be_about",
        lambda _must: lambda _record, _link: None,
    ),
    of_the_node(
        "ELO-DHT-11",
        "a record may begin at any time",
        f"{RECORDS}:AHEAD",
        lambda _seconds: FOR_EVER,
    ),
    of_the_node(
        "ELO-DHT-11",
        "a record is never forgotten",
        f"{RECORDS}:Store.forget_old",
        lambda _forget: lambda _store, now: None,  # noqa: ARG005
        suffix="-late",
    ),
    of_the_node(
        "ELO-DHT-12",
        "whatever came last is kept",
        f"{RECORDS}:Store.keep",
        forgets_what_it_had,
    ),
    of_the_node(
        "ELO-DHT-13",
        "nobody is named with records",
        f"{MEMBER}:ANSWERS[dht_find_value]",
        names_nobody,
    ),
    of_the_node(
        "ELO-DHT-14",
        "a question without an id ends its connection",
        f"{MEMBER}:Member.hear",
        ends_the_malformed,
    ),
    of_the_node("ELO-DHT-15", "a record has no capabilities", f"{RECORDS}:made", offers_nothing),
    of_the_node(
        "ELO-DHT-16",
        "any record in an answer is believed",
        f"{MEMBER}:Member._believed",
        believes_all,
    ),
    of_the_node(
        "ELO-DHT-17",
        "a private node answers for itself",
        f"{MEMBER}:Member.own_keys",
        tells_all,
    ),
)
