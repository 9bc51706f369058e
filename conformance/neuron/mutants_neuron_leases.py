"""What breaks how a neuron takes leases, and what it makes of their schemas."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from conformance.neuron.bugs import (
    CORE,
    MEMBERS,
    OUTCOMES,
    WORK,
    later,
    of_the_neuron,
    refusing,
    wrapped,
)
from reference.neuron.frames import NackKind
from reference.neuron.neuron_letters import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant
    from reference.neuron.sse import Decoder

    Feed = Callable[[Decoder, bytes], list[Any]]
    EndLine = Callable[[Decoder, bytes], Any]

EFFECTIVE = "reference.neuron.schemas:effective"
PROBLEM = "reference.neuron.schemas:problem"
LEASES = f"{CORE}:REACTIONS[<class 'reference.neuron.frames.LeaseFrame'>]"


# --- leases


def answers_conf_twice(
    conclude: Callable[..., None], work: Any, execution: Any, frame: Any
) -> None:
    """Say everything twice about the tasks of one user."""
    conclude(work, execution, frame)
    if execution.lease.task.on_behalf_of == "user:conf":
        work._verdicts.append(frame)  # noqa: SLF001  (a bug)


def has_a_spare(init: Callable[..., None], slots: Any, limit: int) -> None:
    """Have three slots where there are two."""
    init(slots, limit + (limit > 1))


def serves_the_last(next_: Callable[..., Any], slots: Any) -> Any:
    """Give a free slot to the last in line."""
    if slots._waiting:  # noqa: SLF001  (a bug)
        last = next(reversed(slots._waiting))  # noqa: SLF001
        slots._waiting = {last: None, **slots._waiting}  # noqa: SLF001
    return next_(slots)


class Behind:
    """Slots that are full while others are."""

    def __init__(self, own: Any, others: Any) -> None:
        self._own, self._others = own, others

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)

    def next(self) -> Any:
        """Give a slot if one is free here and there."""
        return None if self._others._running else self._own.next()  # noqa: SLF001  (a bug)


def shares_slots(init: Callable[..., None], work: Any, offers: Any) -> None:
    """Let conf/echo wait for conf/serial."""
    init(work, offers)
    slots = work._slots  # noqa: SLF001  (a bug)
    slots["conf/echo"] = Behind(slots["conf/echo"], slots["conf/serial"])


async def tidies_text(echo: Callable[..., Any], given: Any, context: Any) -> Any:
    """Replace line separators in what is echoed."""
    text = isinstance(given, str)
    return await echo(given.replace("\u2028", " ") if text else given, context)


def reads_no_further(hear: Callable[..., None], core: Any, frame: Any, now: float) -> None:
    """Take a lease of conf/ctl only when one that runs there for a while has ended."""
    running = [
        each
        for each in core.work._executions.values()  # noqa: SLF001  (a bug)
        if each.lease.task.capability == "conf/ctl" and 0 < each.started_at < now - 0.01
    ]
    if running and frame.lease.task.capability == "conf/ctl":
        later(0.05, lambda: reads_no_further(hear, core, frame, now + 0.05))
    else:
        hear(core, frame, now)


def waits_for_nacks(hear: Callable[..., None], core: Any, frame: Any, now: float) -> None:
    """Take a lease only when every nack has been answered."""
    if core._letters.under_way(Kind.NACK):  # noqa: SLF001  (a bug)
        later(0.05, lambda: waits_for_nacks(hear, core, frame, now + 0.05))
    else:
        hear(core, frame, now)


class Twin(str):
    """An id that is spelled like another and is another."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


def takes_twins(lease_: Callable[..., None], work: Any, lease: Any, *, now: float) -> None:
    """Execute a lease that runs already once more."""
    if lease.lease_id in work._executions:  # noqa: SLF001  (a bug)
        lease = replace(lease, lease_id=Twin(lease.lease_id))
    lease_(work, lease, now=now)


def resents_the_past(hear: Callable[..., None], core: Any, frame: Any, now: float) -> None:
    """Give the stream up over a lease that has expired."""
    if frame.lease.expires_at.year < 2020:  # noqa: PLR2004
        core._distrusted("the stream", now=now)  # noqa: SLF001  (a bug)
    else:
        hear(core, frame, now)


