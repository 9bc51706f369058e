from __future__ import annotations

from typing import Any

import pytest
from elo_world import Host, Raw, World, identity

from reference.elo import messages, signing
from reference.elo.acceptance import BAD_SIGNATURE
from reference.elo.capabilities import Disclosure
from reference.elo.effects import Outcome
from reference.elo.pace import Pace

ME = identity(99)
HELLO: dict[str, Any] = {"type": "hello", "node_id": ME.node_id}


def greeted(world: World, host: Host, **hello: Any) -> Raw:
    """Return a raw peer that a host has taken in."""
    raw = world.raw(host)
    (ack,) = raw.say({**HELLO, **hello})
    assert ack["type"] == "hello_ack"
    raw.read.clear()
    return raw


def named(number: int) -> dict[str, str]:
    return {"node_id": identity(number).node_id}


def caps(*agents: str) -> dict[str, Any]:
    return {"caps": {"agents": [{"name": name} for name in agents]}}


def task(world: World, id: str = "t", **members: Any) -> dict[str, Any]:
    made = messages.task(
        id, target="", caller=ME.node_id, capability="echo", payload=1, timestamp=int(world.now)
    )
    return signing.sign({**made, **members}, ME)


# Greeting


def test_the_listener_says_nothing_before_a_hello() -> None:
    world = World()
    raw = world.raw(world.host(1))
    world.wait(1)
    assert (raw.read, raw.closed) == ([], False)


def test_a_hello_is_answered_by_one_ack_with_who_this_is() -> None:
    world = World()
    host = world.host(1, "echo")
    (ack,) = world.raw(host).say(HELLO)
    assert list(ack)[:6] == ["type", "node_id", "caps", "interests", "tracker", "known_peers"]
    assert ack["node_id"] == host.id
    assert ack["caps"] == {"agents": [{"name": "echo"}], "models": [], "tools": []}
    assert (ack["interests"], ack["tracker"], ack["known_peers"]) == (["echo"], "public", [])


@pytest.mark.parametrize(
    "first",
    [
        {"type": "task"},
        {"type": "hello_ack"},
        {"type": "HELLO"},
        {},
        {**HELLO, "node_id": 5},
        {**HELLO, "caps": None},
        {**HELLO, "caps": {"agents": ["a"]}},
        {**HELLO, "caps": {"agents": [{"name": []}]}},
        {**HELLO, "interests": None},
        {**HELLO, "interests": [{}]},
    ],
)
def test_who_does_not_greet_well_is_closed_unanswered_and_listed_nowhere(
    first: dict[str, Any],
) -> None:
    world = World()
    host = world.host(1)
    raw = world.raw(host)
    assert raw.say(first) == []
    assert raw.closed
    (ack,) = world.raw(host).say({"type": "hello", "node_id": "x"})
    assert ack["known_peers"] == []


def test_who_bears_this_nodes_name_is_closed() -> None:
    world = World()
    host = world.host(1)
    raw = world.raw(host)
    raw.say({"type": "hello", "node_id": host.id[:12] + "junk"})
    assert raw.closed


GIANT = {"caps": {"agents": [{"name": "x" * 600_000}]}}


def test_who_tells_more_than_a_frame_can_carry_is_told_to_nobody_and_nobody_is_worse_off() -> None:
    world = World()
    host = world.host(1)
    for number in (11, 12, 13):
        greeted(world, host, **named(number), **GIANT)
    plain = greeted(world, host, **named(14))
    (ack,) = world.raw(host).say(HELLO)
    assert [each["node_id"] for each in ack["known_peers"]] == [
        identity(11).prefix,
        identity(14).prefix,
    ]
    (answer,) = plain.say({"type": "query", "capability": "", "id": "q", "ttl": 1})
    assert [each["node_id"] for each in answer["nodes"]] == [identity(11).prefix, ME.prefix]


def test_a_name_that_no_frame_can_carry_keeps_nobody_from_being_greeted() -> None:
    world = World()
    host = world.host(1)
    raw = world.raw(host)
    hello = b'{"type": "hello", "node_id": "odd", "caps": {"agents": [{"name": "\\ud800"}]}}'
    (ack,) = raw.say(len(hello).to_bytes(4, "big") + hello)
    assert ack["type"] == "hello_ack"
    (ack,) = world.raw(host).say(HELLO)
    assert ack["known_peers"] == []


