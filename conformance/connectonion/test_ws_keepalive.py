"""CO-WS: how host and client know that the other is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion.attempts import attempted, must
from conformance.connectonion.scenarios_ws_keepalive import (
    AFTERWARDS,
    DEAD,
    INTERVAL,
    LONG_RUN,
    STOPPED,
    dead_peer,
    host_stops,
    long_run,
)
from conformance.connectonion.talk import CLOSE
from conformance.connectonion.test_ws_onboarding import accepted
from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, NotObserved

if TYPE_CHECKING:
    from conformance.connectonion.talk import Frame
    from conformance.kit.judging.seen import Seen

EARLY = 2.0 / 30.0  # of an interval: how much too early a PING may come
EXPECTED = 2  # in a run of nearly three intervals: the second may be late


def pings(seen: Seen) -> list[Frame]:
    """Return the PINGs of the long run."""
    return [frame for frame in attempted(seen, LONG_RUN).between if frame.type == "PING"]


@check("CO-WS-09", long_run)
def test_a_run_is_told_to_be_alive_at_intervals(seen: Seen) -> None:
    run, interval = attempted(seen, LONG_RUN), float(seen.fact("ping_interval", INTERVAL))
    found = pings(seen)
    must(len(found) >= EXPECTED, f"{len(found)} PINGs came", *found)
    for number, ping in enumerate(found, start=1):
        after = ping.event.time - run.sent.time
        early = after < (number - EARLY) * interval
        must(not early, f"PING {number} came {after:.2f} s after the INPUT", ping)


@check("CO-WS-12", long_run)
def test_who_answers_no_ping_has_its_output(seen: Seen) -> None:
    if not pings(seen):
        raise NotObserved("no PING came that could have been answered (CO-WS-09)")
    attempted(seen, LONG_RUN).must_be("OUTPUT")


@check("CO-WS-36", host_stops, cases=STOPPED)
def test_a_host_that_stops_says_so(seen: Seen, case: str) -> None:
    for closed in seen.events_of(CLOSE, tag=case):
        if closed.data["code"] not in {1012, 1001}:
            raise Broken(f"the close code is {closed.data['code']}, not 1012 or 1001", closed)
        return
    raise Broken("the connection was not closed")


@check("CO-WS-37", dead_peer)
def test_a_peer_that_is_gone_is_noticed(seen: Seen) -> None:
    accepted(seen, AFTERWARDS, "OUTPUT")
    silence = list(seen.notes("silence"))
    if not list(seen.events_of(CLOSE, tag=DEAD)):
        raise Broken("its connection was not closed", *silence)
