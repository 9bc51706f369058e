"""The distributed table between nodes: joined, asked, lied to, and left."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from elo_world import Host, Raw, World, identity

from reference.elo import greeting, signing
from reference.elo.capabilities import NOTHING, Capabilities, Disclosure
from reference.elo.dht import messages, records
from reference.elo.dht.distance import K, apart
from reference.elo.dht.lookup import MOST_ASKED
from reference.elo.dht.questions import ANSWER_WITHIN, VISIT_LASTS
from reference.elo.effects import Dial
from reference.elo.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Iterable

ME = identity(200)
TYPES = tuple(sorted(messages.TYPES))
SETTLED = 90.0  # seconds in which a mesh has joined and published


@pytest.fixture
def sparse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nobody dial whom an ack lists, so that there are ways to go (ELO-HELLO-27)."""
    monkeypatch.setattr(greeting, "meet", lambda _state, _about: None)


def running(world: World, number: int, *agents: str, **setup: Any) -> Host:
    host = world.host(number, *agents, **setup)
    world.run(host, host.node.run(now=world.now))
    return host


def mesh(world: World, size: int, **setup: Any) -> list[Host]:
    """Return nodes of which each was told of one that was there before it."""
    chosen = random.Random(7)  # noqa: S311  (no secret)
    hosts = [running(world, 1, "skill-1", **setup)]
    for number in range(2, size + 1):
        host = running(world, number, f"skill-{number}", **setup)
        host.dial(chosen.choice(hosts))
        hosts.append(host)
        world.wait(0.5)
    world.wait(SETTLED)
    return hosts


def find(host: Host, key: str) -> list[dict[str, Any]]:
    """Look for a key and return the records, however long it takes."""
    ticket = host.ticket()
    host.world.run(host, host.node.find(ticket, key=key, now=host.world.now))
    while ticket not in host.settled:
        host.world.wait()
    found: list[dict[str, Any]] = host.settled[ticket]
    return found


def member(
    world: World, host: Host, number: int = 200, *, features: Iterable[str] = ("dht",), **hello: Any
) -> Raw:
    """Return a raw peer that takes part in the table."""
    raw = world.raw(host)
    said = {"type": "hello", "node_id": identity(number).node_id, "listen": 9000 + number}
    raw.say({**said, "features": list(features), **hello})
    raw.read.clear()
    return raw


def record(world: World, number: int = 200, **members: Any) -> dict[str, Any]:
    who, addr = identity(number), f"127.0.0.1:{9000 + number}"
    made = records.made(who, addr, ["echo"], now=world.now, life=600.0)
    return signing.sign({**made, **members}, who)


def stored(raw: Raw, told: dict[str, Any]) -> dict[str, Any]:
    (answer,) = raw.say(messages.store("0000abcd", told))
    assert (answer["type"], answer["id"]) == ("dht_store_resp", "0000abcd")
    return answer


# Who takes part


@pytest.mark.parametrize("kind", TYPES)
def test_who_does_not_announce_it_hears_nothing_of_the_table(kind: str) -> None:
    world = World()
    host = running(world, 1)
    raw = member(world, host, features=())
    asked = {"type": kind, "id": "a", "target": "x", "key": "x", "record": {}}
    assert raw.say(asked) == []
    world.wait(29)
    assert (raw.read, raw.closed) == ([], False)
    assert len(host.node.dht.table) == 0


@pytest.mark.parametrize("kind", TYPES)
def test_a_node_without_the_feature_takes_no_part(kind: str) -> None:
    world = World()
    host = running(world, 1, dht=False)
    raw = world.raw(host)
    (ack,) = raw.say({"type": "hello", "node_id": ME.node_id, "features": ["dht"]})
    assert ack["features"] == []
    assert raw.say({"type": kind, "id": "a", "target": "x", "key": "x"}) == []


def test_an_id_that_no_frame_can_carry_is_not_repeated() -> None:
    world = World()
    raw = member(world, world.host(1))
    payload = b'{"type": "dht_ping", "id": "\\ud800"}'
    assert (raw.say(len(payload).to_bytes(4, "big") + payload), raw.closed) == ([], False)


def test_a_ping_is_answered() -> None:
    world = World()
    assert member(world, world.host(1)).say(messages.ping("abc")) == [messages.pong("abc")]


