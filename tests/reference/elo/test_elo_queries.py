"""The memory of queries alone."""

from __future__ import annotations

from reference.elo.queries import Queries, may_be_forwarded

NOW = 1_700_000_000.0


def test_a_query_is_known_for_a_minute_and_who_asked_it() -> None:
    queries = Queries()
    queries.remember("q", asker=5, now=NOW)
    assert queries.knows("q", now=NOW + 59.9)
    assert queries.asker_of("q", now=NOW + 59.9) == 5
    assert not queries.knows("q", now=NOW + 60)
    assert queries.asker_of("q", now=NOW + 60) is None


def test_old_queries_take_no_room() -> None:
    queries = Queries()
    for number in range(10_000):
        queries.remember(number, asker=None, now=NOW + number)
    assert len(queries._heard) < 600
    assert queries.knows(9_999, now=NOW + 10_000)


def test_only_a_number_above_one_has_life_for_another_hop() -> None:
    assert may_be_forwarded(2)
    assert may_be_forwarded(1.5)
    assert not any(may_be_forwarded(ttl) for ttl in (1, 0, -1, True, "5", None))
