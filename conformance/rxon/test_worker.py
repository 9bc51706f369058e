"""What a worker says on an ordinary day: RXON-SIG, -AUTH, -REG, -POLL, -EXE and -HB of role W."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, NotObserved
from conformance.rxon import VERSION_HEADER
from conformance.rxon import scenarios_worker as worker
from conformance.rxon import scenarios_worker_heartbeats as heartbeats
from conformance.rxon import scenarios_worker_sockets as sockets
from conformance.rxon import scenarios_worker_tasks as tasks
from conformance.rxon.employer import INTERVALS, SKILLS
from conformance.rxon.hearing import (
    SIGNED,
    body_of,
    exchanges,
    header_of,
    is_a,
    is_delivery,
    kind_of,
    own_id,
    path_id,
    results_of,
    said,
)
from reference.rxon import canonical, signing

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event

TIMELY = 5.0  # seconds that a timestamp may be away from the kit's clock
POLLS_AGAIN = 1.0  # RXON-POLL-12: seconds
SOONEST = 0.8  # of a slow task's time: before that it has not ended
LATE = 4.0  # seconds that a busy machine may add to any interval
REGISTRATION: dict[str, type] = {
    "worker_id": str,
    "supported_skills": list,
    "resources": dict,
    "capabilities": dict,
    "skills_hash": str,
}
HEARTBEAT: dict[str, type] = {"status": str, "usage": dict, "current_tasks": list}

DAY, HOUSE = worker.an_ordinary_day, worker.a_full_house
CALLED, ALONE = sockets.a_worker_that_is_called, sockets.a_worker_without_a_socket


def signer_in(event: Event) -> dict[str, Any]:
    """Return the `security` of a message."""
    security = body_of(event).get("security")
    return security if isinstance(security, dict) else {}


def is_signed(event: Event, kind: str, secret: str) -> bool:
    """Whether a message carries a signature that is valid for a secret."""
    return signing.verify(
        canonical.read_json(event.body),
        signature=signer_in(event).get("signature"),
        secret=secret,
        ignore=signing.UNSIGNED_MEMBERS.get(kind, ()),
    )


def must_have(event: Event, members: dict[str, type]) -> None:
    """Demand members of these types."""
    body = body_of(event)
    for name, kind in members.items():
        if not isinstance(body.get(name), kind):
            raise Broken(f"the {kind_of(event)} has no `{name}` that is a {kind.__name__}", event)


@check("RXON-SIG-06", DAY, CALLED, ALONE, cases=SIGNED)
def test_a_message_is_signed_with_the_token(seen: Seen, kind: str) -> None:
    secret = seen.fact("token")
    for event in said(seen, kind):
        if not is_signed(event, kind, secret):
            raise Broken(f"the {kind}'s signature is not valid for the token", event)


@check("RXON-SIG-07", CALLED, ALONE)
def test_an_events_signature_leaves_its_chain_of_relays_out(seen: Seen) -> None:
    secret = seen.fact("token")
    for event in said(seen, "event"):
        if "bubbling_chain" not in body_of(event):
            continue  # then nothing shows whether it would have been signed
        if not is_signed(event, "event", secret):
            whole = canonical.read_json(event.body)
            signature = signer_in(event).get("signature")
            covered = signing.verify(whole, signature=signature, secret=secret)
            told = "covers `bubbling_chain`" if covered else "is not valid"
            raise Broken(f"the event's signature {told}", event)


@check("RXON-SIG-08", DAY, CALLED, ALONE, cases=SIGNED)
def test_a_message_names_its_own_worker_as_the_signer(seen: Seen, kind: str) -> None:
    for event in said(seen, kind):
        own = own_id(seen, event)
        signer = signer_in(event).get("signer_id")
        if signer != own:
            raise Broken(f"the {kind} names {signer!r} as its signer, not {own!r}", event)


@check("RXON-SIG-09", DAY, CALLED, ALONE, cases=SIGNED)
def test_a_signed_message_tells_the_time_in_whole_seconds(seen: Seen, kind: str) -> None:
    clock = seen.noted("the clock")  # every conversation notes the same one
    for event in said(seen, kind):
        told = body_of(event).get("timestamp")
        if type(told) is not int:
            raise Broken(f"the {kind}'s timestamp is no integer", event)
        away = abs(told - (clock.data["wall"] + event.time - clock.time))
        if away > TIMELY:
            raise Broken(f"the {kind}'s timestamp is {away:.0f} s away", event)


@check("RXON-AUTH-05", DAY, HOUSE, CALLED, ALONE)
def test_every_request_carries_token_and_revision(seen: Seen) -> None:
    token = seen.fact("token")
    for event in seen.events_of("http.request"):
        if header_of(event, "X-Worker-Token") != token:
            raise Broken(f"the {kind_of(event)} does not carry the token", event)
        if not header_of(event, VERSION_HEADER):
            raise Broken(f"the {kind_of(event)} does not carry {VERSION_HEADER}", event)


@check("RXON-REG-10", DAY)
def test_a_worker_registers_before_it_polls(seen: Seen) -> None:
    registered = said(seen, "registration")[0].number
    early = [event for event in said(seen, "poll") if event.number < registered]
    if early and not seen.noted("the client may come").data["started"]:
        raise NotObserved("this worker had registered before the conversation began")
    if early:
        raise Broken("the worker polls before it has registered", *early)


@check("RXON-REG-11", DAY)
def test_a_registration_tells_skills_resources_and_capabilities(seen: Seen) -> None:
    for event in said(seen, "registration"):
        must_have(event, REGISTRATION)
        for skill in body_of(event)["supported_skills"]:
            if not isinstance(skill, dict) or not isinstance(skill.get("name"), str):
                raise Broken("a skill in the registration has no name", event)


@check("RXON-REG-14", DAY)
def test_the_skills_hash_is_that_of_skills_costs_and_extras(seen: Seen) -> None:
    for event in said(seen, "registration"):
        body = body_of(event)
        capabilities = body.get("capabilities") or {}
        # Whether it has a WebSocket is told among the extras, but not hashed.
        extra = {k: v for k, v in (capabilities.get("extra") or {}).items() if k != "websockets"}
        told = {
            "skills": body.get("supported_skills") or [],
            "capabilities": capabilities.get("cost_per_skill") or {},
            "extra": extra,
        }
        expected = hashlib.sha256(canonical.canonical_bytes(told)).hexdigest()
        if body.get("skills_hash") != expected:
            raise Broken(f"the skills_hash of what is registered would be {expected}", event)


@check("RXON-AUTH-12", worker.a_worker_that_nobody_configured, cases=SIGNED[:3])
def test_the_default_token_signs_nothing(seen: Seen, kind: str) -> None:
    for event in said(seen, kind):
        if "security" in body_of(event):
            raise Broken(f"the {kind} is signed with the token that everybody knows", event)


@check("RXON-POLL-12", DAY)
def test_a_worker_polls_again_after_an_empty_answer(seen: Seen) -> None:
    polls = [event.time for event in said(seen, "poll")]
    end = next((e.time for e in seen.events if e.tag == "the client may go"), float("inf"))
    limit = POLLS_AGAIN + LATE
    for empty in seen.exchanges(lambda each: is_a("poll")(each.request) and each.status == 204):
        left = empty.reply.time
        again = next((time for time in polls if time >= left), end)
        empty.must(again - left <= limit, f"no poll within {limit:g} s of an empty answer")


@check("RXON-POLL-13", DAY)
def test_a_poll_tells_its_timeout_and_the_available_skills(seen: Seen) -> None:
    skill = seen.fact("skill", SKILLS["skill"])
    for event in said(seen, "poll"):
        query = parse_qs(urlsplit(event.data["target"]).query)
        if not is_seconds(query.get("timeout", [""])[0]):
            raise Broken("the poll tells no `timeout` in seconds", event)
        if skill not in ",".join(query.get("available_skills", [])).split(","):
            raise Broken(f"`available_skills` of the poll does not list `{skill}`", event)


def is_seconds(text: str) -> bool:
    """Whether a text is a number that can be a duration."""
    try:
        return 0 <= float(text) < float("inf")
    except ValueError:
        return False


@check("RXON-POLL-14", HOUSE)
def test_a_full_worker_does_not_poll_until_a_task_has_ended(seen: Seen) -> None:
    deliveries = list(seen.matching(is_delivery))
    if not deliveries:
        raise NotObserved("the worker was given no slow task")
    full = deliveries[-1].time
    free = full + SOONEST * seen.noted("every place is taken").data["seconds"]
    polls = said(seen, "poll")
    for event in polls:
        if full < event.time < free:
            raise Broken("the worker polls although it is full", deliveries[-1], event)
    if not any(event.time >= free for event in polls):
        raise Broken("the worker did not poll again after its tasks had ended", *deliveries)


@check("RXON-EXE-01", DAY, HOUSE, tasks.tasks_of_all_kinds, tasks.promises)
def test_every_task_is_reported_once(seen: Seen) -> None:
    for delivery in seen.matching(is_delivery):
        body = body_of(delivery)
        results = list(results_of(seen, {name: body[name] for name in ("job_id", "task_id")}))
        if not results:
            raise Broken("the task was never reported", delivery)
        if len(results) > 1:
            evidence = [event for result in results for event in result.evidence]
            raise Broken(f"the task was reported {len(results)} times", delivery, *evidence)


@check("RXON-HB-12", DAY)
def test_heartbeats_come_regularly_and_tell_status_usage_and_tasks(seen: Seen) -> None:
    beats = said(seen, "heartbeat")
    if len(beats) < worker.BEATS:
        raise Broken(f"{len(beats)} heartbeats where {worker.BEATS} were due", *beats)
    for event in beats:
        must_have(event, HEARTBEAT)
        if path_id(event) != own_id(seen, event):
            raise Broken("the heartbeat's path names another worker", event)
    limit = 2 * float(seen.fact("heartbeat_interval", INTERVALS["heartbeat_interval"])) + LATE
    for before, after in pairwise(beats):
        if after.time - before.time > limit:
            raise Broken(f"more than {limit:g} s between two heartbeats", before, after)


@check("RXON-HB-13", HOUSE)
def test_a_heartbeat_lists_what_runs_and_says_when_the_worker_is_full(seen: Seen) -> None:
    deliveries = list(seen.matching(is_delivery))
    if not deliveries:
        raise NotObserved("the worker was given no slow task")
    running = {body_of(event)["task_id"] for event in deliveries}
    first, last = deliveries[-1].number, seen.events[-1].number
    reported = (event.number for event in seen.events if is_a("result")(event))
    end = next((number for number in reported if number > first), last)
    beats = [e for e in seen.matching(is_a("heartbeat")) if first < e.number < end]
    told = [body_of(event) for event in beats]
    if not any(set(body.get("current_tasks") or ()) == running for body in told):
        raise Broken("no heartbeat lists the tasks that run", *deliveries, *beats)
    if not any(body.get("status") == "full" for body in told):
        raise Broken("no heartbeat says that the worker is full", *deliveries, *beats)


@check("RXON-HB-15", DAY, heartbeats.a_full_sync)
def test_the_catalogue_is_told_again_only_when_it_is_wanted(seen: Seen) -> None:
    wanted: dict[str, bool] = {}  # by conversation
    for each in exchanges(seen, "heartbeat"):
        body, where = body_of(each.request), each.request.scenario
        told = body.get("supported_skills") is not None and body.get("status") != "offline"
        each.must(
            wanted.get(where) or not told, "the heartbeat tells the catalogue, which is unchanged"
        )
        wanted[where] = each.member("require_full_sync") is True