@pytest.mark.parametrize(
    "message",
    [
        {"type": "dht_ping"},
        {"type": "dht_ping", "id": 5},
        {"type": "dht_ping", "id": ""},
        {"type": "dht_find_node", "id": "a"},
        {"type": "dht_find_node", "id": "a", "target": ["x"]},
        {"type": "dht_find_node", "id": "a", "target": "x" * 257},
        {"type": "dht_find_value", "id": "a", "key": None},
        {"type": "dht_pong", "id": "nobody's"},
        {"type": "dht_find_node_resp", "id": "nobody's", "nodes": [5]},
        {"type": "dht_find_value_resp", "id": "nobody's", "records": 5},
        {"type": "dht_store_resp", "id": "nobody's", "stored": True},
    ],
)
def test_what_is_no_question_is_ignored(message: dict[str, Any]) -> None:
    world = World()
    raw = member(world, world.host(1))
    assert (raw.say(message), raw.closed) == ([], False)
    assert raw.say(messages.ping("abc")) == [messages.pong("abc")]


# What is kept


def test_a_peers_own_record_is_kept_and_given_out_as_it_was_signed() -> None:
    world = World()
    host = world.host(1)
    raw, told = member(world, host), record(world)
    assert stored(raw, told)["stored"] is True
    for key in (ME.node_id, "capability:echo"):
        (answer,) = member(world, host, 201).say(messages.find_value("v", key))
        assert answer["records"] == [told]


@pytest.mark.parametrize(
    ("code", "members"),
    [
        ("BAD_SIGNATURE", {"signature": "AAAA"}),
        ("BAD_RECORD", {"ttl_s": 10_000_000}),
        ("EXPIRED", {"timestamp": 1}),
        ("FOREIGN", {"addr": "10.0.0.1:9200"}),
    ],
)
def test_a_record_that_is_not_right_is_refused(code: str, members: dict[str, Any]) -> None:
    world = World()
    host = world.host(1)
    raw = member(world, host)
    told = record(world, **members)
    answer = stored(raw, {**told, **members} if "signature" in members else told)
    assert (answer["stored"], answer["error"]["code"]) == (False, code)
    assert len(host.node.dht.store) == 0


def test_a_record_of_somebody_else_is_refused() -> None:
    world = World()
    host = world.host(1)
    answer = stored(member(world, host), record(world, 201))
    assert (answer["stored"], answer["error"]["code"]) == (False, "FOREIGN")


def test_who_was_dialled_by_name_may_be_at_any_number() -> None:
    world = World()
    host, other = world.host(1), world.host(2, listen=5002)
    world.hosts["localhost:5002"] = other
    host.dial("localhost:5002")
    (link,) = host.node.state.links.peers()
    told = records.made(other.node.state.identity, other.address, [], now=world.now, life=60.0)
    answer = host.node.dht.keep(link, messages.store("s", told))
    assert answer == messages.stored("s")


def test_an_expired_record_is_given_out_no_more() -> None:
    world = World()
    host = world.host(1)
    raw = member(world, host)
    stored(raw, record(world, ttl_s=50))
    world.wait(49)
    (answer,) = raw.say(messages.find_value("v", ME.node_id))
    assert len(answer["records"]) == 1
    world.wait(1)
    (answer,) = raw.say(messages.find_value("v", ME.node_id))
    assert answer["records"] == []


def test_a_node_answers_for_itself() -> None:
    world = World()
    host = world.host(1, "echo")
    (answer,) = member(world, host).say(messages.find_value("v", "capability:echo"))
    (own,) = answer["records"]
    assert (own["node_id"], own["addr"], own["caps"]) == (host.id, host.address, ["echo"])
    assert signing.verdict(own, host.id) is signing.Verdict.SIGNED


def test_a_private_node_tells_nobody_of_itself() -> None:
    world = World()
    other = running(world, 2)
    private = running(world, 1, "secret", disclosure=Disclosure("private"))
    private.dial(other)
    world.wait(SETTLED)
    assert find(other, private.id) == find(other, "capability:secret") == []


# Whom it knows


