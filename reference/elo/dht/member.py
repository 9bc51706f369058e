"""A node as a part of the table: it answers, keeps records, publishes its own and finds others."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reference.elo import signing
from reference.elo.capabilities import Visibility
from reference.elo.dht import contacts, messages, records
from reference.elo.dht.contacts import Contact, Table, is_text
from reference.elo.dht.distance import K
from reference.elo.dht.lookup import Lookup
from reference.elo.dht.questions import Questions, speaks
from reference.elo.dht.records import FOREIGN, Record, RecordError, Store
from reference.elo.effects import Wake
from reference.elo.links import Link
from reference.elo.state import State

Message = Mapping[str, Any]
Found = Callable[[Lookup], None]
JOIN_AFTER = 1.0  # seconds after the first contact: more may come at the same time
FIRST_PAUSE = 60.0  # seconds to the next time, doubled until a record lasts for two of them


@dataclass(slots=True)
class Member:
    """What a node knows of the table, and what it does in it."""

    state: State
    questions: Questions = field(init=False)
    table: Table = field(init=False)
    store: Store = field(default_factory=Store)
    refresh_at: float | None = None
    pause: float = FIRST_PAUSE
    runs: bool = False
    _published: tuple[str, ...] = ()
    _pinged: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.questions = Questions(self.state)
        self.table = Table(self.state.identity.node_id)

    def takes_part(self, link: Link) -> bool:
        """Whether this node and a peer speak of the table at all (ELO-DHT-01)."""
        return self.state.setup.dht and speaks(link)

    # Peers

    def arrived(self, link: Link) -> None:
        """Hear of a new peer; the first one is the way into the table."""
        self.questions.arrived(link)
        if self.takes_part(link):
            self._met(link)
            self._join()

    def run(self) -> None:
        """Begin to publish."""
        self.runs = True
        self._join()

    def _join(self) -> None:
        if self.runs and self.refresh_at is None and len(self.table):
            self.refresh_at = self.state.now + JOIN_AFTER
            self.state.do(Wake())

    def _met(self, link: Link) -> None:
        """Note a contact; where there is no room, see whether the oldest is alive."""
        contact = contact_of(link)
        oldest = self.table.heard(contact) if contact is not None else None
        if oldest is None or oldest.node_id in self._pinged:
            return
        self._pinged.add(oldest.node_id)

        def heard(answer: Message | None) -> None:
            self._pinged.discard(oldest.node_id)
            if answer is None:
                self.table.dead(oldest.node_id)

        say = lambda id, _link: messages.ping(id)  # noqa: E731
        if not self.questions.ask(oldest, say, wanted=messages.PONG, then=heard):
            heard(None)

    # Others' questions

    def hear(self, link: Link, message: Message) -> None:
        """Take a message of the table; from who does not take part it is none."""
        if not (self.takes_part(link) and is_text(message.get("id"))):
            return
        self._met(link)
        kind = message.get("type")
        if kind in messages.ANSWERS:
            self.questions.answered(link, message)
        elif (answer := ANSWERS[str(kind)](self, link, message)) is not None:
            self.state.send(link, answer)

    def pong(self, _link: Link, message: Message) -> Message:
        """Say that one is there."""
        return messages.pong(message["id"])

    def near(self, link: Link, message: Message) -> Message | None:
        """Name the contacts that are closest to a target."""
        target = message.get("target")
        return messages.nodes(message["id"], self._near(target, link)) if is_text(target) else None

    def _near(self, target: str, link: Link) -> list[Contact]:
        return self.table.closest(target, but=link.about.node_id if link.about else "")

    def values(self, link: Link, message: Message) -> Message | None:
        """Tell the records of a key, this node's own among them, and who may know more."""
        key = message.get("key")
        if not is_text(key):
            return None
        found = [each.told for each in self.store.about(key, now=self.state.now)]
        own = self.own_record(link)
        if own is not None and key in self.own_keys:
            found = [own, *found][:K]
        return messages.values(message["id"], found, self._near(key, link))

    def keep(self, link: Link, message: Message) -> Message:
        """Keep a peer's record about itself, or say why not (ELO-DHT-08, ELO-DHT-10)."""
        try:
            record = records.read(message.get("record"), now=self.state.now)
            must_be_about(record, link)
            self.store.keep(record, now=self.state.now)
        except RecordError as error:
            return messages.refused(message["id"], error.code, str(error))
        return messages.stored(message["id"])

    # Walks

    def walk(self, target: str, then: Found, *, enough: int = 0) -> None:
        """Go to the nodes closest to a target; with ``enough``, only until so many records."""
        lookup = Lookup(target, self.state.identity.node_id, enough)
        lookup.learn(self.table.closest(target))
        lookup.found(self.store.about(target, now=self.state.now))
        self._go_on(lookup, then)

    def _go_on(self, lookup: Lookup, then: Found) -> None:
        while turn := lookup.next():
            for contact in turn:
                if not self._ask(lookup, contact, then):
                    self._failed(lookup, contact)
        if lookup.is_over and not lookup.ended:
            lookup.ended = True
            then(lookup)

    def _failed(self, lookup: Lookup, contact: Contact) -> None:
        lookup.failed(contact.node_id)
        self.table.dead(contact.node_id)

    def _ask(self, lookup: Lookup, contact: Contact, then: Found) -> bool:
        def heard(answer: Message | None) -> None:
            if answer is None:
                self._failed(lookup, contact)
            else:
                lookup.answered(contact.node_id)
                lookup.learn(contacts.read(answer.get("nodes")))
                lookup.found(self._believed(answer.get("records")))
            self._go_on(lookup, then)

        def say(id: str, _link: Link) -> Message:
            ask = messages.find_value if lookup.enough else messages.find_node
            return ask(id, lookup.target)

        wanted = messages.VALUES if lookup.enough else messages.NODES
        return self.questions.ask(contact, say, wanted=wanted, then=heard)

    def _believed(self, told: Any) -> list[Record]:
        """Return the records of an answer that their owners signed (ELO-DHT-16)."""
        believed = []
        for each in told[:K] if isinstance(told, list) else ():
            try:
                believed.append(records.read(each, now=self.state.now))
            except RecordError:
                continue
        return believed

    # This node's own record

    @property
    def own_keys(self) -> tuple[str, ...]:
        """By what this node is to be found: by nothing, unless everybody may know."""
        if self.state.setup.disclosure.visibility != Visibility.PUBLIC:
            return ()
        names = (name for name in self.state.offers.names if is_text(name))
        keys = tuple(records.CAPABILITY + name for name in names)
        return (self.state.identity.node_id, *keys[: records.MAX_CAPABILITIES])

    def own_record(self, link: Link) -> Message | None:
        """Return what this node tells of itself to a peer, as the peer can reach it."""
        listen, life = self.state.setup.listen, self.state.setup.pace.dht_life
        if listen is None or not self.own_keys:
            return None
        return records.made(
            self.state.identity,
            f"{link.here}:{listen}",
            self.state.offers.names,
            now=self.state.now,
            life=life,
        )

    def publish(self) -> None:
        """Have the nodes closest to this node's keys keep its record.

        Who keeps one under a key that is no longer its own gets the new one, too.
        """
        keys, told = self.own_keys, set[str]()

        def keep(lookup: Lookup) -> None:
            for contact in lookup.nearest():
                if contact.node_id not in told:
                    told.add(contact.node_id)
                    self._publish_to(contact)

        for key in dict.fromkeys((*keys, *self._published)) if keys else ():
            self.walk(key, keep)
        self._published = keys

    def _publish_to(self, contact: Contact) -> None:
        def say(id: str, link: Link) -> Message:
            return messages.store(id, self.own_record(link) or {})

        self.questions.ask(contact, say, wanted=messages.STORED, then=lambda _answer: None)

    # Time

    def tick(self, *, in_use: Callable[[Link], bool], end: Callable[[Link, str], None]) -> None:
        """Do what is due: end what is not answered, and publish before the record expires.

        Who has just joined does so more often: nodes that are closer may have come after it.
        """
        self.questions.tick(in_use=in_use, end=end)
        if self.refresh_at is not None and self.state.now >= self.refresh_at:
            pause = min(self.pause, self.state.setup.pace.dht_life / 2)
            self.refresh_at, self.pause = self.state.now + pause, 2 * pause
            self.walk(self.state.identity.node_id, lambda _lookup: self.publish())

    def due(self) -> float | None:
        """Return when something will be due."""
        times = (self.questions.due(), self.refresh_at)
        return min((each for each in times if each is not None), default=None)


def contact_of(link: Link) -> Contact | None:
    """Return a peer as a contact: it has a key, and an address that can be dialled."""
    about = link.about
    if about is None or not (link.dialled or about.listen) or not signing.is_key(about.node_id):
        return None
    return Contact(about.node_id, link.reachable_at.rpartition("@")[2])


def must_be_about(record: Record, link: Link) -> None:
    """Demand that a record is about who brought it, and where that is seen; raises RecordError."""
    host, seen = record.addr.rpartition(":")[0], link.address.rpartition(":")[0]
    named = link.dialled and not is_number_of_a_host(seen)
    itself = link.about is not None and record.node_id == link.about.node_id
    if not itself or not (named or host == seen):
        raise RecordError(FOREIGN, "a node tells only about itself, and where it is")


def is_number_of_a_host(host: str) -> bool:
    """Whether a host was dialled by its number, so that it can be compared."""
    return ":" in host or host.replace(".", "").isdigit()


ANSWERS: Mapping[str, Callable[[Member, Link, Message], Message | None]] = {
    messages.PING: Member.pong,
    messages.FIND_NODE: Member.near,
    messages.FIND_VALUE: Member.values,
    messages.STORE: Member.keep,
}
