"""What breaks each requirement of prompts over HTTP."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from conformance.connectonion.host_mutations import ANSWER, answers, of_the_host, refusal
from reference.connectonion import replies
from reference.connectonion.authentication import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.proof.mutation import Mutant
    from reference.connectonion.host_core import Asked
    from reference.connectonion.replies import Reply
    from reference.connectonion.running import Run

    Take = Callable[..., Run]
    Answer = Callable[..., Reply | Run]

CORE, SHELL, RUNNING = (
    "reference.connectonion.host_core",
    "reference.connectonion.host_shell",
    "reference.connectonion.running",
)


def says_ok(done: Callable[..., Reply]) -> Callable[..., Reply]:
    """Have another word for what is done."""

    def told(*about: Any, **more: Any) -> Reply:
        reply = done(*about, **more)
        return replies.Reply(200, reply.body.replace(b'"status": "done"', b'"status": "ok"', 1))

    return told


def prefers_what_stands_outside(take: Take) -> Take:
    """Work on the prompt beside the payload, where there is one, over HTTP."""

    def taken(self: Any, envelope: Any, signed: Any, *, now: float, empty: bool) -> Run:
        run = take(self, envelope, signed, now=now, empty=empty)
        words = envelope.get("prompt") if empty else None
        return type(run)(run.session_id, words or run.prompt, run.session, run.caller)

    return taken


def reads(change: Callable[[Asked, Callable[[Asked], Any]], Any]) -> Callable[[Any], Any]:
    """Read bodies otherwise."""
    return lambda read: lambda asked: change(asked, read)


def is_text(asked: Asked) -> bool:
    """Whether a body is UTF-8."""
    try:
        asked.body.decode()
    except UnicodeDecodeError:
        return False
    return True


def says_otherwise(asked: Asked, read: Callable[[Asked], Any]) -> Any:
    """Have other words for text that is no JSON."""
    try:
        return read(asked)
    except Refused:
        raise Refused("the body is not JSON" if is_text(asked) else "Invalid JSON") from None


def knows_utf_8_alone(asked: Asked, read: Callable[[Asked], Any]) -> Any:
    """Have another word for what is no text."""
    if not is_text(asked):
        raise Refused("not UTF-8")
    return read(asked)


def wants_a_body(asked: Asked, read: Callable[[Asked], Any]) -> Any:
    """Take no body for bad JSON."""
    if not asked.body and asked.method == "POST":
        raise Refused("Invalid JSON")
    return read(asked)


def takes_json_alone(answer: Answer) -> Answer:
    """Refuse prompts that say that they are plain text."""

    def answered(host: Any, asked: Asked, *, now: float) -> Reply | Run:
        plain = asked.headers.get("content-type", "").startswith("text/plain")
        if plain and asked.path == "/input":
            return replies.error("unsupported media type", 415)
        return answer(host, asked, now=now)

    return answered


def reads_numbers_aloud(prompt: Callable[..., str]) -> Callable[..., str]:
    """Take a number for a prompt."""

    def read(payload: Mapping[str, Any], *, empty: bool) -> str:
        told = payload.get("prompt")
        number = isinstance(told, int) and not isinstance(told, bool)
        return prompt({**payload, "prompt": str(told)} if number else payload, empty=empty)

    return read


def trips(_asked: Asked, reply: Reply) -> Reply | None:
    """Answer what it did not expect with an error of its own."""
    return replies.error("internal", 500) if b"must be a string" in reply.body else None


def calls_failures_done(failed: Callable[..., Reply]) -> Callable[..., Reply]:
    """Answer a failure of the agent as if it were a result."""

    def told(self: Any, run: Run, message: str, *, now: float) -> Reply:
        failed(self, run, message, now=now)
        return replies.of({"session_id": run.session_id, "status": "done", "result": message})

    return told


def one_at_a_time(http: Callable[..., Any]) -> Callable[..., Any]:
    """Answer prompts one after the other, and nobody's question about health meanwhile."""
    turns: dict[int, asyncio.Lock] = {}

    async def answered(self: Any, request: Any) -> Any:
        if request.path not in {"/input", "/health"}:
            return await http(self, request)
        async with turns.setdefault(id(self), asyncio.Lock()):
            return await http(self, request)

    return answered


MUTANTS: tuple[Mutant, ...] = (
    of_the_host(
        "CO-HOST-09",
        "has another word for what is done",
        f"{CORE}:Host.done",
        says_ok,
    ),
    of_the_host(
        "CO-HOST-10",
        "works on the prompt that stands beside the payload",
        f"{RUNNING}:Desk.take",
        prefers_what_stands_outside,
    ),
    of_the_host(
        "CO-HOST-11",
        "has other words for what is no JSON",
        f"{CORE}:Asked.json",
        reads(says_otherwise),
    ),
    of_the_host(
        "CO-HOST-12",
        "takes no body for bad JSON",
        f"{CORE}:Asked.json",
        reads(wants_a_body),
    ),
    of_the_host(
        "CO-HOST-35",
        "has another word for what is no text",
        f"{CORE}:Asked.json",
        reads(knows_utf_8_alone),
    ),
    of_the_host(
        "CO-HOST-13",
        "forbids what nobody signed right",
        ANSWER,
        refusal("unauthorized: invalid signature", 403),
    ),
    of_the_host(
        "CO-HOST-14",
        "wants prompts to say that they are JSON",
        ANSWER,
        takes_json_alone,
    ),
    of_the_host(
        "CO-HOST-15",
        "takes a number for a prompt",
        f"{RUNNING}:_prompt",
        reads_numbers_aloud,
    ),
    of_the_host(
        "CO-HOST-16",
        "trips over what is no text",
        ANSWER,
        answers(trips),
    ),
    of_the_host(
        "CO-HOST-17",
        "answers a failure of the agent as if it were a result",
        f"{CORE}:Host.failed",
        calls_failures_done,
    ),
    of_the_host(
        "CO-HOST-18",
        "answers prompts one after the other, and no question about health meanwhile",
        f"{SHELL}:Shell._http",
        one_at_a_time,
    ),
    of_the_host(
        "CO-HOST-31",
        "takes bodies of two megabytes",
        "reference.connectonion.host:BODY_LIMIT",
        lambda _: 2 * 1024 * 1024,
    ),
)