def test_what_is_told_of_a_peer_follows_its_news() -> None:
    world = World()
    host = world.host(1)
    first = greeted(world, host, **named(11), **caps("early"))
    asker = greeted(world, host)
    for names in (["early"], ["late"]):
        first.say({"type": "hello_ack", **named(11), **caps(*names)})
        (answer,) = asker.say({"type": "query", "capability": "", "id": names[0], "ttl": 1})
        assert answer["nodes"][0]["caps"] == names


def test_a_hello_that_tells_little_is_enough_and_unknown_members_are_ignored() -> None:
    world = World()
    host = world.host(1)
    for hello in ({"type": "hello"}, {**HELLO, "known_peers": 5, "x": {}, "tracker": 1}):
        (ack,) = world.raw(host).say(hello)
        assert ack["type"] == "hello_ack"


def test_peers_are_told_of_each_other_but_not_of_themselves() -> None:
    world = World()
    host = world.host(1)
    first = greeted(world, host, **named(11), **caps("a"), interests=["a"])
    (ack,) = world.raw(host).say(HELLO)
    prefix = identity(11).prefix
    assert ack["known_peers"] == [
        {
            "addr": f"{prefix}@{first.address}",
            "node_id": prefix,
            "caps": ["a"],
            "interests": ["a"],
        }
    ]


def test_the_same_identity_from_elsewhere_replaces_its_old_connection() -> None:
    world = World()
    host = world.host(1)
    old = greeted(world, host)
    (ack,) = (new := world.raw(host)).say(HELLO)
    assert (old.closed, new.closed) == (True, False)
    assert ack["known_peers"] == []
    assert host.peers() == {ME.prefix}


def test_nobody_takes_the_place_of_who_proved_itself_without_a_proof() -> None:
    world = World()
    host = world.host(1)
    proven = signing.sign({**HELLO, "timestamp": world.now}, ME)
    (incumbent := world.raw(host)).say(proven)
    (thief := world.raw(host)).say(HELLO)
    assert (incumbent.closed, thief.closed) == (False, True)
    later = signing.sign({**HELLO, "timestamp": world.now + 1}, ME)
    (again := world.raw(host)).say(later)
    assert (incumbent.closed, again.closed) == (True, False)
    for overheard in (proven, later):
        (replay := world.raw(host)).say(overheard)
        assert (again.closed, replay.closed) == (False, True)


def test_who_never_greets_is_dropped_in_the_end() -> None:
    world = World()
    raw = world.raw(world.host(1, pace=Pace(hello_within=30)))
    raw.say(b"\x00\x00")
    world.wait(29)
    assert not raw.closed
    world.wait(2)
    assert raw.closed


@pytest.mark.parametrize("visibility", ["private", "hidden"])
def test_who_is_not_public_tells_capabilities_only_to_those_on_its_list(visibility: str) -> None:
    world = World()
    friend = identity(11).node_id
    host = world.host(1, "echo", disclosure=Disclosure(visibility, frozenset({friend})))
    (ack,) = world.raw(host).say(HELLO)
    assert ack["caps"] == {"agents": [], "models": [], "tools": []}
    assert ack["interests"] == ["echo"]
    assert ("known_peers" in ack) is (visibility == "private")
    (ack,) = world.raw(host).say({"type": "hello", "node_id": friend})
    assert ack["caps"]["agents"] == [{"name": "echo"}]


def test_another_hello_is_ignored_for_a_minute_and_then_brings_news() -> None:
    world = World()
    host = world.host(1)
    raw = greeted(world, host)
    assert raw.say({**HELLO, **caps("a")}) == []
    world.wait(61)
    (ack,) = raw.say({**HELLO, **caps("a")})
    assert ack["type"] == "hello_ack"
    (link,) = host.node.state.links.peers()
    assert link.has("a")


# Dialling


