"""What breaks a neuron's connection: opening, registering, tokens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.neuron.bugs import (
    CORE,
    LETTERS,
    LINK,
    RENDER,
    SHELL,
    SOON,
    Changed,
    asking,
    of_the_neuron,
    retold,
    told_with,
    with_header,
    wrapped,
)
from reference.neuron.neuron_letters import Fate, Kind
from reference.neuron.neuron_link import Action, Event, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant

    Hear = Callable[..., None]


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
    """Register twice on the third stream, if a result waits for it."""
    begins = opened(core, status, now=now)
    core.streams = getattr(core, "streams", 0) + begins
    owes = core._letters.owes_a_result  # noqa: SLF001  (a bug)
    if begins and owes and core.streams == 3:  # noqa: PLR2004
        core._register()  # noqa: SLF001
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
        "a third stream that a result waits for gets two registers",
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


MUTANTS: tuple[Mutant, ...] = (*CONNECTION, *AUTHORISATION)
