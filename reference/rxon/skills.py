"""The skills of the reference worker: the conformance profile that the kit's suite asks for."""

import asyncio
from collections.abc import Mapping
from typing import Any

from reference.rxon import revision
from reference.rxon.execution import PROGRESS, Catalogue
from reference.rxon.worker_shell import Skill, Tell


def strict(required: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the schema of an object that has exactly these members."""
    return {
        "type": "object",
        "properties": {name: dict(schema) for name, schema in required.items()},
        "required": list(required),
        "additionalProperties": False,
    }


def declared(name: str, description: str, **schemas: Any) -> dict[str, Any]:
    """Return what a catalogue says of a skill."""
    return {
        "name": name,
        "type": name,
        "version": revision.DEFAULT_SKILL_VERSION,
        "description": description,
        **schemas,
    }


CATALOGUE: Catalogue = {
    "echo": declared("echo", "returns its parameters", input_schema={"type": "object"}),
    "slow": declared(
        "slow",
        "takes so many seconds",
        input_schema=strict({"seconds": {"type": "number"}}),
        output_schema={"type": "object", "required": ["seconds"]},
    ),
    "fail": declared(
        "fail",
        "raises an error with this message",
        input_schema=strict({"message": {"type": "string"}}),
    ),
    "promise": declared(
        "promise",
        "returns what it is told to, and promises an object with a whole number `n`",
        input_schema=strict({"output": {"type": "object"}}),
        output_schema=strict({"n": {"type": "integer"}}),
    ),
    "announce": declared(
        "announce",
        "sends one event of the type `measured` a payload, and promises a number `value` in each",
        input_schema=strict({"payloads": {"type": "array", "items": {"type": "object"}}}),
        events_schema={"measured": strict({"value": {"type": "number"}})},
    ),
}


class SkillError(RuntimeError):
    """What the skill `fail` raises."""


async def echo(params: Mapping[str, Any], _tell: Tell) -> Any:
    """Return the parameters."""
    return params


async def slow(params: Mapping[str, Any], tell: Tell) -> Any:
    """Take as long as asked for, and say so half-way."""
    for done in (0.5, 1.0):
        await asyncio.sleep(params["seconds"] / 2)
        tell(PROGRESS, {"progress": done, "message": f"{done:.0%}"})
    return {"seconds": params["seconds"]}


async def fail(params: Mapping[str, Any], _tell: Tell) -> Any:
    """Raise."""
    raise SkillError(params["message"])


async def promise(params: Mapping[str, Any], _tell: Tell) -> Any:
    """Return what was asked for, whether it keeps the promise or not."""
    return params["output"]


async def announce(params: Mapping[str, Any], tell: Tell) -> Any:
    """Send events, whether they keep the promise or not."""
    for payload in params["payloads"]:
        tell("measured", payload)
    return {}


SKILLS: Mapping[str, Skill] = {
    "echo": echo,
    "slow": slow,
    "fail": fail,
    "promise": promise,
    "announce": announce,
}
