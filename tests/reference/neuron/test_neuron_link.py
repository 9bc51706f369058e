"""How a neuron stands with its event stream, as a table (sheet 5.2)."""

import pytest

from reference.neuron.neuron_effects import Closed, Effect, HangUp, Open, Opened, Reconnecting, Tell
from reference.neuron.neuron_link import TRANSITIONS, Event, Link, State
from reference.neuron.neuron_pace import Pace

DIAL = Open("/neuron/events?neuronId=n1", 30.0)
OPENED, LOST, REFUSED = Tell(Opened()), Event.LOST, Event.REFUSED


def link(*events: Event) -> Link:
    """Return a link after these events."""
    found = Link("n1", Pace())
    for event in events:
        found.happens(event, now=0.0, reason="why")
    return found


def after(event: Event, *before: Event) -> list[Effect]:
    """Return what an event has done after others."""
    return link(*before).happens(event, now=0.0, reason="why")


def retry(delay: float, attempt: int = 1) -> Tell:
    return Tell(Reconnecting(attempt, delay, "why"))


def test_every_state_has_its_row() -> None:
    assert TRANSITIONS.keys() == set(State)


def test_starting_dials() -> None:
    assert after(Event.START) == [DIAL]


@pytest.mark.parametrize(
    ("name", "spelled"),
    [("n1", "n1"), ("a b/c?d=é&x#y%41", "a%20b%2Fc%3Fd%3D%C3%A9%26x%23y%2541"), ("-._~", "-._~")],
)
def test_the_id_is_percent_encoded(name: str, spelled: str) -> None:
    (dial,) = Link(name, Pace()).happens(Event.START, now=0.0)
    assert dial == Open(f"/neuron/events?neuronId={spelled}", 30.0)


def test_an_accepted_dialling_is_an_open_stream() -> None:
    assert after(Event.ACCEPTED, Event.START) == [OPENED]
    assert link(Event.START, Event.ACCEPTED).is_open


def test_the_first_401_dials_again_and_the_second_waits() -> None:
    assert after(Event.UNAUTHORISED, Event.START) == [DIAL]
    assert after(Event.UNAUTHORISED, Event.START, Event.UNAUTHORISED) == [retry(0.5)]


@pytest.mark.parametrize("event", [LOST, REFUSED])
def test_a_dialling_that_comes_to_nothing_waits(event: Event) -> None:
    assert after(event, Event.START) == [retry(0.5)]
    assert after(event, Event.START, Event.UNAUTHORISED) == [retry(0.5)]


def test_a_stream_that_ends_waits() -> None:
    assert after(LOST, Event.START, Event.ACCEPTED) == [Tell(Closed("why")), retry(0.5)]


def test_when_the_wait_is_over_it_dials() -> None:
    waiting = link(Event.START, LOST)
    assert waiting.due == 0.5
    assert waiting.tick(now=0.4) == []
    assert waiting.tick(now=0.5) == [DIAL]
    assert waiting.due is None


def test_delays_grow_until_a_stream_opens() -> None:
    waiting = link(Event.START, LOST, Event.DUE, LOST, Event.DUE)
    assert waiting.happens(LOST, now=0.0, reason="why") == [retry(2, attempt=3)]
    waiting.happens(Event.DUE, now=0.0)
    waiting.happens(Event.ACCEPTED, now=0.0)
    assert waiting.happens(LOST, now=0.0, reason="why")[-1] == retry(0.5)


def test_distrust_hangs_up_and_waits_ever_longer_until_a_post_is_accepted() -> None:
    again = (Event.DUE, Event.ACCEPTED, Event.DISTRUSTED)
    found = link(Event.START, Event.ACCEPTED)
    assert found.happens(Event.DISTRUSTED, now=0.0, reason="why") == [
        HangUp(),
        Tell(Closed("why")),
        retry(0.5),
    ]
    for delay, attempt in ((1, 2), (2, 3)):
        for event in again:
            effects = found.happens(event, now=0.0, reason="why")
        assert effects[-1] == retry(delay, attempt)
    found.trusted()
    for event in again:
        effects = found.happens(event, now=0.0, reason="why")
    assert effects[-1] == retry(0.5)


def test_a_dismissed_neuron_is_open_until_the_stream_ends_and_then_never_again() -> None:
    found = link(Event.START, Event.ACCEPTED, Event.DISMISS)
    assert found.is_open
    assert found.happens(LOST, now=0.0, reason="why") == [Tell(Closed("why"))]
    assert (found.state, found.due) == (State.CLOSED, None)


@pytest.mark.parametrize(
    ("before", "effects"),
    [
        ((), []),
        ((Event.START,), [HangUp()]),
        ((Event.START, Event.UNAUTHORISED), [HangUp()]),
        ((Event.START, Event.ACCEPTED), [HangUp(), Tell(Closed("why"))]),
        ((Event.START, Event.ACCEPTED, Event.DISMISS), [HangUp(), Tell(Closed("why"))]),
        ((Event.START, LOST), []),
    ],
)
def test_stopping_closes_for_ever(before: tuple[Event, ...], effects: list[Effect]) -> None:
    found = link(*before)
    assert found.happens(Event.STOP, now=0.0, reason="why") == effects
    assert (found.state, found.due) == (State.CLOSED, None)
    assert [found.happens(event, now=0.0) for event in Event] == [[]] * len(Event)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (200, State.OPEN),
        (201, State.WAITING),
        (204, State.WAITING),
        (302, State.WAITING),
        (401, State.REFRESHING),
        (403, State.WAITING),
        (503, State.WAITING),
    ],
)
def test_only_200_opens(status: int, state: State) -> None:
    found = link(Event.START)
    found.answered(status, now=0.0)
    assert found.state is state
