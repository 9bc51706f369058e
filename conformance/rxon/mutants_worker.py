"""What breaks each requirement of a worker's ordinary day."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import orjson

from conformance.kit.proof.mutation import mutant
from reference.rxon.errands import POLL, REGISTER, Answer, Errand, Key, Send

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant
    from reference.rxon.worker_core import Worker
    from reference.rxon.worker_messages import Writer

CORE = "reference.rxon.worker_core"
MESSAGES = "reference.rxon.worker_messages"
REQUESTS = "reference.rxon.worker_requests"
LATER = 0.3  # seconds, for what should have come first
SLUGGISH = 6.5  # seconds, for what should have come at once

of_the_worker = partial(mutant, role="wrk")


def respelled(old: bytes, new: bytes) -> Callable[[Callable[..., bytes]], Callable[..., bytes]]:
    """Return what changes the bytes of a message after it was signed."""

    def replacement(write: Callable[..., bytes]) -> Callable[..., bytes]:
        return lambda *args, **members: write(*args, **members).replace(old, new, 1)

    return replacement


def names_no_signer(write: Callable[..., bytes]) -> Callable[..., bytes]:
    """Sign without saying who did."""

    def written(*args: Any, **members: Any) -> bytes:
        body = orjson.loads(write(*args, **members))
        body.get("security", {}).pop("signer_id", None)
        return orjson.dumps(body)

    return written


def signs_the_chain(secure: Callable[..., Any]) -> Callable[..., Any]:
    """Sign events like any other message."""
    return lambda writer, kind, whole: secure(writer, "" if kind == "event" else kind, whole)


def polls_first(_start: Callable[..., None]) -> Callable[..., None]:
    """Ask for a task, and only then introduce oneself."""

    def start(worker: Worker, *, now: float) -> None:
        worker.agenda.at(REGISTER, now + LATER)
        worker._begin(POLL, worker.requests.poll())  # noqa: SLF001  (a bug)

    return start


def polls_when_full(_allowed: Callable[..., bool]) -> Callable[..., bool]:
    """Take more tasks than can be run."""

    def allowed(worker: Worker, key: Key) -> bool:
        from reference.rxon.errands import ERRANDS  # noqa: PLC0415  (whatever stands there now)

        return key[0] in ERRANDS[worker.phase]

    return allowed


def reports_failures_twice(hear: Callable[..., None]) -> Callable[..., None]:
    """Send the result of a task that failed again after it was taken."""

    def heard(worker: Worker, key: Key, answer: Answer, now: float) -> None:
        if worker.agenda.tried(key) or b'"status":"failure"' not in worker.letters[key]:
            hear(worker, key, answer, now)
        else:
            worker.agenda.failed(key, None, now=now)

    return heard


def rests_after_nothing(hear: Callable[..., None]) -> Callable[..., None]:
    """Sleep long after the first empty answer."""
    rested: WeakSet[Worker] = WeakSet()

    def heard(worker: Worker, key: Key, answer: Answer, now: float) -> None:
        hear(worker, key, answer, now)
        if not answer.body and worker not in rested:
            rested.add(worker)
            worker.agenda.at(key, now + SLUGGISH)

    return heard


def lacking(kind: str, member: str) -> Callable[[Callable[..., bytes]], Callable[..., bytes]]:
    """Return what leaves a member out of the messages of a kind, before they are signed."""

    def replacement(sign: Callable[..., bytes]) -> Callable[..., bytes]:
        def signed(writer: Writer, spoken: str, body: dict[str, Any], *, now: float) -> bytes:
            told = {name: each for name, each in body.items() if (spoken, name) != (kind, member)}
            return sign(writer, spoken, told, now=now)

        return signed

    return replacement


def polls_without_query(poll: Callable[..., Send]) -> Callable[..., Send]:
    """Leave out what the poller wants."""

    def polled(requests: Any) -> Send:
        send = poll(requests)
        return replace(send, path=send.path.partition("?")[0])

    return polled


def without(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return what leaves a header out."""

    def replacement(headers: Callable[..., Any]) -> Callable[..., Any]:
        return lambda token: {key: each for key, each in headers(token).items() if key != name}

    return replacement


def telling(**members: Any) -> Callable[[Callable[..., bytes]], Callable[..., bytes]]:
    """Return what tells the same in every heartbeat."""

    def replacement(beat: Callable[..., bytes]) -> Callable[..., bytes]:
        def told(writer: Writer, **own: Any) -> bytes:
            return beat(writer, **{**own, **members})

        return told

    return replacement


