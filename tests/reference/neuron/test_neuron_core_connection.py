"""How a neuron opens, registers and comes back (sheet 9.1: CONN, AUTH, RECON)."""

import pytest
from neuron_core_bench import OFFERS, REGISTER, Bench, disconnect, lease, revoked

from reference.neuron.capabilities import ANY, Capability
from reference.neuron.fields import FrameError
from reference.neuron.neuron_core import NeuronCore
from reference.neuron.neuron_effects import (
    GiveUp,
    Post,
    Reconnecting,
)
from reference.neuron.neuron_outcomes import Aborted
from reference.neuron.neuron_pace import Pace
from reference.neuron.neuron_work import Offer

# Opening and registering


def test_nothing_is_posted_before_the_stream_is_open() -> None:
    bench = Bench()
    assert (bench.dialled(), bench.bodies()) == (1, [])
    bench.open()
    assert bench.bodies() == [REGISTER]


def test_leases_are_processed_without_a_registered_frame_and_before_the_register_is_answered() -> (
    None
):
    bench = Bench().open().send(lease(1))
    assert bench.ran() == ["l1"]


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
def test_a_refused_register_stands_until_the_next_stream(status: int) -> None:
    bench = Bench().open().answer("register", status).wait(60)
    assert len(bench.bodies("register")) == 1
    bench.lose().wait(1).open()
    assert len(bench.bodies("register")) == 2


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
def test_a_register_that_failed_for_the_moment_is_retried_on_the_same_stream(status: int) -> None:
    bench = Bench().open().answer("register", status).wait(0.6).answer("register", status)
    bench.wait(1.1).answer("register")
    assert bench.bodies("register") == [REGISTER] * 3
    assert bench.dialled() == 1


def test_a_register_without_an_answer_is_retried() -> None:
    bench = Bench().open().cut("register").wait(0.6)
    assert len(bench.bodies("register")) == 2


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_success_accepts_the_register(status: int) -> None:
    bench = Bench().open().answer("register", status).wait(10.1)
    assert len(bench.bodies("heartbeat")) == 1


@pytest.mark.parametrize("status", [400, 403, 503])
def test_no_heartbeat_before_a_register_was_accepted(status: int) -> None:
    bench = Bench(reconnect_delay=1000).open().answer("register", status).wait(35)
    assert bench.bodies("heartbeat") == []


@pytest.mark.parametrize("status", [201, 204, 301, 302, 307])
def test_an_opening_that_is_not_answered_200_is_refused_with_growing_delays(status: int) -> None:
    bench = Bench().open(status)
    for delay in (0.5, 1, 2):
        assert bench.news(Reconnecting)[-1].delay == delay
        bench.wait(delay).open(status)
    assert bench.bodies() == []


@pytest.mark.parametrize(
    "offers",
    [
        (),
        (Offer(capability=Capability(type="nope", scope=ANY, concurrency=1)),),
        (Offer(capability=Capability(type="a/b\n", scope=ANY, concurrency=1)),),
        (Offer(capability=Capability(type="a/b", scope="", concurrency=1)),),
        (Offer(capability=Capability(type="a/b", scope=ANY, concurrency=0)),),
        (Offer(capability=Capability(type="a/b", scope=ANY, concurrency=1, lease_ttl_ms=999)),),
    ],
)
def test_what_no_gateway_would_accept_is_not_started(offers: tuple[Offer, ...]) -> None:
    with pytest.raises(FrameError):
        NeuronCore("n1", offers, Pace())


def test_a_neuron_needs_an_id() -> None:
    with pytest.raises(FrameError, match="neuronId"):
        NeuronCore("", OFFERS, Pace())


# Tokens


def test_a_401_at_the_opening_is_repeated_at_once_and_only_once() -> None:
    bench = Bench().open(401)
    assert bench.dialled() == 2
    bench.open(401)
    assert bench.dialled() == 2
    bench.wait(0.6)
    assert bench.dialled() == 3
    bench.open(401)
    assert bench.dialled() == 4


def test_a_repeated_opening_that_is_accepted_registers() -> None:
    assert Bench().open(401).open().bodies() == [REGISTER]


@pytest.mark.parametrize(
    "what", ["register", "heartbeat", "ack", "nack", "progress", "update-capability"]
)
def test_a_401_on_a_post_is_repeated_once_with_the_same_body(what: str) -> None:
    bench = all_kinds_of_posts(what)
    post = bench.pending(what)[0]
    bench.answer(what, 401)
    (again,) = bench.pending(what)
    assert (again.path, again.body) == (post.path, post.body)
    assert bench.dialled() == 1
    bench.answer(what)
    assert bench.pending(what) == []


