"""The POSTs of a neuron: in order for each lease, repeated once, results kept (sheet 3.10)."""

import pytest

from reference.neuron.neuron_effects import GiveUp, Post, Tell, Undelivered
from reference.neuron.neuron_letters import PATHS, Fate, Kind, Letters
from reference.neuron.neuron_pace import Pace


class Desk:
    """Letters, and what went out."""

    def __init__(self) -> None:
        self.letters = Letters(Pace())
        self.posts: list[Post] = []
        self.given_up: list[int] = []
        self.regrets: list[Undelivered] = []

    def take(self) -> None:
        for effect in self.letters.effects():
            match effect:
                case Post():
                    self.posts.append(effect)
                case GiveUp(key):
                    self.given_up.append(key)
                case Tell(Undelivered() as regret):
                    self.regrets.append(regret)

    @property
    def out(self) -> list[str]:
        self.take()
        return [post.body.decode() for post in self.posts]

    def key(self, body: str) -> int:
        """Return the key of the newest POST with this body."""
        self.take()
        return next(post.key for post in reversed(self.posts) if post.body == body.encode())

    def answer(self, body: str, status: int = 200) -> Fate | None:
        ended = self.letters.answered(self.key(body), status)
        return None if ended is None else ended[1]

    def cut(self, body: str, now: float = 0.0) -> Fate | None:
        ended = self.letters.broken(self.key(body), "cut", now=now)
        return None if ended is None else ended[1]


def reported(*bodies: str) -> Desk:
    desk = Desk()
    for body in bodies:
        desk.letters.report("l1", body.encode())
    return desk


def concluded(*reports: str) -> Desk:
    desk = reported(*reports)
    desk.letters.conclude("l1", Kind.ACK, b"ack", now=0.0)
    return desk


def test_every_kind_has_its_path() -> None:
    assert PATHS.keys() == set(Kind)


def test_a_letter_goes_out_at_once() -> None:
    desk = Desk()
    key = desk.letters.send(Kind.HEARTBEAT, b"beat")
    desk.take()
    assert desk.posts == [Post(key, "/neuron/heartbeat", b"beat", 30.0)]
    assert desk.letters.under_way(Kind.HEARTBEAT) == 1


@pytest.mark.parametrize(
    ("status", "fate"),
    [
        (200, Fate.DELIVERED),
        (204, Fate.DELIVERED),
        (302, Fate.REFUSED),
        (400, Fate.REFUSED),
        (403, Fate.REFUSED),
        (500, Fate.REFUSED),
        (401, Fate.REPEATED),
    ],
)
def test_an_answer_decides_what_became_of_a_letter(status: int, fate: Fate) -> None:
    desk = concluded()
    assert desk.answer("ack", status) is fate
    assert len(desk.out) == (2 if fate is Fate.REPEATED else 1)


def test_a_letter_is_repeated_once() -> None:
    desk = concluded()
    assert [desk.answer("ack", 401), desk.answer("ack", 401)] == [Fate.REPEATED, Fate.DISTRUSTED]
    desk.letters.tick(now=1000.0)
    assert desk.out == ["ack", "ack"]
    assert not desk.letters.owes_a_result


def test_an_answer_that_nobody_waits_for_means_nothing() -> None:
    desk = Desk()
    assert desk.letters.answered(7, 200) is None
    assert desk.letters.broken(7, "cut", now=0.0) is None
    desk.letters.written(7, now=0.0)


def test_reports_wait_for_the_answer_to_the_one_before() -> None:
    desk = reported("1", "2", "3")
    assert desk.out == ["1"]
    desk.answer("1", 500)
    assert desk.out == ["1", "2"]
    desk.cut("2")
    assert desk.out == ["1", "2", "3"]


def test_reports_wait_only_a_little_for_an_answer() -> None:
    desk = reported("1", "2")
    desk.letters.written(desk.key("1"), now=5.0)
    assert desk.letters.deadline() == 5.4
    desk.letters.tick(now=5.39)
    assert desk.out == ["1"]
    desk.letters.tick(now=5.4)
    assert desk.out == ["1", "2"]


