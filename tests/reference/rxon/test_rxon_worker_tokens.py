"""What a worker does when its token is refused (RXON-AUTH-06, -07, -10)."""

import json
from typing import Any

import pytest
from rxon_worker_bench import Bench

from reference.rxon import signing
from reference.rxon.errands import HEARTBEAT, POLL, REGISTER, TOKEN, Answer, Errand, Phase, Send
from reference.rxon.worker_tokens import Tokens

ISSUED = {"access_token": "another", "expires_in": 3600, "worker_id": "w"}
RESULT_1 = (Errand.RESULT, "t1")


def answer(body: Any, status: int = 200) -> Answer:
    return Answer(status=status, body=json.dumps(body).encode())


def poll(token: str) -> Send:
    return Send(key=POLL, method="GET", path="/p", token=token)


# The tokens alone


@pytest.mark.parametrize(("lifetime", "used"), [(3600, 2880), (10, 60), (75.0, 60)])
def test_a_token_is_used_for_most_of_its_life_and_a_minute_at_least(
    lifetime: float, used: float
) -> None:
    tokens = Tokens("own")
    assert tokens.issued(answer({**ISSUED, "expires_in": lifetime})) == used
    assert tokens.shown == "another"


@pytest.mark.parametrize(
    "refusal",
    [
        None,
        answer(ISSUED, 403),
        answer([]),
        answer({}),
        answer({"access_token": "another"}),
        answer({**ISSUED, "access_token": 5}),
        answer({**ISSUED, "access_token": ""}),
        answer({**ISSUED, "expires_in": "long"}),
        Answer(status=200, body=b"<html>"),
        Answer(status=204),
    ],
)
def test_everything_else_is_no_token(refusal: Answer | None) -> None:
    tokens = Tokens("own")
    assert tokens.issued(refusal) is None
    assert tokens.shown == "own"


def test_a_request_is_repeated_once_with_the_token_that_came() -> None:
    tokens = Tokens("own")
    refusal = Answer(status=401)
    assert tokens.waits(poll("own"), refusal)
    tokens.issued(answer(ISSUED))
    assert tokens.repeats() == [poll("another")]
    assert tokens.repeats() == []
    assert not tokens.waits(poll("another"), refusal)
    assert tokens.waits(poll("another"), refusal)


def test_a_token_that_came_while_the_request_was_under_way_is_enough() -> None:
    tokens = Tokens("own")
    tokens.issued(answer(ISSUED))
    assert tokens.outdated(poll("own"))
    assert not tokens.outdated(poll("another"))


def test_an_issued_token_that_is_refused_is_forgotten() -> None:
    tokens = Tokens("own")
    tokens.issued(answer(ISSUED))
    refusal = Answer(status=401)
    tokens.waits(poll("another"), refusal)
    assert tokens.refusals() == [(POLL, refusal)]
    assert tokens.shown == "own"


def test_a_token_that_cannot_be_renewed_in_advance_is_used_on() -> None:
    tokens = Tokens("own")
    tokens.issued(answer(ISSUED))
    assert tokens.refusals() == []
    assert tokens.shown == "another"


# The worker with them


def test_a_refused_request_is_repeated_word_for_word_with_another_token() -> None:
    bench = Bench().hired()
    bench.give(1)
    bench.end(1)
    bench.answer(RESULT_1, 401)
    (refresh,) = bench.sent(Errand.TOKEN)
    assert (refresh.method, refresh.path, refresh.token) == (
        "POST",
        "/_worker/auth/token",
        "secret",
    )
    bench.answer(TOKEN, body=ISSUED)
    first, second = bench.sent(Errand.RESULT)
    assert (first.token, second.token) == ("secret", "another")
    assert first.body == second.body


def test_requests_that_are_refused_together_ask_for_one_token() -> None:
    bench = Bench()
    bench.answer(REGISTER)
    bench.answer(POLL, 401)
    bench.answer(HEARTBEAT, 401)
    assert len(bench.sent(Errand.TOKEN)) == 1
    bench.answer(TOKEN, body=ISSUED)
    assert [each.token for each in bench.sent(Errand.POLL)] == ["secret", "another"]
    assert [each.token for each in bench.sent(Errand.HEARTBEAT)] == ["secret", "another"]