def test_the_closest_are_named_first_and_never_who_asks() -> None:
    world = World()
    host = world.host(1)
    for number in range(10, 16):
        member(world, host, number)
    raw = member(world, host)
    (answer,) = raw.say(messages.find_node("n", "target"))
    ids = [each["node_id"] for each in answer["nodes"]]
    assert set(ids) == {identity(number).node_id for number in range(10, 16)}
    assert ids == sorted(ids, key=lambda each: apart(each, "target"))
    assert answer["nodes"][0].keys() == {"node_id", "addr"}


def test_who_cannot_be_dialled_or_has_no_key_is_no_contact() -> None:
    world = World()
    host = world.host(1)
    member(world, host, 10, listen=None)
    member(world, host, 11, node_id="nobody")
    assert len(host.node.dht.table) == 0


def crowd(host: Host) -> list[int]:
    """Return the numbers of nine identities of one bucket."""
    by_bucket: dict[int, list[int]] = {}
    for number in range(10, 200):
        bucket = apart(host.id, identity(number).node_id).bit_length()
        by_bucket.setdefault(bucket, []).append(number)
    return next(each for each in by_bucket.values() if len(each) > K)[: K + 1]


def test_who_is_alive_keeps_its_place() -> None:
    world = World()
    host = world.host(1)
    *first, newcomer = crowd(host)
    peers = [member(world, host, number) for number in first]
    member(world, host, newcomer)
    (ping,) = peers[0].read
    assert ping["type"] == "dht_ping"
    peers[0].say(messages.pong(ping["id"]))
    world.wait(ANSWER_WITHIN)
    known = {each.node_id for each in host.node.dht.table}
    assert known == {identity(number).node_id for number in first}


def test_who_does_not_answer_a_ping_makes_room() -> None:
    world = World()
    host = world.host(1)
    *first, newcomer = crowd(host)
    for number in first:
        member(world, host, number)
    member(world, host, newcomer)
    world.wait(ANSWER_WITHIN)
    known = {each.node_id for each in host.node.dht.table}
    assert known == {identity(number).node_id for number in (*first[1:], newcomer)}


def test_who_has_gone_and_cannot_be_dialled_makes_room() -> None:
    world = World()
    host = world.host(1)
    *first, newcomer = crowd(host)
    peers = [member(world, host, number) for number in first]
    peers[0].leave()
    member(world, host, newcomer)
    known = {each.node_id for each in host.node.dht.table}
    assert known == {identity(number).node_id for number in (*first[1:], newcomer)}


# Joining and finding


def test_fifty_nodes_find_each_other_by_id_and_by_capability(sparse: None) -> None:
    world = World()
    hosts = mesh(world, 50)
    for number in (1, 17, 34, 50):
        wanted = hosts[number - 1]
        for asker in (hosts[number % 50], hosts[(number + 23) % 50]):
            for key in (wanted.id, f"capability:skill-{number}"):
                (found,) = find(asker, key)
                assert (found["node_id"], found["addr"]) == (wanted.id, wanted.address)
    assert find(hosts[3], "capability:nobody-has-it") == []


def test_a_mesh_of_fifty_stays_sparse_and_its_stores_small(sparse: None) -> None:
    world = World()
    hosts = mesh(world, 50)
    find(hosts[0], "capability:skill-50")
    world.wait(2 * VISIT_LASTS + SETTLED)
    assert max(len(host.peers()) for host in hosts) < 25
    for host in hosts:
        assert len(host.node.dht.store) <= 49
        assert host.node.dht.questions.due() is None


def test_what_many_offer_is_found_with_several_of_them(sparse: None) -> None:
    world = World()
    hosts = mesh(world, 12)
    able = [running(world, number, "wanted") for number in range(100, 104)]
    for host in able:
        host.dial(hosts[0])
    world.wait(SETTLED)
    found = find(hosts[11], "capability:wanted")
    assert {each["node_id"] for each in found} == {host.id for host in able}


def test_a_record_outlives_its_node_until_it_expires(sparse: None) -> None:
    world = World()
    hosts = mesh(world, 12, pace=Pace(dht_life=400.0))
    gone = hosts[5]
    world.stop(gone)
    assert find(hosts[0], gone.id)
    world.wait(401)
    assert find(hosts[0], gone.id) == []


def test_a_record_is_published_anew_before_it_expires(sparse: None) -> None:
    world = World()
    hosts = mesh(world, 8, pace=Pace(dht_life=400.0))
    world.wait(2000)
    (found,) = find(hosts[0], hosts[5].id)
    assert found["timestamp"] > world.now - 250


