"""ELO-ROUTE: questions who is there, and their answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.elo.paced import lasted
from conformance.elo.scenarios_queries import (
    FAR,
    LIVES,
    ODD_IDS,
    ODD_LIVES,
    SOMEBODY,
    TOLD,
    a_private_node_is_asked,
    asked_again,
    asked_much_later,
    odd_lives,
    other_interests,
    passed_on,
    somebody_is_known,
    unasked_answers,
    who_has_gone,
    who_is_there,
)
from conformance.elo.test_frames import must_have_begun, one
from conformance.elo.test_greeting import must, place
from conformance.elo.test_life import listed_and_then_not
from conformance.elo.wire import messages, told_of
from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, NotObserved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.elo.wire import Message
    from conformance.kit.judging.seen import Seen

NODE_ID = 12  # characters of an id that an answer tells


def with_id(seen: Seen, tag: str, kind: str, about: str) -> Iterator[Message]:
    """Yield the messages of a kind on a connection that have the id of a question."""
    id = seen.noted(about).data["id"]
    return (each for each in messages(seen, tag, kind=kind) if each.body.get("id") == id)


def answered(seen: Seen, tag: str, about: str) -> Message:
    """Return the answer to a question; its absence breaks the requirement."""
    for response in with_id(seen, tag, "query_resp", about):
        return response
    raise Broken(f"the question was not answered ({about})", seen.noted(about))


def nodes_of(response: Message) -> list[dict[str, Any]]:
    """Return the nodes that an answer lists, which must be objects."""
    nodes = response.body.get("nodes")
    good = isinstance(nodes, list) and all(isinstance(node, dict) for node in nodes)
    must(good, "`nodes` is no array of objects", response)
    return list(nodes or ())


def in_turn(seen: Seen, about: str) -> Message:
    """Return the question as it was passed on, if there was nothing else to do."""
    for query in with_id(seen, "who is asked in turn", "query", about):
        return query
    for _ in with_id(seen, "who asks first", "query_resp", about):
        raise NotObserved("the target knew somebody to tell of, and so passed nothing on")
    raise Broken("the question was not passed on", seen.noted(about))


@check("ELO-ROUTE-13", who_is_there)
def test_a_question_is_answered_with_everybody_but_its_asker(seen: Seen) -> None:
    response = answered(seen, "who asks for anything", "for what nobody has")
    there = seen.noted("who is there").data
    for prefix in there["known"]:
        must(told_of(response, str(prefix)), "a known peer is left out", response)
    must(not told_of(response, str(there["asker"])), "the asker itself is listed", response)


@check("ELO-ROUTE-14", who_is_there)
def test_whoever_is_listed_has_an_address_and_a_name(seen: Seen) -> None:
    response = answered(seen, "who asks for anything", "for anybody")
    for node in nodes_of(response):
        must(isinstance(node.get("addr"), str), "`addr` is no text", response)
        name = node.get("node_id")
        must(isinstance(name, str) and len(name) <= NODE_ID, "`node_id` is another", response)
    for prefix in seen.noted("who is there").data["known"]:
        (node,) = told_of(response, str(prefix))
        must(len(node["node_id"]) == NODE_ID, "`node_id` is another", response)
        must(node.get("caps") == ["assay-known"], f"`caps` is {node.get('caps')!r}", response)


@check("ELO-ROUTE-15", who_is_there)
def test_who_has_it_names_itself_where_it_can_be_dialled(seen: Seen) -> None:
    response = answered(seen, "who asks for its own", "for its own")
    node_id = one(seen, "who asks for its own", "hello_ack").body.get("node_id")
    itself = told_of(response, str(node_id)[:NODE_ID])
    must(itself, "it does not list itself", response)
    for ack in messages(seen, "where it says that it is", kind="hello_ack"):
        must(ack.body.get("node_id") == node_id, "somebody else is at that address", ack)
        return
    raise Broken(f"nobody answers at its address {place(itself[0].get('addr'))}", response.event)


@check("ELO-ROUTE-16", asked_again)
def test_a_question_is_heeded_once_whoever_asks_it(seen: Seen) -> None:
    first = list(with_id(seen, "who asks twice", "query_resp", "the question"))
    must(first, "the question was not answered at all")
    must(not first[1:], "it was answered twice", *first)
    again = list(with_id(seen, "who asks the same", "query_resp", "the question"))
    must(not again, "it was answered to somebody else as well", *again)
    answered(seen, "who asks the same", "another question")  # the twin


@check("ELO-ROUTE-17", asked_much_later)
def test_a_question_is_forgotten_after_a_while(seen: Seen) -> None:
    found = list(with_id(seen, "who asks much later", "query_resp", "the question"))
    waited = lasted(seen, "query_memory")
    must(found, "the question was not answered at all")
    must(found[1:], f"it was not answered again after {waited:g} s", *found)


@check("ELO-ROUTE-18", asked_again)
def test_a_question_of_its_own_is_ignored(seen: Seen) -> None:
    answered(seen, "who asks it its own", "somebody's question")  # the twin
    found = list(with_id(seen, "who asks it its own", "query_resp", "its own question"))
    must(not found, "it answers its own question", *found)


@check("ELO-ROUTE-19", passed_on)
def test_a_question_is_passed_on_to_the_others_with_one_hop_less(seen: Seen) -> None:
    query = in_turn(seen, "the question")
    must(query.body.get("ttl") == 2, f"`ttl` is {query.body.get('ttl')!r}, not 2", query)
    back = list(messages(seen, "who asks first", kind="query"))
    must(not back, "it was passed back to its asker", *back)


@check("ELO-ROUTE-20", passed_on, cases=tuple(LIVES))
def test_a_question_lives_for_so_many_hops(seen: Seen, case: str) -> None:
    about, (_, left) = f"a life of {case}", LIVES[case]
    if left is not None:
        query = in_turn(seen, about)
        must(query.body.get("ttl") == left, f"`ttl` is {query.body.get('ttl')!r}", query)
        return
    in_turn(seen, "a life of 2")  # the twin
    found = list(with_id(seen, "who is asked in turn", "query", about))
    must(not found, f"a question with a ttl of {case} was passed on", *found)


@check("ELO-ROUTE-21", passed_on)
def test_who_asked_first_is_told_all_the_way(seen: Seen) -> None:
    given = in_turn(seen, "with an origin")
    must(given.body.get("origin") == SOMEBODY, "`origin` has changed", given)
    added, asker = in_turn(seen, "the question"), seen.noted("who asks first").data["node_id"]
    must(added.body.get("origin") == asker, "`origin` is not who asked first", added)


@check("ELO-ROUTE-22", passed_on)
def test_an_answer_finds_its_way_back(seen: Seen) -> None:
    in_turn(seen, "the question")
    heard = list(with_id(seen, "who asks first", "query_resp", "the question"))
    named = any(told_of(each, FAR["node_id"]) for each in heard)
    must(named, "the asker was not told who was found", *heard)


@check("ELO-ROUTE-23", a_private_node_is_asked)
def test_a_private_node_names_itself_to_nobody_but_its_friends(seen: Seen) -> None:
    prefix = seen.noted("the private node").data["prefix"]
    twin = answered(seen, "on the list", "as a friend")
    must(told_of(twin, prefix), "not even a friend is answered", twin)
    for response in with_id(seen, "not on the list", "query_resp", "as a stranger"):
        must(not told_of(response, prefix), "a stranger learns what it can do", response)


@check("ELO-ROUTE-26", unasked_answers)
def test_an_answer_that_nobody_waits_for_is_ignored(seen: Seen) -> None:
    one(seen, "answers unasked", "result")


@check("ELO-ROUTE-27", who_has_gone)
def test_who_has_gone_is_told_to_nobody(seen: Seen) -> None:
    listed_and_then_not(seen, "who goes")


@check("ELO-ROUTE-28", other_interests)
def test_new_interests_replace_the_old_and_nothing_else(seen: Seen) -> None:
    ack = one(seen, "after other interests", "hello_ack")
    listed = told_of(ack, seen.noted("has interests").data["prefix"])
    must(listed, "the peer is not told of", ack)
    interests, caps = listed[0].get("interests"), listed[0].get("caps")
    good = isinstance(interests, list) and sorted(map(str, interests)) == TOLD
    must(good, f"the interests are {interests!r}, not {TOLD}", ack)
    must(caps == ["assay-agent"], f"the capabilities are {caps!r}", ack)


@check("ELO-ROUTE-31", somebody_is_known)
def test_a_question_goes_on_until_somebody_is_named_who_can(seen: Seen) -> None:
    if not list(with_id(seen, "who is known", "query", "for what none has")):
        raise Broken("it ended here, and nobody here has it", seen.noted("for what none has"))
    found = list(with_id(seen, "who is known", "query", "for what somebody has"))
    must(not found, "it went on, although somebody has it", *found)


@check("ELO-ROUTE-35", odd_lives, cases=tuple(ODD_LIVES))
def test_a_life_that_is_no_number_ends_nothing(seen: Seen, case: str) -> None:
    must_have_begun(seen, f"asks with {case}")
    for end in seen.events_of("tcp.close", tag=f"asks with {case}"):
        raise Broken("the connection was ended", seen.noted(case), end)
    found = list(with_id(seen, "who is asked oddly in turn", "query", case))
    must(not found, "the question was passed on", *found)


@check("ELO-ROUTE-37", unasked_answers, cases=tuple(ODD_IDS))
def test_an_answer_to_no_text_is_ignored_too(seen: Seen, case: str) -> None:
    one(seen, f"answers {case}", "result")
