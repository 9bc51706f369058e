"""What a worker says and when: RXON-SIG, -AUTH, -REG, -POLL, -EXE and -HB of role W."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, NotObserved, Unmet
from conformance.rxon import VERSION_HEADER
from conformance.rxon import scenarios_worker as worker
from conformance.rxon.employer import (
    SIGNED,
    SKILLS,
    body_of,
    is_a,
    is_delivery,
    is_result_of,
    kind_of,
    path_id,
)
from reference.rxon import canonical, signing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event
    from conformance.kit.wire.exchange import Answer

TIMELY = 5.0  # seconds that a timestamp may be away from the kit's clock
POLLS_AGAIN = 1.0  # RXON-POLL-12: seconds
LATE = 2.0  # seconds that a busy machine may add to any interval
FINAL = frozenset(range(200, 500)) - {429}  # the others ask for the result again
REGISTRATION: dict[str, type] = {
    "worker_id": str,
    "supported_skills": list,
    "resources": dict,
    "capabilities": dict,
    "skills_hash": str,
}
HEARTBEAT: dict[str, type] = {"status": str, "usage": dict, "current_tasks": list}

DAY, HOUSE = worker.an_ordinary_day, worker.a_full_house


def said(seen: Seen, kind: str) -> list[Event]:
    """Return the worker's messages of a kind; without any there is nothing to judge."""
    events = list(seen.matching(is_a(kind)))
    if not events:
        raise NotObserved(f"the worker sent no {kind}")
    return events


def own_id(seen: Seen) -> str:
    """Return the id under which the worker registered."""
    return str(body_of(said(seen, "registration")[0]).get("worker_id"))


def signer_in(event: Event) -> dict[str, Any]:
    """Return the `security` of a message."""
    security = body_of(event).get("security")
    return security if isinstance(security, dict) else {}


def must_have(event: Event, members: dict[str, type]) -> None:
    """Demand members of these types."""
    body = body_of(event)
    for name, kind in members.items():
        if not isinstance(body.get(name), kind):
            raise Broken(f"the {kind_of(event)} has no `{name}` that is a {kind.__name__}", event)


@check("RXON-SIG-06", DAY, HOUSE, cases=SIGNED)
def test_a_message_is_signed_with_the_token(seen: Seen, kind: str) -> None:
    secret = seen.fact("token")
    for event in said(seen, kind):
        good = signing.verify(
            canonical.read_json(event.body),
            signature=signer_in(event).get("signature"),
            secret=secret,
            ignore=signing.UNSIGNED_MEMBERS.get(kind, ()),
        )
        if not good:
            raise Broken(f"the {kind}'s signature is not valid for the token", event)


@check("RXON-SIG-08", DAY, cases=("registration", "heartbeat", "result"))
def test_a_message_names_its_own_worker_as_the_signer(seen: Seen, kind: str) -> None:
    own = own_id(seen)
    for event in said(seen, kind):
        signer = signer_in(event).get("signer_id")
        if signer != own:
            raise Broken(f"the {kind} names {signer!r} as its signer, not {own!r}", event)


@check("RXON-SIG-09", DAY, cases=("registration", "heartbeat", "result"))
def test_a_signed_message_tells_the_time_in_whole_seconds(seen: Seen, kind: str) -> None:
    clock = seen.noted("the clock")
    for event in said(seen, kind):
        told = body_of(event).get("timestamp")
        if type(told) is not int:
            raise Broken(f"the {kind}'s timestamp is no integer", event)
        away = abs(told - (clock.data["wall"] + event.time - clock.time))
        if away > TIMELY:
            raise Broken(f"the {kind}'s timestamp is {away:.0f} s away", event)


@check("RXON-AUTH-05", DAY, HOUSE)
def test_every_request_carries_token_and_revision(seen: Seen) -> None:
    token = seen.fact("token")
    for event in seen.events_of("http.request"):
        shown = {name.lower(): value for name, value in event.data["headers"]}
        if shown.get("x-worker-token") != token:
            raise Broken(f"the {kind_of(event)} does not carry the token", event)
        if not shown.get(VERSION_HEADER.lower()):
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


@check("RXON-EXE-01", DAY, HOUSE, worker.a_failing_skill, worker.an_unknown_type)
def test_every_task_is_reported_once(seen: Seen) -> None:
    for delivery in seen.matching(is_delivery):
        body = body_of(delivery)
        results = list(results_of(seen, {name: body[name] for name in ("job_id", "task_id")}))
        if not results:
            raise Broken("the task was never reported", delivery)
        if len(results) > 1:
            evidence = [event for result in results for event in result.evidence]
            raise Broken(f"the task was reported {len(results)} times", delivery, *evidence)


def results_of(seen: Seen, ids: dict[str, str]) -> Iterator[Answer]:
    """Yield the reports of a task that were answered for good; others may come again."""
    fits = is_result_of(ids)
    return seen.exchanges(lambda each: each.status in FINAL and fits(each.request))


@check("RXON-EXE-03", worker.an_unknown_type)
def test_a_task_of_an_unknown_type_fails_permanently(seen: Seen) -> None:
    must_fail(seen, "a task of an unknown type", "PERMANENT_ERROR")


@check("RXON-EXE-04", worker.a_failing_skill)
def test_an_error_in_a_skill_is_a_transient_failure_with_its_message(seen: Seen) -> None:
    must_fail(seen, "a task that fails", "TRANSIENT_ERROR", worker.MESSAGE)


def must_fail(seen: Seen, tag: str, code: str, message: str = "") -> None:
    """Demand that the noted task was reported as a failure with a code and a message."""
    ids = dict(seen.noted(tag).data)
    results = list(seen.matching(is_result_of(ids)))
    if not results:
        raise Unmet(f"{tag} was never reported", *seen.notes(tag))
    for event in results:
        body = body_of(event)
        if body.get("status") != "failure":
            raise Broken(f"{tag} is reported as {body.get('status')!r}", event)
        error = body.get("error")
        told = error if isinstance(error, dict) else {}
        if told.get("code") != code:
            raise Broken(f"{tag} has the error code {told.get('code')!r}, not {code}", event)
        if message not in str(told.get("message")):
            raise Broken(f"the message of {tag} does not tell what the skill said", event)


@check("RXON-HB-12", DAY)
def test_heartbeats_come_regularly_and_tell_status_usage_and_tasks(seen: Seen) -> None:
    beats, own = said(seen, "heartbeat"), own_id(seen)
    if len(beats) < worker.BEATS:
        raise Broken(f"{len(beats)} heartbeats where {worker.BEATS} were due", *beats)
    for event in beats:
        must_have(event, HEARTBEAT)
        if path_id(event) != own:
            raise Broken("the heartbeat's path names another worker", event)
    limit = float(seen.fact("heartbeat_interval", 15.0)) + LATE
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
