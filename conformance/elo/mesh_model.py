"""A small model of a mesh: a node in the middle, and what may become of tasks and questions.

A conversation is a JSON list of steps, each an object whose ``do`` names a row of STEPS. Some
neighbours of the node come, go, come back from elsewhere and change what they offer. Further away
there is ``far``, which neighbours know the address of, and ``hidden``, which a relay can reach;
``kin`` is one more node of the same make, which dials the first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Step: TypeAlias = "dict[str, Any]"
Came: TypeAlias = "Mapping[str, Any]"  # what the interpreter saw after the step

NEIGHBOURS = 3
FAR, HIDDEN, KIN = "far", "hidden", "kin"
NEAR_SKILLS = ("red", "blue")  # what neighbours may offer
FAR_SKILL, HIDDEN_SKILL, KIN_SKILL, NO_SKILL = "green", "black", "violet", "white"
RELAY = "relay"
WAITS = 1  # tasks of a conversation that may have to wait for answers to their question


@dataclass(slots=True)
class Neighbour:
    """Somebody who is connected with the node, or may be."""

    offers: tuple[str, ...] = ()
    here: bool = False
    listed: bool = False  # here, and has not said bye
    comings: int = 0
    changed: bool = False  # it has told other offers on this connection
    offered: tuple[str, ...] = ()  # whatever it ever offered


@dataclass(frozen=True, slots=True)
class Surprise:
    """Something that the model did not expect, and the requirement that speaks of it."""

    requirement: str
    sentence: str


@dataclass(slots=True)
class World:
    """All that happened so far, as far as it matters for what comes."""

    neighbours: list[Neighbour] = field(
        default_factory=lambda: [Neighbour() for _ in range(NEIGHBOURS)]
    )
    far_is_up: bool = True
    far_is_met: bool = False  # the node has dialled it
    kin_is_there: bool = False
    waited: int = 0

    def here(self) -> list[str]:
        """Return who has a connection."""
        kin = [KIN] if self.kin_is_there else []
        return [name for name, each in self._named() if each.here] + kin

    def leaving(self) -> list[str]:
        """Return who has said bye, and stays."""
        return [name for name, each in self._named() if each.here and not each.listed]

    def offering(self, skill: str) -> list[str]:
        """Return who is listed and offers something, of those with a connection."""
        found = [name for name, each in self._named() if each.listed and skill in each.offers]
        met = {FAR_SKILL: [FAR] * self.far_is_met, KIN_SKILL: [KIN] * self.kin_is_there}
        return found + met.get(skill, [])

    def near(self, step: Step) -> str:
        """Return the skill that a task needs: of those that neighbours offer, the nth."""
        if "skill" in step:
            return str(step["skill"])
        known = [skill for skill in NEAR_SKILLS if self.offering(skill)]
        return known[step["nth"] % len(known)] if known else NO_SKILL

    def listed(self, *, but: str) -> dict[str, list[str]]:
        """Return whom an answer must name, and with what."""
        told = {name: sorted(each.offers) for name, each in self._named() if each.listed}
        told |= {FAR: [FAR_SKILL]} if self.far_is_met else {}
        told |= {KIN: [KIN_SKILL]} if self.kin_is_there else {}
        told.pop(but, None)
        return told

    def _named(self) -> list[tuple[str, Neighbour]]:
        return [(name_of(number), each) for number, each in enumerate(self.neighbours)]

    def called(self, name: str) -> Neighbour:
        """Return somebody by name; for ``far`` and others somebody who was never here."""
        return dict(self._named()).get(name, Neighbour())

    def one(self, step: Step) -> int:
        """Return which neighbour a step is about: of those who are here, or listed, the nth."""
        if step["do"] == "join":
            return int(step["who"])
        fit = [n for n, each in enumerate(self.neighbours) if WHO[step["do"]](each)]
        nth: int = step["who"] % len(fit)
        return fit[nth]

    def is_somebody(self, step: Step) -> bool:
        """Whether there is somebody that a step can be about."""
        return any(WHO[step["do"]](each) for each in self.neighbours)


def name_of(number: int) -> str:
    """Return what a neighbour is called in what came."""
    return f"neighbour {number}"


# Who leaves, takes leave, changes or asks.
WHO: Mapping[str, Callable[[Neighbour], bool]] = {
    "leave": lambda each: each.here,
    "bye": lambda each: each.listed,
    "change": lambda each: each.listed,
    "ask": lambda each: each.here,
}


# --- tasks


def able(world: World, step: Step) -> list[str]:
    """Return who may do a task, of those whom the node can find."""
    if "target" in step:
        named = step["target"]
        if named in world.here():
            return [named]
        return [HIDDEN] if named == HIDDEN and world.offering(RELAY) else []
    skill = world.near(step)
    if found := world.offering(skill):
        return found
    told_where = any(each.here for each in world.neighbours)  # by whom the node asks
    if skill == FAR_SKILL and world.far_is_up and told_where:
        return [FAR]
    return [HIDDEN] if skill == HIDDEN_SKILL and world.offering(RELAY) else []


def waits(world: World, step: Step) -> bool:
    """Whether a task may have to wait until nobody answers its question any more."""
    asks = "target" not in step and not world.offering(world.near(step))
    return asks and able(world, step) != [FAR]


def can_send(world: World, step: Step) -> bool:
    """Whether there is time for the task; who has said bye is not asked for by name."""
    if "target" in step:
        return step["target"] not in world.leaving()
    return not waits(world, step) or (step.get("patient", False) and world.waited < WAITS)


def task_surprise(world: World, step: Step, came: Came) -> Surprise | None:
    """Expect a task to be done once, by somebody who may, or to fail where there is nobody."""
    done, expected = came["done"], able(world, step)
    if len(done) > 1:
        return Surprise("ELO-MESH-02", f"a task was given to {', '.join(done)}")
    if done and done[0] not in expected:
        return Surprise(_of_the_wrong_doer(world, step, done[0]), f"a task went to {done[0]}")
    if expected and not (done and came["status"] == "success"):
        how = f"ended as {came['status']} {came['code'] or ''}"
        return Surprise(_of_the_lost_task(world, step, came), f"a task {how}; able were {expected}")
    if came["status"] == "success" and not done:
        return Surprise("ELO-MESH-01", "a task succeeded that nobody did")
    return None


def _of_the_wrong_doer(world: World, step: Step, doer: str) -> str:
    """Return which requirement says that somebody else had to do a task, or nobody."""
    if "target" in step:
        return "ELO-ROUTE-01"
    return "ELO-ROUTE-29" if world.near(step) in world.called(doer).offered else "ELO-MESH-01"


def _of_the_lost_task(world: World, step: Step, came: Came) -> str:
    """Return which requirement says that a task is done: the one of its way alone, if any."""
    if "target" in step:
        back = world.called(step["target"]).comings > 1 and not came["relayed"]
        plain = "ELO-HELLO-16" if back else "ELO-ROUTE-01"
        away = "ELO-ROUTE-29" if _relayed_once(world) else "ELO-MESH-01"
        return plain if step["target"] in world.here() else away
    lonely = not world.offering(world.near(step))
    ways = {FAR_SKILL: "ELO-ROUTE-06", HIDDEN_SKILL: "ELO-ROUTE-07"}
    return ways.get(world.near(step), "ELO-MESH-01") if lonely else "ELO-MESH-01"


def _relayed_once(world: World) -> bool:
    """Whether somebody relayed and does so no more, whom the node may ask all the same."""
    relays = world.offering(RELAY)
    return any(
        RELAY in each.offered and name_of(number) not in relays
        for number, each in enumerate(world.neighbours)
    )


def learn_task(world: World, step: Step, came: Came) -> None:
    """Note whom the node has met, and that time has passed."""
    world.waited += waits(world, step)
    world.far_is_met |= came["done"] == [FAR]


def desertion_surprise(world: World, step: Step, came: Came) -> Surprise | None:
    """Expect a task whose doer goes without a result to be given to nobody else."""
    if len(came["done"]) > 1:
        return Surprise("ELO-MESH-02", f"a task was given to {', '.join(came['done'])}")
    if not came["done"] or came["done"][0] not in able(world, step):
        return Surprise("ELO-MESH-01", "a task did not find who can do it")
    return None


def learn_desertion(world: World, _step: Step, came: Came) -> None:
    """Note that whoever had the task has gone."""
    gone = came["done"][0]
    for number, each in enumerate(world.neighbours):
        if name_of(number) == gone:
            each.here = each.listed = False


# --- questions


def question_surprise(world: World, step: Step, came: Came) -> Surprise | None:
    """Expect a question to be passed on once at most, and answered with who is there."""
    return _passing_surprise(world, step, came) or _telling_surprise(world, step, came)


def _passing_surprise(world: World, step: Step, came: Came) -> Surprise | None:
    names = [name for name, _ in came["passed_on"]]
    lives = [ttl for _, ttl in came["passed_on"]]
    if len(names) != len(set(names)) or any(ttl >= step["ttl"] for ttl in lives):
        return Surprise("ELO-MESH-03", "a question that had come round was passed on again")
    if lives and step["ttl"] <= 1:
        return Surprise("ELO-ROUTE-20", "a question was passed on at the end of its life")
    if name_of(world.one(step)) in names or any(ttl != step["ttl"] - 1 for ttl in lives):
        return Surprise("ELO-ROUTE-19", f"a question was passed on as {came['passed_on']}")
    return None


def _telling_surprise(world: World, step: Step, came: Came) -> Surprise | None:
    told, expected = came["told"], world.listed(but=name_of(world.one(step)))
    names = [name for name, _ in told]
    wrong = [
        ("ELO-ROUTE-14", any(caps is None for _, caps in told)),
        ("ELO-HELLO-15", len(names) != len(set(names))),
        ("ELO-LIFE-08", any(name in world.leaving() for name in names)),
        ("ELO-ROUTE-27", any(name not in expected for name in names)),
        ("ELO-ROUTE-13", any(name not in names for name in expected)),
        ("ELO-ROUTE-29", any(_tells_old_offers(world, name, caps) for name, caps in told)),
        ("ELO-MESH-04", any(not _is_offered(expected, name, caps) for name, caps in told)),
    ]
    broken = next((requirement for requirement, is_so in wrong if is_so), None)
    return Surprise(broken, f"told are {told}, not {expected}") if broken else None


def _is_offered(expected: dict[str, list[str]], name: str, caps: list[str] | None) -> bool:
    """Whether somebody is told with what it offers; the target's kin may have more of its own."""
    offers = expected.get(name, [])
    return set(offers) <= set(caps or ()) if name == KIN else caps == offers