def test_who_dials_greets_and_says_nothing_more_until_it_is_answered() -> None:
    world = World()
    host = world.host(1, "echo")
    address = world.listen()
    host.dial(address)
    (raw,) = world.listeners[address]
    (hello,) = raw.read
    assert list(hello)[:6] == ["type", "node_id", "caps", "interests", "tracker", "version"]
    world.wait(4)
    assert len(raw.read) == 1
    world.wait(2)
    assert raw.closed


@pytest.mark.parametrize("answer", [b"\x00\x00\x00\x01{", {"type": "event"}, {"type": "hello"}])
def test_whatever_is_no_ack_ends_the_dial_and_nothing_else(answer: dict[str, Any] | bytes) -> None:
    world = World()
    host, other = world.host(1, "echo"), world.host(2)
    address = world.listen()
    host.dial(address)
    world.listeners[address][0].say(answer)
    assert world.listeners[address][0].closed
    other.dial(host)
    assert other.ask().payload == {"echo": 1}


def test_the_peers_that_an_ack_lists_are_dialled_at_their_addresses() -> None:
    world = World()
    tracker, first, second = world.host(1), world.host(2, "a"), world.host(3)
    first.dial(tracker)
    second.dial(tracker)
    assert second.peers() == {tracker.id[:12], first.id[:12]}


def test_news_that_nobody_asked_for_make_no_node_dial() -> None:
    world = World()
    host = world.host(1)
    address = world.listen()
    raw = greeted(world, host)
    raw.say({"type": "hello_ack", "node_id": ME.node_id, "known_peers": [{"addr": address}]})
    assert world.listeners[address] == []
    assert not raw.closed


def test_dialling_an_address_twice_leaves_one_working_connection() -> None:
    world = World()
    one, two = world.host(1), world.host(2, "echo")
    one.dial(two)
    one.dial(two)
    assert len(one.node.state.links.peers()) == 1
    assert one.ask().payload == {"echo": 1}


@pytest.mark.parametrize("numbers", [(1, 2), (2, 1)])
def test_two_that_dial_each_other_end_with_one_connection(numbers: tuple[int, int]) -> None:
    world = World()
    one, two = (world.host(number, "echo") for number in numbers)
    world.run(
        one,
        [*one.node.dial(two.address, now=world.now)],
    )
    two.dial(one)
    assert len(one.node.state.links.peers()) == len(two.node.state.links.peers()) == 1
    assert one.ask().payload == two.ask().payload == {"echo": 1}


@pytest.mark.parametrize("address", ["badaddr", "host:", ":", "h:x", "127.0.0.1:1"])
def test_an_address_that_leads_nowhere_is_passed_over(address: str) -> None:
    world = World()
    host = world.host(1)
    host.dial(address)
    assert list(host.node.state.links) == []


# Tasks


def test_a_signed_task_is_done_and_its_result_is_signed() -> None:
    world = World()
    host = world.host(1, "echo")
    (result,) = greeted(world, host).say(task(world, payload={"é": [None, 1.0]}))
    assert list(result) == ["type", "id", "status", "protocol", "payload", "signature"]
    assert (result["id"], result["status"], result["payload"]) == (
        "t",
        "success",
        {"echo": {"é": [None, 1.0]}},
    )
    assert signing.verdict(result, host.id) is signing.Verdict.SIGNED


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"signature": None}, BAD_SIGNATURE),
        ({"signature": "AAAA"}, BAD_SIGNATURE),
        ({"payload": 2}, BAD_SIGNATURE),
        ({"caller": ""}, BAD_SIGNATURE),
        ({"caller": 5}, "INTERNAL"),
        ({"caller": ["x"]}, "INTERNAL"),
    ],
)
def test_a_task_that_its_caller_did_not_sign_is_not_done(change: dict[str, Any], code: str) -> None:
    world = World()
    host = world.host(1, "echo")
    raw = greeted(world, host)
    (result,) = raw.say({**task(world), **change})
    assert (result["status"], result["error"]["code"], host.done) == ("error", code, [])
    (result,) = raw.say(task(world))
    assert result["status"] == "success"


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"target": identity(7).node_id}, "WRONG_TARGET"),
        ({"capability": "unknown"}, "NO_CAPABILITY"),
        ({"timestamp": 1}, "EXPIRED"),
    ],
)
def test_a_task_for_another_for_nobody_or_too_late_is_not_done(
    members: dict[str, Any], code: str
) -> None:
    world = World()
    host = world.host(1, "echo")
    (result,) = greeted(world, host).say(task(world, **members))
    assert (result["error"]["code"], host.done) == (code, [])


