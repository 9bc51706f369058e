"""Any history of a small mesh of cores: who is reachable is reached, once, and nothing is kept."""

from __future__ import annotations

import random
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from elo_world import Host, World

from reference.elo import frames
from reference.elo.queries import SWEEP_AT

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference.elo.effects import Outcome

SIZE = 7  # nodes: none is further from another than a question lives
STEPS = 100
SEEDS = 12
SKILLS = ("red", "blue")


class Wired(World):
    """A world that looks at every question which is carried."""

    def __init__(self) -> None:
        super().__init__()
        self.questions: list[tuple[str, float, int, int]] = []  # id, ttl, from whom, to whom

    def _carry(self, host: Host, number: int, data: bytes) -> None:
        end = self._wires.get((id(host), number))
        for message in frames.Reader().feed(data):
            if message["type"] == "query" and end is not None:
                heard = (message["id"], message["ttl"], id(host), id(end[0]))
                self.questions.append(heard)
        super()._carry(host, number, data)

    def cut(self, one: Host, other: Host) -> None:
        """Break the wires between two hosts."""
        for (owner, number), (there, _) in tuple(self._wires.items()):
            if owner == id(one) and there is other:
                self._cut(one, number)
                self.run(one, one.node.closed(number, now=self.now))

    def near(self, host: Host) -> list[Host]:
        """Return the hosts to which one has a wire."""
        ends = (end for (owner, _), (end, _) in self._wires.items() if owner == id(host))
        return [end for end in ends if isinstance(end, Host)]

    def within_reach(self, host: Host) -> list[Host]:
        """Return the other hosts that wires lead to, however many."""
        found = new = [host]
        while new:
            new = [there for each in new for there in self.near(each)]
            new = [each for each in dict.fromkeys(new) if each not in found]
            found = found + new
        return found[1:]


