"""What breaks how a neuron comes back, and how it goes."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from conformance.neuron.bugs import (
    CORE,
    LETTERS,
    LINK,
    PATIENT,
    RENDER,
    SHELL,
    SOON,
    Changed,
    of_the_neuron,
    retold,
    wrapped,
)
from reference.neuron.frames import NackKind
from reference.neuron.neuron_core import NeuronCore, Phase
from reference.neuron.neuron_letters import Kind
from reference.neuron.neuron_link import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.proof.mutation import Mutant

    Hear = Callable[..., None]


# --- reconnection


class Watched:
    """A response that is remembered when its body ends with its connection."""

    def __init__(self, response: Any, shell: Any) -> None:
        self._response, self._shell = response, shell

    async def __aenter__(self) -> Any:
        response = await self._response.__aenter__()
        self._shell.plain = "Transfer-Encoding" not in response.headers
        return response

    async def __aexit__(self, *error: object) -> Any:
        return await self._response.__aexit__(*error)


async def hangs_on(start: Callable[..., Any], shell: Any) -> None:
    """Do not come back when a stream ends with its connection."""
    await start(shell)
    http, read = shell._http, shell._read  # noqa: SLF001  (a bug)

    async def once(dialling: Any) -> Any:
        reason = await read(dialling)
        return None if getattr(shell, "plain", False) else reason

    def get(*args: Any, **members: Any) -> Watched:
        return Watched(http.get(*args, **members), shell)

    shell._http, shell._read = Changed(http, get=get), once  # noqa: SLF001


def hurries(failed: Callable[..., float], backoff: Any) -> float:
    """Come back early the first time."""
    delay: float = failed(backoff)
    return 0.05 * delay if backoff.attempts == 1 else delay


def grows_no_more(failed: Callable[..., float], backoff: Any) -> float:
    """Double the delay twice."""
    return min(float(failed(backoff)), 4.0 * float(backoff.first))


def remembers_bad_days(succeeded: Callable[..., None], backoff: Any) -> None:
    """Set the delay back one success too late when there were many failures."""
    if backoff.attempts < 4:  # noqa: PLR2004
        succeeded(backoff)
    backoff.attempts = 0


def gives_up_at_404(answered: Callable[..., Any], link: Any, status: int, *, now: float) -> Any:
    """Take a 404 for an answer for good."""
    if status == 404:  # noqa: PLR2004
        return link.happens(Event.STOP, now=now)
    return answered(link, status, now=now)


REGISTERED: set[str] = set()


def changes_its_version(frame: dict[str, Any]) -> dict[str, Any]:
    """Register otherwise from the second time on."""
    again = frame["neuronId"] in REGISTERED
    REGISTERED.add(frame["neuronId"])
    return {**frame, "protocolVersion": "1.0.1"} if again else frame


def calls_all_off(lost: Callable[..., None], core: Any, reason: str, *, now: float) -> None:
    """Cancel what runs when the stream is lost."""
    lost(core, reason, now=now)
    for lease in core.work.in_flight:
        core.work.cancel(lease.lease_id, now=now)


def despairs(lost: Callable[..., None], core: Any, reason: str, *, now: float) -> None:
    """Give up when nobody listens."""
    if "Cannot connect" in reason:
        core._effects += core._link.happens(Event.STOP, now=now)  # noqa: SLF001  (a bug)
    lost(core, reason, now=now)


def takes_it_ill(hear: Callable[..., None], core: Any, frame: Any, now: float) -> None:
    """Refuse echoes until the next register after any disconnect."""
    hear(core, frame, now)
    core.work._revoked.add("conf/echo")  # noqa: SLF001  (a bug)


def keeps_no_ack(broken: Callable[..., Any], letters: Any, key: Any, reason: str, **at: Any) -> Any:
    """Forget an ack that the network lost."""
    ended = broken(letters, key, reason, **at)
    if ended is not None and ended[0].kind is Kind.ACK:
        letters._kept.remove(ended[0])  # noqa: SLF001  (a bug)
    return ended


def without(event: Event) -> Callable[[Mapping[Event, Any]], Mapping[Event, Any]]:
    """Return what takes an event out of a state's row."""
    return lambda steps: {each: step for each, step in steps.items() if each is not event}