def _tells_old_offers(world: World, name: str, caps: list[str] | None) -> bool:
    """Whether a peer's offers are told with those that it had before it told others."""
    each = world.called(name)
    return each.changed and set(each.offers) < set(caps or ())


# --- coming and going


def learn_join(world: World, step: Step, _came: Came) -> None:
    """Note who has come, or come back."""
    each = world.neighbours[world.one(step)]
    each.here = each.listed = True
    each.comings += 1
    _offers(each, step, changed=False)


def _offers(each: Neighbour, step: Step, *, changed: bool) -> None:
    each.offers, each.changed = tuple(step["offers"]), changed
    each.offered += each.offers


def learn_leave(world: World, step: Step, _came: Came) -> None:
    """Note who has gone."""
    each = world.neighbours[world.one(step)]
    each.here = each.listed = False


def learn_bye(world: World, step: Step, _came: Came) -> None:
    """Note who takes leave, and stays."""
    world.neighbours[world.one(step)].listed = False


def learn_change(world: World, step: Step, _came: Came) -> None:
    """Note what somebody offers now."""
    _offers(world.neighbours[world.one(step)], step, changed=True)


def learn_far(world: World, step: Step, _came: Came) -> None:
    """Note whether ``far`` can be reached; where it was, it is no more."""
    world.far_is_up, world.far_is_met = step["up"], False


