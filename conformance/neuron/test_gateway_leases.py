"""NEURON-GW-LEASE: leases."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from conformance.kit.judging.seen import Missing
from conformance.kit.judging.suite import check, property_check
from conformance.kit.verdict import Broken, Unmet
from conformance.neuron import scenarios_gateway_leases as lease_talks
from conformance.neuron.peer import lifetime
from conformance.neuron.streams import frames, leases
from conformance.neuron.tasks import deliveries
from reference.neuron import capabilities

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event
    from conformance.neuron.streams import Frame

TTL_SLACK = 1.0  # seconds; sheet 9.2
HELD = lease_talks.CONCURRENCY


def delivered(seen: Seen, tag: str) -> tuple[Event, list[Frame]]:
    """Return the note that names a task, and the leases of it; there is at least one."""
    note = seen.noted(tag)
    return note, deliveries(seen, note)


@check("NEURON-GW-LEASE-01", lease_talks.matching)
def test_a_task_comes_only_to_who_registered_its_type(seen: Seen) -> None:
    for note in seen.notes("a task to be matched"):
        for lease in leases(seen, task=note.data["task_id"]):
            right = lease.proof.tag == lease_talks.RIGHT
            lease.must(right, "a neuron was given a task of a type that it did not register")
    if not leases(seen):
        raise Missing("a lease")


@check("NEURON-GW-LEASE-02", lease_talks.users, cases=("another", "nobody"))
def test_a_neuron_of_one_user_gets_no_task_of(seen: Seen, whom: str) -> None:
    _, own = delivered(seen, "a task of its own")
    note = seen.noted(f"a task of {whom}")
    for lease in leases(seen, task=note.data["task_id"]):
        raise Broken(f"the task came, though it is on behalf of {whom}", own[0].proof, lease.proof)


@property_check(
    "NEURON-GW-LEASE-02",
    for_all="conformance.neuron.strategies_gateway:routes",
    played_by=lease_talks.routed,
    examples=10,
)
def test_a_task_comes_if_and_only_if_the_scope_lets_it_in(
    seen: Seen, example: Mapping[str, Any]
) -> None:
    note = seen.noted("a routed task")
    own = example["scope"] != "any"
    scope = capabilities.OnBehalfOf(example["neuron"]) if own else capabilities.ANY
    user = None if example["user"] == "nobody" else example["user"]
    fits = capabilities.serves(scope, user)
    if note.data["came"] and not fits:
        raise Broken("a task came that the scope does not let in", note)
    if fits and not note.data["came"]:
        raise Broken("no task came, though the scope lets it in", note)


@check("NEURON-GW-LEASE-03", lease_talks.crowded)
def test_unfinished_leases_never_exceed_the_concurrency(seen: Seen) -> None:
    found = frames(seen, lease_talks.CROWDED, kind="lease")
    freed = seen.answer("an ack that frees a slot").request
    early = [lease for lease in found if lease.proof.number < freed.number]
    if len(early) > HELD:
        proof = [lease.proof for lease in early]
        raise Broken(f"{len(early)} leases came at once, the concurrency is {HELD}", *proof)


@check("NEURON-GW-LEASE-04", lease_talks.crowded, cases=("an ack", "a nack"))
def test_another_lease_comes_when_a_slot_is_freed_by(seen: Seen, what: str) -> None:
    answer = seen.answer(f"{what} that frees a slot")
    answer.must_be_ok()
    found = frames(seen, lease_talks.CROWDED, kind="lease")
    wanted = HELD + (1 if what == "an ack" else 2)
    answer.must(len(found) >= wanted, "no lease came though a slot had become free")


@check("NEURON-GW-LEASE-05")
def test_every_delivery_has_a_lease_id_of_its_own(seen: Seen) -> None:
    homes = {event.scenario: event.data["url"] for event in seen.events if event.kind == "instance"}
    found = frames(seen, kind="lease")
    counted = Counter((homes.get(f.proof.scenario), f.lease_id) for f in found)
    for lease in found:
        number = counted[homes.get(lease.proof.scenario), lease.lease_id]
        lease.must(number == 1, f"{number} deliveries have the lease id {lease.lease_id!r}")


@check("NEURON-GW-LEASE-06")
def test_a_lease_expires_at_an_instant_to_come(seen: Seen) -> None:
    for lease in frames(seen, kind="lease"):
        seconds = lifetime(lease)
        said = lease.at("lease", "expiresAt")
        lease.must(seconds is not None, f"expiresAt is {said!r}, no instant with a zone")
        lease.must((seconds or 0) > 0, f"expiresAt {said} is not after sentAt")


@check("NEURON-GW-LEASE-07", lease_talks.long_lived)
def test_a_lease_lasts_as_long_as_the_capability_asks(seen: Seen) -> None:
    wanted = lease_talks.LONG_TTL_MS / 1000
    for lease in frames(seen, "a stream of long leases", kind="lease"):
        seconds = lifetime(lease)
        if seconds is None:
            raise Unmet("the lease's times cannot be read", lease.proof)
        near = abs(seconds - wanted) <= TTL_SLACK
        lease.must(near, f"the lease lasts {seconds:g} s, not the {wanted:g} s that were asked for")


@check("NEURON-GW-LEASE-08", lease_talks.inputs)
def test_a_lease_always_has_an_input(seen: Seen) -> None:
    for note in seen.notes("a task with an input"):
        for lease in leases(seen, task=note.data["task_id"]):
            task = lease.at("lease", "task") or {}
            what = note.data["what"]
            lease.must("input" in task, f"a task with the input “{what}” came without `input`")
            came = task["input"]
            same = type(came) is type(note.data["input"]) and came == note.data["input"]
            lease.must(same, f"the input “{what}” came as {came!r}")
    if not leases(seen):
        raise Missing("a lease")


@check("NEURON-GW-LEASE-09", lease_talks.again)
def test_attempts_are_counted_from_0(seen: Seen) -> None:
    _, found = delivered(seen, "a task to be tried again")
    attempts = [lease.at("lease", "task", "attempt") for lease in found]
    found[0].must(attempts[0] == 0, f"the first delivery is attempt {attempts[0]}")
    for earlier, later in pairwise(found):
        before, after = (each.at("lease", "task", "attempt") for each in (earlier, later))
        later.must(after > before, f"attempt {before} is followed by attempt {after}")
    if len(found) < 2:
        raise Unmet("the task was not delivered again", found[0].proof)


@check("NEURON-GW-LEASE-10")
def test_schemas_are_objects_that_need_no_network(seen: Seen) -> None:
    for lease in frames(seen, kind="lease"):
        for member in ("inputSchema", "outputSchema"):
            schema = lease.at("lease", member)
            fits = schema is None or isinstance(schema, dict)
            lease.must(fits, f"{member} is {schema!r}, no object")
            remote = [each for each in references(schema) if not each.startswith("#")]
            lease.must(not remote, f"{member} refers to {remote}")


def references(schema: Any) -> list[str]:
    """Return every ``$ref`` of a schema."""
    if isinstance(schema, list):
        return [each for part in schema for each in references(part)]
    if not isinstance(schema, dict):
        return []
    own = [schema["$ref"]] if isinstance(schema.get("$ref"), str) else []
    return own + [each for part in schema.values() for each in references(part)]


@check("NEURON-GW-LEASE-11", lease_talks.renewed)
def test_a_heartbeat_that_lists_a_lease_extends_it(seen: Seen) -> None:
    found = frames(seen, "a stream of a renewed lease", kind="lease")
    for lease in found[1:]:
        raise Broken("the task was delivered again though heartbeats listed its lease", lease.proof)
    note = seen.noted("the renewed task")
    state = note.data["task"]["state"]
    if state != "leased":
        raise Broken(f"the task is {state} though heartbeats listed its lease", note)
    seen.answer("the ack of a renewed lease").must_be_ok()


@check("NEURON-GW-LEASE-12", lease_talks.unrenewed)
def test_a_lease_that_nobody_renews_is_delivered_again(seen: Seen) -> None:
    note, found = delivered(seen, "a task that nobody renews")
    if len(found) < 2:
        raise Broken("the task was not delivered again when its lease had expired", note)


@check("NEURON-GW-LEASE-13", lease_talks.gone, lease_talks.back, cases=("goes", "comes back"))
def test_a_lease_is_delivered_again_when_its_neuron(seen: Seen, what: str) -> None:
    note, found = delivered(seen, f"a task of who {what}")
    if len(found) < 2:
        raise Broken("the task was not delivered again though its neuron's stream was cut", note)


@check("NEURON-GW-LEASE-14", lease_talks.silent)
def test_a_lease_is_delivered_again_when_its_neuron_is_dead(seen: Seen) -> None:
    note, found = delivered(seen, "a task of the mute")
    if len(found) < 2:
        raise Broken("the task was not delivered again though its neuron sent no heartbeat", note)