@pytest.mark.parametrize(
    "what", ["register", "heartbeat", "ack", "nack", "progress", "update-capability"]
)
def test_two_401_on_a_post_lead_to_a_new_stream_and_no_third_attempt(what: str) -> None:
    bench = all_kinds_of_posts(what)
    body = bench.pending(what)[0].body
    bench.answer(what, 401).answer(what, 401)
    assert bench.hung_up()
    bench.wait(0.6)
    assert bench.dialled() == 2
    assert [post.body for post in bench.all(Post)].count(body) == 2


def test_tokens_refused_again_and_again_are_asked_for_ever_more_slowly() -> None:
    bench = Bench()
    for delay in (0.5, 1, 2):
        bench.open().answer("register", 401).answer("register", 401)
        assert bench.news(Reconnecting)[-1].delay == delay
        bench.wait(delay)
    bench.open().answer("register").lose()
    assert bench.news(Reconnecting)[-1].delay == 0.5


@pytest.mark.parametrize("what", ["heartbeat", "ack", "progress"])
def test_a_403_is_no_reason_to_repeat(what: str) -> None:
    bench = all_kinds_of_posts(what).answer(what, 403)
    assert bench.pending(what) == []
    assert bench.dialled() == 1


def all_kinds_of_posts(what: str) -> Bench:
    """Return a bench where a POST of that kind is under way."""
    if what == "register":
        return Bench().open()
    bench = Bench().serving()
    match what:
        case "heartbeat":
            bench.wait(10.1)
        case "ack":
            bench.send(lease(1)).end(1)
        case "nack":
            bench.send(lease(1, "conf/none"))
        case "progress":
            bench.send(lease(1)).progress(1, percent=1)
        case "update-capability":
            bench.update("conf/echo", 3)
    assert bench.pending(what)
    return bench


# Coming back


def test_failures_double_the_delay_up_to_half_a_minute() -> None:
    bench = Bench()
    for delay in (0.5, 1, 2, 4, 8, 16, 30, 30):
        bench.lose()
        before = bench.dialled()
        bench.wait(delay - 0.01)
        assert bench.dialled() == before
        bench.wait(0.02)
        assert bench.dialled() == before + 1


@pytest.mark.parametrize("status", [400, 403, 404, 409, 429, 500, 503])
def test_any_refusal_of_the_opening_is_retried(status: int) -> None:
    bench = Bench()
    for count in range(1, 20):
        bench.open(status).wait(31)
        assert bench.dialled() == count + 1


def test_an_open_stream_resets_the_delay() -> None:
    bench = Bench().open(503).wait(0.5).open(503).wait(1).open().lose()
    assert [news.delay for news in bench.news(Reconnecting)] == [0.5, 1, 0.5]


def test_every_new_stream_is_followed_by_the_same_register() -> None:
    bench = Bench().serving()
    for _ in range(3):
        bench.lose().wait(0.6).serving()
    assert bench.bodies("register") == [REGISTER] * 4


def test_a_register_that_is_unanswered_when_the_stream_ends_is_given_up() -> None:
    bench = Bench().open().lose()
    assert (len(bench.all(GiveUp)), bench.unanswered) == (1, {})


def test_handlers_survive_the_loss_of_the_stream_and_their_results_are_posted_meanwhile() -> None:
    bench = Bench().serving().send(lease(1)).lose().end(1)
    assert (bench.interrupted(), bench.results(), bench.dialled()) == ([], [("l1", "ack")], 1)


def test_after_a_dismissal_the_neuron_does_not_come_back() -> None:
    bench = Bench().serving().send(disconnect(reconnectable=False), lease(1)).end(1)
    assert bench.results() == [("l1", "ack")]
    bench.answer("ack").lose().wait(600)
    assert bench.dialled() == 1
    assert bench.stop().gone


def test_a_neuron_that_may_come_back_does() -> None:
    bench = Bench().serving().send(disconnect(reconnectable=True)).lose().wait(0.6)
    assert bench.dialled() == 2


def test_a_disconnect_alone_harms_nothing() -> None:
    bench = Bench().serving().send(disconnect(reconnectable=True), lease(1)).end(1)
    assert bench.results() == [("l1", "ack")]
    assert not bench.hung_up()


def test_a_revoked_capability_fails_what_runs_and_waits_and_takes_nothing_new() -> None:
    bench = Bench().serving().send(lease(1, "conf/serial"), lease(2, "conf/serial"))
    bench.send(revoked("conf/serial"), lease(3, "conf/serial"), lease(4))
    assert bench.interrupted() == ["l1"]
    bench.end(1, Aborted())
    assert sorted(bench.results()) == [(f"l{n}", "retryable") for n in (1, 2, 3)]
    assert bench.ran() == ["l1", "l4"]


def test_a_revoked_capability_is_offered_again_to_the_next_stream() -> None:
    bench = Bench().serving().send(revoked("conf/echo")).lose().wait(1).serving()
    assert bench.bodies("register") == [REGISTER] * 2
    assert bench.send(lease(1)).ran() == ["l1"]
