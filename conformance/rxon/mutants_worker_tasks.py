"""What breaks each requirement about tasks, results, events, commands and the goodbye."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.rxon.mutants_worker import CORE, MESSAGES, never_longer, of_the_worker
from conformance.rxon.mutants_worker_answers import AGENDA, ORDERS, asking_for
from reference.rxon import canonical, execution
from reference.rxon.errands import FAREWELL, HEARTBEAT, Answer, Errand, Key, Phase

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.proof.mutation import Mutant
    from reference.rxon.execution import Outcome
    from reference.rxon.worker_core import Worker

EXECUTION = "reference.rxon.execution"
SERVER_ERROR = 500


def lost_at_500(final: Callable[[Answer], bool]) -> Callable[[Answer], bool]:
    """Take a broken orchestrator's answer for the last word."""
    return lambda answer: answer.status == SERVER_ERROR or final(answer)


def stubborn(final: Callable[[Answer], bool]) -> Callable[[Answer], bool]:
    """Send a result again when the task is stale."""
    return lambda answer: b"stale_task" not in answer.body and final(answer)


def needs_params(refusal: Callable[..., Any]) -> Callable[..., Any]:
    """Take a task without params for one with bad params."""

    def refused(task: Mapping[str, Any], *args: Any, **moment: Any) -> Any:
        if "params" not in task:
            return execution.failure(execution.INVALID_INPUT, "Expected object, got null")
        return refusal(task, *args, **moment)

    return refused


def reporting(
    told: Callable[[Worker, Outcome], Outcome],
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return what reports another outcome than the skill's."""

    def replacement(end: Callable[..., None]) -> Callable[..., None]:
        def ended(worker: Worker, task_id: str, outcome: Outcome, *, now: float) -> None:
            end(worker, task_id, told(worker, outcome), now=now)

        return ended

    return replacement


def failing(status: str) -> Callable[[Worker, Outcome], Outcome]:
    """Return what reports a failure in place of a status while the worker leaves."""

    def told(worker: Worker, outcome: Outcome) -> Outcome:
        leaving = worker.phase is Phase.DRAINING and outcome.status == status
        return execution.crashed(RuntimeError("leaving")) if leaving else outcome

    return told


def twice(hear: Callable[..., None]) -> Callable[..., None]:
    """Say goodbye again after it was heard."""

    def heard(worker: Worker, key: Key, answer: Answer, now: float) -> None:
        if worker.letters.setdefault(FAREWELL, b""):
            hear(worker, key, answer, now)
        else:
            worker.letters[FAREWELL] = b"said"
            worker.agenda.at(FAREWELL, now)

    return heard


def of_another_job(event: Callable[..., bytes]) -> Callable[..., bytes]:
    """Tell the progress of another job."""
    return lambda writer, task, *said, **moment: event(
        writer, {**task, "job_id": "another"}, *said, **moment
    )


def deaf(_read: Callable[..., Any]) -> Callable[..., Any]:
    """Understand no command."""
    return lambda _frame: None


def shy(
    frightening: Callable[[Any], bool],
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return what calls everything off at certain frames."""

    def replacement(command: Callable[..., None]) -> Callable[..., None]:
        def commanded(worker: Worker, frame: bytes, *, now: float) -> None:
            try:
                said = canonical.read_json(frame)
            except canonical.JSONError:
                said = {}
            if frightening(said):
                for task_id in tuple(worker.work.running):
                    worker._cancel(task_id)  # noqa: SLF001  (a bug)
            command(worker, frame, now=now)

        return commanded

    return replacement


def never_beats_again(broken: Callable[..., None]) -> Callable[..., None]:
    """Lose heart when a heartbeat gets no answer."""

    def lost(worker: Worker, key: Key, *, now: float) -> None:
        if key == HEARTBEAT:
            worker.agenda.under_way.pop(key, None)
        else:
            broken(worker, key, now=now)

    return lost


MUTANTS: tuple[Mutant, ...] = (
    of_the_worker(
        "RXON-EXE-02",
        "bad params are a transient failure",
        f"{EXECUTION}:INVALID_INPUT",
        lambda _: execution.TRANSIENT,
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
        "RXON-EXE-05",
        "a broken promise is a transient failure",
        f"{EXECUTION}:CONTRACT_VIOLATION",
        lambda _: execution.TRANSIENT,
    ),
    of_the_worker(
        "RXON-EXE-06",
        "lost results are sent again and again after the same wait",
        f"{AGENDA}:Agenda.failed",
        never_longer(Errand.RESULT),
    ),
    of_the_worker(
        "RXON-EXE-07", "500 is the last word on a result", f"{ORDERS}:is_final", lost_at_500
    ),
    of_the_worker(
        "RXON-EXE-08",
        "the result of a stale task is sent again and again",
        f"{ORDERS}:is_final",
        stubborn,
    ),
    of_the_worker(
        "RXON-EXE-09",
        "what the answer to a heartbeat calls off goes on",
        f"{ORDERS}:Orders.of",
        asking_for(cancelled=()),
    ),
    of_the_worker(
        "RXON-EXE-10",
        "no task is ever known",
        "reference.rxon.workload:Workload.knows",
        lambda _: lambda _self, _id: False,
    ),
    of_the_worker(
        "RXON-EXE-11",
        "deadlines are not looked at",
        f"{EXECUTION}:is_late",
        lambda _: lambda _deadline, **_now: False,
    ),
    of_the_worker(
        "RXON-EXE-12",
        "a task that ends while the worker leaves is reported as a failure",
        f"{CORE}:Worker.ended",
        reporting(failing("success")),
    ),
    of_the_worker(
        "RXON-EXE-12.a",
        "a task that is called off while the worker leaves is reported as a failure",
        f"{CORE}:Worker.ended",
        reporting(failing("cancelled")),
    ),
    of_the_worker(
        "RXON-EXE-13",
        "a task needs params",
        f"{EXECUTION}:refusal",
        needs_params,
    ),
    of_the_worker(
        "RXON-EXE-14",
        "a heartbeat that gets no answer is the last one",
        f"{CORE}:Worker.broken",
        never_beats_again,
    ),
    of_the_worker(
        "RXON-HB-20", "the worker says goodbye twice", f"{CORE}:HEARERS[farewell]", twice
    ),
    of_the_worker(
        "RXON-EVT-07",
        "progress is told of another job",
        f"{MESSAGES}:Writer.event",
        of_another_job,
    ),
    of_the_worker(
        "RXON-EVT-08",
        "skills may send what they like",
        f"{EXECUTION}:may_tell",
        lambda _: lambda _skill, _event, _payload: True,
    ),
    of_the_worker("RXON-WS-07", "no command is understood", f"{ORDERS}:task_to_cancel", deaf),
    of_the_worker(
        "RXON-WS-08",
        "a WebSocket is opened again and again after the same wait",
        f"{AGENDA}:Agenda.failed",
        never_longer(Errand.SOCKET),
    ),
    of_the_worker(
        "RXON-WS-09",
        "an unknown command calls everything off",
        f"{CORE}:Worker.commanded",
        shy(lambda said: isinstance(said, dict) and said.get("command") == "dance"),
    ),
    of_the_worker(
        "RXON-WS-10",
        "an array calls everything off",
        f"{CORE}:Worker.commanded",
        shy(lambda said: isinstance(said, list)),
    ),
)
