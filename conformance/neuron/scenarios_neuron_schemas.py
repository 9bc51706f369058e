"""A conversation about schemas: those of the lease, those of the handler, and useless ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.kit.judging.suite import scenario
from conformance.neuron.gatekeeper import A_MOMENT, Gatekeeper
from conformance.neuron.leasing import LEFT_OUT

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage
    from conformance.neuron.leasing import Lease

LONG = 30.0  # seconds
NEVER = {"type": "object", "required": ["never"]}
LOOSE = {"type": "object"}
TEXT = {"type": "string"}
FITS, FITS_NOT = {"a": 1}, {"b": 1}
ABSENT: dict[str, dict[str, Any]] = {
    "absent": {"inputSchema": LEFT_OUT},
    "null": {"inputSchema": None},
    "empty": {"inputSchema": {}},
}
USELESS: dict[str, Any] = {
    "a type that is none": {"type": "objekt"},
    "a type that is a number": {"type": 5},
    "a string": "hello",
    "a list": [{"type": "object"}],
    "a pattern that is none": {"pattern": "("},
}
ENDLESS = {"a $ref to nowhere": {"$ref": "#/$defs/nope"}, "a $ref to itself": {"$ref": "#"}}
REMOTE = "/assay/remote-schema.json"
DRAFT_04 = "http://json-schema.org/draft-04/schema#"
DRAFT_07 = "http://json-schema.org/draft-07/schema#"
UNDER_FIVE = {"maximum": 5, "exclusiveMaximum": True}
# schema, input, whether the input fits
DRAFTS: dict[str, tuple[dict[str, Any], Any, bool]] = {
    "draft-04 has an exclusive maximum": ({"$schema": DRAFT_04, **UNDER_FIVE}, 5, False),
    "draft-04 and less than it": ({"$schema": DRAFT_04, **UNDER_FIVE}, 4, True),
    "draft-07 has a list of items": ({"$schema": DRAFT_07, "items": [TEXT]}, [1], False),
    "draft-07 has no prefixItems": ({"$schema": DRAFT_07, "prefixItems": [TEXT]}, [1], True),
    "2020-12 has prefixItems": ({"prefixItems": [TEXT]}, [1], False),
    "a format asserts nothing": ({"type": "string", "format": "date-time"}, "soon", True),
}
IN, OUT = "inputSchema", "outputSchema"


@scenario(bound=LONG)
async def contracts(stage: Stage) -> None:
    """Lease with inputs and outputs that fit and do not fit, under all kinds of schemas."""
    keeper = await Gatekeeper(stage).connected()
    for capability in ("conf/typed", "conf/ctl"):
        keeper.needs(capability)
    leases = [
        *_violations(keeper),
        *_precedence(keeper),
        *_useless(keeper),
        *(
            keeper.lease("conf/echo", given, about=name, inputSchema=schema)
            for name, (schema, given, _) in DRAFTS.items()
        ),
    ]
    keeper.send(*leases)
    await keeper.ended(*leases)
    await keeper.fence("a lease after all schemas", moment=A_MOMENT)


def _violations(keeper: Gatekeeper) -> list[Lease]:
    telling = {"progress": [{"percent": 1}]}
    return [
        keeper.lease("conf/typed", {"a": "x"}, about="a violated input schema"),
        keeper.lease("conf/ctl", telling, about="an input that nobody may see", inputSchema=NEVER),
        keeper.lease("conf/echo", 1, about="a violated output schema", outputSchema=TEXT),
        keeper.lease("conf/echo", FITS_NOT, about="no schema anywhere"),
        keeper.lease("conf/ctl", {"output": 5}, about="no schema of the output"),
    ]


def _precedence(keeper: Gatekeeper) -> list[Lease]:
    wins, enforced = "the lease's schema wins", "the lease's schema is enforced"
    return [
        keeper.lease("conf/typed", FITS_NOT, about=wins, inputSchema=LOOSE),
        keeper.lease("conf/typed", FITS, about=enforced, inputSchema=NEVER),
        keeper.lease("conf/typed", FITS, about="the handler's schema is kept"),
        *(
            keeper.lease("conf/typed", FITS_NOT, about=f"a schema that is {name}", **members)
            for name, members in ABSENT.items()
        ),
    ]


def _useless(keeper: Gatekeeper) -> list[Lease]:
    remote = {"$ref": keeper.stage.instance.url + REMOTE}
    schemas = {**USELESS, **ENDLESS, "false": False, "a remote $ref": remote}
    return [
        keeper.lease("conf/echo", 1, about=f"{name} as {place}", **{place: schema})
        for name, schema in schemas.items()
        for place in (IN, OUT)
    ]