def never_longer(errand: Errand) -> Callable[[Callable[..., bool]], Callable[..., bool]]:
    """Return what tries an errand again and again after the same wait."""

    def replacement(failed: Callable[..., bool]) -> Callable[..., bool]:
        def broken(agenda: Any, key: Key, answer: Answer | None, *, now: float) -> bool:
            if key[0] is errand:
                agenda.succeeded(key)
            return failed(agenda, key, answer, now=now)

        return broken

    return replacement


def deaf_to_limits(errand: Errand) -> Callable[[Callable[..., bool]], Callable[..., bool]]:
    """Return what takes a 429 of an errand for any other failure."""

    def replacement(failed: Callable[..., bool]) -> Callable[..., bool]:
        def broken(agenda: Any, key: Key, answer: Answer | None, *, now: float) -> bool:
            return failed(agenda, key, None if key[0] is errand else answer, now=now)

        return broken

    return replacement


MUTANTS: tuple[Mutant, ...] = (
    of_the_worker(
        "RXON-SER-11",
        "messages have null members",
        f"{MESSAGES}:Writer._signed",
        respelled(b'"timestamp":', b'"metadata":null,"timestamp":'),
    ),
    of_the_worker(
        "RXON-SER-12",
        "a load of nothing is spelled 0.0",
        f"{MESSAGES}:Writer.heartbeat",
        respelled(b'"cpu_load_percent":0,', b'"cpu_load_percent":0.0,'),
    ),
    of_the_worker(
        "RXON-SIG-06",
        "results get another member after they were signed",
        f"{MESSAGES}:Writer.result",
        respelled(b'{"job_id":', b'{"late":true,"job_id":'),
    ),
    of_the_worker(
        "RXON-SIG-07",
        "the signature of an event covers its chain of relays",
        f"{MESSAGES}:Writer._security",
        signs_the_chain,
        also=("RXON-SIG-06",),
    ),
    of_the_worker(
        "RXON-SIG-08",
        "messages do not say who signed them",
        f"{MESSAGES}:Writer._signed",
        names_no_signer,
    ),
    of_the_worker(
        "RXON-SIG-09",
        "the time is told as text",
        f"{MESSAGES}:time_stamp",
        lambda told: lambda now: str(told(now)),
    ),
    of_the_worker(
        "RXON-AUTH-05",
        "requests do not tell the revision",
        f"{REQUESTS}:headers",
        without("X-RXON-Version"),
    ),
    of_the_worker(
        "RXON-AUTH-12",
        "a token that everybody knows signs messages",
        "reference.rxon.revision:DEFAULT_TOKEN",
        lambda _: "",
    ),
    of_the_worker(
        "RXON-REG-10", "the worker polls before it registers", f"{CORE}:Worker.start", polls_first
    ),
    of_the_worker(
        "RXON-REG-11",
        "a registration has no resources",
        f"{MESSAGES}:Writer._signed",
        lacking("registration", "resources"),
    ),
    of_the_worker(
        "RXON-REG-14",
        "the skills_hash is that of nothing",
        f"{MESSAGES}:Profile.skills_hash",
        lambda _: property(lambda _: "0" * 64),
    ),
    of_the_worker(
        "RXON-POLL-12",
        "the worker sleeps long after an empty answer",
        f"{CORE}:HEARERS[poll]",
        rests_after_nothing,
    ),
    of_the_worker(
        "RXON-POLL-13", "polls have no query", f"{REQUESTS}:Requests.poll", polls_without_query
    ),
    of_the_worker(
        "RXON-POLL-14",
        "the worker polls although it is full",
        f"{CORE}:Worker._allowed",
        polls_when_full,
    ),
    of_the_worker(
        "RXON-EXE-01",
        "a failure is reported twice",
        f"{CORE}:HEARERS[result]",
        reports_failures_twice,
    ),
    of_the_worker(
        "RXON-HB-12",
        "heartbeats tell no usage",
        f"{MESSAGES}:Writer._signed",
        lacking("heartbeat", "usage"),
    ),
    of_the_worker(
        "RXON-HB-13",
        "a worker never says that it is full",
        f"{MESSAGES}:Writer.heartbeat",
        telling(status="idle"),
    ),
    of_the_worker(
        "RXON-HB-15",
        "every heartbeat has the whole catalogue",
        f"{MESSAGES}:Writer.heartbeat",
        telling(whole=True),
    ),
)