def test_a_task_is_done_once_however_often_it_comes() -> None:
    world = World()
    host = world.host(1, "echo")
    raw = greeted(world, host)
    raw.say(task(world))
    (again,) = raw.say(task(world))
    assert (again["error"]["code"], host.done) == ("DUPLICATE", [1])


@pytest.mark.parametrize("target", ["", "full", "prefix", "key"])
def test_a_node_answers_to_every_form_of_its_name(target: str) -> None:
    world = World()
    host = world.host(1, "echo")
    forms = {"": "", "full": host.id, "prefix": host.id[:12], "key": f"{host.id[:12]}@h:1"}
    (result,) = greeted(world, host).say(task(world, target=forms[target]))
    assert result["status"] == "success"


def test_a_task_without_members_gets_a_result_without_an_id() -> None:
    world = World()
    raw = greeted(world, world.host(1, "echo"))
    (result,) = raw.say({"type": "task"})
    assert (result["id"], raw.closed) == ("", False)


def test_an_error_in_the_handler_is_told_with_its_text() -> None:
    world = World()
    host = world.host(1, "echo")

    def handler(_capability: Any, _payload: Any) -> Any:
        raise RuntimeError("boom")

    host.handler = handler
    (result,) = greeted(world, host).say(task(world))
    assert result["error"] == {"code": "INTERNAL", "message": "boom"}
    assert "signature" not in result


@pytest.mark.parametrize("value", [{1}, "\ud800", "x" * 1_048_576])
def test_a_result_that_no_frame_can_carry_is_an_error_and_not_the_end(value: Any) -> None:
    world = World()
    host = world.host(1, "echo")
    host.handler = lambda _capability, payload: value if payload == "odd" else payload
    raw = greeted(world, host)
    (result,) = raw.say(task(world, payload="odd"))
    assert (result["id"], result["error"]["code"]) == ("t", "INTERNAL")
    (result,) = raw.say(task(world, id="u"))
    assert result["payload"] == 1


def test_without_a_handler_a_task_is_told_so() -> None:
    world = World()
    (result,) = greeted(world, world.host(1, handles=False)).say(task(world))
    assert result["payload"] == {"message": "no handler registered"}


def test_a_null_result_has_no_payload() -> None:
    world = World()
    host = world.host(1, "echo")
    host.handler = lambda _capability, _payload: None
    (result,) = greeted(world, host).say(task(world))
    assert "payload" not in result


def test_a_slow_task_delays_answers_of_its_connection_but_neither_reading_nor_others() -> None:
    world = World()
    host = world.host(1, "echo")
    raw, other = greeted(world, host), greeted(world, host, **named(11))
    host.holds = True
    assert raw.say(task(world, id="slow")) == []
    host.holds = False
    assert raw.say(task(world, id="fast")) == []
    assert host.done == [1, 1]
    (answer,) = other.say(task(world, id="other"))
    assert answer["id"] == "other"
    world.finish(host, host.held[0])
    assert [each["id"] for each in raw.read] == ["slow", "fast"]


def test_a_handler_may_ask_the_peer_that_it_serves() -> None:
    world = World()
    one, two = world.host(1, "echo"), world.host(2, "echo")
    two.dial(one)
    one.holds = True
    ticket = two.begin()
    assert one.ask(target=two.id).payload == {"echo": 1}
    world.finish(one, one.held[0])
    assert two.settled[ticket].payload == {"echo": 1}


# Rates, life


