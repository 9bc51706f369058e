"""What breaks a neuron's connection: opening, registering, tokens, coming back and going."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

from conformance.neuron.bugs import (
    CORE,
    LETTERS,
    LINK,
    RENDER,
    SHELL,
    Changed,
    asking,
    of_the_neuron,
    retold,
    told_with,
    with_header,
    wrapped,
)
from reference.neuron.frames import NackKind
from reference.neuron.neuron_core import NeuronCore, Phase
from reference.neuron.neuron_letters import Fate, Kind
from reference.neuron.neuron_link import Action, Event, State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.proof.mutation import Mutant

    Hear = Callable[..., None]

SOON = 0.2  # seconds
PATIENT = 2.2  # seconds that nobody should need


# --- connection and register


def first_capability(**members: Any) -> Any:
    """Return what sets members of the first capability of each register."""

    def change(frame: dict[str, Any]) -> dict[str, Any]:
        first, *others = frame["capabilities"]
        return {**frame, "capabilities": [{**first, **members}, *others]}

    return retold("register", change)


def names_another(quote: Callable[..., str], text: str, **members: Any) -> str:
    """Ask for the stream of a neighbour."""
    quoted = quote(text, **members)
    return quoted if "%" in quoted else f"{quoted}-1"


def keeps_the_slash(init: Hear, shell: Any, *args: Any, url: str, **members: Any) -> None:
    """Take the base URL as it is."""
    init(shell, *args, url=url, **members)
    shell._url = url  # noqa: SLF001  (a bug)


def registers_early(start: Callable[..., None], core: Any, *, now: float) -> None:
    """Register a moment after dialling, whatever comes."""
    start(core, now=now)
    core._register_at = now + SOON  # noqa: SLF001  (a bug)


def registers_twice(opened: Callable[..., bool], core: Any, status: int, *, now: float) -> bool:
    """Register twice on the third stream."""
    begins = opened(core, status, now=now)
    core.streams = getattr(core, "streams", 0) + begins
    if begins and core.streams == 3:  # noqa: PLR2004
        core._register()  # noqa: SLF001  (a bug)
    return begins


def greets(received: Callable[..., None], core: Any, data: str, *, now: float) -> None:
    """Take no lease before a registered frame."""
    core.greeted = getattr(core, "greeted", False) or '"registered"' in data
    if core.greeted or '"lease"' not in data:
        received(core, data, now=now)


def gives_up_at_409(
    hear: Callable[..., None], core: Any, fate: Fate, status: int, **at: Any
) -> None:
    """Hang up for ever when a register meets a conflict."""
    hear(core, fate, status, **at)
    if status == 409:  # noqa: PLR2004
        core._effects += core._link.happens(Event.STOP, **at)  # noqa: SLF001  (a bug)


def beats_at_once(opened: Callable[..., bool], core: Any, status: int, *, now: float) -> bool:
    """Begin to beat when the stream is open."""
    begins = opened(core, status, now=now)
    if begins:
        core._heartbeat_at = now + core._pace.heartbeat_interval  # noqa: SLF001  (a bug)
    return begins


def registers_once(
    hear: Callable[..., None], core: Any, fate: Fate, status: int, **at: Any
) -> None:
    """Forget to try again after a register that was refused."""
    hear(core, fate, status, **at)
    if fate is Fate.REFUSED:
        core._register_at = None  # noqa: SLF001  (a bug)


def only_200_registers(judge: Callable[..., Fate], letter: Any, status: int) -> Fate:
    """Take a register for accepted by 200 only."""
    fate = judge(letter, status)
    refused = letter.kind is Kind.REGISTER and 200 < status < 300  # noqa: PLR2004
    return Fate.REFUSED if refused else fate


class Parsed:
    """An answer whose body must be JSON if it says so."""

    def __init__(self, response: Any) -> None:
        self._response = response

    async def __aenter__(self) -> Any:
        response = await self._response.__aenter__()
        if response.content_type == "application/json":
            json.loads(await response.read())
        return response

    async def __aexit__(self, *error: object) -> Any:
        return await self._response.__aexit__(*error)


async def reads_bodies(ask: Callable[..., Any], shell: Any, post: Any) -> int:
    """Parse the body of an answer that says that it is JSON."""
    http = shell._http  # noqa: SLF001  (a bug)

    def parsed(*args: Any, **members: Any) -> Parsed:
        return Parsed(http.post(*args, **members))

    return int(await ask(Changed(shell, _http=Changed(http, post=parsed)), post))


def opens_below_400(answered: Callable[..., Any], link: Any, status: int, *, now: float) -> Any:
    """Take every answer that is no error for a stream."""
    open_ = 200 <= status < 400  # noqa: PLR2004
    return answered(link, 200 if open_ else status, now=now)


CONNECTION: tuple[Mutant, ...] = (
    of_the_neuron(
        "NEURON-NRN-CONN-01",
        "the GET asks for another neuron's stream",
        f"{LINK}:quote",
        wrapped(names_another),
    ),
    of_the_neuron(
        "NEURON-NRN-CONN-02",
        "some characters of the id are not encoded",
        f"{LINK}:quote",
        lambda quote: lambda text, **_: quote(text, safe="&=?"),
    ),
    of_the_neuron(
        "NEURON-NRN-CONN-03",
        "the GET accepts anything",
        f"{SHELL}.start",
        asking("get", with_header("Accept", lambda _: "*/*", at="/events")),
    ),
    of_the_neuron(
        "NEURON-NRN-CONN-04",
        "heartbeats carry a bearer that nobody gave",
        f"{SHELL}.start",
        asking(
            "post",
            with_header(
                "Authorization", lambda it: it.replace("Bearer ", "Bearer x"), at="/heartbeat"
            ),
        ),
    ),
    of_the_neuron(
        "NEURON-NRN-CONN-05",
        "a slash at the end of the base URL is doubled",
        f"{SHELL}.__init__",
        wrapped(keeps_the_slash),
    ),
    of_the_neuron(
        "NEURON-NRN-CONN-06",
        "the register does not wait for the stream",
        f"{CORE}:NeuronCore.start",
        wrapped(registers_early),
    ),
    of_the_neuron(
        "NEURON-NRN-CONN-07",
        "the third stream gets two registers",
        f"{CORE}:NeuronCore.opened",
        wrapped(registers_twice),
    ),
    of_the_neuron(
        "NEURON-NRN-CONN-08",
        "a register has another member",
        RENDER,
        told_with("register", description="a neuron"),
    ),
    of_the_neuron(
        "NEURON-NRN-CONN-09",
        "a register tells another version",
        f"{CORE}:PROTOCOL_VERSION",
        lambda _: "1",
    ),
    of_the_neuron(
        "NEURON-NRN-CONN-10",
        "a lease TTL is told in seconds",
        RENDER,
        first_capability(leaseTtlMs=30),
    ),
    of_the_neuron(
        "NEURON-NRN-CONN-11", "a scope is an empty object", RENDER, first_capability(scope={})
    ),
    of_the_neuron(
        "NEURON-NRN-CONN-12",
        "a lease TTL that is not set is null",
        RENDER,
        first_capability(leaseTtlMs=None),
    ),
    of_the_neuron(
        "NEURON-NRN-CONN-13",
        "leases before a registered frame are dropped",
        f"{CORE}:NeuronCore.received",
        wrapped(greets),
    ),
    of_the_neuron(
        "NEURON-NRN-CONN-14",
        "a register that meets a conflict is the end",
        f"{CORE}:NeuronCore._hear_registration",
        wrapped(gives_up_at_409),
    ),
    of_the_neuron(
        "NEURON-NRN-CONN-15",
        "heartbeats begin with the stream",
        f"{CORE}:NeuronCore.opened",
        wrapped(beats_at_once),
    ),
    of_the_neuron(
        "NEURON-NRN-CONN-16",
        "a register that failed is not sent again",
        f"{CORE}:NeuronCore._hear_registration",
        wrapped(registers_once),
    ),
    of_the_neuron(
        "NEURON-NRN-CONN-17",
        "only 200 accepts a register",
        f"{LETTERS}:_fate",
        wrapped(only_200_registers),
    ),
    of_the_neuron(
        "NEURON-NRN-CONN-18",
        "an empty body that is called JSON is a failure",
        f"{SHELL}._ask",
        wrapped(reads_bodies),
    ),
    of_the_neuron(
        "NEURON-NRN-CONN-19",
        "any answer that is no error opens the stream",
        f"{LINK}:Link.answered",
        wrapped(opens_below_400),
    ),
)


# --- authorisation


async def keeps_a_token(ask: Callable[..., Any], shell: Any, post: Any) -> int:
    """Use the token of an ack for the next acks until it is refused."""
    if not post.path.endswith("/ack"):
        return int(await ask(shell, post))

    async def bearer() -> str:
        if not getattr(shell, "kept", ""):
            shell.kept = await shell._bearer()  # noqa: SLF001  (a bug)
        return str(shell.kept)

    status = int(await ask(Changed(shell, _bearer=bearer), post))
    if status == 401:  # noqa: PLR2004
        shell.kept = ""
    return status


def repeats_no_nack(judge: Callable[..., Fate], letter: Any, status: int) -> Fate:
    """Take a 401 to a nack for a refusal."""
    fate = judge(letter, status)
    return Fate.REFUSED if fate is Fate.REPEATED and letter.kind is Kind.NACK else fate


TRIED: set[bytes] = set()


def tries_thrice(judge: Callable[..., Fate], letter: Any, status: int) -> Fate:
    """Send progress a third time."""
    fate = judge(letter, status)
    if fate is Fate.DISTRUSTED and letter.kind is Kind.PROGRESS and letter.body not in TRIED:
        TRIED.add(letter.body)
        return Fate.REPEATED
    return fate


def takes_403_for_401(judge: Callable[..., Fate], letter: Any, status: int) -> Fate:
    """Try a nack with another token after a 403."""
    again = status == 403 and letter.kind is Kind.NACK and not letter.repeated  # noqa: PLR2004
    return Fate.REPEATED if again else judge(letter, status)


async def insists_on_a_token(bearer: Callable[..., Any], shell: Any) -> str:
    """Ask for a token until there is one."""
    while True:
        try:
            return str(await bearer(shell))
        except Exception:  # noqa: BLE001, S112  (a bug)
            continue


AUTHORISATION: tuple[Mutant, ...] = (
    of_the_neuron(
        "NEURON-NRN-AUTH-01",
        "acks share a token",
        f"{SHELL}._ask",
        wrapped(keeps_a_token),
    ),
    of_the_neuron(
        "NEURON-NRN-AUTH-02",
        "a 401 at the door is a refusal like any other",
        f"{LINK}:TRANSITIONS[State.OPENING]",
        lambda steps: {**steps, Event.UNAUTHORISED: steps[Event.REFUSED]},
    ),
    of_the_neuron(
        "NEURON-NRN-AUTH-03",
        "after a second 401 the neuron dials at once",
        f"{LINK}:TRANSITIONS[State.REFRESHING]",
        lambda steps: {**steps, Event.UNAUTHORISED: (State.OPENING, (Action.DIAL,))},
    ),
    of_the_neuron(
        "NEURON-NRN-AUTH-04",
        "a nack is not repeated after a 401",
        f"{LETTERS}:_fate",
        wrapped(repeats_no_nack),
    ),
    of_the_neuron(
        "NEURON-NRN-AUTH-05",
        "progress is sent a third time",
        f"{LETTERS}:_fate",
        wrapped(tries_thrice),
    ),
    of_the_neuron(
        "NEURON-NRN-AUTH-06",
        "two refused tokens change nothing",
        f"{CORE}:NeuronCore._distrusted",
        lambda _: lambda _core, _path, **_at: None,
    ),
    of_the_neuron(
        "NEURON-NRN-AUTH-07",
        "a nack is repeated after a 403",
        f"{LETTERS}:_fate",
        wrapped(takes_403_for_401),
    ),
    of_the_neuron(
        "NEURON-NRN-AUTH-08",
        "a provider that fails is asked again at once",
        f"{SHELL}._bearer",
        wrapped(insists_on_a_token),
    ),
)


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

MUTANTS: tuple[Mutant, ...] = (*CONNECTION, *AUTHORISATION, *RECONNECTION, *STOPPING)
