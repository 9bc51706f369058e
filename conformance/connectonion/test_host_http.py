"""CO-HOST: what a host says over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion.scenarios_host_http import told_to_anybody
from conformance.kit.judging.suite import check

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen


@check("CO-HOST-01", told_to_anybody)
def test_health_is_told_to_anybody(seen: Seen) -> None:
    first, second = seen.answer("health"), seen.answer("health again")
    for answer in (first, second):
        answer.must_be(200)
        answer.must_say(status="healthy")
        uptime = answer.member("uptime")
        answer.must(isinstance(answer.member("agent"), str), "`agent` is no text")
        whole = isinstance(uptime, int) and not isinstance(uptime, bool) and uptime >= 0
        answer.must(whole, f"`uptime` is no whole number of seconds: {uptime!r}")
    second.must(second.member("uptime") >= first.member("uptime"), "`uptime` went back")
