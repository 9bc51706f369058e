"""Seeded bugs in the functions of a node: ids, signatures, ways of tasks and queries."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.kit.proof.mutation import mutant
from reference.elo import identity, messages
from reference.elo.effects import Outcome
from reference.elo.signing import SIGNATURE, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.proof.mutation import Mutant
    from reference.elo.links import Link, Links
    from reference.elo.state import State

    Message = Mapping[str, Any]
    Canonical = Callable[[Message], bytes]
    Judge = Callable[[Message, object], Verdict]

IDENTITY, SIGNING = "reference.elo.identity", "reference.elo.signing"
ROUTING, ASKING, LINKS = "reference.elo.routing", "reference.elo.asking", "reference.elo.links"
LIBRARY = "reference.elo.library"
KEY_FILE = "reference.elo.key_file"
TRACKER_IS_ANYBODY = (True, False)  # with a target, and not as a tracker
STANDARD = str.maketrans("-_", "+/")
ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")

of_the_library = partial(mutant, role="lib")


# Ids and signatures


def in_the_standard_alphabet(id_of: Callable[[bytes], str]) -> Callable[[bytes], str]:
    """Spell ids with + and /."""
    return lambda public: id_of(public).translate(STANDARD)


def fills_up(key_of: Callable[[str], Any]) -> Callable[[str], Any]:
    """Fill up with zeros what is too short for a key."""

    def finds(node_id: str) -> Any:
        raw = identity.from_text(node_id)
        short = raw is not None and 0 < len(raw) < identity.KEY_BYTES
        return (
            key_of(identity.id_of((raw or b"").ljust(identity.KEY_BYTES, b"\0")))
            if short
            else (key_of(node_id))
        )

    return finds


def strictly(key_of: Callable[[str], Any]) -> Callable[[str], Any]:
    """Read ids in one spelling alone."""
    return lambda node_id: key_of(node_id) if set(node_id) <= ALPHABET else None


def wants_one_spelling(is_signed: Callable[..., bool]) -> Callable[..., bool]:
    """Read signatures in one spelling alone."""

    def says(data: bytes, signature: object, key: Any) -> bool:
        plain = isinstance(signature, str) and set(signature) <= ALPHABET
        return plain and is_signed(data, signature, key)

    return says


def without(name: str) -> Callable[[Canonical], Canonical]:
    """Sign a message without one of its members."""
    return lambda canonical: (
        lambda message: canonical({key: value for key, value in message.items() if key != name})
    )


def forgets_inner_signatures(canonical: Canonical) -> Canonical:
    """Leave out members called signature at every depth."""

    def clean(value: Any) -> Any:
        if isinstance(value, list):
            return [clean(each) for each in value]
        if isinstance(value, dict):
            return {key: clean(each) for key, each in value.items() if key != SIGNATURE}
        return value

    return lambda message: canonical(clean(dict(message)))


def in_text(old: str, new: str) -> Callable[[Canonical], Canonical]:
    """Spell something else in the canonical text."""
    return lambda canonical: lambda message: canonical(message).replace(old.encode(), new.encode())


def overlooks(name: str) -> Callable[[Judge], Judge]:
    """Believe a message although somebody has added a member."""

    def judges(verdict: Judge) -> Judge:
        def judge(message: Message, signer: object) -> Verdict:
            rest = {key: value for key, value in message.items() if key != name}
            found = verdict(message, signer)
            return verdict(rest, signer) if found is Verdict.FORGED else found

        return judge

    return judges


def believes(what: Verdict) -> Callable[[Judge], Judge]:
    """Take something for signed that is not."""

    def judges(verdict: Judge) -> Judge:
        def judge(message: Message, signer: object) -> Verdict:
            found = verdict(message, signer)
            return Verdict.SIGNED if found is what else found

        return judge

    return judges


def believes_the_short(verdict: Judge) -> Judge:
    """Take for signed what has a signature, and an id that is too short for a key."""

    def judge(message: Message, signer: object) -> Verdict:
        found = verdict(message, signer)
        short = isinstance(signer, str) and len(signer) < len(identity.id_of(bytes(32)))
        return Verdict.SIGNED if found is Verdict.NAMELESS and short else found

    return judge


# Key files


def says_nothing(load: Callable[..., Any]) -> Callable[..., Any]:
    """Say nothing about a file that cannot be read."""

    def loads(path: Any) -> Any:
        from reference.elo import key_file  # noqa: PLC0415  (where the bug is put)

        key_file.LOG.disabled = True
        return load(path)

    return loads


# Results, tasks and queries


def takes_texts_for_success(outcome_of: Callable[[Message], Outcome]) -> Callable[..., Outcome]:
    """Take a result for a success when its error is a text."""

    def reads(message: Message) -> Outcome:
        text = isinstance(message.get("error"), str)
        return Outcome(messages.SUCCESS, payload=None) if text else outcome_of(message)

    return reads


def compares_whole_ids(_named: Callable[..., Any]) -> Callable[..., Link | None]:
    """Know peers by their whole id alone."""

    def finds(links: Links, target: str) -> Link | None:
        peers = (link for link in links.peers() if link.about is not None)
        return next((link for link in peers if link.about.node_id == target), None)  # type: ignore[union-attr]

    return finds


def knows_trackers_alone(offering: Callable[..., list[Link]]) -> Callable[..., list[Link]]:
    """Remember of capabilities only who relays."""
    return lambda links, capability, but=None: (
        offering(links, capability, but=but) if capability == messages.RELAY else []
    )


def asks_anybody(ways: Any) -> Any:
    """Give work for somebody who is not there to whoever is able."""
    direct, relay = ways
    from reference.elo import routing  # noqa: PLC0415  (the other way stands there)

    return (direct, routing._interest_table, relay)  # noqa: SLF001


def tells_no_time(relay_payload: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Do not tell a tracker how long a task lives."""
    return lambda errand: {k: v for k, v in relay_payload(errand).items() if k != "ttl_s"}


