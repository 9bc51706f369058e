"""Distances, buckets, records and walks of the distributed table, each alone."""

from __future__ import annotations

from typing import Any

import pytest
from elo_world import START, identity

from reference.elo import signing
from reference.elo.dht import contacts, records
from reference.elo.dht.contacts import Contact, Table
from reference.elo.dht.distance import K, apart, closest, point
from reference.elo.dht.lookup import ALPHA, MOST_ASKED, Lookup
from reference.elo.dht.records import RecordError, Store

ME = identity(1)


def contact(number: int) -> Contact:
    return Contact(f"n{number}", f"127.0.0.1:{5000 + number}")


# Distance


def test_a_text_lies_where_its_sha_256_is() -> None:
    # printf abc | sha256sum
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert f"{point('abc'):064x}" == expected


def test_two_texts_are_as_far_apart_as_their_xor() -> None:
    assert apart("a", "a") == 0
    assert apart("a", "b") == apart("b", "a") == point("a") ^ point("b")


def test_the_closest_come_first_and_are_no_more_than_k() -> None:
    names = [f"n{number}" for number in range(40)]
    near = closest("target", names, name=lambda each: each)
    assert len(near) == K
    assert near == sorted(names, key=lambda each: point(each) ^ point("target"))[:8]


# Contacts


@pytest.mark.parametrize(
    "item",
    [
        5,
        {},
        {"node_id": "x"},
        {"node_id": 5, "addr": "127.0.0.1:1"},
        {"node_id": "", "addr": "127.0.0.1:1"},
        {"node_id": "x", "addr": "127.0.0.1"},
        {"node_id": "x", "addr": "127.0.0.1:0"},
        {"node_id": "x", "addr": "127.0.0.1:65536"},
        {"node_id": "x", "addr": "127.0.0.1:²"},
        {"node_id": "x", "addr": "prefix@127.0.0.1:1"},
        {"node_id": "x" * 257, "addr": "127.0.0.1:1"},
        {"node_id": "\ud800", "addr": "127.0.0.1:1"},
    ],
)
def test_what_is_no_contact_is_passed_over(item: Any) -> None:
    good = {"node_id": "y", "addr": "127.0.0.1:1"}
    assert contacts.read([item, good]) == [Contact("y", "127.0.0.1:1")]


def test_an_answer_has_no_more_contacts_than_may_be_in_one() -> None:
    many = [{"node_id": f"n{number}", "addr": "127.0.0.1:1"} for number in range(10_000)]
    assert len(contacts.read(many)) == K
    assert contacts.read("many") == []


def bucket_of(table: Table) -> list[Contact]:
    """Return nine contacts of one bucket."""
    by_bucket: dict[int, list[Contact]] = {}
    for number in range(1000):
        each = contact(number)
        found = by_bucket.setdefault(apart(table.own, each.node_id).bit_length(), [])
        found.append(each)
        if len(found) == K + 1:
            return found
    raise AssertionError("no bucket is full")


def test_a_table_knows_whom_it_heard_and_not_itself() -> None:
    table = Table("me")
    assert table.heard(Contact("me", "127.0.0.1:1")) is None
    assert table.heard(contact(1)) is None
    assert list(table) == [contact(1)]


def test_a_contact_that_moved_is_known_at_its_new_address() -> None:
    table = Table("me")
    table.heard(contact(1))
    moved = Contact("n1", "127.0.0.1:9")
    table.heard(moved)
    assert list(table) == [moved]


def test_a_full_bucket_keeps_its_oldest_acquaintances_as_long_as_they_live() -> None:
    table = Table("me")
    *first, newcomer = bucket_of(table)
    for each in first:
        assert table.heard(each) is None
    assert table.heard(newcomer) == first[0]
    assert newcomer not in list(table)
    table.heard(first[0])  # it answered
    assert table.heard(newcomer) == first[1]


def test_a_dead_contact_makes_room_for_who_waits() -> None:
    table = Table("me")
    *first, newcomer = bucket_of(table)
    for each in (*first, newcomer):
        table.heard(each)
    table.dead(first[0].node_id)
    assert set(table) == {*first[1:], newcomer}
    table.dead("nobody")


def test_a_table_is_bounded() -> None:
    table = Table("me")
    for number in range(5000):
        table.heard(contact(number))
    assert len(table) < 150  # 8 in each of the 13 or so buckets that 5 000 texts reach


def test_the_closest_contacts_leave_out_who_asks() -> None:
    table = Table("me")
    for number in range(5):
        table.heard(contact(number))
    near = table.closest("n3", but="n3")
    assert contact(3) not in near
    assert len(near) == 4


# Records


def record(number: int = 1, *, now: float = START, **members: Any) -> dict[str, Any]:
    who = identity(number)
    made = records.made(who, "127.0.0.1:5001", ["echo"], now=now, life=600.0)
    return signing.sign({**made, **members}, who)


