"""RXON-REG: registrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, Unmet
from conformance.rxon import VERSION_HEADER
from conformance.rxon import scenarios_registration as registration
from conformance.rxon.scenarios_heartbeats import has_task

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen


@check("RXON-REG-01", registration.valid)
def test_a_registered_worker_is_given_tasks(seen: Seen) -> None:
    answer = seen.answer("a registration")
    answer.must_be(200)
    answer.must_say(status="registered")
    poll = seen.answer("a poll after the registration")
    poll.must(has_task(poll), "no task went to the registered worker")


@check("RXON-REG-02", registration.versions)
def test_only_another_version_is_warned_of(seen: Seen) -> None:
    for kind in ("without a version", "with the same version", "with another version"):
        answer = seen.answer(f"a registration {kind}")
        answer.must_be(200)
        version, header = answer.member("version"), answer.header(VERSION_HEADER)
        answer.must(isinstance(version, str) and version, "the answer names no version")
        answer.must(header in {None, version}, "header and body name different versions")
        warned = isinstance(answer.member("warning"), str)
        if kind == "with another version":
            answer.must(warned, "another version brought no warning")
        else:
            answer.must(answer.member("warning") is None, f"a worker {kind} was warned")


@check("RXON-REG-03", registration.minimal)
def test_a_registration_needs_only_an_id(seen: Seen) -> None:
    seen.answer("a minimal registration").must_be_ok()


@check("RXON-REG-04", registration.odd_ids, cases=tuple(registration.ODD_IDS))
def test_an_id_of_other_characters_is_refused(seen: Seen, what: str) -> None:
    tag = f"an id with {what}"
    for answer in seen.negatives(tag):
        if what == "nothing at all":
            answer.must_be_refused()
        else:
            answer.must_be(400)
    note = seen.noted(f"the worker that has {tag}")
    if note.data["worker"] is not None:
        raise Broken("the worker was registered", note)


@check("RXON-REG-05", registration.strange_ids, cases=tuple(registration.STRANGE_IDS))
def test_an_id_that_is_no_text_is_refused(seen: Seen, what: str) -> None:
    for answer in seen.negatives(what):
        answer.must_be(400)


@check("RXON-REG-06", registration.not_json, cases=tuple(registration.NOT_JSON))
def test_a_body_that_is_not_json_is_refused(seen: Seen, what: str) -> None:
    for answer in seen.negatives(what):
        answer.must_be(400)
        answer.must(isinstance(answer.member("error"), str), "the answer has no text `error`")


@check("RXON-REG-07", registration.no_object, cases=tuple(registration.NO_OBJECTS))
def test_json_that_is_no_object_is_refused(seen: Seen, what: str) -> None:
    for answer in seen.negatives(what):
        answer.must_be_refused()


@check("RXON-REG-08", registration.strange_skills, cases=tuple(registration.STRANGE_SKILLS))
def test_a_skill_that_is_none_is_refused(seen: Seen, what: str) -> None:
    for answer in seen.negatives(f"a skill that is {what}"):
        answer.must_be_refused()


@check("RXON-REG-08", registration.strange_skills, cases=("a bystander",))
def test_a_skill_that_is_none_keeps_no_task_from_others(seen: Seen, who: str) -> None:
    poll = seen.answer(f"a poll of {who}")
    poll.must(has_task(poll), "no task went to another worker any more")


@check("RXON-REG-09", registration.renewed)
def test_a_second_registration_replaces_the_catalogue(seen: Seen) -> None:
    before = seen.answer("a poll before the second registration")
    if not has_task(before):
        raise Unmet("no task of the old skill went to the worker at first", *before.evidence)
    seen.answer("a second registration").must_be(200)
    *_, old = seen.answers("a poll for the old skill")
    old.must(not has_task(old), "tasks of the old skill go on coming")
    *_, new = seen.answers("a poll for the new skill")
    new.must(has_task(new), "no task of the new skill went to the worker")
