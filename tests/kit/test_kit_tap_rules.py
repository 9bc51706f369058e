from __future__ import annotations

from conformance.kit.wire.tap_rules import PASSED_ON, Asked, Reply, Rules

ONE, TWO = Reply(201), Reply(202)


def asked(path: str = "/a") -> Asked:
    return Asked("GET", path, (), b"")


def anything(_: Asked) -> bool:
    return True


def test_without_a_rule_a_request_is_passed_on() -> None:
    assert Rules().reply_to(asked()) is PASSED_ON
    assert PASSED_ON.status is None


def test_a_rule_answers_so_many_requests_and_no_more() -> None:
    rules = Rules()
    rules.add(anything, ONE, times=2)
    assert [rules.reply_to(asked()) for _ in range(3)] == [ONE, ONE, PASSED_ON]


def test_a_standing_rule_answers_until_it_is_withdrawn() -> None:
    rules = Rules()
    rule = rules.add(anything, ONE, times=None)
    assert [rules.reply_to(asked()) for _ in range(5)] == [ONE] * 5
    rule.withdraw()
    assert rules.reply_to(asked()) is PASSED_ON
    assert rule.used == 5


def test_a_counted_rule_comes_before_a_standing_one_and_an_older_before_a_younger() -> None:
    rules = Rules()
    rules.add(anything, ONE, times=None)
    rules.add(anything, TWO, times=1)
    rules.add(anything, Reply(203), times=1)
    assert [rules.reply_to(asked()).status for _ in range(3)] == [202, 203, 201]


def test_a_rule_answers_only_what_fits() -> None:
    rules = Rules()
    rules.add(lambda each: each.path == "/b", ONE, times=None)
    assert rules.reply_to(asked("/a?b")) is PASSED_ON
    assert rules.reply_to(asked("/b?c")) is ONE


def test_a_cleared_book_has_no_rules() -> None:
    rules = Rules()
    rules.add(anything, ONE, times=None)
    rules.clear()
    assert rules.reply_to(asked()) is PASSED_ON


def test_the_path_is_the_target_without_its_query() -> None:
    assert asked("/a?b?c").path == "/a"