def names_nobody_else(itself: Callable[..., Any]) -> Callable[..., Any]:
    """Name the asker instead of oneself."""
    return lambda state, link: {**itself(state, link), "node_id": link.prefix}


def answers_itself(query: Callable[..., None]) -> Callable[..., None]:
    """Answer one's own query."""

    def heeds(state: State, link: Link, message: Message) -> None:
        own = message.get("origin") == state.identity.node_id
        query(state, link, {**message, "origin": ""} if own else message)

    return heeds


MUTANTS: tuple[Mutant, ...] = (
    of_the_library(
        "ELO-SIG-01.a",
        "ids have the standard alphabet",
        f"{IDENTITY}:id_of",
        in_the_standard_alphabet,
    ),
    of_the_library("ELO-SIG-01.b", "a short id spells a key", f"{LIBRARY}:key_of", fills_up),
    of_the_library(
        "ELO-SIG-02", "the protocol is not signed", f"{SIGNING}:canonical", without("protocol")
    ),
    of_the_library(
        "ELO-SIG-04.a", "a member may be added", f"{SIGNING}:verdict", overlooks("extra")
    ),
    of_the_library(
        "ELO-SIG-06.a",
        "a member called signature is never signed",
        f"{SIGNING}:canonical",
        forgets_inner_signatures,
    ),
    of_the_library(
        "ELO-SIG-07.a", "an exponent has no plus sign", f"{SIGNING}:canonical", in_text("e+", "e")
    ),
    of_the_library(
        "ELO-SIG-08.a",
        "DEL is not escaped",
        f"{SIGNING}:canonical",
        in_text("\\u007f", "\x7f"),
    ),
    of_the_library(
        "ELO-SIG-13.a",
        "who has no key has signed",
        f"{SIGNING}:verdict",
        believes_the_short,
    ),
    of_the_library(
        "ELO-SIG-17.a",
        "a signature has one spelling",
        f"{SIGNING}:is_signed",
        wants_one_spelling,
    ),
    of_the_library("ELO-SIG-17.b", "an id has one spelling", f"{LIBRARY}:key_of", strictly),
    of_the_library(
        "ELO-SIG-19", "everybody may read a key file", f"{KEY_FILE}:PRIVATE", lambda _mode: 0o644
    ),
    of_the_library(
        "ELO-SIG-19.a",
        "a key file is not looked at",
        f"{KEY_FILE}:load",
        lambda load: lambda path: load(path) and identity.Identity.of_seed(bytes(32)),
    ),
    of_the_library(
        "ELO-SIG-20",
        "nothing is said about a key file that cannot be read",
        f"{KEY_FILE}:load",
        says_nothing,
    ),
    of_the_library(
        "ELO-SIG-21.a",
        "no signature is a good one",
        f"{SIGNING}:verdict",
        believes(Verdict.UNSIGNED),
    ),
    of_the_library(
        "ELO-SIG-25.a",
        "keys of small order are keys",
        f"{IDENTITY}:SMALL_ORDER",
        lambda _known: frozenset(),
    ),
    of_the_library(
        "ELO-TASK-20.a",
        "a code that is missing is ERROR",
        f"{ROUTING}:UNKNOWN",
        lambda _code: "ERROR",
        also=("ELO-TASK-21.a",),  # an error that is no object has no code
    ),
    of_the_library(
        "ELO-TASK-21.a",
        "a text as error is a success",
        f"{ROUTING}:outcome_of",
        takes_texts_for_success,
    ),
    of_the_library(
        "ELO-ROUTE-01.a", "peers are known by whole ids", f"{LINKS}:Links.named", compares_whole_ids
    ),
    of_the_library(
        "ELO-ROUTE-02.a",
        "nobody remembers who can do what",
        f"{LINKS}:Links.offering",
        knows_trackers_alone,
    ),
    of_the_library(
        "ELO-ROUTE-03.a", "a query goes three hops", f"{ROUTING}:TASK_QUERY_TTL", lambda _ttl: 3
    ),
    of_the_library(
        "ELO-ROUTE-08.a",
        "work for somebody is given to anybody",
        f"{ROUTING}:WAYS[{TRACKER_IS_ANYBODY}]",
        asks_anybody,
    ),
    of_the_library(
        "ELO-ROUTE-09.a",
        "a tracker is not told how long a task lives",
        f"{ROUTING}:Errand.relay_payload",
        tells_no_time,
    ),
    of_the_library(
        "ELO-ROUTE-10.a", "nobody is no tracker", f"{ROUTING}:NO_PEER", lambda _code: "NO_TRACKER"
    ),
    of_the_library(
        "ELO-ROUTE-13.a",
        "one peer is named",
        f"{LINKS}:Links.told_of",
        lambda told_of: lambda links, *, asker: told_of(links, asker=asker)[:1],
    ),
    of_the_library("ELO-ROUTE-15.a", "the asker is named", f"{ASKING}:_itself", names_nobody_else),
    of_the_library(
        "ELO-ROUTE-16.a",
        "no query is remembered",
        "reference.elo.queries:Queries.knows",
        lambda _knows: lambda _queries, _id, *, now: now < 0,
    ),
    of_the_library("ELO-ROUTE-18.a", "own queries are answered", f"{ASKING}:query", answers_itself),
    of_the_library(
        "ELO-ROUTE-19.a",
        "a ttl that is missing is three",
        f"{ASKING}:DEFAULT_TTL",
        lambda _ttl: 3,
    ),
    of_the_library(
        "ELO-ROUTE-20.a",
        "the last hop is not the last",
        f"{ASKING}:may_be_forwarded",
        lambda _may: lambda ttl: ttl > 0,
    ),
    of_the_library(
        "ELO-ROUTE-21.a",
        "who passes a query on is its origin",
        f"{ASKING}:_node_id",
        lambda _name: lambda _link: "x" * 43,
    ),
)
