"""NEURON-GW-REG: registering and what follows from it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.kit.judging.suite import check, property_check
from conformance.kit.verdict import Broken, Unmet
from conformance.neuron import scenarios_gateway_registration as registration
from conformance.neuron.streams import any_frames, frames, leases
from reference.neuron import capabilities

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.judging.seen import Seen
    from conformance.kit.wire.exchange import Answer
    from conformance.neuron.streams import Frame

MEMBERS = ("sessionId", "capabilities", "acceptedAt")
REGISTERS = {"a register": registration.FIRST, "a register after a reconnect": registration.AGAIN}
CODES = {"a denied type": "CAPABILITY_DENIED", "a pending type": "CAPABILITY_PENDING_APPROVAL"}


def accepted(seen: Seen, tag: str) -> Answer:
    """Return the answer to a registration that is right; unless it was taken, nothing follows."""
    answer = seen.answer(tag)
    if not answer.ok:
        raise Unmet(f"a valid registration was not accepted: {answer.shown()}", *answer.evidence)
    return answer


def confirmation(seen: Seen, tag: str) -> Frame | None:
    """Return the `registered` frame that follows a registration on its stream."""
    answer = accepted(seen, tag)
    found = any_frames(seen, REGISTERS[tag], kind="registered")
    return next((f for f in found if f.proof.number > answer.request.number), None)


@check("NEURON-GW-REG-01", registration.accepted, cases=tuple(REGISTERS))
def test_the_stream_confirms(seen: Seen, register: str) -> None:
    answer = accepted(seen, register)
    frame = confirmation(seen, register)
    if frame is None:
        raise Broken("no `registered` frame came on the stream", *answer.evidence)
    for member in MEMBERS:
        frame.must(member in frame.json, f"`registered` has no `{member}`")


@check("NEURON-GW-REG-02", registration.accepted)
def test_what_is_confirmed_was_announced_like_that(seen: Seen) -> None:
    answer = accepted(seen, "a register")
    announced = json.loads(answer.request.body)["capabilities"]
    for frame in frames(seen, registration.FIRST, kind="registered"):
        for capability in frame.at("capabilities") or ():
            same = capability in announced and spelled(capability) in map(spelled, announced)
            frame.must(same, f"{spelled(capability)} was not announced")


def spelled(value: Any) -> str:
    """Return JSON in which 1 and 1.0 differ and the order of members does not."""
    return json.dumps(value, sort_keys=True)


@check("NEURON-GW-REG-03", registration.accepted)
def test_a_register_on_a_new_stream_replaces_the_capabilities(seen: Seen) -> None:
    seen.answer("a register after a reconnect").must_be_ok()
    for frame in any_frames(seen, registration.AGAIN, kind="registered"):
        types = [each.get("type", "") for each in frame.at("capabilities") or ()]
        only_new = all(name.endswith(".new") for name in types)
        frame.must(only_new, f"the old capabilities are still registered: {types}")
    for lease in leases(seen, registration.AGAIN):
        capability = str(lease.at("lease", "task", "capability"))
        lease.must(capability.endswith(".new"), f"a task of {capability}, which was replaced, came")


@check("NEURON-GW-REG-04", registration.refused, cases=registration.BAD)
def test_a_registration_is_refused_for(seen: Seen, what: str) -> None:
    for answer in seen.negatives(f"a register with a bad {what}"):
        answer.must_be_refused()


@property_check(
    "NEURON-GW-REG-04",
    for_all="conformance.neuron.strategies_gateway:capabilities",
    played_by=registration.offered,
    examples=40,
)
def test_a_capability_is_accepted_if_and_only_if_it_is_one(
    seen: Seen, example: Mapping[str, Any]
) -> None:
    answer = seen.answer("an offered capability")
    if capabilities.is_type(example["type"]) and example["good"]:
        answer.must_be_ok()
    else:
        answer.must_be_refused()


@check(
    "NEURON-GW-REG-05",
    registration.unusual,
    cases=("an unusual type", "an extreme leaseTtlMs", "a scope of a user"),
)
def test_a_registration_is_accepted_with(seen: Seen, what: str) -> None:
    for answer in seen.answers(what):
        answer.must_be_ok()


@check("NEURON-GW-REG-06", registration.versions, cases=registration.VERSIONS)
def test_a_compatible_version_is_accepted(seen: Seen, version: str) -> None:
    seen.answer(f"version {version}").must_be_ok()


@check("NEURON-GW-REG-07", registration.versions)
def test_another_major_version_is_refused(seen: Seen) -> None:
    if not seen.answer("version 1.0.0").ok:
        raise Unmet("version 1.0.0 is refused as well", *seen.answer("version 1.0.0").evidence)
    seen.answer("version 99.0.0").must_be_refused()


@check("NEURON-GW-REG-08", registration.newer)
def test_contracts_are_accepted_or_called_invalid(seen: Seen) -> None:
    answer = seen.answer("a register with contracts")
    if not answer.ok:
        answer.must_be_refused()
        answer.must_say(code="INVALID_FRAME")


@check("NEURON-GW-REG-09", registration.streamless)
def test_a_register_without_a_stream_is_refused(seen: Seen) -> None:
    for answer in seen.negatives("a register without a stream"):
        answer.must_be_refused()


@check("NEURON-GW-REG-10", registration.refused_then_tasked)
def test_no_lease_follows_a_refused_register(seen: Seen) -> None:
    refused = seen.answer("a register of which half is right")
    if refused.ok:
        raise Unmet("a register with concurrency 0 was accepted", *refused.evidence)
    then = seen.answer("a register that is all right")
    found = leases(seen, "a stream without a session")
    if then.ok and not found:
        raise Unmet("no lease came even when a register had been accepted", *then.evidence)
    for lease in found:
        after = lease.proof.number > then.request.number
        lease.must(after, "a lease came though the register had been refused")


@check("NEURON-GW-REG-11", registration.updated, cases=("more", "fewer"))
def test_an_update_changes_how_many_leases_come(seen: Seen, than: str) -> None:
    found = leases(seen, "a stream of a changing neuron")
    raised, lowered = seen.answer("from 1 to 3"), seen.answer("from 3 to 1")
    if not found or found[0].proof.number > raised.request.number:
        raise Unmet("no lease came before the update", *raised.evidence)
    between = [f for f in found if f.proof.number > raised.request.number]
    if than == "more":
        raised.must_be_ok()
        raised.must(len(between) >= 2, f"{len(between)} of 2 leases came after the update")
        return
    if not lowered.ok or len(found) < 4:
        raise Unmet("the last lease never came", *lowered.evidence)
    free = seen.answer("the last ack after lowering")
    found[3].must(
        found[3].proof.number > free.request.number,
        "a lease came while another was unfinished, though concurrency had become 1",
    )


@check("NEURON-GW-REG-12", registration.unknown_update)
def test_an_update_of_an_unregistered_type_is_refused(seen: Seen) -> None:
    for answer in seen.negatives("an update of an unregistered type"):
        answer.must_be_refused()


@check("NEURON-GW-REG-13", registration.denied, cases=tuple(CODES))
def test_a_type_that_the_policy_forbids_is_said_so(seen: Seen, what: str) -> None:
    for answer in seen.negatives(what):
        answer.must_be(403)
        answer.must_say(code=CODES[what])
