"""What holds for a neuron whatever happens to it, and in whatever order, on virtual time."""

import contextlib
import json
from collections import Counter, defaultdict
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from neuron_core_bench import Bench, cancel, disconnect, lease, revoked

from reference.neuron.neuron_core import Phase
from reference.neuron.neuron_effects import HangUp, Open, Post, Run
from reference.neuron.neuron_link import State
from reference.neuron.neuron_outcomes import Aborted, Failed, Outcome, Raised, Returned

KINDS = ("conf/echo", "conf/serial", "conf/typed", "conf/none")
LIMITS = {"conf/echo": 2, "conf/serial": 1, "conf/typed": 1}
OUTCOMES: tuple[Outcome, ...] = (
    Returned({"echo": 1}),
    Returned(None),
    Returned(object()),
    Failed("for good"),
    Raised("boom"),
    Aborted(),
)
STATUSES = st.sampled_from([200, 200, 200, 204, 302, 400, 401, 403, 404, 409, 429, 500, 503])
MANY = 6  # leases, before the end may come
DIALLING = {State.OPENING, State.REFRESHING}


class Life(RuleBasedStateMachine):
    """Leases, reports, results, cancels, losses, refusals, updates, and the end, in any order."""

    @initialize()
    def begin(self) -> None:
        self.bench = Bench(reconnect_delay=0.5, heartbeat_interval=1, drain_timeout=3).serving()
        self.kind_of: dict[str, str] = {}
        self.running: dict[str, str] = {}  # lease and kind, as the handlers see it
        self.limits = dict(LIMITS)
        self.before: Counter[str] = Counter()
        self.seen = 0
        self.delivered: set[str] = set()  # leases whose result the gateway answered

    @property
    def state(self) -> State:
        return self.bench.core._link.state

    @property
    def open(self) -> bool:
        return self.bench.core._link.is_open

    # The gateway

    @precondition(lambda self: self.state in DIALLING)
    @rule(status=STATUSES)
    def the_dialling_is_answered(self, status: int) -> None:
        self.bench.open(status)

    @precondition(lambda self: self.open or self.state in DIALLING)
    @rule()
    def the_stream_is_lost(self) -> None:
        self.bench.lose()

    @precondition(lambda self: self.open)
    @rule(
        kind=st.sampled_from(KINDS),
        fits=st.sampled_from([True, True, True, False]),
        count=st.integers(1, 4),
        cancelled=st.integers(0, 4),
    )
    def leases_come(self, kind: str, *, fits: bool, count: int, cancelled: int) -> None:
        frames = []
        for place in range(count):
            number = len(self.kind_of) + 1
            self.kind_of[f"l{number}"] = kind
            frames.append(lease(number, kind, input={"a": 1 if fits else "x"}))
            if place + 1 == cancelled:
                frames.append(cancel(number))
        self.bench.send(*frames)

    @precondition(lambda self: self.open and self.running)
    @rule(data=st.data())
    def a_lease_comes_again(self, data: st.DataObject) -> None:
        lease_id = data.draw(st.sampled_from(list(self.running)))
        self.bench.send(lease(lease_id[1:], self.kind_of[lease_id]))

    @precondition(lambda self: self.open and self.kind_of)
    @rule(data=st.data())
    def a_cancel_comes(self, data: st.DataObject) -> None:
        self.bench.send(cancel(data.draw(st.sampled_from(list(self.kind_of)))[1:]))

    @precondition(lambda self: self.open)
    @rule(kind=st.sampled_from(KINDS))
    def a_capability_is_revoked(self, kind: str) -> None:
        self.bench.send(revoked(kind))

    @precondition(lambda self: self.open and len(self.kind_of) >= MANY)
    @rule()
    def the_neuron_is_dismissed(self) -> None:
        self.bench.send(disconnect(reconnectable=False))

    @precondition(lambda self: self.bench.unanswered)
    @rule(data=st.data(), status=STATUSES)
    def a_post_is_answered(self, data: st.DataObject, status: int) -> None:
        self.answer(data.draw(st.sampled_from(list(self.bench.unanswered))), status)

    @precondition(lambda self: self.bench.unanswered)
    @rule(data=st.data())
    def a_post_is_cut(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(list(self.bench.unanswered)))
        del self.bench.unanswered[key]
        self.bench.core.broken(key, "cut", now=self.bench.now)
        self.bench.take()

    @precondition(lambda self: self.bench.unanswered)
    @rule(data=st.data())
    def a_post_is_out(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(list(self.bench.unanswered)))
        self.bench.core.written(key, now=self.bench.now)
        self.bench.take()

    # The handlers

    @precondition(lambda self: self.running)
    @rule(data=st.data(), outcome=st.sampled_from(OUTCOMES))
    def a_handler_ends(self, data: st.DataObject, outcome: Outcome) -> None:
        lease_id = data.draw(st.sampled_from(list(self.running)))
        del self.running[lease_id]
        self.bench.end(lease_id[1:], outcome)

    @precondition(lambda self: self.running)
    @rule(data=st.data(), percent=st.integers(-1, 101))
    def a_handler_reports(self, data: st.DataObject, percent: int) -> None:
        lease_id = data.draw(st.sampled_from(list(self.running)))
        self.bench.progress(lease_id[1:], percent=percent)

    @rule(kind=st.sampled_from(list(LIMITS)), concurrency=st.integers(-1, 4))
    def a_limit_changes(self, kind: str, concurrency: int) -> None:
        with contextlib.suppress(ValueError):
            self.bench.update(kind, concurrency)
            self.limits[kind] = concurrency

    @rule(seconds=st.sampled_from([0.0, 0.05, 0.5, 1.0, 10.0, 40.0]))
    def time_passes(self, seconds: float) -> None:
        self.bench.wait(seconds)

    @precondition(lambda self: len(self.kind_of) >= MANY)
    @rule(within=st.sampled_from([None, None, 0.0]))
    def the_neuron_is_told_to_stop(self, within: float | None) -> None:
        self.bench.stop(within)

    def answer(self, key: int, status: int) -> None:
        body = json.loads(self.bench.unanswered.pop(key).body)
        if body["type"] in {"ack", "nack"}:
            self.delivered.add(body["leaseId"])
        self.bench.core.answered(key, status, now=self.bench.now)
        self.bench.take()

    # What holds

    @invariant()
    def no_more_run_than_may(self) -> None:
        """NEURON-NRN-LEASE-03, NEURON-NRN-UPD-04: or fewer end than a lower limit asks for."""
        for effect in self.bench.done[self.seen :]:
            if isinstance(effect, Run):
                lease_id = effect.lease.lease_id
                assert lease_id not in self.running
                self.running[lease_id] = self.kind_of[lease_id]
        self.seen = len(self.bench.done)
        now = Counter(self.running.values())
        for kind, count in now.items():
            assert count <= max(self.limits[kind], self.before[kind])
        self.before = now

    @invariant()
    def a_lease_runs_once(self) -> None:
        assert max(Counter(self.bench.ran()).values(), default=0) <= 1

    @invariant()
    def a_lease_has_one_result_and_its_reports_before_it(self) -> None:
        results: defaultdict[str, set[bytes]] = defaultdict(set)
        for post in self.bench.all(Post):
            body = json.loads(post.body)
            if body["type"] in {"ack", "nack"}:
                results[body["leaseId"]].add(post.body)  # the network may make it come again
            elif body["type"] == "progress":
                assert 0 <= body["percent"] <= 100
        assert all(len(bodies) == 1 for bodies in results.values())

    @invariant()
    def a_heartbeat_only_goes_out_beside_an_open_stream(self) -> None:
        """NEURON-NRN-HB-07: also none is under way any more when the stream is gone."""
        assert self.open or not self.bench.pending("heartbeat")
        assert self.open or not self.bench.pending("register")

    @invariant()
    def only_one_stream_is_dialled_at_a_time(self) -> None:
        dials = len(self.bench.all(Open))
        ends = len(self.bench.all(HangUp))
        assert dials or not ends

    @invariant()
    def nothing_is_left_when_the_neuron_is_gone(self) -> None:
        if self.bench.gone:
            assert self.bench.unanswered == {}
            assert self.state is State.CLOSED
            assert self.bench.core.next_deadline() is None

    def teardown(self) -> None:
        """End what runs, be a gateway that takes everything: every lease gets its one result."""
        if not hasattr(self, "bench"):
            return
        for _ in range(len(self.kind_of) + 5):
            for lease_id in list(self.running):
                del self.running[lease_id]
                self.bench.end(lease_id[1:], Aborted())
                self.no_more_run_than_may()
            for key in list(self.bench.unanswered):
                if key in self.bench.unanswered:
                    self.answer(key, 200)
            self.bench.wait(40)
            self.no_more_run_than_may()
        self.a_lease_has_one_result_and_its_reports_before_it()
        assert self.bench.core.phase in {Phase.SERVING, Phase.GONE}
        # What the drain timeout cut off has a result too, but perhaps no answer.
        told = {lease_id for lease_id, _ in self.bench.results()}
        assert told == self.kind_of.keys()
        assert self.bench.gone or self.delivered == told