def test_what_is_offered_no_more_is_found_no_more(sparse: None) -> None:
    world = World()
    hosts = mesh(world, 12)
    assert find(hosts[0], "capability:skill-6")
    host = hosts[5]
    world.wait(1)
    world.run(host, host.node.register(Capabilities.named(("another",)), now=world.now))
    world.wait(SETTLED)
    assert find(hosts[0], "capability:skill-6") == []
    assert [each["node_id"] for each in find(hosts[0], "capability:another")] == [host.id]


def test_a_node_that_knows_nobody_finds_nobody() -> None:
    world = World()
    assert find(running(world, 1), ME.node_id) == []


def test_a_search_adds_whom_a_walk_meets(sparse: None) -> None:
    world = World()
    first, second, third = (running(world, number) for number in (1, 2, 3))
    first.dial(second)
    second.dial(third)
    world.wait(SETTLED)
    for link in second.node.state.links.peers():
        link.listed = link.prefix != third.id[:12]  # so that no query names it
    ticket = first.ticket()
    world.run(first, first.node.discover(ticket, within=5.0, now=world.now))
    world.wait(6)
    found = {each["node_id"]: each for each in first.settled[ticket]}
    assert found[third.id[:12]]["via"] == "dht"
    assert found[third.id[:12]]["addr"] == f"{third.id[:12]}@{third.address}"


def test_whom_a_visited_node_lists_is_not_dialled() -> None:
    world = World()
    first, second, third = (running(world, number) for number in (1, 2, 3))
    second.dial(third)
    world.wait(SETTLED)
    raw = member(world, first)
    ticket = first.ticket()
    world.run(first, first.node.find(ticket, key="x", now=world.now))
    (asked,) = raw.read
    contact = {"node_id": second.id, "addr": second.address}
    raw.say({"type": "dht_find_value_resp", "id": asked["id"], "records": [], "nodes": [contact]})
    assert first.peers() == {ME.prefix, second.id[:12], third.id[:12]}  # the walk visits both
    assert all(link.visit for link in first.node.state.links.peers() if link.dialled)
    world.wait(3 * VISIT_LASTS)
    assert first.peers() == {ME.prefix}


# Liars


def asked_by(world: World, host: Host, raw: Raw, key: str) -> tuple[int, dict[str, Any]]:
    ticket = host.ticket()
    world.run(host, host.node.find(ticket, key=key, now=world.now))
    (question,) = (each for each in raw.read if each["type"] == "dht_find_value")
    return ticket, question


@pytest.mark.parametrize(
    "lie",
    [
        {"signature": "AAAA"},
        {"addr": "10.0.0.1:1"},
        {"caps": ["other"]},
    ],
)
def test_a_record_that_was_changed_is_not_believed(lie: dict[str, Any]) -> None:
    world = World()
    host = world.host(1)
    raw = member(world, host)
    ticket, asked = asked_by(world, host, raw, identity(7).node_id)
    told = [{**record(world, 7), **lie}, 5]
    raw.say({**messages.values(asked["id"], [], []), "records": told})
    assert host.settled[ticket] == []


def test_a_record_about_something_else_is_not_what_was_asked_for() -> None:
    world = World()
    host = world.host(1)
    raw = member(world, host)
    ticket, asked = asked_by(world, host, raw, identity(7).node_id)
    raw.say(messages.values(asked["id"], [record(world, 8), record(world, 7)], []))
    assert [each["node_id"] for each in host.settled[ticket]] == [identity(7).node_id]


def test_an_answer_of_somebody_else_or_of_another_kind_is_none() -> None:
    world = World()
    host = world.host(1)
    raw = member(world, host)
    ticket, asked = asked_by(world, host, raw, identity(7).node_id)
    other = member(world, host, 201)
    answer = messages.values(asked["id"], [record(world, 7)], [])
    other.say(answer)
    raw.say({**answer, "type": "dht_find_node_resp"})
    assert ticket not in host.settled
    raw.say(answer)
    assert len(host.settled[ticket]) == 1


def test_a_contact_that_is_somebody_else_is_not_asked() -> None:
    world = World()
    host, other = world.host(1), world.host(2)
    raw = member(world, host)
    ticket, asked = asked_by(world, host, raw, identity(7).node_id)
    wrong = {"node_id": identity(7).node_id, "addr": other.address}
    raw.say({**messages.values(asked["id"], [], []), "nodes": [wrong]})
    assert host.settled[ticket] == []
    assert identity(7).node_id not in {each.node_id for each in host.node.dht.table}


