"""What breaks each requirement of signatures."""

from __future__ import annotations

import json
import re
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from conformance.elo.mutants_tasks import ends_with
from conformance.kit.proof.mutation import mutant
from reference.elo import messages, signing
from reference.elo.acceptance import BAD_SIGNATURE, INTERNAL
from reference.elo.signing import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.proof.mutation import Mutant
    from reference.elo.acceptance import Executor
    from reference.elo.identity import Identity
    from reference.elo.links import Link
    from reference.elo.state import State
    from reference.elo.working import Work

    Message = Mapping[str, Any]
    Canonical = Callable[[Message], bytes]
    Take = Callable[[Work, State, Link, Message], None]
    Rules = tuple[tuple[str, str, Any], ...]

WORKING, ROUTING, SIGNING = (
    "reference.elo.working",
    "reference.elo.routing",
    "reference.elo.signing",
)
RULES = "reference.elo.acceptance:RULES"
LIFE = 60  # seconds
ALPHABET = re.compile(r"[A-Za-z0-9_-]*")

of_the_node = partial(mutant, role="node")


def signing_by(sign: Callable[[Message, Identity], Message]) -> Callable[[Any], Any]:
    """Return what signs otherwise for one module."""
    return lambda good: SimpleNamespace(**{**vars(good), "sign": sign})


def leaves_life_out(message: Message, identity: Identity) -> Message:
    """Sign a task as if it lived for a minute."""
    return {
        **message,
        **signing.sign({**message, "ttl_s": LIFE}, identity),
        "ttl_s": message["ttl_s"],
    }


def believing(believes: Callable[[Verdict, Message], bool]) -> Callable[[Rules], Rules]:
    """Return the rules with some tasks believed that are not signed."""

    def replacement(rules: Rules) -> Rules:
        def believed(rule: Any) -> Callable[..., bool]:
            return lambda node, task, now: (
                rule(node, task, now)
                and not believes(signing.verdict(task, task.get("caller")), task)
            )

        return tuple(
            (code, words, believed(rule) if rule.__name__ == "_not_signed" else rule)
            for code, words, rule in rules
        )

    return replacement


def has_a_word_for_unsigned(rules: Rules) -> Rules:
    """Tell that there is no signature by another code."""

    def unsigned(node: Executor, task: Message, _now: float) -> bool:
        found = signing.verdict(task, task.get("caller"))
        return node.verifies and found is Verdict.UNSIGNED

    return (rules[0], ("UNSIGNED", "no signature", unsigned), *rules[1:])


def ends_after(spoilt: Callable[[Message], bool]) -> Callable[[Take], Take]:
    """Return what ends a connection after it has answered some tasks."""

    def replacement(take: Take) -> Take:
        def takes(work: Work, state: State, link: Link, message: Message) -> None:
            take(work, state, link, message)
            if spoilt(message):
                state.close(link, "a bad signature")

        return takes

    return replacement


def refuses(code: str, unwanted: Callable[[Link, Message], bool]) -> Callable[[Take], Take]:
    """Return what refuses some tasks."""

    def replacement(take: Take) -> Take:
        def takes(work: Work, state: State, link: Link, message: Message) -> None:
            if not unwanted(link, message):
                take(work, state, link, message)
                return
            job = work._expect(state, link, message)  # noqa: SLF001  (a bug)
            work.failed(state, job, code, "refused")

        return takes

    return replacement


def brought_by_another(link: Link, message: Message) -> bool:
    """Whether a task is somebody else's than who brings it."""
    caller = message.get("caller")
    known = link.about is not None and link.about.node_id == caller
    return signing.is_key(caller) and not known


def ignores_extensions(canonical: Canonical) -> Canonical:
    """Sign only members that do not look like extensions."""
    return lambda message: canonical(
        {name: value for name, value in message.items() if not name.startswith("x_")}
    )


def knows_no_infinity(canonical: Canonical) -> Canonical:
    """Sign null for what is too great."""
    return lambda message: canonical(message).replace(b"Infinity", b"null")


def sorts_by_code_units(_canonical: Canonical) -> Canonical:
    """Sort members as languages do whose texts are UTF-16."""

    def ordered(value: Any) -> Any:
        if isinstance(value, dict):
            names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
            return {name: ordered(value[name]) for name in names}
        return [ordered(item) for item in value] if isinstance(value, list) else value

    def written(message: Message) -> bytes:
        signed = ordered({k: v for k, v in message.items() if k != "signature"})
        return json.dumps(signed, separators=(",", ":")).encode("ascii")

    return written


def signs_for_the_proven(answer: Callable[..., Link]) -> Callable[..., Link]:
    """Sign results only for peers that proved who they are."""

    def answered(work: Work, state: State, job: int, message: Message) -> Link:
        about = work._jobs[job].link.about  # noqa: SLF001  (a bug)
        if about is not None and about.proven is None:
            message = {name: value for name, value in message.items() if name != "signature"}
        return answer(work, state, job, message)

    return answered


def signs_errors(answer: Callable[..., Link]) -> Callable[..., Link]:
    """Sign every result."""
    return lambda work, state, job, message: answer(
        work, state, job, signing.sign(message, state.identity)
    )