Life.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestLife = Life.TestCase


FAULTS = st.one_of(
    st.tuples(st.just("open"), STATUSES),
    st.tuples(st.just("lose"), st.just(0)),
    st.tuples(st.just("answer"), STATUSES),
    st.tuples(st.just("cut"), st.just(0)),
    st.tuples(st.just("wait"), st.sampled_from([0, 1, 5, 40])),
)


STUBBORN = {302, 400, 403, 404, 409}  # answers to a register that stand until the stream ends


def suffer(bench: Bench, what: str, value: int) -> bool:
    """Let something happen, if it can; says whether only another stream helps now."""
    link = bench.core._link
    match what:
        case "open" if link.state in DIALLING:
            bench.open(value)
        case "lose" if link.is_open or link.state in DIALLING:
            bench.lose()
        case "answer" | "cut" if bench.unanswered:
            key = next(iter(bench.unanswered))
            post = bench.unanswered.pop(key)
            if what == "cut":
                bench.core.broken(key, "cut", now=bench.now)
            else:
                bench.core.answered(key, value, now=bench.now)
            bench.take()
            return what == "answer" and value in STUBBORN and post.path.endswith("register")
        case "wait":
            bench.wait(value)
    return False


def heal(bench: Bench, seconds: int) -> None:
    """Be a gateway that takes everything, for a while."""
    for _ in range(seconds * 2):
        if bench.core._link.state in DIALLING:
            bench.open()
        for key in list(bench.unanswered):
            if bench.unanswered.pop(key, None) is not None:
                bench.core.answered(key, 200, now=bench.now)
                bench.take()
        bench.wait(0.5)


@settings(deadline=None)
@given(faults=st.lists(FAULTS, max_size=30), busy=st.booleans())
def test_a_neuron_comes_back_whatever_happened_to_it(faults: list[Any], *, busy: bool) -> None:
    bench = Bench()
    if busy:
        bench.serving().send(lease("old"))
    refused = [suffer(bench, what, value) for what, value in faults]
    if any(refused) and bench.core._link.is_open:
        bench.lose()
    heal(bench, 65)
    beats = len(bench.bodies("heartbeat"))
    bench.send(lease("new")).end("new")
    if busy:
        bench.end("old")
    heal(bench, 21)
    assert len(bench.bodies("heartbeat")) >= beats + 2
    assert {"lnew"} | ({"lold"} if busy else set()) <= {each for each, _ in bench.results()}
    assert bench.unanswered == {}