def test_a_liar_without_end_is_asked_only_so_often() -> None:
    world = World()
    host = world.host(1)
    raw = member(world, host)
    ticket, asked = asked_by(world, host, raw, "capability:x")
    many = [{"node_id": identity(n).node_id, "addr": "127.0.0.1:1"} for n in range(2, 100)]
    raw.say({**messages.values(asked["id"], [], []), "nodes": many})
    world.wait(60)
    assert host.settled[ticket] == []
    assert len([each for each in raw.read if each["type"] == "dht_find_value"]) <= MOST_ASKED


def test_who_never_answers_delays_a_walk_and_does_not_stop_it() -> None:
    world = World()
    host = world.host(1)
    raw = member(world, host)
    ticket, _ = asked_by(world, host, raw, "capability:x")
    world.wait(ANSWER_WITHIN - 0.1)
    assert ticket not in host.settled
    world.wait(0.1)
    assert host.settled[ticket] == []
    assert len(host.node.dht.table) == 0


def test_who_hangs_up_on_a_question_has_not_answered() -> None:
    world = World()
    host = world.host(1)
    raw = member(world, host)
    ticket, _ = asked_by(world, host, raw, "capability:x")
    raw.leave()
    assert host.settled[ticket] == []


def test_a_question_goes_on_over_the_connection_that_took_the_others_place() -> None:
    world = World()
    host = world.host(1)
    raw = member(world, host)
    ticket, _ = asked_by(world, host, raw, identity(7).node_id)
    again = world.raw(host)
    hello = {"type": "hello", "node_id": ME.node_id, "listen": 9200, "features": ["dht"]}
    again.say(hello)
    assert raw.closed
    (asked,) = (each for each in again.read if each["type"] == "dht_find_value")
    again.say(messages.values(asked["id"], [record(world, 7)], []))
    assert len(host.settled[ticket]) == 1


# Visits


def test_a_visit_goes_on_while_a_task_is_done_on_it() -> None:
    world = World()
    host, other = running(world, 1), running(world, 2, "echo")
    raw = member(world, host)
    _, asked = asked_by(world, host, raw, "capability:x")
    contact = {"node_id": other.id, "addr": other.address}
    raw.say({**messages.values(asked["id"], [], []), "nodes": [contact]})
    other.holds = True
    ticket = host.begin(other.id)
    world.wait(2 * VISIT_LASTS)
    world.finish(other, other.held.pop())
    assert host.settled[ticket].status == "success"
    world.wait(VISIT_LASTS)
    assert host.peers() == {ME.prefix}


def test_whoever_is_dialled_while_it_is_visited_stays() -> None:
    world = World()
    host, other = world.host(1), world.host(2)
    raw = member(world, host)
    _, asked = asked_by(world, host, raw, "capability:x")
    contact = {"node_id": other.id, "addr": other.address}
    raw.say({**messages.values(asked["id"], [], []), "nodes": [contact]})
    host.dial(other)
    world.wait(2 * VISIT_LASTS)
    assert other.id[:12] in host.peers()


def test_nothing_is_published_by_who_offers_no_port() -> None:
    world = World()
    host = running(world, 1, "echo", listen=None)
    other = running(world, 2)
    host.dial(other)
    world.wait(SETTLED)
    assert len(other.node.dht.store) == 0
    assert other.node.state.offers == NOTHING


def test_who_goes_asks_nobody_any_more_and_tells_what_it_has_found() -> None:
    world = World()
    host, other = world.host(1), world.host(2)
    raw = member(world, host)
    member(world, host, 201)
    ticket, asked = asked_by(world, host, raw, "capability:x")
    contact = {"node_id": other.id, "addr": other.address}
    told = record(world, 7, caps=["x"])
    raw.say({**messages.values(asked["id"], [told], []), "nodes": [contact]})
    assert ticket not in host.settled  # the other one has not answered
    effects = host.node.leave(now=world.now)
    assert not any(isinstance(each, Dial) for each in effects)
    world.run(host, effects)
    assert [each["node_id"] for each in host.settled[ticket]] == [identity(7).node_id]
