"""A conversation about results: what handlers return, how they fail, what they tell meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.kit.judging.suite import scenario
from conformance.neuron.gatekeeper import A_MOMENT, PATIENCE, Gatekeeper
from conformance.neuron.leasing import about, refused

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage

LONG = 30.0  # seconds
BOOM = "assay wants this to fail: é☃"
OUTPUTS: dict[str, Any] = {
    "false": False,
    "zero": 0,
    "an empty text": "",
    "an empty object": {},
    "nulls inside": {"a": None, "b": [None, 1]},
}
STEPS: list[dict[str, Any]] = [
    {"percent": 10, "message": "begun", "data": {"k": None}},
    {"message": ""},
    {},
    {"percent": 0},
    {"percent": 100.0},
]
OUT_OF_RANGE = [{"percent": 101}, {"percent": -0.1}, {"percent": 50}]
SCRIPTS: dict[str, dict[str, Any]] = {
    "nothing to return": {"output": None},
    "an error": {"raise": BOOM},
    "giving up": {"fail": {"reason": "nope", "code": "MY_CODE"}},
    "giving up without a code": {"fail": {"reason": "no use"}},
    "giving up without a reason": {"fail": {"reason": ""}},
    "ending as cancelled": {"selfCancel": True},
    "progress": {"progress": STEPS},
    "progress out of range": {"progress": OUT_OF_RANGE},
    "progress that is refused": {
        "progress": [{"percent": 1}, {"percent": 2}],
        "sleepMs": 500,  # so that the refusals come before its end
    },
    **{f"returning {name}": {"output": value} for name, value in OUTPUTS.items()},
}
REFUSALS = (400, 409, 500)


@scenario(bound=LONG)
async def all_kinds_of_results(stage: Stage) -> None:
    """Have handlers return, fail and tell their progress, and refuse some of what they say."""
    keeper = await Gatekeeper(stage).connected()
    for capability in ("conf/ctl", "conf/sync"):
        keeper.needs(capability)
    leases = [keeper.lease("conf/ctl", script, about=name) for name, script in SCRIPTS.items()]
    leases += [
        keeper.lease("conf/echo", {"a": 1}, about="an echo"),
        keeper.lease("conf/none", 1, about="no such capability"),
        keeper.lease("conf/echo", 1, about="a mismatch", inputSchema={"type": "string"}),
        keeper.lease("conf/sync", {"sleepMs": 10}, about="a handler that blocks"),
    ]
    (silenced,) = (each for each in leases if each.about == "progress that is refused")
    keeper.always(about(silenced, "progress"), refused(500))
    rejected = [
        keeper.lease("conf/echo", 1, about=f"an ack that is answered {status}")
        for status in REFUSALS
    ]
    for each, status in zip(rejected, REFUSALS, strict=True):
        keeper.always(about(each, "ack", "nack"), refused(status))
    keeper.send(*leases, *rejected)
    await keeper.ended(*leases, *rejected, within=PATIENCE)
    await keeper.fence("a lease after refused acks", moment=2 * A_MOMENT)
