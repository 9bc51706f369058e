from reference.neuron.waiting import ANYONE, Ticket, Waiting


def ticket(number: int, user: str | None = None, capability: str = "a/b") -> Ticket:
    return Ticket(f"t{number}", capability, user, number)


def test_first_come_first_served() -> None:
    waiting = Waiting()
    for number in (2, 1, 3):
        waiting.put(ticket(number))
    assert waiting.first("a/b") == "t1"
    waiting.remove("t1")
    assert waiting.first("a/b") == "t2"
    assert len(waiting) == 2


def test_what_comes_back_has_its_old_place() -> None:
    waiting = Waiting()
    waiting.put(ticket(1))
    waiting.put(ticket(2))
    waiting.remove("t1")
    waiting.put(ticket(1))
    waiting.put(ticket(1))
    assert waiting.first("a/b") == "t1"
    waiting.remove("t1")
    assert waiting.first("a/b") == "t2"


def test_a_line_for_everyone_and_one_for_each_user() -> None:
    waiting = Waiting()
    waiting.put(ticket(1, "u"))
    waiting.put(ticket(2))
    waiting.put(ticket(3, "v"))
    assert waiting.first("a/b", ANYONE) == "t1"
    assert [waiting.first("a/b", who) for who in ("u", None, "v", "w")] == ["t1", "t2", "t3", None]
    waiting.remove("t1")
    assert (waiting.first("a/b"), waiting.first("a/b", "u")) == ("t2", None)


def test_capabilities_have_lines_of_their_own() -> None:
    waiting = Waiting()
    waiting.put(ticket(1, capability="c/d"))
    assert waiting.first("a/b") is None
    assert ("t1" in waiting, "t2" in waiting) == (True, False)


def test_an_empty_line_leaves_nothing_behind() -> None:
    waiting = Waiting()
    waiting.put(ticket(1, "u"))
    waiting.remove("t1")
    assert (waiting.first("a/b"), waiting.first("a/b", "u")) == (None, None)
    assert waiting._lines == {}
