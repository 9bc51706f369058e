"""CO-CLIENT: how a client shows that it is there, and how long it waits for a host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion import scenarios_client_keepalive as scenes
from conformance.connectonion.calls import call
from conformance.connectonion.hosting import DEAD_AFTER, LEFT, TIMEOUT
from conformance.connectonion.polls import is_given_up
from conformance.kit.judging.suite import check
from conformance.kit.transcript import Direction
from conformance.kit.verdict import Broken, NotObserved

if TYPE_CHECKING:
    from conformance.connectonion.calls import Told
    from conformance.kit.judging.seen import Seen
    from conformance.kit.transcript import Event

EARLY = 0.9  # of an interval: a timer may fire a little early
SLOW = 7 / 6  # 60 s without a PING are noticed within 70 s


@check("CO-CLIENT-10", scenes.silence)
def test_every_ping_is_answered(seen: Seen) -> None:
    told = call(seen, scenes.PINGED)
    pings = list(seen.events_of("ws.message", tag="a PING", direction=Direction.KIT))
    pongs = told.frames("PONG")
    if len(pongs) != len(pings):
        raise Broken(f"{len(pings)} PINGs were answered by {len(pongs)} PONGs", *pings)


def gave_up(told: Told) -> Event | None:
    """Return how a client showed that it listens no more, before the kit let go of it."""
    left = next((e.number for e in told.events if e.tag == LEFT), told.events[-1].number)
    later = (e for e in told.events if told.input.event.number < e.number < left)
    return next((event for event in later if is_given_up(event, told.input)), None)


def must_wait(told: Told, since: Event, seconds: float) -> None:
    """Demand that a client gives up after so many seconds, and not before."""
    told.must_be_ours()
    event = gave_up(told)
    if event is None:
        if seconds > scenes.WAITED_FOR:
            raise NotObserved(f"{seconds:g} s are not waited for; set it, or tell it if it is less")
        raise Broken(f"the client still waits after {seconds + scenes.LATE:g} s", since)
    gap = event.time - since.time
    if gap < EARLY * seconds:
        raise Broken(f"the client gave up after {gap:.2f} s, not {seconds:g} s", since, event)
    if gap > seconds * SLOW + scenes.LATE:
        raise Broken(f"the client gave up after as much as {gap:.1f} s", since, event)


@check("CO-CLIENT-11", scenes.silence)
def test_a_host_that_sends_no_ping_is_given_up(seen: Seen) -> None:
    last = next(seen.events_of("ws.message", tag="the last PING", direction=Direction.KIT))
    patience, whole = (
        float(seen.fact(name, usual))
        for name, usual in (("dead_after", DEAD_AFTER), ("timeout", TIMEOUT))
    )
    if whole <= patience:
        raise NotObserved(f"the client gives up after {whole:g} s in any case")
    must_wait(call(seen, scenes.SILENT), last, patience)


@check("CO-CLIENT-12", scenes.no_end)
def test_a_result_is_waited_for_so_long_altogether(seen: Seen) -> None:
    told = call(seen, scenes.ENDLESS)
    must_wait(told, told.input.event, float(seen.fact("timeout", TIMEOUT)))