RECONNECTION: tuple[Mutant, ...] = (
    of_the_neuron(
        "NEURON-NRN-RECON-01",
        "a stream that ends with its connection is the last",
        f"{SHELL}.start",
        wrapped(hangs_on),
    ),
    of_the_neuron(
        "NEURON-NRN-RECON-02",
        "the first attempt comes early",
        "reference.neuron.backoff:Backoff.failed",
        wrapped(hurries),
    ),
    of_the_neuron(
        "NEURON-NRN-RECON-03",
        "the delay doubles only twice",
        "reference.neuron.backoff:Backoff.failed",
        wrapped(grows_no_more),
    ),
    of_the_neuron(
        "NEURON-NRN-RECON-04",
        "after many failures the delay is not set back",
        "reference.neuron.backoff:Backoff.succeeded",
        wrapped(remembers_bad_days),
    ),
    of_the_neuron(
        "NEURON-NRN-RECON-05",
        "a 404 at the door is the end",
        f"{LINK}:Link.answered",
        wrapped(gives_up_at_404),
    ),
    of_the_neuron(
        "NEURON-NRN-RECON-06",
        "later registers tell another version",
        RENDER,
        retold("register", changes_its_version),
    ),
    of_the_neuron(
        "NEURON-NRN-RECON-07",
        "the loss of the stream cancels what runs",
        f"{CORE}:NeuronCore.lost",
        wrapped(calls_all_off),
    ),
    of_the_neuron(
        "NEURON-NRN-RECON-09",
        "a refused connection is the end",
        f"{CORE}:NeuronCore.lost",
        wrapped(despairs),
    ),
    of_the_neuron(
        "NEURON-NRN-RECON-11",
        "a farewell for good is ignored",
        f"{LINK}:TRANSITIONS[State.OPEN]",
        without(Event.DISMISS),
    ),
    of_the_neuron(
        "NEURON-NRN-RECON-12",
        "after any disconnect echoes are refused",
        f"{CORE}:REACTIONS[<class 'reference.neuron.frames.Disconnect'>]",
        wrapped(takes_it_ill),
    ),
    of_the_neuron(
        "NEURON-NRN-RECON-13",
        "a revocation is ignored",
        f"{CORE}:REACTIONS[<class 'reference.neuron.frames.CapabilityRevoked'>]",
        lambda _: lambda _core, _frame, _now: None,
    ),
    of_the_neuron(
        "NEURON-NRN-RECON-14",
        "an ack that the network lost is forgotten",
        f"{LETTERS}:Letters.broken",
        wrapped(keeps_no_ack),
    ),
)


# --- stopping


def aborts_the_serial(drain: Callable[..., None], work: Any, *, now: float) -> None:
    """Abort what runs on conf/serial when the neuron is told to stop."""
    drain(work, now=now)
    for lease_id, each in list(work._executions.items()):  # noqa: SLF001  (a bug)
        if each.lease.task.capability == "conf/serial":
            work.cancel(lease_id, now=now)


def beats_farewell(leave: Callable[..., None], core: NeuronCore, now: float) -> None:
    """Close the stream, and send one more heartbeat."""
    if core._link.is_open:  # noqa: SLF001  (a bug)
        core._effects += core._link.happens(Event.STOP, now=now)  # noqa: SLF001
        core.phase, core._phase_until = Phase.PARTING, now + 5 * SOON  # noqa: SLF001
        core._heartbeat_at = now + 4 * SOON  # noqa: SLF001
        core.__dict__["farewell"] = core._phase_until  # noqa: SLF001
    elif now >= core.__dict__.get("farewell", 0.0):
        leave(core, now)


async def dawdles(stop: Callable[..., Any], role: Any) -> None:
    """Take time to stop although there is nothing to wait for."""
    begun = time.monotonic()
    await stop(role)
    if time.monotonic() - begun < SOON:
        await asyncio.sleep(PATIENT)


def hears_no_cancel(cancel: Callable[..., None], work: Any, lease_id: str, *, now: float) -> None:
    """Ignore cancels while the neuron stops."""
    if not work._draining:  # noqa: SLF001  (a bug)
        cancel(work, lease_id, now=now)


def calls_it_revoked(insist: Callable[..., None], core: Any, now: float) -> None:
    """Let leases end at the deadline as if their capability had been revoked."""
    for each in core.work._executions.values():  # noqa: SLF001  (a bug)
        each.revoked = True
    insist(core, now)


def waits_on(core: Any, _now: float) -> None:
    """Wait for the handler, however long it takes."""
    core._phase_until = None  # noqa: SLF001  (a bug)


def final(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Refuse for good."""
    return (NackKind.TERMINAL, *row[1:])


STOPPING: tuple[Mutant, ...] = (
    of_the_neuron(
        "NEURON-NRN-STOP-01",
        "conf/serial is aborted when the neuron is told to stop",
        "reference.neuron.neuron_work:Work.drain",
        wrapped(aborts_the_serial),
    ),
    of_the_neuron(
        "NEURON-NRN-STOP-02",
        "late leases are refused for good",
        "reference.neuron.neuron_outcomes:REFUSALS[Refusal.STOPPING]",
        final,
    ),
    of_the_neuron(
        "NEURON-NRN-STOP-03",
        "waiting leases are refused for good",
        "reference.neuron.neuron_outcomes:REFUSALS[Refusal.UNSTARTED]",
        final,
    ),
    of_the_neuron(
        "NEURON-NRN-STOP-04",
        "what still runs at the deadline is nacked as revoked",
        f"{CORE}:OUT_OF_PATIENCE[Phase.DRAINING]",
        wrapped(calls_it_revoked),
    ),
    of_the_neuron(
        "NEURON-NRN-STOP-05",
        "a last heartbeat follows the end of the stream",
        f"{CORE}:NeuronCore._leave",
        wrapped(beats_farewell),
    ),
    of_the_neuron(
        "NEURON-NRN-STOP-06",
        "an idle neuron takes its time",
        "reference.neuron.neuron:NeuronRole.stop",
        wrapped(dawdles),
    ),
    of_the_neuron(
        "NEURON-NRN-STOP-07",
        "cancels are not heard while the neuron stops",
        "reference.neuron.neuron_work:Work.cancel",
        wrapped(hears_no_cancel),
    ),
    of_the_neuron(
        "NEURON-NRN-STOP-08",
        "a handler is waited for, however long it takes",
        f"{CORE}:OUT_OF_PATIENCE[Phase.INSISTING]",
        lambda _: waits_on,
    ),
)


MUTANTS: tuple[Mutant, ...] = (*RECONNECTION, *STOPPING)
