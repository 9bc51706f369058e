"""Whatever neurons, planners and time do to a gateway, in any order, some things always hold."""

from typing import Any

from gateway_world import ALICE, BOB, World, capability
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)

from reference.neuron.leases import HELD, OPEN
from reference.neuron.tasks import is_for_delivery, is_over

NEURONS = ("a", "b")
KINDS = ("conf/one", "conf/two")
TERMINAL = {"done", "failed", "cancelled"}
OUTCOMES = {"terminal": "failed", "schema-mismatch": "failed", "cancelled": "cancelled"}
names = st.sampled_from(NEURONS)
nacks = st.sampled_from(["retryable", "terminal", "schema-mismatch", "cancelled"])


class Gateway(RuleBasedStateMachine):
    """Three neurons of two users and any number of tasks."""

    tasks: Bundle[str] = Bundle("tasks")

    def __init__(self) -> None:
        super().__init__()
        self.world = World(lease_ttl=30.0, dead_after=45.0, max_attempts=3)
        self.streams: dict[str, int] = {}
        self.most: dict[tuple[str, str], int] = {}  # concurrency that there ever was
        self.running: dict[str, dict[str, Any]] = {}  # leases that neurons have read
        self.lease_ids: set[str] = set()
        self.outcomes: dict[str, dict[str, Any]] = {}
        self.injected: set[str] = set()
        self.acked: dict[str, Any] = {}  # outputs that the gateway took
        self.ended: dict[str, str] = {}  # states that a nack which it took must have led to
        self.called_off: set[str] = set()

    # --- neurons

    @rule(name=names)
    def open(self, name: str) -> None:
        self.streams[name] = self.world.open(name)

    @rule(name=names, slots=st.integers(1, 3))
    def connect(self, name: str, slots: int) -> None:
        """Open and register at once: half of all that can happen needs it."""
        self.open(name)
        self.register(name, dict.fromkeys(KINDS, slots), mine=False)
        self.read(name, 9)

    @rule(name=names)
    def close(self, name: str) -> None:
        if name in self.streams:
            self.world.close(self.streams.pop(name))

    @rule(
        name=names,
        offered=st.dictionaries(st.sampled_from(KINDS), st.integers(1, 3), min_size=1),
        mine=st.booleans(),
    )
    def register(self, name: str, offered: dict[str, int], mine: bool) -> None:  # noqa: FBT001
        scope = {"onBehalfOf": ALICE} if mine else "any"
        capabilities = [
            capability(kind, concurrency=slots, scope=scope) for kind, slots in offered.items()
        ]
        reply = self.world.register(*capabilities, neuron_id=name)
        assert reply.status == (200 if self._is_open(name) else 409)
        if reply.status == 200:
            self._note(name, offered)

    def _note(self, name: str, offered: dict[str, int]) -> None:
        for kind, slots in offered.items():
            self.most[name, kind] = max(slots, self.most.get((name, kind), 0))

    def _is_open(self, name: str) -> bool:
        listed = self.world.core.neurons(now=self.world.now)
        return any(each["neuron_id"] == name and each["connected"] for each in listed)

    @rule(name=names, kind=st.sampled_from(KINDS), slots=st.integers(1, 4))
    def update(self, name: str, kind: str, slots: int) -> None:
        reply = self.world.update(capability(kind, concurrency=slots), neuron_id=name)
        if reply.status == 200:
            self._note(name, {kind: slots})

    @rule(name=names, most=st.integers(1, 5))
    def read(self, name: str, most: int) -> None:
        for _ in range(most if name in self.streams else 0):
            frame = self.world.frame(self.streams[name])
            if isinstance(frame, dict) and frame["type"] == "lease":
                lease = frame["lease"]
                assert lease["leaseId"] not in self.lease_ids
                assert lease["task"]["taskId"] not in self.outcomes
                assert lease["task"]["taskId"] not in self.called_off
                self.lease_ids.add(lease["leaseId"])
                self.running[lease["leaseId"]] = lease

    def _any_lease(self, data: st.DataObject) -> Any:
        """Draw a lease, more often a recent one."""
        return self.running[data.draw(st.sampled_from(list(self.running)[::-1]))]

    @precondition(lambda self: self.running)
    @rule(data=st.data(), output=st.integers())
    def ack(self, data: st.DataObject, output: int) -> None:
        lease = self._any_lease(data)
        reply = self.world.ack(lease, output=output)
        assert reply.status in {200, 409}
        if reply.status == 200:
            self.acked[lease["task"]["taskId"]] = output

    @precondition(lambda self: self.running)
    @rule(data=st.data(), kind=nacks)
    def nack(self, data: st.DataObject, kind: str) -> None:
        lease = self._any_lease(data)
        reply = self.world.nack(lease, kind)
        assert reply.status in {200, 409}
        if reply.status == 200 and kind in OUTCOMES:
            self.ended[lease["task"]["taskId"]] = OUTCOMES[kind]

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def progress(self, data: st.DataObject) -> None:
        lease = self._any_lease(data)
        assert self.world.progress(lease, percent=1).status == 200

    @rule(name=names, data=st.data())
    def beat(self, name: str, data: st.DataObject) -> None:
        listed = data.draw(st.lists(st.sampled_from(sorted(self.running)))) if self.running else []
        reply = self.world.beat(*(self.running[each] for each in listed), neuron_id=name)
        assert reply.status in {200, 409}

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def foreigner(self, data: st.DataObject) -> None:
        lease = self._any_lease(data)
        assert self.world.ack(lease, subject=BOB).status == 403

    # --- planners, time, death

    @rule(target=tasks, kind=st.sampled_from(KINDS), user=st.sampled_from([None, ALICE, BOB]))
    def inject(self, kind: str, user: str | None) -> str:
        task_id = self.world.inject(kind, on_behalf_of=user)
        self.injected.add(task_id)
        return task_id

    @rule(task_id=tasks, reason=st.none() | st.just("why"))
    def cancel(self, task_id: str, reason: str | None) -> None:
        if self.world.state(task_id) not in TERMINAL:
            self.world.cancel(task_id, reason)
            self.called_off.add(task_id)

    @rule(seconds=st.sampled_from([0.01, 0.3, 5.0, 14.0, 31.0, 50.0]))
    def wait(self, seconds: float) -> None:
        self.world.wait(seconds)

    @rule(name=names, reconnectable=st.booleans())
    def part(self, name: str, reconnectable: bool) -> None:  # noqa: FBT001
        if self._is_open(name):
            self.world.part(name, reconnectable=True)

    @rule()
    def die(self) -> None:
        before = {task_id: self.world.task(task_id) for task_id in self.injected}
        self.world.die_and_live()
        self.streams.clear()
        for task_id, view in before.items():
            after = self.world.task(task_id)
            for member in ("state", "attempt", "progress", "output", "failure", "lease_id"):
                assert after.get(member) == view.get(member), member

    # --- what always holds

    @invariant()
    def an_outcome_stays(self) -> None:
        for task_id in self.injected:
            view = self.world.task(task_id)
            if task_id in self.outcomes:
                assert view == self.outcomes[task_id]
            elif view["state"] in TERMINAL:
                self.outcomes[task_id] = view

    @invariant()
    def what_was_acknowledged_is_the_outcome(self) -> None:
        for task_id, output in self.acked.items():
            view = self.world.task(task_id)
            assert (view["state"], view["output"]) == ("done", output)

    @invariant()
    def a_final_nack_is_the_outcome(self) -> None:
        for task_id, outcome in self.ended.items():
            assert self.world.state(task_id) == outcome

    @invariant()
    def what_was_called_off_never_waits_again(self) -> None:
        for task_id in self.called_off:
            assert self.world.state(task_id) != "pending"

    @invariant()
    def the_clock_runs_for_open_leases_and_no_others(self) -> None:
        state = self.world.core.state
        running = {name for kind, name in state.deadlines._moments if kind == "lease"}
        assert running == {task.leases[-1] for task in state.tasks.values() if task.stage in OPEN}

    @invariant()
    def no_neuron_has_more_than_it_wants(self) -> None:
        state = self.world.core.state
        for neuron in state.fleet:
            for kind, held in neuron.held.items():
                assert all(state.task_of(state.leases[each]).stage in HELD for each in held)
                # a lease may be older than the last change of what its neuron wants
                assert len(held) <= self.most[neuron.neuron_id, kind]

    @invariant()
    def every_lease_that_runs_takes_a_slot(self) -> None:
        state = self.world.core.state
        running = {task.leases[-1] for task in state.tasks.values() if task.stage in HELD}
        slots = {each for neuron in state.fleet for held in neuron.held.values() for each in held}
        assert running == slots

    @invariant()
    def every_unfinished_task_is_somewhere(self) -> None:
        state = self.world.core.state
        for task_id in self.injected:
            task = state.tasks[task_id]
            if is_over(task):
                assert task_id not in state.waiting
                continue
            resting = task.rests_until > self.world.now
            waits = task_id in state.waiting
            assert waits == (is_for_delivery(task) and not resting)
            if resting and not waits and task.stage not in OPEN:
                assert ("retry", task_id) in state.deadlines._moments

    @invariant()
    def nobody_idles_while_a_task_waits_for_them(self) -> None:
        state = self.world.core.state
        for task_id in self.injected:
            task = state.tasks[task_id]
            if task_id in state.waiting:
                order = task.order
                assert state.fleet.choose(order.capability, order.on_behalf_of) is None

    @invariant()
    def memory_is_that_of_the_tasks(self) -> None:
        state = self.world.core.state
        assert set(state.leases) == {x for task in state.tasks.values() for x in task.leases}


Gateway.TestCase.settings = settings(max_examples=100, stateful_step_count=50, deadline=None)
TestGateway = Gateway.TestCase
