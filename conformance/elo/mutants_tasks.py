"""What breaks each requirement of tasks: those that a node does, and those that it sends."""

from __future__ import annotations

import math
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from conformance.kit.proof.mutation import mutant
from reference.elo import routing
from reference.elo.acceptance import INTERNAL
from reference.elo.profile import Return

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.proof.mutation import Mutant
    from reference.elo.answers import Answers
    from reference.elo.core import Node
    from reference.elo.effects import Outcome
    from reference.elo.links import Link
    from reference.elo.routing import Journey, Router
    from reference.elo.state import State
    from reference.elo.working import Work

    Message = Mapping[str, Any]
    Take = Callable[[Work, State, Link, Message], None]
    Result = Callable[[Router, Link, Message], None]
    Rules = tuple[tuple[str, str, Any], ...]

WORKING, ROUTING = "reference.elo.working", "reference.elo.routing"
MESSAGES, RULES = "reference.elo.messages", "reference.elo.acceptance:RULES"

of_the_node = partial(mutant, role="node")


def repeats_objects(answer: Callable[..., Link]) -> Callable[..., Link]:
    """Send a result twice when an object is in it."""

    def answered(work: Work, state: State, job: int, message: Any) -> Link:
        link = answer(work, state, job, message)
        payload = message.get("payload")
        if isinstance(payload, dict) and isinstance(payload.get("echo"), dict):
            state.send(link, message)
        return link

    return answered


def blames_nobody(failed: Callable[..., Any]) -> Callable[..., Any]:
    """Have another code for what failed inside a handler."""
    return lambda node, job, code, words, now: failed(
        node, job, "FAILED" if code == INTERNAL else code, words, now=now
    )


def loses_what_is_no_json(done: Callable[..., Link]) -> Callable[..., Link | None]:
    """Answer nothing where the result cannot be written."""

    def finishes(work: Work, state: State, job: int, payload: Any) -> Link:
        plain = payload is None or isinstance(payload, dict | list | str | int | float)
        return done(work, state, job, payload) if plain else work._jobs[job].link  # noqa: SLF001

    return finishes


def empties_the_false(action: Callable[..., Any]) -> Callable[..., Any]:
    """Take whatever is false for an empty object."""
    return lambda deeds, capability, payload, links: action(deeds, capability, payload or {}, links)


def sleeps_soundly(action: Callable[..., Any]) -> Callable[..., Any]:
    """Let everybody wait for a slow handler."""

    def acts(*given: Any) -> Any:
        deed = action(*given)
        if isinstance(deed, Return) and deed.after:
            time.sleep(deed.after)  # the bug: nobody else is served meanwhile
            return Return(deed.value)
        return deed

    return acts


def ends_with(unwanted: Callable[[Link, Message], bool]) -> Callable[[Take], Take]:
    """Return what ends the connection on which an unwanted task comes."""

    def replacement(take: Take) -> Take:
        def takes(work: Work, state: State, link: Link, message: Message) -> None:
            if unwanted(link, message):
                state.close(link, "an unwanted task")
            else:
                take(work, state, link, message)

        return takes

    return replacement


def deaf_after_bye(take: Take) -> Take:
    """Take no task of who has said bye."""

    def takes(work: Work, state: State, link: Link, message: Message) -> None:
        if link.listed:
            take(work, state, link, message)

    return takes


def without(name: str) -> Callable[[Rules], Rules]:
    """Return the rules but one."""
    return lambda rules: tuple(rule for rule in rules if rule[2].__name__ != name)


def called_otherwise(rules: Rules) -> Rules:
    """Refuse tasks for another by another code."""
    return tuple(("REFUSED" if code == "WRONG_TARGET" else code, *rest) for code, *rest in rules)


def answers_as_it_comes(_take: Callable[..., Any]) -> Callable[..., list[Message]]:
    """Answer each task as soon as it is done."""

    def takes(answers: Answers, job: int, answer: Message) -> list[Message]:
        answers._waiting.remove(job)  # noqa: SLF001  (a bug)
        return [answer]

    return takes


def deaf_at_work(hear: Callable[..., None]) -> Callable[..., None]:
    """Hear no result of a peer whose task is being done."""

    def hears(node: Node, link: Link, message: Message) -> None:
        answers = node.state.answers.get(link.id)
        if answers is None or not answers.outstanding:
            hear(node, link, message)

    return hears


def takes_any_id(result: Result) -> Result:
    """Take whatever a peer sends for the result of its task."""

    def takes(router: Router, link: Link, message: Message) -> None:
        journeys = router._journeys  # noqa: SLF001  (a bug)
        if not any(each.task == message.get("id") for each in journeys):
            for journey in journeys:
                if journey.task and journey.link == link.id:
                    router._end(journey, routing.outcome_of(message))  # noqa: SLF001
                    return
        result(router, link, message)

    return takes