class Mesh:
    """Nodes that come, go, come back elsewhere, lose each other and send each other tasks."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311  (histories, not secrets)
        self.world = Wired()
        self.there: dict[int, Host] = {}
        self.ever: list[Host] = []
        self.sent = 0
        self.far = 0  # tasks that were done by somebody who had to be found and dialled
        self.history: list[str] = []
        self.start(0)  # stays, so that others can come

    def start(self, number: int, *, hidden: bool = False) -> Host:
        """Start a node; one that is ``hidden`` can be dialled by nobody."""
        skills = self.chance.choice(((), (), (), SKILLS[:1], SKILLS[1:]))
        host = self.world.host(number + 1, *skills, **({"listen": None} if hidden else {}))
        self.there[number] = host
        self.ever.append(host)
        self.world.run(host, host.node.run(now=self.world.now))
        return host

    def some(self, *, dialable: bool = False) -> Host:
        return self.chance.choice([h for h in self.there.values() if listens(h) or not dialable])

    def guest(self) -> int:
        return self.chance.choice(list(self.there)[1:] or [0])

    # What may happen

    def join(self) -> None:
        free = [number for number in range(1, SIZE) if number not in self.there]
        if free:
            first = self.some(dialable=True)
            self.start(free[0], hidden=self.chance.random() < 0.2).dial(first)

    def leave(self) -> None:
        if number := self.guest():
            host = self.there.pop(number)
            self.world.run(host, host.node.leave(now=self.world.now))
            self.world.stop(host)

    def crash(self) -> None:
        if number := self.guest():
            self.world.stop(self.there.pop(number))

    def come_back_from_elsewhere(self) -> None:
        if number := self.guest():
            old = self.there.pop(number)
            first = self.some(dialable=True)
            self.world.wait(1)
            self.start(number).dial(first)
            self.world.stop(old)

    def lose_each_other(self) -> None:
        host = self.some()
        if near := self.world.near(host):
            self.world.cut(host, self.chance.choice(near))

    def dial(self) -> None:
        one, other = self.some(), self.some(dialable=True)
        if one is not other:
            one.dial(other)

    def wait(self) -> None:
        self.world.wait(self.chance.choice((1, 20, 70)))

    def send_to_anybody(self) -> None:
        host, skill = self.some(), self.chance.choice(SKILLS)
        near = self.world.near(host)
        able = [each for each in self.world.within_reach(host) if skill in names_of(each)]
        able = [each for each in able if each in near or listens(each)]
        self.far += bool(able) and not any(each in near for each in able)
        self.send(host, able, capability=skill)

    def send_to_a_peer(self) -> None:
        host = self.some()
        if near := self.world.near(host):
            target = self.chance.choice(near)
            skill = (*names_of(target), SKILLS[0])[0]
            able = [target] if skill in names_of(target) else []
            self.send(host, able, capability=skill, target=target.id)

    def send(self, host: Host, able: list[Host], **task: Any) -> None:
        self.sent += 1
        outcome: Outcome = host.ask(payload=self.sent, **task)
        doers = [each for each in self.ever if self.sent in each.done]
        assert (outcome.status == "success") == bool(able), (outcome, self.history)
        assert len(doers) == bool(able), (outcome, self.history)
        assert all(doer in able for doer in doers), self.history

    # What holds whatever has happened

    def must_hold(self) -> None:
        done = [number for host in self.ever for number in host.done]
        assert len(done) == len(set(done)), "a task was done twice"
        carried = [(id, one, other) for id, _, one, other in self.world.questions]
        assert len(carried) == len(set(carried)), "a question was carried twice"
        assert all(1 <= ttl <= 5 for _, ttl, _, _ in self.world.questions)
        for host in self.there.values():
            state = host.node.state
            here = {link.id for link in state.links}
            assert set(state.readers) <= here
            assert set(state.answers) <= here

    def rest(self) -> None:
        """Let time pass: no task is under way any more, and old questions are forgotten."""
        self.world.wait(200)
        for host in self.there.values():
            assert host.node.router._journeys == []
            assert host.node.work._jobs == {}
            assert len(host.settled) == host._tickets
            assert len(host.node.state.rates._budgets) <= SIZE
            host.node.discover(host.ticket(), within=1, now=self.world.now)
            heard = host.node.state.queries._heard.values()
            assert sum(self.world.now < each.until for each in heard) == 1
            assert len(heard) <= SWEEP_AT


def listens(host: Host) -> bool:
    return host.node.setup.listen is not None


def names_of(host: Host) -> tuple[str, ...]:
    return host.node.state.offers.names


# What happens, and how often.
HAPPENS: dict[Callable[[Mesh], None], int] = {
    Mesh.join: 5,
    Mesh.leave: 1,
    Mesh.crash: 1,
    Mesh.come_back_from_elsewhere: 2,
    Mesh.lose_each_other: 8,
    Mesh.dial: 3,
    Mesh.wait: 2,
    Mesh.send_to_anybody: 8,
    Mesh.send_to_a_peer: 3,
}


@cache
def played(seed: int) -> Mesh:
    """Play a history, looking after every step, up to a long rest."""
    mesh = Mesh(seed)
    for step in mesh.chance.choices(list(HAPPENS), list(HAPPENS.values()), k=STEPS):
        mesh.history.append(step.__name__)
        step(mesh)
        mesh.must_hold()
    mesh.rest()
    return mesh


@pytest.mark.parametrize("seed", range(SEEDS))
def test_who_is_within_reach_is_reached_once_whatever_has_happened(seed: int) -> None:
    assert played(seed).sent


def test_such_histories_bring_tasks_to_who_had_to_be_found_and_dialled() -> None:
    assert sum(played(seed).far for seed in range(SEEDS)) > SEEDS / 2


def test_a_ring_of_nodes_brings_a_question_round_and_not_round_again() -> None:
    world = Wired()
    hosts = [world.host(number) for number in range(1, SIZE + 1)]
    for one, other in zip(hosts, [*hosts[1:], hosts[0]], strict=True):
        one.dial(other)
    for one, other in zip(hosts, [*hosts[2:], *hosts[:2]], strict=True):
        world.cut(one, other)
    assert hosts[0].ask(capability="nobody").code == "NO_PEER"
    heard = [(one, other) for _, _, one, other in world.questions]
    assert len(heard) == len(set(heard))
    assert {other for _, other in heard} == {id(host) for host in hosts[1:]}
