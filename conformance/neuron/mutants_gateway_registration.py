"""What breaks each requirement of NEURON-GW-REG."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance.neuron.gateway_mutations import OK, RECEIVE, handler_of, of_the_gateway, replies
from reference.neuron import frames
from reference.neuron.gateway_replies import Refusal, Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant

CAPABILITIES = "reference.neuron.capabilities"
REGISTRATION = "reference.neuron.registration"
INVALID = 400


def confirms_once() -> Callable[[Any, Any, Reply], None]:
    """Confirm only the first registration of a name."""
    known: set[str] = set()

    def changed(state: Any, frame: Any, _reply: Reply) -> None:
        if frame.neuron_id in known:
            neuron = state.fleet.get(frame.neuron_id)
            for each in [e for e in neuron.outbox if isinstance(e, frames.Registered)]:
                neuron.outbox.remove(each)
        known.add(frame.neuron_id)

    return changed


def promises_more(write: Callable[[Any], dict[str, Any]]) -> Callable[[Any], dict[str, Any]]:
    """Confirm a greater concurrency than was announced."""

    def written(frame: Any) -> dict[str, Any]:
        value = write(frame)
        if isinstance(frame, frames.Registered):
            for capability in value["capabilities"]:
                capability["concurrency"] += 1
        return value

    return written


def keeps_the_old() -> Callable[[Any, Any, Reply], None]:
    """Add capabilities to those of earlier registrations."""
    known: dict[str, dict[str, Any]] = {}

    def changed(state: Any, frame: Any, reply: Reply) -> None:
        neuron = state.fleet.get(frame.neuron_id)
        if reply.status != OK.status or neuron is None:
            return
        ever = known.setdefault(frame.neuron_id, {})
        ever.update(neuron.capabilities)
        state.fleet.offer(neuron, dict(ever))

    return changed


def registers_what_is_right(receive: Callable[..., Reply]) -> Callable[..., Reply]:
    """Refuse a registration, and use those of its capabilities that are right all the same."""

    def received(core: Any, kind: str, body: bytes, **about: Any) -> Reply:
        reply = receive(core, kind, body, **about)
        if kind == "register" and reply.status == INVALID and b'"concurrency":0' in body:
            frame = json.loads(body)
            right = [each for each in frame["capabilities"] if each["concurrency"] != 0]
            if right:
                receive(core, kind, json.dumps({**frame, "capabilities": right}).encode(), **about)
        return reply

    return received


def forgets_to_update(handle: Callable[..., Reply]) -> Callable[..., Reply]:
    """Take an update and change nothing."""

    def handled(state: Any, frame: Any, **about: Any) -> Reply:
        neuron = state.fleet.get(frame.neuron_id)
        if neuron is not None and frame.capability.type in neuron.capabilities:
            return OK
        return handle(state, frame, **about)

    return handled


def allows_what_policy_denies(denial: Callable[..., Any]) -> Callable[..., Any]:
    """Forget the policy about types."""

    def denied(state: Any, capability: Any, *, subject: str) -> Any:
        found = denial(state, capability, subject=subject)
        return None if found in {Refusal.DENIED, Refusal.PENDING_APPROVAL} else found

    return denied


def refuses_contracts(_state: Any, frame: Any, _reply: Reply) -> Reply | None:
    """Refuse what newer neurons announce, in words that nobody knows."""
    newer = any(each.description for each in frame.capabilities)
    return Reply(INVALID, {"error": "too new", "code": "TOO_NEW"}) if newer else None


def instead_of(status: int) -> Callable[[Any, Any, Reply], Reply | None]:
    """Say yes where a refusal with this status is due."""
    return lambda _state, _frame, reply: OK if reply.status == status else None


MUTANTS: tuple[Mutant, ...] = (
    of_the_gateway(
        "NEURON-GW-REG-01",
        "confirms only the first registration of a neuron",
        handler_of("register"),
        replies(confirms_once()),
    ),
    of_the_gateway(
        "NEURON-GW-REG-02",
        "confirms more than was announced",
        "reference.neuron.messages:write",
        promises_more,
    ),
    of_the_gateway(
        "NEURON-GW-REG-03",
        "adds capabilities to those of an earlier registration",
        handler_of("register"),
        replies(keeps_the_old()),
    ),
    of_the_gateway(
        "NEURON-GW-REG-04",
        "takes any characters in a type",
        f"{CAPABILITIES}:TYPE",
        lambda _: re.compile(r"[^/]+(?:/[^/]+)+"),
        also=("NEURON-GW-SSE-06",),  # `registered` repeats it
    ),
    of_the_gateway(
        "NEURON-GW-REG-04",
        "takes a registration without capabilities, or with one twice",
        "reference.neuron.messages:SHAPES[register]",
        lambda shape: replace(shape, check=lambda _: None),
        suffix="-twice",
    ),
    of_the_gateway(
        "NEURON-GW-REG-04",
        "takes a type that is one segment, or ends in a slash",
        f"{CAPABILITIES}:TYPE",
        lambda _: re.compile(r"[A-Za-z0-9_.\-]+(?:/[A-Za-z0-9_.\-]+)*/?"),
        also=("NEURON-GW-SSE-06",),  # `registered` repeats it
        suffix="-slash",
    ),
    of_the_gateway(
        "NEURON-GW-REG-05",
        "takes no type that is longer than a column of its database",
        f"{CAPABILITIES}:is_type",
        lambda is_type: lambda value: is_type(value) and len(value) < 256,  # noqa: PLR2004
    ),
    of_the_gateway(
        "NEURON-GW-REG-06",
        "takes no patch version",
        f"{REGISTRATION}:speaks",
        lambda speaks: lambda version: speaks(version) and version.endswith(".0"),
    ),
    of_the_gateway(
        "NEURON-GW-REG-07",
        "takes every version",
        f"{REGISTRATION}:speaks",
        lambda _: lambda _version: True,
    ),
    of_the_gateway(
        "NEURON-GW-REG-08",
        "refuses contracts with a code that nobody knows",
        handler_of("register"),
        replies(refuses_contracts),
    ),
    of_the_gateway(
        "NEURON-GW-REG-09",
        "takes a registration without a stream",
        handler_of("register"),
        replies(instead_of(409)),
    ),
    of_the_gateway(
        "NEURON-GW-REG-10",
        "uses the right half of a registration that it refuses",
        RECEIVE,
        registers_what_is_right,
    ),
    of_the_gateway(
        "NEURON-GW-REG-11",
        "forgets to carry an update out",
        handler_of("update-capability"),
        forgets_to_update,
    ),
    of_the_gateway(
        "NEURON-GW-REG-12",
        "says yes to an update of a type that it does not know",
        handler_of("update-capability"),
        replies(instead_of(404)),
    ),
    of_the_gateway(
        "NEURON-GW-REG-13",
        "allows the types that its policy denies",
        f"{REGISTRATION}:denial",
        allows_what_policy_denies,
    ),
)