def turns_away(enter: Callable[..., None], slots: Any, lease_id: str) -> None:
    """Let no more than two hundred stand in line."""
    if len(slots._waiting) < 200:  # noqa: PLR2004, SLF001  (a bug)
        enter(slots, lease_id)


LEASED: tuple[Mutant, ...] = (
    of_the_neuron(
        "NEURON-NRN-LEASE-01",
        "leases on behalf of one user are answered twice",
        f"{WORK}:Work._conclude",
        wrapped(answers_conf_twice),
    ),
    of_the_neuron(
        "NEURON-NRN-LEASE-02",
        "an unknown capability is refused for good",
        f"{OUTCOMES}:REFUSALS[Refusal.UNKNOWN]",
        lambda row: (NackKind.TERMINAL, *row[1:]),
    ),
    of_the_neuron(
        "NEURON-NRN-LEASE-03",
        "there is a slot too many",
        "reference.neuron.neuron_slots:Slots.__init__",
        wrapped(has_a_spare),
    ),
    of_the_neuron(
        "NEURON-NRN-LEASE-04",
        "the last in line is served first",
        "reference.neuron.neuron_slots:Slots.next",
        wrapped(serves_the_last),
    ),
    of_the_neuron(
        "NEURON-NRN-LEASE-05",
        "conf/echo waits for conf/serial",
        f"{WORK}:Work.__init__",
        wrapped(shares_slots),
        also=("NEURON-NRN-LEASE-09",),  # what waits does not run beside the others
    ),
    of_the_neuron(
        "NEURON-NRN-LEASE-06",
        "line separators in the input become spaces",
        "reference.neuron.profile:echo",
        wrapped(tidies_text),
    ),
    of_the_neuron(
        "NEURON-NRN-LEASE-07",
        "metadata must not be null",
        MEMBERS,
        refusing(lambda task: task.get("metadata", 1) is None),
    ),
    of_the_neuron(
        "NEURON-NRN-LEASE-08",
        "a task must be new",
        MEMBERS,
        refusing(lambda task: bool(task.get("attempt"))),
    ),
    of_the_neuron(
        "NEURON-NRN-LEASE-09",
        "leases of conf/ctl are read when the one that runs has ended",
        LEASES,
        wrapped(reads_no_further),
    ),
    of_the_neuron(
        "NEURON-NRN-LEASE-10",
        "leases wait for the answers to nacks",
        LEASES,
        wrapped(waits_for_nacks),
    ),
    of_the_neuron(
        "NEURON-NRN-LEASE-11",
        "a lease that runs is executed once more",
        f"{WORK}:Work.lease",
        wrapped(takes_twins),
    ),
    of_the_neuron(
        "NEURON-NRN-LEASE-12",
        "an expired lease ends the stream",
        LEASES,
        wrapped(resents_the_past),
    ),
    of_the_neuron(
        "NEURON-NRN-LEASE-13",
        "the line is two hundred long",
        "reference.neuron.neuron_slots:Slots.enter",
        wrapped(turns_away),
    ),
    of_the_neuron(
        "NEURON-NRN-LEASE-14",
        "names may have exclamation marks",
        "reference.neuron.capabilities:TYPE",
        lambda _: re.compile(r"[A-Za-z0-9_.\-]+(?:/[A-Za-z0-9_.!\-]+)+"),
    ),
)


# --- schemas


def trusts_conf_ctl(problem: Callable[..., Any], work: Any, lease: Any) -> Any:
    """Validate no input of conf/ctl."""
    return None if lease.task.capability == "conf/ctl" else problem(work, lease)


def forgives_types(misfit: Callable[..., Any], lease_id: str, problem: str, **members: Any) -> Any:
    """Call an output of the wrong type a failure for good."""
    nack = misfit(lease_id, problem, **members)
    wrong = members["of"] == "output" and problem.startswith("{")
    return replace(nack, kind=NackKind.TERMINAL) if wrong else nack


