"""What breaks each requirement of sessions."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from conformance.connectonion.host_mutations import ANSWER, answers, of_the_host
from reference.connectonion import conversation, replies
from reference.connectonion.authentication import Refused
from reference.connectonion.sessions import Record, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from conformance.connectonion.host_mutations import Replacement
    from conformance.kit.proof.mutation import Mutant
    from reference.connectonion.conversation import Conversation
    from reference.connectonion.host_core import Asked, Host
    from reference.connectonion.host_shell import Socket
    from reference.connectonion.replies import Reply
    from reference.connectonion.running import Run
    from reference.connectonion.sessions import Sessions

    Told = dict[str, Any]

SESSIONS, RUNNING = "reference.connectonion.sessions:Sessions", "reference.connectonion.running"
TOLD = "reference.connectonion.sessions:Record.told"
AFTER = "reference.connectonion.host_shell:session_after"  # what comes back with a result


def told(change: Callable[[Told], Told]) -> Replacement:
    """Have records told with a change."""
    return lambda good: lambda record: {**good(record), **change(good(record))}


def has_capitals(id: str) -> bool:
    """Whether an id has capital letters, which few have."""
    return id != id.lower()


def comes_back(change: Callable[[Told], Told]) -> Replacement:
    """Have the session that comes back changed."""
    return lambda good: lambda run, result: {**good(run, result), **change(good(run, result))}


def gone(asked: Asked, _reply: Reply) -> Reply | None:
    """Have another answer for an id with an apostrophe, which had no record yet."""
    stem, _, id = asked.path.rpartition("/")
    return replies.error("gone", 410) if stem == "/sessions" and "'" in unquote(id) else None


def without_duration(good: Callable[[Record], Told]) -> Callable[[Record], Told]:
    """Tell a record without the time that the run took."""
    return lambda record: {k: v for k, v in good(record).items() if k != "duration_ms"}


def over(is_over: Callable[[Record, float], bool]) -> Replacement:
    """Have another rule for what can be read no more."""
    return lambda _good: staticmethod(is_over)


def from_the_start(good: Callable[..., Record]) -> Callable[..., Record]:
    """Count the time for which a result is kept from the start of its run."""

    def finish(sessions: Sessions, id: str, result: Any, *, now: float) -> Record:
        record = good(sessions, id, result, now=now)
        return sessions._keep(replace(record, expires=record.created + sessions.ttl))  # noqa: SLF001

    return finish


def ends_without_a_record(_good: Any) -> Any:
    """Tell the client that the agent has failed, and nobody else."""

    def failed(talk: Conversation, message: str, *, now: float) -> list[Any]:  # noqa: ARG001
        talk._end()  # noqa: SLF001
        return [conversation.error(message)]

    return failed


def half_remembered(keeps: Callable[[Mapping[str, Any]], bool]) -> Replacement:
    """Take only some records of a store."""

    def replaced(good: Callable[..., None]) -> Callable[..., None]:
        def restore(sessions: Sessions, documents: Mapping[str, Any], *, now: float) -> None:
            kept = {key: each for key, each in documents.items() if keeps(each)}
            good(sessions, kept, now=now)

        return restore

    return replaced


def goes_on(good: Callable[..., None]) -> Callable[..., None]:
    """Take up again what was under way, and have nobody work on it."""

    def restore(sessions: Sessions, documents: Mapping[str, Any], *, now: float) -> None:
        good(sessions, documents, now=now)
        for each in sessions._records.values():  # noqa: SLF001
            if "the host was stopped" in str(each.result):
                sessions._keep(replace(each, status=Status.RUNNING, result=None))  # noqa: SLF001

    return restore


def loses_what_nobody_waits_for(good: Callable[..., Any]) -> Callable[..., Any]:
    """Lose the result of a run whose client has gone."""

    async def listen(socket: Socket) -> None:
        try:
            await good(socket)
        finally:
            lost = partial(socket.talk.finished, None)
            vars(socket.talk)["finished"] = lambda _result, session, *, now: lost(session, now=now)

    return listen


def oldest_first(good: Callable[..., Iterable[Record]]) -> Callable[..., Iterable[Record]]:
    """List the oldest first."""
    return lambda sessions, *, now: [*good(sessions, now=now)][::-1]


def chokes_on_objects(good: Callable[..., Iterable[Record]]) -> Callable[..., Iterable[Record]]:
    """List nothing when a result is an object."""

    def listed(sessions: Sessions, *, now: float) -> list[Record]:
        records = [*good(sessions, now=now)]
        if any(isinstance(each.result, dict) for each in records):
            raise Refused("a record cannot be read")
        return records

    return listed


def slashes_as_they_are(answer: Callable[..., Reply | Run]) -> Callable[..., Reply | Run]:
    """Do not decode a slash in a path."""

    def answered(host: Host, asked: Asked, *, now: float) -> Reply | Run:
        if asked.path.startswith("/sessions/"):
            asked = replace(asked, path=asked.path.replace("%2F", "%252F"))
        return answer(host, asked, now=now)

    return answered


def takes_any_id(_good: Any) -> Any:
    """Begin a run whosever the id is."""

    def begin(sessions: Sessions, id: str, prompt: str, *, owner: str, now: float) -> Record:
        ends = now + sessions.ttl
        return sessions._keep(  # noqa: SLF001
            Record(id, Status.RUNNING, prompt, None, now, ends, None, owner)
        )

    return begin


def written_out(good: Callable[[Any], Told]) -> Callable[[Any], Told]:
    """Write whatever is an id as a text."""

    def session(value: Any) -> Told:
        if isinstance(value, dict) and isinstance(value.get("session_id"), int | list | dict):
            value = {**value, "session_id": str(value["session_id"])}
        return good(value)

    return session


MUTANTS: tuple[Mutant, ...] = (
    of_the_host(
        "CO-SESS-01",
        "ids of sessions are no UUIDs",
        "reference.connectonion.host:new_id",
        lambda good: lambda: f"session-{good()}",
    ),
    of_the_host(
        "CO-SESS-02",
        "the session that comes back has its id in small letters",
        AFTER,
        comes_back(lambda session: {"session_id": session["session_id"].lower()}),
    ),
    of_the_host(
        "CO-SESS-03",
        "the result of a session with capital letters in its id is told in capitals",
        TOLD,
        told(
            lambda record: (
                {"result": str(record["result"]).upper()}
                if has_capitals(record["session_id"])
                else {}
            )
        ),
    ),
    of_the_host(
        "CO-SESS-04",
        "a run that goes on has an empty result",
        TOLD,
        told(lambda record: {"result": ""} if record["status"] == "running" else {}),
    ),
    of_the_host(
        "CO-SESS-05",
        "a run that failed has a status of its own",
        TOLD,
        told(
            lambda record: (
                {"status": "failed"} if str(record["result"]).startswith("error: assay") else {}
            )
        ),
    ),
    of_the_host("CO-SESS-06", "an id with an apostrophe is gone", ANSWER, answers(gone)),
    of_the_host("CO-SESS-07", "a record lacks the time of its run", TOLD, without_duration),
    of_the_host(
        "CO-SESS-08",
        "results are kept for an hour",
        "reference.connectonion.host:SETTINGS[result_ttl]",
        lambda setting: replace(setting, default=3600.0),
    ),
    of_the_host(
        "CO-SESS-09",
        "results are kept for ever",
        f"{SESSIONS}._is_over",
        over(lambda _record, _now: False),
    ),
    of_the_host(
        "CO-SESS-10",
        "runs that go on expire",
        f"{SESSIONS}._is_over",
        over(lambda record, now: now >= record.expires),
    ),
    of_the_host(
        "CO-SESS-11",
        "the time of a result is counted from the start of its run",
        f"{SESSIONS}.finish",
        from_the_start,
    ),
    of_the_host(
        "CO-SESS-12",
        "a run that failed stays in its record",
        "reference.connectonion.conversation:Conversation.failed",
        ends_without_a_record,
    ),
    of_the_host(
        "CO-SESS-13",
        "the result of a run is lost when its client leaves",
        "reference.connectonion.host_shell:Socket.listen",
        loses_what_nobody_waits_for,
        also=("CO-WS-22",),  # a run whose result is lost might as well not have gone on
    ),
    of_the_host(
        "CO-SESS-14",
        "a store's results are not read",
        f"{SESSIONS}.restore",
        half_remembered(lambda each: each["status"] == "running"),
    ),
    of_the_host(
        "CO-SESS-15", "the oldest session is listed first", f"{SESSIONS}.all", oldest_first
    ),
    of_the_host("CO-SESS-16", "a slash in an id is not decoded", ANSWER, slashes_as_they_are),
    of_the_host(
        "CO-SESS-17", "every turn is the first", AFTER, comes_back(lambda _session: {"turn": 1})
    ),
    of_the_host(
        "CO-SESS-18",
        "records are told to everybody whatever the settings",
        "reference.connectonion.host_core:Host._reader",
        lambda _good: lambda _host, _asked, _now: None,
    ),
    of_the_host(
        "CO-SESS-19", "a session can be taken from another", f"{SESSIONS}.begin", takes_any_id
    ),
    of_the_host("CO-SESS-20", "whatever is an id is text", f"{RUNNING}:_session", written_out),
    of_the_host(
        "CO-SESS-21",
        "no list is told when a result is an object",
        f"{SESSIONS}.all",
        chokes_on_objects,
    ),
    of_the_host(
        "CO-SESS-22", "what was under way goes on for ever", f"{SESSIONS}.restore", goes_on
    ),
)
