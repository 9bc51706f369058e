"""Conversations about what a host can be started with: policies, good and bad."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from conformance.connectonion.trust_desk import Desk
from conformance.kit.judging.suite import scenario
from conformance.kit.targets.instance import TargetError
from conformance.kit.verdict import NotObserved

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conformance.kit.running.stage import Stage

BOUND = 60.0  # seconds: targets that start a process for every policy
CONTACTS = "---\nallow: [contact]\ndefault: deny\n---\nOnly contacts.\n\n---\ndefault: allow\n---\n"


# Good ones


@scenario(bound=BOUND)
async def kinds(stage: Stage) -> None:
    """Start the host with a level in capitals, a policy's text, and a file that holds it."""
    with TemporaryDirectory() as folder:
        file = _written(Path(folder, "contacts only.md"))
        kinds = (("a level in capitals", "STRICT"), ("a text", CONTACTS), ("a file", file))
        for kind, trust in kinds:
            await stage.restart(trust=trust)
            desk = Desk(stage)
            for level in ("stranger", "contact", "whitelist"):
                await (await desk.caller(level)).ask(tag=f"a {level} under {kind}")


def _written(file: Path) -> str:
    file.write_text(CONTACTS, encoding="utf-8")
    return str(file)


# Bad ones


@dataclass(frozen=True, slots=True)
class Slip:
    """A policy with one mistake, the line that it is in, and how it is right."""

    wrong: str
    line: int
    right: str


def ordered(*rules: str, more: str = "") -> str:
    """Return the text of a policy of fast_rules."""
    lines = "".join(f"  - {rule}\n" for rule in rules)
    return f"---\nfast_rules:\n{lines}{more}---\nbody\n"


def shipped(*members: str) -> str:
    """Return the text of a policy of allow, deny, onboard and default."""
    lines = "".join(f"{member}\n" for member in members)
    return f"---\n{lines}---\nbody\n"


RULE, ALLOW = "{if: is_contact, action: allow}", "default: deny"
VERIFY = "{{if: has_invite_code, action: verify_invite, on_success: {done}}}"
UNKNOWN: Mapping[str, Slip] = {
    "a condition": Slip(
        ordered(RULE, "{if: is_vip, action: allow}"),
        4,
        ordered(RULE, "{if: is_admin, action: allow}"),
    ),
    "an action": Slip(ordered("{if: is_contact, action: permit}"), 3, ordered(RULE)),
    "a member of a rule": Slip(
        ordered("{if: is_contact, action: allow, unless: is_admin}"), 3, ordered(RULE)
    ),
    "a member": Slip(ordered(RULE, more="chache: 1h\n"), 4, ordered(RULE, more="cache: 1h\n")),
    "no action": Slip(ordered(RULE, "{if: is_stranger}"), 4, ordered(RULE, RULE)),
    "a word of the other dialect": Slip(ordered(RULE, more="deny: []\n"), 4, ordered(RULE)),
}
SUCCESSES: Mapping[str, Slip] = {
    f"{done}": Slip(
        ordered(RULE, VERIFY.format(done=done)),
        4,
        ordered(RULE, VERIFY.format(done="promote_to_contact")),
    )
    for done in ("block", "demote_to_stranger", "set_admin", "unblock")
} | {
    "of an allow": Slip(
        ordered("{if: is_contact, action: allow, on_success: promote_to_whitelist}"),
        3,
        ordered(RULE),
    )
}
TYPES: Mapping[str, Slip] = {
    "null for who is denied": Slip(shipped(ALLOW, "deny: null"), 3, shipped(ALLOW, "deny: []")),
    "a word for who is allowed": Slip(
        shipped(ALLOW, "allow: contact"), 3, shipped(ALLOW, "allow: [contact]")
    ),
    "a text for a price": Slip(
        shipped(ALLOW, "onboard:", "  payment: ten"), 4, shipped(ALLOW, "onboard:", "  payment: 10")
    ),
    "a text for codes": Slip(
        shipped(ALLOW, "onboard:", "  invite_code: ABC"),
        4,
        shipped(ALLOW, "onboard:", "  invite_code: [ABC]"),
    ),
    "no YAML": Slip(shipped(ALLOW, "allow: [contact"), 3, shipped(ALLOW, "allow: [contact]")),
}


async def try_to_start(stage: Stage, slips: Mapping[str, Slip]) -> None:
    """Try to start the host with every mistake; a host that makes one is not asked for more."""
    for what, slip in slips.items():
        await stage.another(trust=slip.right)
        try:
            await stage.another(trust=slip.wrong)
        except (NotObserved, TargetError) as refusal:
            words = str(refusal).replace(slip.wrong, "…")
            stage.note(f"start: {what}", started=False, words=words)
            continue
        stage.note(f"start: {what}", started=True, words="")
        return


@scenario(bound=BOUND)
async def unknown_words(stage: Stage) -> None:
    """Try to start the host with words of fast_rules that are none."""
    await try_to_start(stage, UNKNOWN)


@scenario(bound=BOUND)
async def successes(stage: Stage) -> None:
    """Try to start the host with rules that would do more than promote."""
    await try_to_start(stage, SUCCESSES)


@scenario(bound=BOUND)
async def wrong_types(stage: Stage) -> None:
    """Try to start the host with members of the wrong type."""
    await try_to_start(stage, TYPES)


# Any policy, as an example of a property


async def judged(stage: Stage, example: Mapping[str, Any]) -> None:
    """Start the host with a policy, and send a prompt of a caller."""
    await stage.restart(trust=example["policy"])
    desk = Desk(stage)
    level = _level(example["lists"])
    stage.note("the caller", level=level)
    caller = await desk.caller(level, admin=bool(example.get("admin")))
    given = {name: example[name] for name in ("invite_code", "payment") if name in example}
    await caller.ask(tag="a prompt", **given)
    await desk.look(caller, tag="afterwards")


def _level(lists: Sequence[str]) -> str:
    """Return the level of a caller that is on some lists."""
    known = (("whitelist", "whitelist"), ("contacts", "contact"))
    return next((level for name, level in known if name in lists), "stranger")
