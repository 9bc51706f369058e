"""The workers that an orchestrator knows: records, life time, heartbeats, catalogues, indexes."""

from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

from reference.rxon import canonical, revision
from reference.rxon.orderings import Entry, Orderings, Place

Skill = Mapping[str, Any]

IDLE = "idle"

# Members of a heartbeat that are about the message, or that a worker may not say about itself.
NEVER_MERGED = frozenset(
    {"worker_id", "reputation", "security", "timestamp", "supported_skills", "skills_hash"}
)  # RXON-HB-10; the last two are decided by `_replace_catalogue`
NEVER_STORED = frozenset({"reputation", "security", "timestamp"})


@dataclass(slots=True)
class Worker:
    """One registered worker; `record` is what it said, the rest is what the orchestrator says."""

    worker_id: str
    order: int  # of its first registration
    expires: float  # epoch seconds
    record: dict[str, Any]
    reputation: float = revision.REPUTATION_START
    load: int = 0  # tasks queued for it or running on it
    skills: dict[str, list[Skill]] = field(default_factory=dict)  # by name
    warm: frozenset[str] = frozenset()  # skills and models that it has loaded
    places: dict[str, Place] = field(default_factory=dict)  # where the indexes list it, by skill

    @property
    def status(self) -> Any:
        """Return the announced status; a worker that announced none is idle."""
        return self.record.get("status", IDLE)

    def public(self) -> dict[str, Any]:
        """Return the record that clients see."""
        return {
            **self.record,
            "worker_id": self.worker_id,
            "status": self.status,
            "supported_skills": self.record.get("supported_skills", []),
            "reputation": canonical.normalise(self.reputation),  # RXON-SER-12
            "current_load": self.load,
        }


class Fleet:
    """All live workers, indexed by what dispatch asks for."""

    def __init__(self) -> None:
        self._workers: dict[str, Worker] = {}
        # In the usual order: cheapest, then best reputation, then first (sheet 6.3).
        self._by_skill: dict[str, list[Place]] = {}
        self._orderings = Orderings()
        self._warm: dict[str, dict[str, None]] = {}  # an ordered set of worker ids
        self._arrived = 0

    def __iter__(self) -> Iterator[Worker]:
        return iter(self._workers.values())

    def get(self, worker_id: str) -> Worker | None:
        """Return a live worker."""
        return self._workers.get(worker_id)

    def register(self, worker_id: str, body: Mapping[str, Any], *, expires: float) -> Worker:
        """Take a registration; it replaces all that was known of the worker (RXON-REG-09)."""
        old = self._workers.get(worker_id)
        self._arrived += 1
        worker = Worker(
            worker_id=worker_id,
            order=old.order if old else self._arrived,
            expires=expires,
            record=stored(body),
            load=old.load if old else 0,
        )
        self.restore(worker)
        return worker

    def restore(self, worker: Worker) -> None:
        """Put a worker in its place, also one that comes from a store."""
        self.remove(worker.worker_id)
        self._arrived = max(self._arrived, worker.order)
        self._workers[worker.worker_id] = worker
        self.index(worker)

    def remove(self, worker_id: str) -> None:
        """Forget a worker, for it fell silent or registers anew."""
        worker = self._workers.pop(worker_id, None)
        if worker is not None:
            self._list(worker, {})
            self._keep_warm(worker, frozenset())

    def index(self, worker: Worker) -> None:
        """Bring the indexes up to date after the worker's record or reputation changed."""
        worker.skills = by_name(worker.record.get("supported_skills"))
        self._keep_warm(worker, loaded(worker.record))
        self._list(worker, places(worker) if dispatchable(worker) else {})

    def offering(self, skill: str) -> Sequence[Place]:
        """Return the places of the idle workers with a skill of that name, preferred first."""
        return self._by_skill.get(skill, ())

    def ordered(self, name: str, skill: str) -> Sequence[Entry]:
        """Return the same workers in another order (orderings.py)."""
        return self._orderings.of(name, skill, self.offering(skill), self._load_of)

    def _load_of(self, worker_id: str) -> int:
        return self._workers[worker_id].load

    def set_load(self, worker: Worker, load: int) -> None:
        """Count a worker's tasks anew."""
        self._orderings.move(worker.places, worker.load, load)
        worker.load = load

    def warm_for(self, name: str) -> Collection[str]:
        """Return the ids of the workers that have a skill or model loaded."""
        return self._warm.get(name, {})

    def _list(self, worker: Worker, wanted: dict[str, Place]) -> None:
        if wanted == worker.places:
            return
        for skill, place in worker.places.items():
            entries = self._by_skill[skill]
            del entries[bisect_left(entries, place)]
            if not entries:
                del self._by_skill[skill]
            self._orderings.remove(skill, place, worker.load)
        for skill, place in wanted.items():
            insort(self._by_skill.setdefault(skill, []), place)
            self._orderings.add(skill, place, worker.load)
        worker.places = wanted

    def _keep_warm(self, worker: Worker, names: frozenset[str]) -> None:
        for name in worker.warm - names:
            self._warm[name].pop(worker.worker_id)
            if not self._warm[name]:
                del self._warm[name]
        for name in names - worker.warm:
            self._warm.setdefault(name, {})[worker.worker_id] = None
        worker.warm = names