def test_a_repeated_report_still_holds_the_next_back() -> None:
    desk = reported("1", "2")
    desk.answer("1", 401)
    assert desk.out == ["1", "1"]
    desk.answer("1")
    assert desk.out == ["1", "1", "2"]


def test_leases_do_not_wait_for_each_other() -> None:
    desk = reported("1")
    desk.letters.report("l2", b"other")
    assert desk.out == ["1", "other"]


def test_a_result_goes_out_after_the_reports() -> None:
    desk = concluded("1", "2")
    desk.answer("1")
    assert desk.out == ["1", "2"]
    desk.answer("2")
    assert desk.out == ["1", "2", "ack"]


def test_a_result_waits_only_a_little_for_reports_that_cannot_go_out() -> None:
    desk = concluded("1", "2", "3")
    desk.letters.tick(now=1.19)
    assert desk.out == ["1"]
    desk.letters.tick(now=1.2)
    assert desk.out == ["1", "ack"]
    assert desk.letters.owes_a_result
    desk.answer("1")
    assert desk.out == ["1", "ack"]


def test_of_very_many_reports_the_newest_are_sent() -> None:
    desk = reported(*(str(number) for number in range(2000)))
    for _ in range(1001):
        desk.answer(desk.out[-1])
    assert desk.out[:2] == ["0", "1000"]
    assert desk.out[-1] == "1999"


def test_a_result_that_the_network_loses_is_sent_again_ever_more_slowly() -> None:
    desk = concluded()
    now = 0.0
    for delay in (0.5, 1, 2):
        desk.cut("ack", now=now)
        assert desk.letters.owes_a_result
        assert desk.letters.deadline() == now + delay
        now += delay
        before = len(desk.out)
        desk.letters.tick(now=now)
        assert len(desk.out) == before + 1
    desk.answer("ack")
    assert not desk.letters.owes_a_result
    assert desk.letters.deadline() is None


def test_a_result_is_sent_again_when_the_gateway_is_back() -> None:
    desk = concluded()
    desk.cut("ack")
    desk.letters.recovered()
    assert desk.out == ["ack", "ack"]


def test_a_report_that_the_network_loses_is_not_sent_again() -> None:
    desk = reported("1")
    desk.cut("1")
    desk.letters.recovered()
    desk.letters.tick(now=100.0)
    assert desk.out == ["1"]


def test_what_is_dropped_is_given_up_and_its_answer_means_nothing() -> None:
    desk = Desk()
    beat = desk.letters.send(Kind.HEARTBEAT, b"beat")
    desk.letters.send(Kind.UPDATE, b"update")
    desk.letters.drop(Kind.HEARTBEAT)
    desk.take()
    assert desk.given_up == [beat]
    assert desk.answer("beat") is None
    assert desk.answer("update") is Fate.DELIVERED


def test_what_the_gateway_does_not_take_is_told() -> None:
    desk = concluded()
    desk.answer("ack", 500)
    desk.take()
    assert desk.regrets == [Undelivered("/neuron/ack", "the gateway answered 500")]


def test_in_a_hurry_no_result_waits_for_a_report() -> None:
    desk = concluded("report", "another")
    assert desk.out == ["report"]
    desk.letters.hurry()
    assert desk.out == ["report", "ack"]
    desk.letters.report("l2", b"late")
    desk.letters.conclude("l2", Kind.ACK, b"too", now=0.0)
    assert desk.out == ["report", "ack", "late", "too"]


def test_who_has_closed_posts_nothing_more_and_waits_for_nothing() -> None:
    desk = concluded("report")
    desk.letters.conclude("l2", Kind.ACK, b"lost", now=0.0)
    desk.cut("lost")
    desk.letters.close()
    desk.letters.tick(now=1000.0)
    assert desk.out == ["report", "lost"]
    assert desk.given_up == [desk.key("report")]
    assert desk.letters.deadline() is None
    assert not desk.letters.owes_a_result
