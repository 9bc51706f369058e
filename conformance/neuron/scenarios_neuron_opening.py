"""Conversations in which the gateway does not let a neuron in at once, or not to what it asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import scenario
from conformance.kit.wire.tap import Reply
from conformance.neuron.gatekeeper import A_MOMENT, PATIENCE, Gatekeeper
from conformance.neuron.hearing import OPEN
from conformance.neuron.leasing import CUT, about, asks_for, refused

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage

LONG = 40.0  # seconds, beside the neuron's own intervals
FAILURES = 4
FIRST_DELAY = 0.4  # seconds, of which a busy machine takes only a part
NO_STREAMS = (204, 302, 204, 302)
REFUSALS = (429, 500, 503, 403, 404)
TOKEN_FAILURES = 4
FORGOTTEN = ("ack", "nack", "progress", "heartbeat", "register")
# A script of conf/ctl that makes a neuron POST this.
SCRIPTS = {"ack": {}, "nack": {"fail": {"reason": "over"}}, "progress": {"progress": [{}]}}


@scenario(bound=LONG)
async def a_reluctant_gateway(stage: Stage) -> None:
    """Answer openings with failures in a row, after which come one 401, or two."""
    keeper = await Gatekeeper(stage).connected()
    for failures, refusals in ((FAILURES, 1), (FAILURES - 1, 2)):
        replies = [refused(503)] * failures + [refused(401)] * refusals
        rules = keeper.answer(asks_for(OPEN), *replies)
        keeper.end_stream()
        await keeper.until_used(*rules, within=PATIENCE + 16 * keeper.delay)
        await keeper.registered(within=PATIENCE + 16 * keeper.delay)
        await keeper.reconnected()


@scenario(settings={"reconnect_delay": FIRST_DELAY})
async def a_short_absence(stage: Stage) -> None:
    """End the stream of a neuron that takes its time to come back."""
    keeper = await Gatekeeper(stage).connected()
    await keeper.reconnected()


@scenario(bound=LONG)
async def a_gateway_of_many_refusals(stage: Stage) -> None:
    """Answer openings with what is no stream, and then, one a stream, with refusals."""
    keeper = await Gatekeeper(stage).connected()
    rules = keeper.answer(asks_for(OPEN), *map(Reply, NO_STREAMS))
    keeper.end_stream()
    await keeper.until_used(*rules, within=PATIENCE + 32 * keeper.delay)
    await keeper.registered(within=PATIENCE + 32 * keeper.delay)
    for reply in (CUT, *map(refused, REFUSALS)):
        (rule,) = keeper.answer(asks_for(OPEN), reply)
        keeper.end_stream()
        await keeper.until_used(rule, within=PATIENCE)
        await keeper.registered(within=PATIENCE + 4 * keeper.delay)


@scenario(bound=LONG)
async def a_forgetful_doorman(stage: Stage) -> None:
    """Answer one POST of each kind 401, another one 401 twice, and another one 403."""
    keeper = Gatekeeper(stage)
    keeper.answer(asks_for("register"), refused(401))
    await keeper.connected()
    keeper.needs("conf/ctl")
    keeper.answer(asks_for("heartbeat"), refused(401))
    for kind, script in SCRIPTS.items():
        once = keeper.lease("conf/ctl", script, about=f"401 for the {kind}")
        keeper.answer(about(once, kind), refused(401))
        denied = keeper.lease("conf/ctl", script, about=f"403 for the {kind}")
        keeper.answer(about(denied, kind), refused(403))
        keeper.send(once, denied)
        await keeper.ended(once, denied)
    await keeper.recovers("heartbeat", within=2 * keeper.interval + PATIENCE)
    for kind, script in SCRIPTS.items():
        twice = keeper.lease("conf/ctl", script, about=f"always 401 for the {kind}")
        keeper.always(about(twice, kind), refused(401))
        keeper.send(twice)
        await keeper.more(2, kind)
        if await keeper.more(1, OPEN, within=_patience(keeper)):
            await keeper.registered()
    keeper.answer(asks_for("heartbeat"), refused(401), refused(401))
    await keeper.more(2, "heartbeat", within=keeper.interval + PATIENCE)
    await keeper.more(1, OPEN, within=_patience(keeper))
    await keeper.registered()
    keeper.answer(asks_for("register"), refused(401), refused(401))
    keeper.end_stream()
    await keeper.more(2, "register", within=PATIENCE)
    await keeper.registered(within=_patience(keeper))


def _patience(keeper: Gatekeeper) -> float:
    return 4 * keeper.delay + 4 * A_MOMENT


@scenario(settings={"token_failures": TOKEN_FAILURES})
async def a_neuron_without_a_token(stage: Stage) -> None:
    """Start a neuron whose first attempts to get a token fail."""
    keeper = await Gatekeeper(stage).connected()
    await keeper.fence()