def takes_it_from_anybody(result: Result) -> Result:
    """Take a result from whoever sends it."""

    def takes(router: Router, link: Link, message: Message) -> None:
        for journey in router._journeys:  # noqa: SLF001  (a bug)
            if journey.task and journey.task == message.get("id") and journey.link != link.id:
                router._end(journey, routing.outcome_of(message))  # noqa: SLF001
                return
        result(router, link, message)

    return takes


def wants_objects(result: Result) -> Result:
    """Ignore results whose error is no object."""

    def takes(router: Router, link: Link, message: Message) -> None:
        if isinstance(message.get("error", {}), dict):
            result(router, link, message)

    return takes


def waits_for_what_was_not_sent(end: Callable[..., None]) -> Callable[..., None]:
    """Wait for the result of a task that was too large to be sent."""

    def ends(router: Router, journey: Journey, outcome: Outcome) -> None:
        if outcome.message.startswith("Payload too large"):
            journey.until = math.inf
        else:
            end(router, journey, outcome)

    return ends


def with_other(**members: Any) -> Callable[[Any], Any]:
    """Return what puts other members into a message."""
    return lambda write: lambda *args, **rest: {**write(*args, **rest), **members}


MUTANTS: tuple[Mutant, ...] = (
    of_the_node(
        "ELO-TASK-01", "some results come twice", f"{WORKING}:Work._answer", repeats_objects
    ),
    of_the_node(
        "ELO-TASK-02",
        "results are of another protocol",
        f"{MESSAGES}:success",
        with_other(protocol="elo.v2"),
    ),
    of_the_node(
        "ELO-TASK-03", "a failure has another code", "reference.elo.core:Node.failed", blames_nobody
    ),
    of_the_node(
        "ELO-TASK-04",
        "without a handler something else is told",
        f"{WORKING}:NO_HANDLER",
        lambda _told: {"message": "nobody is here"},
    ),
    of_the_node(
        "ELO-TASK-05",
        "a null payload is told",
        f"{MESSAGES}:success",
        lambda success: lambda id, payload: {**success(id, payload), "payload": payload},
    ),
    of_the_node(
        "ELO-TASK-06", "what is no JSON is lost", f"{WORKING}:Work.done", loses_what_is_no_json
    ),
    of_the_node(
        "ELO-TASK-07",
        "what is false is an empty object",
        "reference.elo.profile:action",
        empties_the_false,
    ),
    of_the_node(
        "ELO-TASK-08",
        "a task without an id ends its connection",
        f"{WORKING}:Work.take",
        ends_with(lambda _link, message: "id" not in message),
    ),
    of_the_node("ELO-TASK-09", "targets are not looked at", RULES, without("_for_another")),
    of_the_node("ELO-TASK-10", "capabilities are not looked at", RULES, without("_not_offered")),
    of_the_node("ELO-TASK-11", "tasks live for ever", RULES, without("_expired")),
    of_the_node("ELO-TASK-12", "no task is remembered", RULES, without("_repeated")),
    of_the_node(
        "ELO-TASK-13",
        "results come as they are ready",
        "reference.elo.answers:Answers.take",
        answers_as_it_comes,
    ),
    of_the_node(
        "ELO-TASK-14",
        "everybody waits for a slow handler",
        "reference.elo.profile:action",
        sleeps_soundly,
    ),
    of_the_node(
        "ELO-TASK-15",
        "a peer whose task is being done is not heard",
        "reference.elo.core:HEARERS[result]",
        deaf_at_work,
    ),
    of_the_node(
        "ELO-TASK-16",
        "ids of tasks are as short as those of queries",
        f"{MESSAGES}:task",
        lambda task: lambda id, **rest: task(id[:8], **rest),
    ),
    of_the_node(
        "ELO-TASK-17", "every task lives a minute", f"{MESSAGES}:task", with_other(ttl_s=60)
    ),
    of_the_node(
        "ELO-TASK-18",
        "whatever a peer sends is the result",
        f"{ROUTING}:Router.result",
        takes_any_id,
    ),
    of_the_node(
        "ELO-TASK-19",
        "anybody can send the result",
        f"{ROUTING}:Router.result",
        takes_it_from_anybody,
    ),
    of_the_node(
        "ELO-TASK-20",
        "an error without a code has another one",
        f"{ROUTING}:UNKNOWN",
        lambda _code: "ERROR",
    ),
    of_the_node(
        "ELO-TASK-21",
        "results whose error is no object are ignored",
        f"{ROUTING}:Router.result",
        wants_objects,
    ),
    of_the_node(
        "ELO-TASK-22", "who said bye has no tasks done", f"{WORKING}:Work.take", deaf_after_bye
    ),
    of_the_node(
        "ELO-TASK-23",
        "a task that was too large is waited for",
        f"{ROUTING}:Router._end",
        waits_for_what_was_not_sent,
    ),
    of_the_node("ELO-TASK-24", "a refusal has another code", RULES, called_otherwise),
    of_the_node(
        "ELO-TASK-25",
        "a capability that is no text ends the connection",
        f"{WORKING}:Work.take",
        ends_with(lambda _link, message: not isinstance(message.get("capability", ""), str)),
    ),
)
