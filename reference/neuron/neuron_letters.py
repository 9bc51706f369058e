"""The POSTs of a neuron: repeated once after a 401, in order for each lease (sheet 3.10).

A letter goes out at once, except that the letters of one lease follow each other. A result that
the network loses is kept.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto

from reference.neuron.backoff import Backoff
from reference.neuron.neuron_effects import Effect, GiveUp, Key, Post, Tell, Undelivered
from reference.neuron.neuron_pace import PATIENCE, REPORTS_WITHIN, Pace

UNAUTHORIZED = 401
WAITING_REPORTS = 1000  # progress reports of one lease that wait; the oldest go first
KEPT_RESULTS = 10_000  # results that wait for the network; the oldest go first


class Kind(StrEnum):
    """What a letter says."""

    REGISTER = auto()
    UPDATE = auto()
    HEARTBEAT = auto()
    PROGRESS = auto()
    ACK = auto()
    NACK = auto()


PATHS: Mapping[Kind, str] = {
    Kind.REGISTER: "/neuron/register",
    Kind.UPDATE: "/neuron/update-capability",
    Kind.HEARTBEAT: "/neuron/heartbeat",
    Kind.PROGRESS: "/neuron/progress",
    Kind.ACK: "/neuron/ack",
    Kind.NACK: "/neuron/nack",
}
RESULTS = frozenset({Kind.ACK, Kind.NACK})


class Fate(Enum):
    """What became of a letter."""

    DELIVERED = auto()
    REFUSED = auto()  # for good: it is not sent again (NEURON-NRN-RESULT-15)
    REPEATED = auto()  # under way again with another token (NEURON-NRN-AUTH-04)
    DISTRUSTED = auto()  # no token was good enough (NEURON-NRN-AUTH-05)
    LOST = auto()  # no answer came


@dataclass(slots=True)
class Letter:
    """One POST until it is answered."""

    kind: Kind
    body: bytes
    lease_id: str = ""
    repeated: bool = False


@dataclass(slots=True)
class Thread:
    """The letters of one lease that must not overtake each other."""

    waiting: deque[Letter] = field(default_factory=deque)
    blocked_by: Key | None = None
    until: float | None = None  # when the wait for that one is over
    closed_by: float | None = None  # when the result goes out, whatever still waits


class Letters:
    """Everything that one neuron posts."""

    def __init__(self, pace: Pace) -> None:
        self._within = pace.post_timeout
        self._keys = 0
        self._under_way: dict[Key, Letter] = {}
        self._threads: dict[str, Thread] = {}
        self._kept: deque[Letter] = deque(maxlen=KEPT_RESULTS)  # NEURON-NRN-RECON-14
        self._again = Backoff(pace.reconnect_delay)
        self._again_at: float | None = None
        self._hurried = False
        self._effects: list[Effect] = []

    # What is

    @property
    def owes_a_result(self) -> bool:
        """Whether the gateway has not answered every result."""
        under_way = any(letter.kind in RESULTS for letter in self._under_way.values())
        return under_way or bool(self._kept) or bool(self._threads)

    def under_way(self, kind: Kind) -> int:
        """Return how many letters of a kind have no answer yet."""
        return sum(letter.kind is kind for letter in self._under_way.values())

    def effects(self) -> list[Effect]:
        """Return what is to be done now, once."""
        wanted, self._effects = self._effects, []
        return wanted

    def deadline(self) -> float | None:
        """Return when something is due next."""
        moments = [self._again_at] if self._kept else []
        for thread in self._threads.values():
            moments += [thread.until, thread.closed_by]
        return min((moment for moment in moments if moment is not None), default=None)

    # What is to be said

    def send(self, kind: Kind, body: bytes) -> Key:
        """Post at once."""
        return self._post(Letter(kind, body))

    def report(self, lease_id: str, body: bytes) -> None:
        """Post a progress report after those before it."""
        thread = self._threads.setdefault(lease_id, Thread())
        if len(thread.waiting) == WAITING_REPORTS:
            thread.waiting.popleft()
        thread.waiting.append(Letter(Kind.PROGRESS, body, lease_id))
        self._pump(lease_id)

    def conclude(self, lease_id: str, kind: Kind, body: bytes, *, now: float) -> None:
        """Post the result of a lease after its reports (NEURON-NRN-RESULT-10)."""
        thread = self._threads.setdefault(lease_id, Thread())
        thread.waiting.append(Letter(kind, body, lease_id))
        thread.closed_by = now + REPORTS_WITHIN
        if self._hurried:
            self._close(thread)
        self._pump(lease_id)

    def hurry(self) -> None:
        """Let no result wait for the reports before it any more: the neuron is about to go."""
        self._hurried = True
        for lease_id, thread in list(self._threads.items()):
            if thread.closed_by is not None:
                self._close(thread)
                self._pump(lease_id)

    def close(self) -> None:
        """Post nothing any more, and wait for no answer (NEURON-NRN-STOP-05)."""
        self.drop(*Kind)
        self._threads.clear()
        self._kept.clear()

    def drop(self, *kinds: Kind) -> None:
        """Wait for no answer to letters of these kinds any more."""
        for key in [key for key, letter in self._under_way.items() if letter.kind in kinds]:
            del self._under_way[key]
            self._effects.append(GiveUp(key))

    # What comes of it

    def written(self, key: Key, *, now: float) -> None:
        """Take note that a letter is out; what follows a report waits only a little longer."""
        letter = self._under_way.get(key)
        thread = self._threads.get(letter.lease_id) if letter is not None else None
        if thread is not None and thread.blocked_by == key:
            thread.until = now + PATIENCE

    def answered(self, key: Key, status: int) -> tuple[Letter, Fate] | None:
        """Take the status of an answer; returns what it means, or None if nobody waits for it."""
        letter = self._under_way.pop(key, None)
        if letter is None:
            return None
        fate = _fate(letter, status)
        if fate is Fate.REPEATED:
            letter.repeated = True
            self._post(letter, instead_of=key)
            return letter, fate
        self._again.succeeded()  # whatever it says, the network works
        if fate is not Fate.DELIVERED:
            self._regret(letter, f"the gateway answered {status}")
        self._unblock(letter, key)
        return letter, fate

    def broken(self, key: Key, reason: str, *, now: float) -> tuple[Letter, Fate] | None:
        """Take note that no answer came; a result is kept to be sent again."""
        letter = self._under_way.pop(key, None)
        if letter is None:
            return None
        self._regret(letter, reason)
        if letter.kind in RESULTS:
            letter.repeated = False
            self._kept.append(letter)
            if self._again_at is None:
                self._again_at = now + self._again.failed()
        self._unblock(letter, key)
        return letter, Fate.LOST

    def recovered(self) -> None:
        """Send again what the network lost: the gateway is back."""
        self._again.succeeded()
        self._resend()

    def tick(self, *, now: float) -> None:
        """Send what has waited long enough."""
        if self._again_at is not None and self._again_at <= now:
            self._resend()
        for lease_id, thread in list(self._threads.items()):
            if thread.closed_by is not None and thread.closed_by <= now:
                self._close(thread)
            if thread.until is not None and thread.until <= now:
                thread.blocked_by = thread.until = None
            self._pump(lease_id)

    def _resend(self) -> None:
        self._again_at = None
        kept, self._kept = self._kept, deque(maxlen=KEPT_RESULTS)
        for letter in kept:
            self._post(letter)

    def _close(self, thread: Thread) -> None:
        """Leave out the reports that a result would have to wait for."""
        thread.blocked_by = thread.until = None
        thread.waiting = deque([thread.waiting[-1]])

    def _pump(self, lease_id: str) -> None:
        """Send the next letter of a lease unless one before it holds it back."""
        thread = self._threads.get(lease_id)
        if thread is None or thread.blocked_by is not None or not thread.waiting:
            return
        letter = thread.waiting.popleft()
        key = self._post(letter)
        if letter.kind in RESULTS:
            del self._threads[lease_id]  # nothing may follow
        else:
            thread.blocked_by = key

    def _unblock(self, letter: Letter, key: Key) -> None:
        thread = self._threads.get(letter.lease_id)
        if thread is None or thread.blocked_by != key:
            return
        thread.blocked_by = thread.until = None
        if thread.waiting:
            self._pump(letter.lease_id)
        else:
            del self._threads[letter.lease_id]

    def _post(self, letter: Letter, *, instead_of: Key | None = None) -> Key:
        self._keys += 1
        key = self._keys
        self._under_way[key] = letter
        self._effects.append(Post(key, PATHS[letter.kind], letter.body, self._within))
        thread = self._threads.get(letter.lease_id)
        if thread is not None and thread.blocked_by == instead_of is not None:
            thread.blocked_by = key
        return key

    def _regret(self, letter: Letter, reason: str) -> None:
        self._effects.append(Tell(Undelivered(PATHS[letter.kind], reason)))


def _fate(letter: Letter, status: int) -> Fate:
    if 200 <= status < 300:  # noqa: PLR2004  NEURON-NRN-CONN-17, -18: whatever the body is
        return Fate.DELIVERED
    if status != UNAUTHORIZED:  # NEURON-NRN-AUTH-07
        return Fate.REFUSED
    return Fate.DISTRUSTED if letter.repeated else Fate.REPEATED
