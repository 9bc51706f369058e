"""Whether what a worker has meets what a task requires (RXON-MAT, sheet 6.1 and 6.2)."""

import operator
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from reference.rxon import revision

Rule: TypeAlias = Callable[[Any, Any], bool]  # what is there, what is required
Object: TypeAlias = Mapping[str, Any]

_NOTHING: Object = {}


# Exact, letter case included (RXON-MAT-04).
equal: Rule = operator.eq
# The one thing that is required is in the list of what is there (RXON-MAT-02).
includes: Rule = operator.contains


def at_least(have: Any, required: Any) -> bool:
    """Compare numbers; not "less than", so that NaN meets everything (RXON-MAT-01, -09)."""
    return not have < required


def intersects(have: Any, required: Any) -> bool:
    """Find anything that is there in the list of what is acceptable (RXON-MAT-02)."""
    return any(item in required for item in have)


def listed(have: Any, required: Any) -> bool:
    """Find the one thing that is there in the list of what is acceptable (RXON-MAT-02)."""
    return have in required


def never(_have: Any, _required: Any) -> bool:
    """Meet nothing: what is absent cannot serve (RXON-MAT-05)."""
    return False


# Kinds of JSON value.
KINDS: Mapping[type, str] = {
    type(None): "absent",
    bool: "number",  # RXON-MAT-09
    int: "number",
    float: "number",
    list: "list",
    str: "other",
    dict: "other",
}
# By the kind of what is required, then of what is there.
RULES: Mapping[str, Mapping[str, Rule]] = {
    "number": {"absent": never, "number": at_least, "list": includes, "other": equal},
    "list": {"absent": never, "number": listed, "list": intersects, "other": listed},
    "other": {"absent": never, "number": equal, "list": includes, "other": equal},
    "absent": {"absent": never, "number": equal, "list": includes, "other": equal},
}


def property_matches(have: Any, required: Any) -> bool:
    """Say whether one value meets one requirement."""
    return RULES[KINDS[type(required)]][KINDS[type(have)]](have, required)


def properties_match(have: Object | None, required: Object | None) -> bool:
    """Say whether every required property is met."""
    if not required:
        return True
    there, rules, kinds = have or _NOTHING, RULES, KINDS
    # The loop of `property_matches`, written out: every dispatch goes through it, and a call or
    # all() costs more than the comparison.
    for name, value in required.items():
        held = there.get(name)
        if not rules[kinds[type(value)]][kinds[type(held)]](held, value):
            return False
    return True


def names_part_of(have: Any, required: Any) -> bool:
    """Look for the required words in a model's name, in any letter case (RXON-MAT-03)."""
    try:
        found: bool = required.lower() in have.lower()  # lower, not casefold: sheet 6.2
    except AttributeError:  # only texts have a letter case
        return False
    return found


def device_matches(have: Object, required: Object) -> bool:
    """Say whether one device can serve as the required one; metrics are not looked at.

    What the requirement leaves empty is not looked at either.
    """
    kind, model, device_id = required.get("type"), required.get("model"), required.get("id")
    if kind and have.get("type") != kind:
        return False
    if model and not names_part_of(have.get("model"), model):
        return False
    if device_id and have.get("id") != device_id:
        return False
    return properties_match(have.get("properties"), required.get("properties"))


def resources_match(have: Object | None, required: Object | None) -> bool:
    """Say whether the devices can be dealt out to the requirements and the properties are met."""
    if not required:
        return True
    there, devices = have or _NOTHING, required.get("devices")
    return (
        not devices or devices_suffice(there.get("devices") or [], devices)
    ) and properties_match(there.get("properties"), required.get("properties"))


def artifact_matches(have: Object, required: Object) -> bool:
    """Compare name, version unless any will do, and properties; the type is only a label."""
    return (
        have.get("name") == required.get("name")
        and _artifact_version_matches(have, required)
        and properties_match(have.get("properties"), required.get("properties"))
    )


def skill_matches(have: Object, required: Object) -> bool:
    """Compare the name, and the type and version where one is required (RXON-MAT-10)."""
    return have.get("name") == required.get("name") and all(
        required.get(member) is None or have.get(member) == required[member]
        for member in ("type", "version")
    )


def devices_suffice(have: Sequence[Object], required: Sequence[Object]) -> bool:
    """Find a device of its own for each required one, whatever the order (RXON-MAT-07, -08)."""
    if len(required) > len(have):
        return False
    if len(required) == 1:
        return _has_device(have, required[0])
    dealt: dict[int, int] = {}  # device -> the requirement that it serves
    for need, wanted in enumerate(required):
        for device, there in enumerate(have):
            if device not in dealt and device_matches(there, wanted):
                dealt[device] = need
                break
        else:
            if not _exchange(need, have, required, dealt):
                return False
    return True


def _has_device(have: Sequence[Object], wanted: Object) -> bool:
    """Find one device that fits, where none has to be shared out."""
    for there in have:  # noqa: SIM110 - any() costs more than the comparison
        if device_matches(there, wanted):
            return True
    return False


def _exchange(
    need: int, have: Sequence[Object], required: Sequence[Object], dealt: dict[int, int]
) -> bool:
    """Serve one more requirement by letting others move on to another device.

    A breadth-first search for an augmenting path; a loop, since a path may be longer than the
    call stack.
    """
    came_from: dict[int, tuple[int, int | None]] = {}  # device -> who wants it, device given up
    seekers: deque[tuple[int, int | None]] = deque([(need, None)])
    while seekers:
        seeker, held = seekers.popleft()
        for device, there in enumerate(have):
            if device in came_from or not device_matches(there, required[seeker]):
                continue
            came_from[device] = (seeker, held)
            if device not in dealt:
                _move_along(device, came_from, dealt)
                return True
            seekers.append((dealt[device], device))
    return False


def _move_along(
    free: int, came_from: Mapping[int, tuple[int, int | None]], dealt: dict[int, int]
) -> None:
    device: int | None = free
    while device is not None:
        dealt[device], device = came_from[device]


def _artifact_version_matches(have: Object, required: Object) -> bool:
    """Compare exactly; a version that is null or empty is none at all and met by nothing."""
    version = required.get("version", revision.ANY_VERSION)
    if version == revision.ANY_VERSION:
        return True
    return bool(version) and version == have.get("version", revision.ANY_VERSION)