def test_a_record_is_found_by_its_id_and_by_each_capability() -> None:
    assert records.read(record(), now=START).keys == (ME.node_id, "capability:echo")


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("BAD_RECORD", None),
        ("BAD_RECORD", {}),
        ("BAD_RECORD", record(more=1)),
        ("BAD_RECORD", record(addr="nowhere")),
        ("BAD_RECORD", record(caps="echo")),
        ("BAD_RECORD", record(caps=["x"] * 65)),
        ("BAD_RECORD", record(caps=["x" * 257])),
        ("BAD_RECORD", record(caps=[5])),
        ("BAD_RECORD", record(ttl_s=7201)),
        ("BAD_RECORD", record(ttl_s=0)),
        ("BAD_RECORD", record(ttl_s=True)),
        ("BAD_RECORD", record(ttl_s=float("nan"))),
        ("BAD_RECORD", record(timestamp="now")),
        ("BAD_RECORD", record(timestamp=float("nan"))),
        ("EXPIRED", record(timestamp=START - 600)),
        ("EXPIRED", record(timestamp=START + 61)),
        ("BAD_SIGNATURE", {**record(), "caps": ["other"]}),
        ("BAD_SIGNATURE", {**record(), "signature": "AAAA"}),
        ("BAD_SIGNATURE", {**record(), "node_id": identity(2).node_id}),
        ("BAD_SIGNATURE", {**record(), "node_id": "notakey"}),
    ],
)
def test_a_record_that_is_not_as_it_should_be_is_not_believed(code: str, told: Any) -> None:
    records.read(record(), now=START)  # the twin
    with pytest.raises(RecordError) as refused:
        records.read(told, now=START)
    assert refused.value.code == code


def test_a_store_keeps_the_newest_record_of_a_node() -> None:
    store = Store()
    store.keep(records.read(record(caps=["old"]), now=START), now=START)
    store.keep(records.read(record(now=START + 1), now=START), now=START)
    assert store.about("capability:old", now=START) == []
    assert [each.begun for each in store.about("capability:echo", now=START)] == [START + 1]
    with pytest.raises(RecordError, match="newer"):
        store.keep(records.read(record(), now=START), now=START)


def test_a_record_is_forgotten_when_its_time_is_over() -> None:
    store = Store()
    store.keep(records.read(record(), now=START), now=START)
    assert store.about(ME.node_id, now=START + 599)
    assert store.about(ME.node_id, now=START + 600) == []
    assert len(store) == 0


def test_a_full_store_refuses_newcomers_and_still_renews_what_it_has() -> None:
    store = Store(most=2)
    for number in (1, 2):
        store.keep(records.read(record(number), now=START), now=START)
    with pytest.raises(RecordError, match="no room"):
        store.keep(records.read(record(3), now=START), now=START)
    store.keep(records.read(record(1, now=START + 1), now=START), now=START)
    later = START + 700
    store.keep(records.read(record(3, now=later), now=later), now=later)
    assert len(store) == 1


# Walks


def network(size: int) -> dict[str, Table]:
    """Return nodes that know each other as far as their buckets have room."""
    tables = {contact(number).node_id: Table(contact(number).node_id) for number in range(size)}
    for table in tables.values():
        for number in range(size):
            table.heard(contact(number))
    return tables


def walked(tables: dict[str, Table], target: str, start: str) -> tuple[Lookup, int, int]:
    """Walk through a network; return the walk, how many were asked, and how many at once."""
    lookup = Lookup(target, "me")
    lookup.learn([contact(int(start[1:]))])
    asked, most, out = 0, 0, []
    while not lookup.is_over:
        out += lookup.next()
        most = max(most, len(out))
        each = out.pop(0)
        asked += 1
        lookup.answered(each.node_id)
        lookup.learn(tables[each.node_id].closest(target))
    return lookup, asked, most


def test_a_walk_finds_the_closest_of_all_from_anywhere_and_asks_few() -> None:
    tables = network(300)
    target = "somewhere"
    nearest = sorted(tables, key=lambda each: apart(each, target))[:K]
    for start in ("n0", "n150", "n299"):
        lookup, asked, most = walked(tables, target, start)
        assert [each.node_id for each in lookup.nearest()] == nearest
        assert asked < 40
        assert most <= ALPHA


def test_a_walk_goes_round_who_does_not_answer() -> None:
    lookup = Lookup("n1", "me")
    lookup.learn([contact(1), contact(2)])
    first, second = lookup.next()
    lookup.failed(first.node_id)
    lookup.answered(second.node_id)
    assert lookup.is_over
    assert lookup.nearest() == [second]


def test_a_walk_ends_whatever_it_is_told() -> None:
    lookup, told, asked = Lookup("target", "me"), 0, 0
    lookup.learn([contact(0)])
    while not lookup.is_over:
        for each in lookup.next():
            asked += 1
            lookup.answered(each.node_id)
            lookup.learn(contact(told := told + 1) for _ in range(K))
    assert asked <= MOST_ASKED


def test_a_walk_for_records_ends_when_it_has_enough() -> None:
    lookup = Lookup(ME.node_id, "me", enough=1)
    lookup.learn([contact(1), contact(2)])
    lookup.next()
    lookup.found([records.read(record(2), now=START)])  # about somebody else
    assert not lookup.is_over
    lookup.found([records.read(record(now=START + 1), now=START)])
    lookup.found([records.read(record(), now=START)])  # older
    assert lookup.is_over
    assert lookup.next() == []
    assert [each.begun for each in lookup.records.values()] == [START + 1]


def test_a_walk_of_nobody_is_over_at_once() -> None:
    lookup = Lookup("target", "me")
    assert lookup.next() == []
    assert lookup.is_over
    lookup.learn([Contact("me", "127.0.0.1:1")])
    assert lookup.next() == []
