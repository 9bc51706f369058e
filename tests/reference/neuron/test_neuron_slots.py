"""How many leases of one capability run at a time."""

from reference.neuron.neuron_slots import Slots


def filled(slots: Slots) -> list[str]:
    """Return those that get a slot now."""
    return list(iter(slots.next, None))


def line(limit: int, *leases: str) -> Slots:
    slots = Slots(limit)
    for each in leases:
        slots.enter(each)
    return slots


def test_slots_are_given_in_the_order_of_the_line() -> None:
    assert filled(line(2, "c", "a", "b")) == ["c", "a"]


def test_a_slot_that_is_left_goes_to_the_next() -> None:
    slots = line(1, "a", "b", "c")
    assert filled(slots) == ["a"]
    slots.leave("a")
    assert filled(slots) == ["b"]


def test_who_leaves_the_line_gets_no_slot() -> None:
    slots = line(1, "a", "b", "c")
    filled(slots)
    slots.leave("b")
    slots.leave("a")
    assert filled(slots) == ["c"]


def test_a_larger_limit_counts_those_that_have_a_slot() -> None:
    slots = line(1, "a", "b", "c", "d")
    filled(slots)
    slots.limit = 3
    assert filled(slots) == ["b", "c"]


def test_under_a_smaller_limit_nobody_gets_a_slot_until_enough_have_left() -> None:
    slots = line(3, "a", "b", "c", "d")
    filled(slots)
    slots.limit = 1
    for each in ("a", "b"):
        slots.leave(each)
        assert filled(slots) == []
    slots.leave("c")
    assert filled(slots) == ["d"]


def test_who_was_never_there_may_leave() -> None:
    slots = line(1)
    slots.leave("x")
    assert filled(slots) == []
