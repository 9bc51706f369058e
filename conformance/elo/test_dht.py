"""ELO-DHT: the distributed table, towards those who announced it and towards everybody else."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from conformance.elo.members import ANSWERS
from conformance.elo.peer import NOISE
from conformance.elo.scenarios_dht import (
    EXPIRED,
    FOREIGN,
    FORGED,
    MALFORMED,
    a_private_member,
    a_table,
    a_walk,
    not_announced,
    published,
)
from conformance.elo.scenarios_rates import dht_talk
from conformance.elo.scenarios_tasks import side_by_side, tasks_are_done
from conformance.elo.test_frames import one
from conformance.elo.test_greeting import must
from conformance.elo.wire import messages, unpadded
from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, NotObserved
from reference.elo.signing import Verdict, verdict

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen

K = 8  # nodes in an answer
CONTACT = {"node_id", "addr"}
# What may come whatever was said: the target's own questions are the business of ELO-DHT-04.
OTHERS = {"hello_ack", "query", "bye", *NOISE, *ANSWERS}
RECORD = {"node_id", "addr", "caps", "timestamp", "ttl_s", "signature"}


def answer(seen: Seen, about: str) -> dict[str, Any]:
    """Return the answer that a note has."""
    found: dict[str, Any] = seen.noted(about).data["answer"]
    return found


def expect(holds: object, reason: str, seen: Seen, about: str) -> None:
    """Demand that something holds of a noted answer."""
    if not holds:
        raise Broken(reason, seen.noted(about))


def distance(one_text: str, other: str) -> int:
    """Return how far two texts are apart: the XOR of their SHA-256."""
    one_point, other_point = (sha256(text.encode()).digest() for text in (one_text, other))
    return int.from_bytes(one_point, "big") ^ int.from_bytes(other_point, "big")


@check("ELO-DHT-01", not_announced)
def test_what_is_not_announced_is_not_understood(seen: Seen) -> None:
    result = one(seen, "not announced", "result")
    must(result.body.get("status") == "success", "the task afterwards was not done", result)
    for message in messages(seen, "not announced"):
        must(
            message.type in {"result", *OTHERS} or not isinstance(message.type, str),
            f"a message of the DHT was answered by {message.type}",
            message,
        )


@check("ELO-DHT-04", not_announced, dht_talk, tasks_are_done, side_by_side)
def test_who_did_not_announce_it_is_sent_nothing_of_it(seen: Seen) -> None:
    for message in messages(seen):
        must(not str(message.type).startswith("dht_"), f"{message.type} was sent", message)


@check("ELO-DHT-05", a_table)
def test_a_ping_is_answered_by_a_pong(seen: Seen) -> None:
    said = answer(seen, "a ping")
    expect(said.get("type") == "dht_pong", "no pong with its id came", seen, "a ping")


@check("ELO-DHT-06", a_table)
def test_nodes_have_a_name_and_an_address_and_are_eight_at_most(seen: Seen) -> None:
    for target in seen.noted("targets").data["names"]:
        about = f"nodes near {target}"
        nodes = answer(seen, about).get("nodes") or []
        expect(isinstance(nodes, list) and nodes, "`nodes` names nobody", seen, about)
        expect(len(nodes) <= K, f"`nodes` names {len(nodes)}", seen, about)
        for node in nodes:
            good = isinstance(node, dict) and set(node) == CONTACT
            texts = good and all(isinstance(text, str) for text in node.values())
            expect(texts, f"{node!r} is not `node_id` and `addr`", seen, about)
            expect(node["addr"].rpartition(":")[2].isdigit(), "`addr` has no port", seen, about)


@check("ELO-DHT-07", a_table)
def test_nodes_are_the_closest_by_sha_256_the_closest_first(seen: Seen) -> None:
    members = seen.noted("members").data
    for target in seen.noted("targets").data["names"]:
        about = f"nodes near {target}"
        ids = [node["node_id"] for node in answer(seen, about).get("nodes", [])]
        expect(ids, "nobody was named", seen, about)
        ordered = sorted(ids, key=lambda id, to=target: distance(id, to))  # type: ignore[misc]
        expect(ids == ordered, "they are not in the order of their distance", seen, about)
        expect(members["asker"] not in ids, "the asker is among them", seen, about)
        farthest = distance(ids[-1], target) if len(ids) == K else None
        for id in members["ids"]:
            far = farthest is not None and distance(id, target) > farthest
            expect(id in ids or far, f"{id} is missing", seen, about)


@check("ELO-DHT-08", a_table, cases=("its id", "a capability", "another"))
def test_a_record_is_kept_and_found_as_it_was_signed(seen: Seen, case: str) -> None:
    expect(answer(seen, "stored").get("stored") is True, "it was not kept", seen, "stored")
    told, about = seen.noted("the record").data["record"], f"found by {case}"
    expect(answer(seen, about).get("records") == [told], "it was not found", seen, about)


@check("ELO-DHT-09", a_table, cases=(*FORGED, *MALFORMED))
def test_a_forged_or_oversized_record_is_refused(seen: Seen, case: str) -> None:
    refused(seen, case)


@check("ELO-DHT-10", a_table, cases=tuple(FOREIGN))
def test_a_record_about_another_is_refused(seen: Seen, case: str) -> None:
    refused(seen, case)


def refused(seen: Seen, case: str) -> None:
    """Demand that a record is neither kept nor given out, while a good one is kept."""
    if answer(seen, "stored").get("stored") is not True:
        raise NotObserved("the target keeps no good record either")
    said = answer(seen, f"stored: {case}")
    expect(said.get("stored") is False, "it was kept", seen, f"stored: {case}")
    code = said["error"].get("code") if isinstance(said.get("error"), dict) else None
    expect(isinstance(code, str), "`error` has no code", seen, f"stored: {case}")
    told = seen.noted(f"told: {case}").data["record"]
    found = answer(seen, f"found: {case}").get("records", [])
    expect(told not in found, "it was given out", seen, f"found: {case}")


@check("ELO-DHT-11", a_table, cases=(*EXPIRED, "in the course of time"))
def test_a_record_is_refused_and_forgotten_out_of_its_time(seen: Seen, case: str) -> None:
    if case in EXPIRED:
        refused(seen, case)
        return
    if len(answer(seen, "while it lives").get("records", [])) != 1:
        raise NotObserved("the target did not give the record out while it lived")
    late = answer(seen, "after its life").get("records")
    expect(late == [], "it was given out after its life", seen, "after its life")


@check("ELO-DHT-12", a_table)
def test_a_newer_record_takes_the_place_of_an_older_one(seen: Seen) -> None:
    again = answer(seen, "old again")
    expect(again.get("stored") is False, "an older one was kept", seen, "old again")
    found = answer(seen, "old and new").get("records", [])
    caps = [each["caps"] for each in found]
    expect(caps == [["assay-new"]], f"found were {caps}", seen, "old and new")
    about = "by what it no longer offers"
    expect(answer(seen, about).get("records") == [], "it is still found", seen, about)


@check("ELO-DHT-13", a_table)
def test_who_has_no_record_names_who_may_have_one(seen: Seen) -> None:
    said, members = answer(seen, "nothing"), seen.noted("members").data["ids"]
    expect(said.get("records") == [], "`records` is no empty array", seen, "nothing")
    ids = {node["node_id"] for node in said.get("nodes", [])}
    expect(ids & set(members), "`nodes` names nobody", seen, "nothing")


@check("ELO-DHT-14", a_table)
def test_what_is_no_question_is_ignored(seen: Seen) -> None:
    about = "after no questions"
    expect(answer(seen, about), "what came afterwards was not answered", seen, about)
    for message in messages(seen, "member 1"):
        asked = str(message.body.get("id")).startswith("q-")
        must(message.type in OTHERS or asked, f"it was answered by {message.type}", message)


@check("ELO-DHT-02", a_walk)
def test_a_node_is_found_through_another_that_an_answer_names(seen: Seen) -> None:
    must_be_found(seen, "found")


@check("ELO-DHT-16", a_walk)
def test_a_forged_record_is_not_believed(seen: Seen) -> None:
    must_be_found(seen, "found among forgeries")


def must_be_found(seen: Seen, about: str) -> None:
    """Demand that exactly the wanted node was found."""
    note = seen.noted(about)
    ids = [each["node_id"] for each in note.data["records"]]
    if ids != [note.data["wanted"]]:
        raise Broken(f"found were {ids}", note)


@check("ELO-DHT-15", published)
def test_a_node_publishes_its_own_record(seen: Seen) -> None:
    note, store = seen.noted("who publishes").data, one(seen, "first of the table", "dht_store")
    told = store.body.get("record") or {}
    must(isinstance(told, dict) and set(told) == RECORD, "`record` has other members", store)
    itself = unpadded(told["node_id"]) == unpadded(note["ack"]["node_id"])
    must(itself, "it is about somebody else", store)
    must(f"elo://{told['addr']}" == note["url"], "its address is another", store)
    offered = note["ack"]["caps"]
    names = [
        item["name"] for kind in ("agents", "models", "tools") for item in offered.get(kind, ())
    ]
    must(sorted(told["caps"]) == sorted(set(names)), "its capabilities are others", store)
    signed = verdict(told, told["node_id"]) is Verdict.SIGNED
    must(signed, "it is not signed by who it is about", store)


@check("ELO-DHT-17", a_table, a_private_member)
def test_only_a_public_node_tells_of_itself(seen: Seen) -> None:
    if not answer(seen, "itself").get("records"):
        raise NotObserved("the target tells nothing of itself when it is public, either")
    expect(answer(seen, "private").get("records") == [], "it told of itself", seen, "private")
