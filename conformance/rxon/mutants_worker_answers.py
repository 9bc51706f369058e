"""What breaks each requirement about refusals, limits, nonsense and silence."""

from __future__ import annotations

from dataclasses import replace
from math import floor
from typing import TYPE_CHECKING, Any

from conformance.rxon.mutants_worker import (
    CORE,
    REQUESTS,
    deaf_to_limits,
    never_longer,
    of_the_worker,
)
from reference.rxon.errands import POLL, Answer, Errand, Key, Send
from reference.rxon.worker_messages import Writer
from reference.rxon.worker_requests import Requests

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant
    from reference.rxon.worker_core import Worker

AGENDA = "reference.rxon.agenda"
ORDERS = "reference.rxon.orders"
TOKENS = "reference.rxon.worker_tokens"


def stopped_by(fatal: Callable[[Answer], bool]) -> Callable[[Callable[..., None]], Any]:
    """Return what polls no more after certain answers."""

    def replacement(hear: Callable[..., None]) -> Callable[..., None]:
        def heard(worker: Worker, key: Key, answer: Answer, now: float) -> None:
            if not fatal(answer):
                hear(worker, key, answer, now)

        return heard

    return replacement


def without_a_floor(failed: Callable[..., bool]) -> Callable[..., bool]:
    """Take a 429 without Retry-After for any other failure."""

    def broken(agenda: Any, key: Key, answer: Answer | None, *, now: float) -> bool:
        bare = answer is not None and "retry-after" not in answer.headers
        return failed(agenda, key, None if bare else answer, now=now)

    return broken


def in_whole_seconds(read: Callable[..., float | None]) -> Callable[..., float | None]:
    """Drop the fraction of a number."""

    def told(value: str | None, *, now: float) -> float | None:
        seconds = read(value, now=now)
        number = value is not None and value.strip()[:1].isdigit()
        return float(floor(seconds)) if number and seconds is not None else seconds

    return told


def waits_for_ever(poll: Callable[..., Send]) -> Callable[..., Send]:
    """Let a poll last as long as the orchestrator likes."""
    return lambda requests: replace(poll(requests), within=300.0)


def asking_for(**members: Any) -> Callable[[Any], Any]:
    """Return what reads these members of every heartbeat's answer as if they said nothing."""

    def replacement(read: Callable[..., Any]) -> Any:
        return staticmethod(lambda said: replace(read(said), **members))

    return replacement


def another_poll(repeats: Callable[..., list[Send]]) -> Callable[..., list[Send]]:
    """Repeat what was refused without its query."""

    def repeated(tokens: Any) -> list[Send]:
        return [replace(send, path=send.path.partition("?")[0]) for send in repeats(tokens)]

    return repeated


def repeats_all_the_same(take: Callable[..., None]) -> Callable[..., None]:
    """Repeat a poll although there is no other token."""

    def taken(worker: Worker, answer: Answer | None, *, now: float) -> None:
        waiting = POLL in worker.agenda.under_way
        shown = worker.tokens.shown
        take(worker, answer, now=now)
        if waiting and worker.tokens.shown == shown and POLL not in worker.agenda.under_way:
            worker.agenda.at(POLL, now)

    return taken


def signs_with_what_it_shows(take: Callable[..., None]) -> Callable[..., None]:
    """Take an access token for a secret."""

    def taken(worker: Worker, answer: Answer | None, *, now: float) -> None:
        take(worker, answer, now=now)
        profile = replace(worker.profile, token=worker.tokens.shown)
        worker.writer = Writer(profile, worker.writer.new_id)
        worker.requests = Requests(profile, worker.pace, worker.writer, worker.tokens)

    return taken


def eager(_earliest: Callable[..., float]) -> Callable[..., float]:
    """Tell everything at once."""
    return lambda _worker, now: now


MUTANTS: tuple[Mutant, ...] = (
    of_the_worker(
        "RXON-REG-12",
        "registrations are tried again and again after the same wait",
        f"{AGENDA}:Agenda.failed",
        never_longer(Errand.REGISTER),
    ),
    of_the_worker(
        "RXON-REG-13",
        "a limited registration is tried again as if it had failed",
        f"{AGENDA}:Agenda.failed",
        deaf_to_limits(Errand.REGISTER),
    ),
    of_the_worker(
        "RXON-POLL-15",
        "lost polls are tried again and again after the same wait",
        f"{AGENDA}:Agenda.failed",
        never_longer(Errand.POLL),
    ),
    of_the_worker(
        "RXON-POLL-16",
        "a limit that names no time is taken for any other failure",
        f"{AGENDA}:Agenda.failed",
        without_a_floor,
    ),
    of_the_worker(
        "RXON-POLL-17",
        "404 stops the polls",
        f"{CORE}:HEARERS[poll]",
        stopped_by(lambda answer: answer.status == 404),  # noqa: PLR2004
    ),
    of_the_worker(
        "RXON-POLL-18",
        "a list stops the polls",
        f"{CORE}:HEARERS[poll]",
        stopped_by(lambda answer: answer.json == [1]),
    ),
    of_the_worker(
        "RXON-POLL-19",
        "an empty list stops the polls",
        f"{CORE}:HEARERS[poll]",
        stopped_by(lambda answer: answer.json == []),
    ),
    of_the_worker(
        "RXON-POLL-20",
        "a poll is never given up",
        f"{REQUESTS}:Requests.poll",
        waits_for_ever,
    ),
    of_the_worker(
        "RXON-RL-05",
        "a fraction of a second is not waited for",
        f"{AGENDA}:retry_after",
        in_whole_seconds,
    ),
    of_the_worker(
        "RXON-AUTH-06",
        "a request is repeated without its query",
        f"{TOKENS}:Tokens.repeats",
        another_poll,
    ),
    of_the_worker(
        "RXON-AUTH-07",
        "a poll is repeated at once although there is no token",
        f"{CORE}:Worker._take_token",
        repeats_all_the_same,
    ),
    of_the_worker(
        "RXON-AUTH-10",
        "messages are signed with the access token",
        f"{CORE}:Worker._take_token",
        signs_with_what_it_shows,
    ),
    of_the_worker(
        "RXON-HB-14",
        "a full sync is not heard of",
        f"{ORDERS}:Orders.of",
        asking_for(whole=False),
    ),
    of_the_worker(
        "RXON-HB-16",
        "a worker that is unknown does not register",
        f"{ORDERS}:is_to_register",
        lambda _: lambda _: False,
        also=("RXON-EXE-14",),
    ),
    of_the_worker(
        "RXON-HB-17",
        "the jitter is not waited for",
        f"{ORDERS}:Orders.of",
        asking_for(jitter=0.0),
    ),
    of_the_worker(
        "RXON-HB-18",
        "a limited heartbeat is tried again as if it had failed",
        f"{AGENDA}:Agenda.failed",
        deaf_to_limits(Errand.HEARTBEAT),
    ),
    of_the_worker(
        "RXON-HB-19",
        "every news is told at once",
        f"{CORE}:Worker._earliest_beat",
        eager,
    ),
)
