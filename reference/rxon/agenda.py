"""A worker's agenda: when each errand is due, which are under way, and how often each was tried."""

from collections.abc import Callable, Iterator

from reference.rxon.backoff import Backoff, retry_after
from reference.rxon.errands import FIRST_WAIT, TRIES, Answer, Connect, Key, Pace, Send

TOO_MANY = 429


class Agenda:
    """Errands by key; of each at most one is under way."""

    def __init__(self, pace: Pace) -> None:
        self.under_way: dict[Key, Send | Connect] = {}
        self._pace = pace
        self._due: dict[Key, float] = {}
        self._tries: dict[Key, int] = {}
        self._waits: dict[Key, Backoff] = {}

    def at(self, key: Key, moment: float) -> None:
        """Let an errand be due at a moment, whatever was planned before."""
        self._due[key] = moment

    def by(self, key: Key, moment: float) -> None:
        """Let an errand be due at a moment at the latest."""
        self._due[key] = min(moment, self._due.get(key, moment))

    def unless_planned(self, key: Key, moment: float) -> None:
        """Let an errand be due at a moment unless it is under way or has one already."""
        if key not in self.under_way:
            self._due.setdefault(key, moment)

    def due(self, *, now: float, allowed: Callable[[Key], bool]) -> Iterator[Key]:
        """Take the errands that are due and may be run."""
        for key in [key for key, moment in self._due.items() if moment <= now]:
            if key not in self.under_way and allowed(key):
                del self._due[key]
                yield key

    def next(self, allowed: Callable[[Key], bool]) -> float | None:
        """Return when the next errand is due that may be run."""
        moments = (
            moment
            for key, moment in self._due.items()
            if key not in self.under_way and allowed(key)
        )
        return min(moments, default=None)

    def tried(self, key: Key) -> int:
        """Return how often an errand has failed since it last succeeded or began."""
        return self._tries.get(key, 0)

    def succeeded(self, key: Key) -> None:
        """Begin with the shortest wait again."""
        self._wait(key).succeeded()
        self._tries.pop(key, None)

    def failed(self, key: Key, answer: Answer | None, *, now: float) -> bool:
        """Plan another try, as late as the answer says or the table demands; False: given up."""
        if answer is not None and answer.status == TOO_MANY:
            told = retry_after(answer.headers.get("retry-after"), now=now)
            delay = self._wait(key).limited(told)
        else:
            delay = self._wait(key).failed()
        self._tries[key] = self.tried(key) + 1
        if key[0] in TRIES and self._tries[key] >= TRIES[key[0]](self._pace):
            self.forget(key)
            return False
        self._due[key] = now + delay
        return True

    def forget(self, key: Key) -> None:
        """Let an errand be as if it had never been."""
        self._tries.pop(key, None)
        self._waits.pop(key, None)
        self._due.pop(key, None)

    def _wait(self, key: Key) -> Backoff:
        if key not in self._waits:
            first = FIRST_WAIT[key[0]](self._pace)
            self._waits[key] = Backoff(first, floor=self._pace.rate_limit_floor)
        return self._waits[key]
