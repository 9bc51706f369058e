"""The functions of a node, held to the golden vectors: one check a requirement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.elo.golden import GOLDEN
from conformance.elo.scenarios_library import LONGEST, VECTORS, long_frames
from conformance.elo.wire import framed
from conformance.kit.golden.held import checks
from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen

globals().update(checks(GOLDEN, VECTORS, module=__name__))


@check("ELO-FRAME-06.a", long_frames)
def test_the_longest_frame_is_written_and_read_and_no_longer_one(seen: Seen) -> None:
    written, too_long, read = (seen.noted(tag) for tag in ("written", "too long", "read"))
    if written.data["said"].get("hex") != framed(LONGEST.encode()).hex():
        raise Broken("the longest frame is not written")
    if too_long.data["said"].get("refused") is not True:
        raise Broken("a frame that is too long is written")
    if read.data["said"].get("closed") or len(read.data["said"].get("frames", ())) != 1:
        raise Broken("the longest frame is not read")
