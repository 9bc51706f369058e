"""What breaks what a neuron says of its leases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.neuron.bugs import (
    CORE,
    LETTERS,
    OUTCOMES,
    RENDER,
    SHELL,
    VERDICT,
    WORK,
    asking,
    judging,
    letter_of,
    of_the_neuron,
    retold,
    told_with,
    with_header,
    wrapped,
)
from reference.neuron import messages
from reference.neuron.frames import Nack, NackKind
from reference.neuron.neuron_letters import Fate, Kind, Letter
from reference.neuron.neuron_outcomes import Aborted, Failed, Raised, Refusal, refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant

    Answered = Callable[..., None]
    Cancel = Callable[..., None]


def fails_for_good(threw: Callable[..., Any], lease_id: str, text: str, *, now: float) -> Any:
    """Take an error whose text is not ASCII for one that stays."""
    nack = threw(lease_id, text, now=now)
    return nack if text.isascii() else replace(nack, kind=NackKind.TERMINAL)


def without_code(outcome: Any, _aborting: Any) -> Any:
    """Lose the code of a failure."""
    return Failed(outcome.reason) if isinstance(outcome, Failed) else outcome


def aborted_is_raised(outcome: Any, aborting: Any) -> Any:
    """Take a handler that ends as cancelled for one that failed."""
    return Raised("aborted") if isinstance(outcome, Aborted) and aborting is None else outcome


def overtakes(conclude: Callable[..., None], letters: Any, *args: Any, **members: Any) -> None:
    """Send the result before the progress that waits."""
    lease_id, kind, body = args
    if letters._threads.get(lease_id):  # noqa: SLF001  (a bug)
        letters._post(Letter(kind, body, lease_id))  # noqa: SLF001
    else:
        conclude(letters, *args, **members)


def clips(progress: Callable[..., None], core: Any, lease_id: str, **told: Any) -> None:
    """Force a percent into its range."""
    if told.get("percent") is not None:
        told["percent"] = min(100.0, max(0.0, told["percent"]))
    progress(core, lease_id, **told)


def waits_for_ever(letters: Any, *, now: float) -> None:
    """Hold results back until every report before them is answered."""
    if letters._again_at is not None and letters._again_at <= now:  # noqa: SLF001  (a bug)
        letters._resend()  # noqa: SLF001


def gives_up_over_progress(
    answered: Answered, core: Any, key: Any, status: int, **at_: Any
) -> None:
    """Cancel a lease whose progress the gateway cannot take."""
    letter = letter_of(core, key)
    answered(core, key, status, **at_)
    if letter is not None and letter.kind is Kind.PROGRESS and status >= 500:  # noqa: PLR2004
        core.work.cancel(letter.lease_id, **at_)


def nacks_after_all(answered: Answered, core: Any, key: Any, status: int, *, now: float) -> None:
    """Nack what was acked when the gateway does not take the ack."""
    letter = letter_of(core, key)
    answered(core, key, status, now=now)
    if letter is not None and letter.kind is Kind.ACK and status in {400, 409, 500}:
        nack = refused(letter.lease_id, Refusal.ABORTED, now=now)
        core._letters.send(Kind.NACK, messages.render(nack))  # noqa: SLF001  (a bug)


def tries_again(judge: Callable[..., Fate], letter: Any, status: int) -> Fate:
    """Send an ack again after a 500."""
    again = letter.kind is Kind.ACK and status == 500 and not letter.repeated  # noqa: PLR2004
    return Fate.REPEATED if again else judge(letter, status)


def says_nothing(conclude: Callable[..., None], work: Any, execution: Any, frame: Any) -> None:
    """Lose a failure without a reason."""
    conclude(work, execution, frame)
    if isinstance(frame, Nack) and frame.reason == "the handler gave no reason":
        work._verdicts.remove(frame)  # noqa: SLF001  (a bug)


def cannot_block(_handler: Any) -> Any:
    """Run no handler that blocks."""

    def blocking(_given: Any, _context: Any) -> Any:
        raise TypeError("this is no coroutine")

    return blocking


MUTANTS: tuple[Mutant, ...] = (
    of_the_neuron(
        "NEURON-NRN-RESULT-01", "an ack has another member", RENDER, told_with("ack", kind="ok")
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-02",
        "an output of null is told",
        RENDER,
        retold("ack", lambda frame: {"output": None, **frame}),
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-03",
        "an error whose text is not ASCII is one for good",
        f"{OUTCOMES}:_threw",
        wrapped(fails_for_good),
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-04", "errors have another code", f"{OUTCOMES}:THREW", lambda _: "ERROR"
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-05", "a failure's code is lost", VERDICT, judging(without_code)
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-06",
        "a failure without a code gets another",
        f"{OUTCOMES}:TERMINAL",
        lambda _: "FAILED",
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-07",
        "a handler that ends as cancelled has failed",
        VERDICT,
        judging(aborted_is_raised),
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-08",
        "nacks have details of null",
        RENDER,
        retold("nack", lambda frame: {"details": None, **frame}),
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-09",
        "handlers that block are not run",
        "reference.neuron.profile:blocking",
        cannot_block,
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-10",
        "a result overtakes the progress before it",
        f"{LETTERS}:Letters.conclude",
        wrapped(overtakes),
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-11",
        "a percent out of range is forced into it",
        f"{CORE}:NeuronCore.progress",
        wrapped(clips),
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-12",
        "progress that is refused ends its lease",
        f"{CORE}:NeuronCore.answered",
        wrapped(gives_up_over_progress),
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-13",
        "results wait for the answers to progress",
        f"{LETTERS}:Letters.tick",
        lambda _: waits_for_ever,
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-14",
        "a refused ack is followed by a nack",
        f"{CORE}:NeuronCore.answered",
        wrapped(nacks_after_all),
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-15",
        "an ack is repeated after a 500",
        f"{LETTERS}:_fate",
        wrapped(tries_again),
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-16",
        "heartbeats spell UTC as an offset",
        RENDER,
        retold("heartbeat", lambda it: {**it, "sentAt": it["sentAt"].replace("Z", "+00:00")}),
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-17",
        "heartbeats are text",
        f"{SHELL}.start",
        asking("post", with_header("Content-Type", lambda _: "text/plain", at="/heartbeat")),
    ),
    of_the_neuron(
        "NEURON-NRN-RESULT-18",
        "a failure without a reason is lost",
        f"{WORK}:Work._conclude",
        wrapped(says_nothing),
    ),
)
