"""What breaks each requirement of coming in on a WebSocket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.connectonion.host_mutations import of_the_host
from conformance.connectonion.socket_mutations import HEAR, of_type, read, says_to, type_of
from reference.connectonion.conversation import Say
from reference.connectonion.identity import same_person
from reference.connectonion.levels import Level

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.kit.proof.mutation import Mutant
    from reference.connectonion.conversation import Conversation, Effect

    Frame = dict[str, Any]
    Hear = Callable[..., list[Effect]]


def without(name: str) -> Callable[[Frame], Frame]:
    """Return what takes a member from a frame."""
    return lambda frame: {key: value for key, value in frame.items() if key != name}


def reworded(text: str, other: str) -> Callable[[Frame], Frame]:
    """Return what puts other words for an ERROR that begins so."""
    return lambda frame: (
        {**frame, "message": other} if str(frame.get("message")).startswith(text) else frame
    )


def strictly(change: Callable[[Frame], Frame]) -> Callable[[Hear], Hear]:
    """Have what answers a prompt changed where the policy offers nobody a way in."""

    def replaced(hear: Hear) -> Hear:
        def heard(talk: Conversation, text: str | None, *, now: float) -> list[Effect]:
            effects = hear(talk, text, now=now)
            if type_of(text) != "INPUT" or talk._desk.trust.policy.onboarding:  # noqa: SLF001
                return effects
            return [Say(change(dict(e.frame))) if isinstance(e, Say) else e for e in effects]

        return heard

    return replaced


def _is_blocked(talk: Conversation, text: str | None) -> bool:
    frame = read(text)
    sender = frame.get("from") if isinstance(frame, dict) else None
    if not isinstance(sender, str):
        return False
    level = talk._desk.trust.clients.level(same_person(sender))  # noqa: SLF001
    return level is Level.BLOCKED


def to_the_blocked(kind: str, answer: Frame) -> Callable[[Hear], Hear]:
    """Answer frames of a type otherwise when who sends them is blocked."""

    def replaced(hear: Hear) -> Hear:
        def heard(talk: Conversation, text: str | None, *, now: float) -> list[Effect]:
            if type_of(text) != kind or not _is_blocked(talk, text):
                return hear(talk, text, now=now)
            return [Say({**answer, "identity": read(text)["from"]})]

        return heard

    return replaced


def uses_up_what_it_refuses(hear: Hear) -> Hear:
    """Take the signature of a prompt that is answered by ONBOARD_REQUIRED."""

    def heard(talk: Conversation, text: str | None, *, now: float) -> list[Effect]:
        effects = hear(talk, text, now=now)
        for effect in effects:
            if isinstance(effect, Say) and effect.frame["type"] == "ONBOARD_REQUIRED":
                talk._desk.gate.use(read(text), now=now)  # noqa: SLF001  (a bug)
        return effects

    return heard


def forgets(kind: str) -> Callable[[Hear], Hear]:
    """Forget which signatures were taken when a frame of this type has been answered."""

    def replaced(hear: Hear) -> Hear:
        def heard(talk: Conversation, text: str | None, *, now: float) -> list[Effect]:
            used = dict(talk._desk.gate._used)  # noqa: SLF001  (a bug)
            effects = hear(talk, text, now=now)
            if str(type_of(text)).startswith(kind):
                for signature in talk._desk.gate._used.keys() - used.keys():  # noqa: SLF001
                    del talk._desk.gate._used[signature]  # noqa: SLF001
            return effects

        return heard

    return replaced


SUBMIT = "ONBOARD_SUBMIT"
OFFER = {"type": "ONBOARD_REQUIRED", "methods": ["invite_code"]}
WELCOME = {"type": "ONBOARD_SUCCESS", "level": "contact", "message": "welcome"}

MUTANTS: tuple[Mutant, ...] = (
    of_the_host(
        "CO-WS-24",
        "nobody is told what a payment costs",
        HEAR,
        of_type("ONBOARD_REQUIRED", without("payment_amount")),
    ),
    of_the_host(
        "CO-WS-25",
        "strict refusals do not say forbidden",
        HEAR,
        strictly(reworded("forbidden", "denied")),
    ),
    of_the_host(
        "CO-WS-26",
        "a welcome has no words",
        HEAR,
        of_type("ONBOARD_SUCCESS", without("message")),
    ),
    of_the_host(
        "CO-WS-27",
        "a wrong code is refused in other words",
        HEAR,
        says_to(SUBMIT, reworded("Invalid invite code", "no such code")),
    ),
    of_the_host(
        "CO-WS-28",
        "who submits nothing is told something else",
        HEAR,
        says_to(SUBMIT, reworded("invite_code or payment required", "what?")),
    ),
    of_the_host("CO-WS-29", "the blocked are welcome", HEAR, to_the_blocked(SUBMIT, WELCOME)),
    of_the_host(
        "CO-WS-30",
        "forged submissions are refused in other words",
        HEAR,
        says_to(SUBMIT, reworded("unauthorized", "no")),
    ),
    of_the_host("CO-WS-48", "a refused prompt is used up", HEAR, uses_up_what_it_refuses),
    of_the_host("CO-WS-49", "a submission can be repeated", HEAR, forgets(SUBMIT)),
    of_the_host(
        "CO-WS-50", "the blocked are offered a way in", HEAR, to_the_blocked("INPUT", OFFER)
    ),
)