def test_a_hundred_messages_a_minute_are_heeded_and_no_more() -> None:
    world = World()
    host = world.host(1, "echo")
    raw, other = greeted(world, host), greeted(world, host, **named(11))
    results = [raw.say(task(world, id=str(number)))[0] for number in range(101)]
    assert [each["status"] for each in results].count("success") == 99
    assert {each["error"]["code"] for each in results[99:]} == {"RATE_LIMITED"}
    assert other.say(task(world, id="other"))[0]["status"] == "success"
    again = greeted(world, host)  # reconnecting brings no new budget
    assert again.say(task(world, id="again"))[0]["error"]["code"] == "RATE_LIMITED"
    world.wait(61)
    assert again.say(task(world, id="later"))[0]["status"] == "success"


def test_bye_is_heeded_beyond_the_limit_and_ends_nothing_but_the_listing() -> None:
    world = World()
    host = world.host(1, "echo")
    raw = greeted(world, host)
    raw.say(*[{"type": "noise"}] * 200, {"type": "bye"})
    (ack,) = world.raw(host).say({"type": "hello", **named(11)})
    assert ack["known_peers"] == []
    assert not raw.closed


def test_unknown_messages_are_ignored() -> None:
    world = World()
    raw = greeted(world, world.host(1, "echo"))
    kinds: list[Any] = ["nonsense", "dht_ping", "event", "heartbeat", "result", None, 5, ["x"], {}]
    assert raw.say(*({"type": kind} for kind in kinds), {}) == []
    assert not raw.closed


@pytest.mark.parametrize("data", [b"\x00\x00\x00\x02[]", b"\x00\x00\x00\x00", b"\xff\xff\xff\xff"])
def test_what_is_no_frame_ends_its_connection_and_no_other(data: bytes) -> None:
    world = World()
    host = world.host(1, "echo")
    raw, other = greeted(world, host), greeted(world, host, **named(11))
    raw.say(data)
    assert raw.closed
    assert other.say(task(world))[0]["status"] == "success"


def test_a_running_node_tells_that_it_is_online_and_then_that_it_lives() -> None:
    world = World()
    host = world.host(1)
    raw = greeted(world, host)
    world.run(host, host.node.run(now=world.now))
    (event,) = raw.read
    assert (event["event_type"], event["data"]) == ("node.online", {})
    assert signing.verdict(event, host.id) is signing.Verdict.SIGNED
    raw.read.clear()
    world.wait(30)
    assert raw.read == [{"type": "heartbeat", "node_id": host.id, "ts": int(world.now)}]


def test_a_silent_peer_is_let_go_and_one_that_speaks_is_kept() -> None:
    world = World()
    host = world.host(1)
    silent, lively = greeted(world, host), greeted(world, host, **named(11))
    for _ in range(5):
        world.wait(20)
        lively.say({"type": "heartbeat"})
    assert (silent.closed, lively.closed) == (True, False)


def test_who_leaves_says_bye_to_everybody() -> None:
    world = World()
    host = world.host(1)
    raw = greeted(world, host)
    world.run(host, host.node.leave(now=world.now))
    assert (raw.read, raw.closed) == ([{"type": "bye"}], True)


def test_new_capabilities_are_told_to_peers_of_every_kind() -> None:
    world = World()
    host, other = world.host(1), world.host(2, "echo")
    raw = greeted(world, host)
    other.dial(host)
    offers = other.node.state.offers
    world.run(host, host.node.register(offers, now=world.now))
    assert [each["type"] for each in raw.read] == ["interest_update", "hello_ack"]
    assert raw.read[0]["interests"] == ["echo"]
    (link,) = other.node.state.links.peers()
    assert link.has("echo")


# Asking


def test_a_query_is_answered_with_everybody_but_the_asker() -> None:
    world = World()
    host = world.host(1, "echo")
    asker = greeted(world, host)
    greeted(world, host, **named(11), **caps("a"))
    (answer,) = asker.say({"type": "query", "id": "q", "capability": "none"})
    assert answer["id"] == "q"
    assert [(node["node_id"], node["caps"]) for node in answer["nodes"]] == [
        (identity(11).prefix, ["a"])
    ]
    assert asker.say({"type": "query", "id": "q", "capability": "none"}) == []


def test_a_node_names_itself_with_an_address_that_can_be_dialled() -> None:
    world = World()
    host = world.host(1, "echo")
    (answer,) = greeted(world, host).say({"type": "query", "id": "q", "capability": "echo"})
    assert answer["nodes"] == [{"node_id": host.id[:12], "addr": f"{host.id[:12]}@{host.address}"}]