def believes(kind: Verdict) -> Callable[[Any], Any]:
    """Return what believes results of another kind too."""

    def replacement(genuine: Callable[[Link, Message], bool]) -> Callable[[Link, Message], bool]:
        def judges(link: Link, message: Message) -> bool:
            signer = link.about.node_id if link.about is not None else ""
            found = signing.verdict(message, signer)
            succeeded = message.get("status") == messages.SUCCESS
            return genuine(link, message) or (succeeded and found is kind)

        return judges

    return replacement


def reads_strictly(from_text: Callable[[str], bytes | None]) -> Callable[[str], bytes | None]:
    """Read nothing but base64url without padding."""
    return lambda text: from_text(text) if ALPHABET.fullmatch(text) else None


def always_verifies(refusal: Callable[..., Any]) -> Callable[..., Any]:
    """Verify, whatever was said."""

    def judges(node: Executor, task: Message, *, now: float) -> Any:
        node.verifies = True
        return refusal(node, task, now=now)

    return judges


MUTANTS: tuple[Mutant, ...] = (
    of_the_node(
        "ELO-SIG-03",
        "a task's life is not covered by its signature",
        f"{ROUTING}:signing",
        signing_by(leaves_life_out),
    ),
    of_the_node(
        "ELO-SIG-04",
        "a signature that is no text is believed",
        RULES,
        believing(
            lambda found, task: found is Verdict.FORGED and not isinstance(task["signature"], str)
        ),
    ),
    of_the_node(
        "ELO-SIG-04",
        "any signature is believed",
        RULES,
        believing(lambda found, _task: found is Verdict.FORGED),
        suffix="-unverified",
        # What is not verified covers nothing, in no form.
        also=("ELO-SIG-06", "ELO-SIG-07", "ELO-SIG-08"),
    ),
    of_the_node(
        "ELO-SIG-05",
        "a signature that is an object ends the connection",
        f"{WORKING}:Work.take",
        ends_after(lambda message: isinstance(message.get("signature"), dict)),
    ),
    of_the_node(
        "ELO-SIG-06", "extensions are not covered", f"{SIGNING}:canonical", ignores_extensions
    ),
    of_the_node(
        "ELO-SIG-07",
        "what is too great is signed as null",
        f"{SIGNING}:canonical",
        knows_no_infinity,
    ),
    of_the_node(
        "ELO-SIG-08", "members are sorted by UTF-16", f"{SIGNING}:canonical", sorts_by_code_units
    ),
    of_the_node(
        "ELO-SIG-09",
        "results are signed for those who proved themselves",
        f"{WORKING}:Work._answer",
        signs_for_the_proven,
    ),
    of_the_node("ELO-SIG-10", "errors are signed", f"{WORKING}:Work._answer", signs_errors),
    of_the_node(
        "ELO-SIG-11",
        "forged results are believed",
        f"{ROUTING}:_is_genuine",
        believes(Verdict.FORGED),
    ),
    of_the_node(
        "ELO-SIG-12",
        "unsigned tasks are done",
        RULES,
        believing(lambda found, _task: found is Verdict.UNSIGNED),
    ),
    of_the_node(
        "ELO-SIG-13",
        "who has no key is believed",
        RULES,
        believing(lambda found, task: found is Verdict.NAMELESS and bool(task.get("caller"))),
        also=("ELO-SIG-25",),  # a key of small order is none
    ),
    of_the_node(
        "ELO-SIG-14",
        "who has no name is believed",
        RULES,
        believing(lambda found, task: found is Verdict.NAMELESS and not task.get("caller")),
    ),
    of_the_node(
        "ELO-SIG-15",
        "a caller that is no text ends the connection",
        f"{WORKING}:Work.take",
        ends_with(lambda _link, message: not isinstance(message.get("caller", ""), str)),
    ),
    of_the_node(
        "ELO-SIG-16",
        "a task must be brought by its caller",
        f"{WORKING}:Work.take",
        refuses(BAD_SIGNATURE, brought_by_another),
    ),
    of_the_node(
        "ELO-SIG-17",
        "signatures are read strictly",
        "reference.elo.identity:from_text",
        reads_strictly,
    ),
    of_the_node(
        "ELO-SIG-18",
        "events are not signed",
        "reference.elo.core:signing",
        signing_by(lambda message, _identity: message),
    ),
    of_the_node(
        "ELO-SIG-21",
        "a signature of nothing is an error of its own",
        f"{WORKING}:Work.take",
        refuses(INTERNAL, lambda _link, message: not message.get("signature", "x")),
    ),
    of_the_node(
        "ELO-SIG-22", "an unsigned task has a code of its own", RULES, has_a_word_for_unsigned
    ),
    of_the_node(
        "ELO-SIG-23",
        "unsigned results are believed",
        f"{ROUTING}:_is_genuine",
        believes(Verdict.UNSIGNED),
    ),
    of_the_node(
        "ELO-SIG-24",
        "signatures are verified whatever was said",
        "reference.elo.acceptance:Executor.refusal",
        always_verifies,
    ),
    of_the_node(
        "ELO-SIG-25",
        "keys of small order are keys",
        "reference.elo.identity:SMALL_ORDER",
        lambda _known: frozenset(),
    ),
)
