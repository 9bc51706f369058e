"""A worker's requests: method, path, query, token (sheet 2)."""

from itertools import count
from urllib.parse import parse_qs, urlsplit

import pytest

from reference.rxon.errands import Errand, Pace
from reference.rxon.worker_messages import Profile, Writer
from reference.rxon.worker_requests import Requests, headers
from reference.rxon.worker_tokens import Tokens

NOW = 1_700_000_000.0


def requests(*, hot_skills: tuple[str, ...] = (), worker_id: str = "w") -> Requests:
    ids = count(1)
    profile = Profile(
        worker_id=worker_id,
        token="secret",
        catalogue={"echo": {"name": "echo"}, "a b": {"name": "a b"}},
        hot_skills=hot_skills,
    )
    pace = Pace(poll_timeout=12.5)
    return Requests(profile, pace, Writer(profile, lambda: f"id-{next(ids)}"), Tokens("secret"))


def test_every_request_has_its_method_and_path() -> None:
    make = requests()
    beat = make.heartbeat(now=NOW, status="idle", running=(), available=True, whole=False)
    made = {
        "registration": make.registration(now=NOW),
        "heartbeat": beat,
        "result": make.result((Errand.RESULT, "t"), b"{}"),
        "event": make.event((Errand.EVENT, "e"), b"{}"),
        "token": make.new_token(),
        "farewell": make.farewell(now=NOW),
    }
    assert {kind: (each.method, each.path) for kind, each in made.items()} == {
        "registration": ("POST", "/_worker/workers/register"),
        "heartbeat": ("PATCH", "/_worker/workers/w"),
        "result": ("POST", "/_worker/tasks/result"),
        "event": ("POST", "/_worker/events"),
        "token": ("POST", "/_worker/auth/token"),
        "farewell": ("PATCH", "/_worker/workers/w"),
    }
    assert {each.token for each in made.values()} == {"secret"}
    assert made["token"].body == b""


def test_a_poll_tells_how_long_it_may_last_and_what_can_be_started() -> None:
    poll = requests(hot_skills=("echo",)).poll()
    parts = urlsplit(poll.path)
    assert (poll.method, parts.path) == ("GET", "/_worker/workers/w/tasks/next")
    assert parse_qs(parts.query) == {
        "timeout": ["12.5"],
        "available_skills": ["echo,a b"],
        "hot_skills": ["echo"],
    }
    assert poll.within == 17.5


def test_a_poll_of_a_worker_without_hot_skills_does_not_tell_any() -> None:
    assert "hot_skills" not in requests().poll().path


def test_the_socket_is_the_workers_own() -> None:
    connect = requests(worker_id="w-1_A").socket()
    assert (connect.path, connect.token) == ("/_worker/ws/w-1_A", "secret")


def test_requests_show_the_token_of_the_moment() -> None:
    make = requests()
    make.tokens.shown = "another"
    assert make.poll().token == make.socket().token == "another"


@pytest.mark.parametrize("token", ["secret", "another"])
def test_headers_carry_token_and_revision(token: str) -> None:
    assert headers(token) == {"X-Worker-Token": token, "X-RXON-Version": "1.0b11"}
