"""How mutants take hold of a host's WebSocket: of what it hears, and of what it says then."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

from reference.connectonion.conversation import Say

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference.connectonion.conversation import Conversation, Effect

    Hear: TypeAlias = "Callable[..., list[Effect]]"
    Replacement: TypeAlias = "Callable[[Any], Any]"

CONVERSATION = "reference.connectonion.conversation"
HEAR = f"{CONVERSATION}:Conversation.hear"
SHELL = "reference.connectonion.host_shell"
UNREADABLE = object()  # what stands for a text that is no JSON, and for a binary frame


def read(text: str | None) -> Any:
    """Return what a frame says."""
    try:
        return UNREADABLE if text is None else json.loads(text)
    except (ValueError, RecursionError):
        return UNREADABLE


def type_of(text: str | None) -> Any:
    """Return the type that a frame says it has."""
    frame = read(text)
    return frame.get("type") if isinstance(frame, dict) else None


def hears(change: Callable[[Conversation, str | None], list[Effect] | None]) -> Replacement:
    """Have frames heard otherwise: ``change`` returns what is to be done, None for the usual."""

    def replaced(hear: Hear) -> Hear:
        def heard(talk: Conversation, text: str | None, *, now: float) -> list[Effect]:
            other = change(talk, text)
            return hear(talk, text, now=now) if other is None else other

        return heard

    return replaced


def says(change: Callable[[Any], Any]) -> Replacement:
    """Have the frames that answer changed: ``change`` returns another, None for silence."""
    return lambda hear: lambda *given, **named: changed(hear(*given, **named), change)


def says_to(kind: str, change: Callable[[Any], Any]) -> Replacement:
    """Have what answers frames of a type changed; the type may be a beginning."""

    def replaced(hear: Hear) -> Hear:
        def heard(talk: Conversation, text: str | None, *, now: float) -> list[Effect]:
            effects = hear(talk, text, now=now)
            mine = str(type_of(text)).startswith(kind)
            return changed(effects, change) if mine else effects

        return heard

    return replaced


def of_type(kind: str, change: Callable[[Any], Any]) -> Replacement:
    """Have the answers of one type changed."""
    return says(lambda frame: change(frame) if frame["type"] == kind else frame)


def changed(effects: list[Effect], change: Callable[[Any], Any]) -> list[Effect]:
    """Return effects with what is said changed, or left out."""
    done: list[Effect] = []
    for effect in effects:
        if not isinstance(effect, Say):
            done.append(effect)
        elif (frame := change(effect.frame)) is not None:
            done.append(Say(frame))
    return done