def learn_kin(world: World, _step: Step, came: Came) -> None:
    """Note whether there can be one more node of the same make."""
    world.kin_is_there = came["there"]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of step needs, what may surprise about what came, what is learned from it."""

    playable: Callable[[World, Step], bool] = lambda _world, _step: True
    surprise: Callable[[World, Step, Came], Surprise | None] = lambda _world, _step, _came: None
    learn: Callable[[World, Step, Came], None] = lambda _world, _step, _came: None


STEPS: Mapping[str, Kind] = {
    "join": Kind(learn=learn_join),
    "leave": Kind(playable=World.is_somebody, learn=learn_leave),
    "bye": Kind(playable=World.is_somebody, learn=learn_bye),
    "change": Kind(playable=World.is_somebody, learn=learn_change),
    "far": Kind(playable=lambda world, step: step["up"] != world.far_is_up, learn=learn_far),
    "kin": Kind(playable=lambda world, _step: not world.kin_is_there, learn=learn_kin),
    "task": Kind(playable=can_send, surprise=task_surprise, learn=learn_task),
    "desert": Kind(
        playable=lambda world, step: world.near(step) != NO_SKILL,
        surprise=desertion_surprise,
        learn=learn_desertion,
    ),
    "ask": Kind(playable=World.is_somebody, surprise=question_surprise),
}
