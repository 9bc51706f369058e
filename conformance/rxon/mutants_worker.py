"""What breaks each requirement of the worker."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import orjson

from conformance.kit.proof.mutation import mutant
from reference.rxon import execution
from reference.rxon.errands import POLL, REGISTER, Answer, Key, Send

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant
    from reference.rxon.worker_core import Worker

CORE = "reference.rxon.worker_core"
MESSAGES = "reference.rxon.worker_messages"
EXECUTION = "reference.rxon.execution"
LATER = 0.3  # seconds, for what should have come first
SLUGGISH = 5.0  # seconds, for what should have come at once

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
        del body["security"]["signer_id"]
        return orjson.dumps(body)

    return written


def polls_first(_start: Callable[..., None]) -> Callable[..., None]:
    """Ask for a task, and only then introduce oneself."""

    def start(worker: Worker, *, now: float) -> None:
        worker._due[REGISTER] = now + LATER  # noqa: SLF001  (a bug)
        worker._under_way.add(POLL)  # noqa: SLF001
        worker._effects.append(worker._poll(POLL, now))  # noqa: SLF001

    return start


def reports_twice(hear: Callable[..., None]) -> Callable[..., None]:
    """Send every result again after it was taken."""

    def heard(worker: Worker, key: Key, answer: Answer, now: float) -> None:
        if worker._tries.get(key):  # noqa: SLF001  (a bug)
            hear(worker, key, answer, now)
        else:
            worker._retry(key, 0.0, now=now)  # noqa: SLF001

    return heard


def rests_after_nothing(hear: Callable[..., None]) -> Callable[..., None]:
    """Sleep long after an empty answer."""

    def heard(worker: Worker, key: Key, answer: Answer, now: float) -> None:
        hear(worker, key, answer, now)
        if not answer.body:
            worker._due[key] = now + SLUGGISH  # noqa: SLF001  (a bug)

    return heard


def rests_after_a_heartbeat(hear: Callable[..., None]) -> Callable[..., None]:
    """Let intervals pass."""

    def heard(worker: Worker, key: Key, answer: Answer, now: float) -> None:
        hear(worker, key, answer, now)
        worker._due[key] = now + 10 * worker.pace.heartbeat_interval  # noqa: SLF001  (a bug)

    return heard


def polls_without_query(poll: Callable[..., Send]) -> Callable[..., Send]:
    """Leave out what the poller wants."""

    def polled(worker: Worker, key: Key, now: float) -> Send:
        send = poll(worker, key, now)
        bare = send.path.partition("?")[0]
        return Send(key=key, method=send.method, path=bare, within=send.within)

    return polled


def without(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return what leaves a header out."""

    def replacement(headers: Callable[..., Any]) -> Callable[..., Any]:
        return lambda self: {key: value for key, value in headers(self).items() if key != name}

    return replacement


def lists_nothing(beat: Callable[..., bytes]) -> Callable[..., bytes]:
    """Claim that no task runs."""
    return lambda self, **members: beat(self, **{**members, "running": ()})


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
        f"{MESSAGES}:Writer.headers",
        without("X-RXON-Version"),
    ),
    of_the_worker(
        "RXON-REG-10", "the worker polls before it registers", f"{CORE}:Worker.start", polls_first
    ),
    of_the_worker(
        "RXON-REG-11",
        "a registration has no skills_hash",
        f"{MESSAGES}:Profile.skills_hash",
        lambda _: property(lambda _: None),
    ),
    of_the_worker(
        "RXON-POLL-12",
        "the worker sleeps long after an empty answer",
        f"{CORE}:HEARERS[poll]",
        rests_after_nothing,
    ),
    of_the_worker(
        "RXON-POLL-13", "polls have no query", f"{CORE}:MAKERS[poll]", polls_without_query
    ),
    of_the_worker(
        "RXON-EXE-01", "every task is reported twice", f"{CORE}:HEARERS[result]", reports_twice
    ),
    of_the_worker(
        "RXON-EXE-03",
        "an unknown type is a transient failure",
        f"{EXECUTION}:PERMANENT",
        lambda _: execution.TRANSIENT,
    ),
    of_the_worker(
        "RXON-EXE-04",
        "an error in a skill is reported without its message",
        f"{EXECUTION}:crashed",
        lambda crashed: lambda _: crashed(RuntimeError("internal error")),
    ),
    of_the_worker(
        "RXON-HB-12",
        "without news a heartbeat comes ten times too late",
        f"{CORE}:HEARERS[heartbeat]",
        rests_after_a_heartbeat,
    ),
    of_the_worker(
        "RXON-HB-13",
        "heartbeats list no tasks",
        f"{MESSAGES}:Writer.heartbeat",
        lists_nothing,
    ),
)