def dispatchable(worker: Worker) -> bool:
    """Say whether new tasks may go to the worker: only while it is idle (RXON-HB-04)."""
    return bool(worker.status == IDLE)


def stored(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a registration that describes the worker."""
    record = {key: value for key, value in body.items() if key not in NEVER_STORED}
    return dict(canonical.normalise(record))


def merge(worker: Worker, body: Mapping[str, Any]) -> bool:
    """Bring a record up to date by a heartbeat; say whether the full catalogue is needed."""
    news = {key: value for key, value in body.items() if key not in NEVER_MERGED}
    worker.record.update(canonical.normalise(news))
    return _replace_catalogue(worker, body)


def _replace_catalogue(worker: Worker, body: Mapping[str, Any]) -> bool:
    told, skills = body.get("skills_hash"), body.get("supported_skills")
    known = worker.record.get("skills_hash")
    stale = told is None or told != known or not worker.record.get("supported_skills")
    if skills is not None and stale:  # RXON-HB-06
        worker.record["supported_skills"] = canonical.normalise(skills)
        if told is not None:
            worker.record["skills_hash"] = told
        return False
    return needs_full_sync(worker, told)


def needs_full_sync(worker: Worker, told: str | None) -> bool:
    """Ask for the catalogue when a hash is told that no stored catalogue stands for (HB-05)."""
    if told is None:
        return False
    return told != worker.record.get("skills_hash") or not worker.record.get("supported_skills")


def by_name(skills: Iterable[Skill] | None) -> dict[str, list[Skill]]:
    """Group a catalogue by skill name; one name may come in several versions."""
    catalogue: dict[str, list[Skill]] = {}
    for skill in skills or ():
        catalogue.setdefault(skill["name"], []).append(skill)
    return catalogue


def loaded(record: Mapping[str, Any]) -> frozenset[str]:
    """Return the names in `hot_skills` and `hot_cache`, told as text or as objects (DSP-05)."""
    lists = (record.get("hot_skills"), record.get("hot_cache"))
    told = [item for items in lists if isinstance(items, list) for item in items]
    names = (item.get("name") if isinstance(item, dict) else item for item in told)
    return frozenset(name for name in names if isinstance(name, str))


def places(worker: Worker) -> dict[str, Place]:
    """Return where the worker stands among those that offer each of its skills."""
    return {
        skill: (cost_of(worker, skill), -worker.reputation, worker.order, worker.worker_id)
        for skill in worker.skills
    }


def cost_of(worker: Worker, skill: str) -> float:
    """Return the worker's price for a skill; infinite if it names none."""
    costs = (worker.record.get("capabilities") or {}).get("cost_per_skill") or {}
    return float(costs.get(skill, inf))