def test_a_request_that_is_refused_late_is_repeated_with_the_token_that_has_come() -> None:
    bench = Bench()
    bench.answer(REGISTER)
    bench.answer(POLL, 401)
    bench.answer(TOKEN, body=ISSUED)
    bench.answer(HEARTBEAT, 401)
    assert len(bench.sent(Errand.TOKEN)) == 1
    assert bench.sent(Errand.HEARTBEAT)[-1].token == "another"


def test_messages_are_signed_with_the_secret_whatever_the_token() -> None:
    bench = Bench()
    bench.answer(REGISTER)
    bench.answer(POLL, 401)
    bench.answer(TOKEN, body=ISSUED)
    bench.answer(HEARTBEAT)
    bench.give(1)
    bench.end(1)
    (result,) = bench.bodies(Errand.RESULT)
    assert signing.verify(result, signature=result["security"]["signature"], secret="secret")


@pytest.mark.parametrize("failure", ["refused", "cut"])
def test_without_a_token_the_request_counts_as_refused(failure: str) -> None:
    bench = Bench(idle_delay=0.5).hired()
    bench.answer(POLL, 401)
    if failure == "cut":
        bench.cut(TOKEN)
    else:
        bench.answer(TOKEN, 403)
    assert len(bench.sent(Errand.POLL)) == 1
    bench.wait(0.5)
    assert len(bench.sent(Errand.POLL)) == 2
    assert len(bench.sent(Errand.TOKEN)) == 1


def test_a_repeated_request_that_is_refused_again_asks_for_no_third_token() -> None:
    bench = Bench(idle_delay=0.5).hired()
    bench.answer(POLL, 401)
    bench.answer(TOKEN, body=ISSUED)
    bench.answer(POLL, 401)
    assert len(bench.sent(Errand.TOKEN)) == 1
    bench.wait(0.5)
    bench.answer(POLL, 401)
    assert len(bench.sent(Errand.TOKEN)) == 2


def test_a_registration_without_a_token_is_tried_again_like_any_other() -> None:
    bench = Bench()
    bench.answer(REGISTER, 401)
    bench.answer(TOKEN, 403)
    bench.wait(1.9)
    assert len(bench.sent(Errand.REGISTER)) == 1
    bench.wait(0.2)
    assert len(bench.sent(Errand.REGISTER)) == 2


def test_a_result_that_no_token_helps_is_not_lost() -> None:
    bench = Bench().hired()
    bench.give(1)
    bench.end(1)
    bench.answer(RESULT_1, 401)
    bench.answer(TOKEN, 403)
    bench.wait(1)
    assert len(bench.sent(Errand.RESULT)) == 2


def test_a_worker_with_a_certificate_changes_its_token_in_advance() -> None:
    bench = Bench(first_rotation=5, heartbeat_interval=10_000).hired()
    bench.wait(4.9)
    assert not bench.under_way(TOKEN)
    bench.wait(0.2)
    bench.answer(TOKEN, body=ISSUED)
    bench.answer(POLL, 204)
    bench.wait(2879)
    assert bench.sent(Errand.POLL)[-1].token == "another"
    assert not bench.under_way(TOKEN)
    bench.wait(2)
    assert bench.under_way(TOKEN)
    bench.answer(TOKEN, 500)
    bench.wait(59)
    assert not bench.under_way(TOKEN)
    bench.wait(2)
    assert bench.under_way(TOKEN)


def test_registering_again_does_not_put_the_change_of_the_token_off() -> None:
    bench = Bench(first_rotation=5, heartbeat_interval=4).hired()
    bench.wait(4)
    bench.answer(HEARTBEAT, 404, b"not found")
    bench.answer(REGISTER)
    bench.wait(1)
    assert bench.under_way(TOKEN)


def test_a_poll_that_waits_for_a_token_does_not_keep_a_worker_that_leaves() -> None:
    bench = Bench().hired()
    bench.answer(POLL, 401)
    bench.stop()
    bench.answer(TOKEN, body=ISSUED)
    assert len(bench.sent(Errand.POLL)) == 1
    assert bench.core.phase is Phase.LEAVING


def test_the_goodbye_may_need_another_token_too() -> None:
    bench = Bench().hired()
    bench.stop()
    farewell = (Errand.FAREWELL, "")
    bench.answer(farewell, 401)
    bench.answer(TOKEN, body=ISSUED)
    assert bench.sent(Errand.FAREWELL)[-1].token == "another"
    bench.answer(farewell)
    assert bench.core.phase is Phase.GONE