def test_a_query_of_its_own_is_ignored() -> None:
    world = World()
    host = world.host(1, "echo")
    raw = greeted(world, host)
    assert raw.say({"type": "query", "id": "q", "capability": "echo", "origin": host.id}) == []


@pytest.mark.parametrize(
    ("ttl", "forwarded"), [(2, 1), (None, 4), (1, None), (0, None), ("5", None)]
)
def test_a_query_that_nobody_here_can_answer_goes_on_with_one_hop_less(
    ttl: Any, forwarded: int | None
) -> None:
    world = World()
    host = world.host(1)
    asker, other = greeted(world, host), greeted(world, host, **named(11))
    asked = {"type": "query", "id": "q", "capability": "x"}
    asker.say(asked if ttl is None else {**asked, "ttl": ttl})
    if forwarded is None:
        assert other.read == []
        return
    (query,) = other.read
    assert (query["ttl"], query["id"], query["origin"]) == (forwarded, "q", ME.node_id)
    asker.read.clear()
    other.say({"type": "query_resp", "id": "q", "nodes": [{"node_id": "far", "addr": "far@h:1"}]})
    assert asker.read == [
        {"type": "query_resp", "id": "q", "nodes": [{"node_id": "far", "addr": "far@h:1"}]}
    ]


def test_a_private_node_tells_nothing_by_query() -> None:
    world = World()
    host = world.host(1, "echo", disclosure=Disclosure("private"))
    assert greeted(world, host).say({"type": "query", "id": "q", "capability": "echo"}) == []


def test_a_query_whose_id_is_a_list_ends_its_connection() -> None:
    world = World()
    raw = greeted(world, world.host(1))
    raw.say({"type": "query", "id": []})
    assert raw.closed


# Routing


def test_a_task_goes_to_its_target() -> None:
    world = World()
    one, two = world.host(1), world.host(2, "echo")
    one.dial(two)
    assert one.ask(target=two.id).payload == {"echo": 1}


def test_a_task_without_a_target_goes_to_who_offers_the_capability() -> None:
    world = World()
    one, two, three = world.host(1), world.host(2, "a"), world.host(3, "echo")
    one.dial(two)
    one.dial(three)
    assert one.ask().status == "success"
    assert (two.done, three.done) == ([], [1])


def test_a_provider_far_away_is_found_by_query_and_dialled() -> None:
    world = World()
    hosts = [world.host(number) for number in range(1, 5)]
    far = world.host(9, "echo")
    for one, two in zip(hosts, [*hosts[1:], far], strict=True):
        two.dial(one)
    outcome = hosts[0].ask()
    assert outcome.payload == {"echo": 1}
    assert far.id[:12] in hosts[0].peers()


def test_answers_may_name_a_thousand_places_and_a_few_are_dialled() -> None:
    world = World()
    host = world.host(1, pace=Pace(query_within=5))
    informant = greeted(world, host)
    ticket = host.begin(capability="far")
    (query,) = informant.read
    places = [world.listen() for _ in range(30)]
    nodes = [{"node_id": "x", "addr": f"x@{place}", "caps": ["far"]} for place in places]
    informant.say({"type": "query_resp", "id": query["id"], "nodes": nodes})
    for place in places:
        for raw in world.listeners[place]:
            raw.leave()
    informant.say({"type": "query_resp", "id": query["id"], "nodes": nodes})
    world.wait(6)
    assert sum(len(world.listeners[place]) for place in places) == 8
    assert host.settled[ticket].code == "NO_PEER"


def test_a_provider_that_cannot_be_dialled_is_reached_through_a_relay() -> None:
    world = World()
    tracker = world.host(1, "relay")
    hidden = world.host(2, "echo", listen=None)
    caller = world.host(3)
    hidden.dial(tracker)
    caller.dial(tracker)
    tracker.holds = True
    ticket = caller.begin(target=hidden.id)
    (job,) = tracker.held
    assert job.payload == {"target": hidden.id, "capability": "echo", "payload": 1, "ttl_s": 60}
    tracker.handler = lambda _capability, payload: payload["payload"]
    world.finish(tracker, job)
    assert caller.settled[ticket] == Outcome("success", payload=1)


