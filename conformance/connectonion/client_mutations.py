"""How the client's mutants take hold: of what a call says, hears, and does next."""

from __future__ import annotations

import json
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, TypeAlias

from conformance.kit.proof.mutation import mutant

if TYPE_CHECKING:
    from collections.abc import Callable

    Change: TypeAlias = "Callable[[Any], Any]"
    Frame: TypeAlias = "dict[str, Any]"

CORE = "reference.connectonion.client_core"
CALL = f"{CORE}:Call"
SHELL = "reference.connectonion.client_shell:Shell"
LINE = "reference.connectonion.client_shell:Line"
SAY = f"{CALL}._say"

of_the_client = partial(mutant, role="cli")


def around(change: Callable[..., Any]) -> Change:
    """Return what puts a function around another, which it gets before its own arguments."""

    def replacement(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def instead(*args: Any, **members: Any) -> Any:
            return change(original, *args, **members)

        return instead

    return replacement


def said(kind: str, change: Callable[[Any, Frame], Frame | None]) -> Change:
    """Have frames of a type changed as they are said, by the call and the frame; None drops it."""

    def say(good: Callable[..., None], call: Any, frame: Frame) -> None:
        told = change(call, frame) if frame["type"] == kind else frame
        if told is not None:
            good(call, told)

    return around(say)


def heard(kind: str, change: Callable[[Any, Frame], Frame]) -> Change:
    """Have frames of a type changed before they are heard."""

    def hear(good: Callable[..., Any], call: Any, text: str, *, now: float) -> Any:
        try:
            frame = json.loads(text)
        except ValueError:
            frame = None
        odd = isinstance(frame, dict) and frame.get("type") == kind
        return good(call, json.dumps(change(call, frame)) if odd else text, now=now)

    return around(hear)


def polled(change: Callable[[Any, int | None, Any], tuple[int | None, Any]]) -> Change:
    """Have the answers to polls changed before they are taken."""

    def take(
        good: Callable[..., Any], call: Any, status: int | None, body: Any, *, now: float
    ) -> Any:
        return good(call, *change(call, status, body), now=now)

    return around(take)