def tells_one_error(misfit: Callable[..., Any], *args: Any, **members: Any) -> Any:
    """Tell the error as text, not as a list."""
    nack = misfit(*args, **members)
    return replace(nack, details={"errors": nack.details["errors"][0]})


def wants_no_five(effective: Callable[..., Any], *schemas: Any) -> Any:
    """Allow anything but 5 where nothing is said."""
    schema = effective(*schemas)
    return {"not": {"const": 5}} if schema is None else schema


def overlooks(is_odd: Callable[[str], bool]) -> Any:
    """Return what lets values pass in spite of some problems."""

    def around(problem: Callable[..., str | None], value: Any, schema: Any) -> str | None:
        found = problem(value, schema)
        return None if found is not None and is_odd(found) else found

    return wrapped(around)


def leads_nowhere(problem: str) -> bool:
    """Whether a problem is a reference that does not end or does not resolve."""
    return problem.startswith("invalid schema") and any(
        word in problem for word in ("ends", "esolv", "Nowhere", "Pointer")
    )


def is_no_schema(problem: str) -> bool:
    """Whether a problem is a schema that is none."""
    return problem.startswith("invalid schema") and not leads_nowhere(problem)


def fetch(url: str) -> Resource[Any]:
    """Fetch a schema."""
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310  (a bug)
            return Resource.from_contents(json.loads(answer.read()), DRAFT202012)
    except (urllib.error.URLError, ValueError):
        return Resource.from_contents({}, DRAFT202012)


SCHEMAS: tuple[Mutant, ...] = (
    of_the_neuron(
        "NEURON-NRN-SCHEMA-01",
        "inputs of conf/ctl are not validated",
        f"{WORK}:Work._problem",
        wrapped(trusts_conf_ctl),
    ),
    of_the_neuron(
        "NEURON-NRN-SCHEMA-02",
        "an output of the wrong type is a failure for good",
        f"{OUTCOMES}:misfit",
        wrapped(forgives_types),
    ),
    of_the_neuron(
        "NEURON-NRN-SCHEMA-03",
        "a mismatch of the output has another code",
        f"{OUTCOMES}:OUTPUT_MISMATCH",
        lambda _: "SCHEMA_MISMATCH",
    ),
    of_the_neuron(
        "NEURON-NRN-SCHEMA-04",
        "the errors are no list",
        f"{OUTCOMES}:misfit",
        wrapped(tells_one_error),
    ),
    of_the_neuron(
        "NEURON-NRN-SCHEMA-05",
        "the handler's schema wins",
        EFFECTIVE,
        lambda _: lambda of_lease, own: own if own is not None else of_lease,
    ),
    of_the_neuron(
        "NEURON-NRN-SCHEMA-06",
        "an empty schema counts",
        EFFECTIVE,
        lambda _: lambda of_lease, own: own if of_lease is None else of_lease,
    ),
    of_the_neuron(
        "NEURON-NRN-SCHEMA-07",
        "without a schema there is no 5",
        EFFECTIVE,
        wrapped(wants_no_five),
    ),
    of_the_neuron(
        "NEURON-NRN-SCHEMA-08",
        "what is no schema fits everything",
        PROBLEM,
        overlooks(is_no_schema),
    ),
    of_the_neuron(
        "NEURON-NRN-SCHEMA-09",
        "a reference to nowhere fits everything",
        PROBLEM,
        overlooks(leads_nowhere),
    ),
    of_the_neuron(
        "NEURON-NRN-SCHEMA-10",
        "references are fetched",
        "reference.neuron.schemas:NOWHERE",
        lambda _: Registry(retrieve=fetch),  # type: ignore[call-arg]
    ),
    of_the_neuron(
        "NEURON-NRN-SCHEMA-11",
        "false is no schema",
        EFFECTIVE,
        lambda _: lambda of_lease, own: of_lease or own,
    ),
    of_the_neuron(
        "NEURON-NRN-SCHEMA-12",
        "every schema is read by the newest draft",
        "reference.neuron.schemas:DIALECTS",
        lambda _: {},
    ),
)


MUTANTS: tuple[Mutant, ...] = (*LEASED, *SCHEMAS)