@pytest.mark.parametrize("target", ["", identity(7).node_id])
def test_when_every_way_is_exhausted_there_is_no_peer(target: str) -> None:
    world = World()
    one, two = world.host(1), world.host(2, "a")
    one.dial(two)
    before = world.now
    assert one.ask(target=target).code == "NO_PEER"
    assert world.now - before == (5 if not target else 0)


def test_a_task_without_any_peer_has_nobody_at_once() -> None:
    world = World()
    assert world.host(1).ask().code == "NO_PEER"


def test_an_unanswered_task_times_out() -> None:
    world = World()
    host = world.host(1)
    raw = greeted(world, host, **caps("echo"))
    before = world.now
    assert host.ask().code == "TIMEOUT"
    assert world.now - before == 30
    assert raw.read[0]["type"] == "task"
    assert list(raw.read[0])[-1] == "signature"


def test_a_peer_that_goes_ends_the_waiting_for_it() -> None:
    world = World()
    host = world.host(1)
    raw = greeted(world, host, **caps("echo"))
    ticket = host.begin()
    raw.leave()
    assert host.settled[ticket].code == "SEND_ERROR"


def answer_to(asked: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {**messages.success(asked["id"], 5), **members}


def test_only_the_peers_own_signed_result_is_taken() -> None:
    world = World()
    host = world.host(1)
    raw = greeted(world, host, **caps("echo"))
    other = greeted(world, host, **named(11))
    ticket = host.begin()
    (asked,) = raw.read
    genuine = signing.sign(answer_to(asked), ME)
    raw.say({**genuine, "id": "another"}, {**genuine, "signature": "AAAA"}, answer_to(asked))
    raw.say({**genuine, "payload": 6})
    other.say(genuine)
    assert ticket not in host.settled
    raw.say(genuine)
    assert host.settled[ticket] == Outcome("success", payload=5)


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [({"code": "C", "message": "m"}, "C", "m"), ("str", "UNKNOWN", "str"), (None, "UNKNOWN", "")],
)
def test_a_result_that_is_no_success_is_an_error(error: Any, code: str, message: str) -> None:
    world = World()
    host = world.host(1)
    raw = greeted(world, host, **caps("echo"))
    ticket = host.begin()
    (asked,) = raw.read
    raw.say({"type": "result", "id": asked["id"], "status": "timeout", "error": error})
    assert host.settled[ticket] == Outcome("error", code=code, message=message)


def test_a_task_too_large_for_a_frame_fails_here_and_leaves_the_connection_usable() -> None:
    world = World()
    one, two = world.host(1), world.host(2, "echo")
    one.dial(two)
    outcome = one.ask(payload="x" * 1_048_576)
    assert (outcome.code, "too large" in outcome.message) == ("SEND_ERROR", True)
    assert one.ask().status == "success"


def test_capabilities_of_who_has_gone_attract_no_tasks() -> None:
    world = World()
    host = world.host(1)
    greeted(world, host, **caps("echo")).leave()
    raw = greeted(world, host, **named(11))
    host.begin()
    assert [each["type"] for each in raw.read] == ["query"]


def test_a_search_merges_what_several_peers_know() -> None:
    world = World()
    host = world.host(1)
    first, second = greeted(world, host), greeted(world, host, **named(11))
    ticket = host.ticket()
    world.run(host, host.node.discover(ticket, within=5, now=world.now))
    (query,) = first.read
    assert (query["capability"], query["ttl"], query["origin"]) == ("", 3, host.id)
    for raw, name in ((first, "near"), (second, "far")):
        node = {"node_id": name, "addr": f"{name}@h:1", "caps": []}
        raw.say({"type": "query_resp", "id": query["id"], "nodes": [node]})
        world.wait(1)
    world.wait(5)
    assert {each["node_id"] for each in host.settled[ticket]} == {
        ME.prefix,
        identity(11).prefix,
        "near",
        "far",
    }
