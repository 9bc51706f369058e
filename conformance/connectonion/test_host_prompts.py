"""CO-HOST: what a host makes of prompts over HTTP, and of what is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion import scenarios_host_prompts as http
from conformance.connectonion.test_host_http import is_count, must_be_an_error
from conformance.connectonion.wrong_types import NOT_JSON, NOT_UTF_8, WRONG
from conformance.kit.judging.suite import check
from conformance.kit.verdict import NotObserved, Unmet

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.wire.exchange import Answer

UNAUTHENTICATED = ("unsigned", "forged", "an hour old")
TURNED_AWAY = ("stranger", "contact", "blocked")


def accepted(seen: Seen, tag: str) -> Answer:
    """Return the exchange that differs in one thing and must be accepted; raises Unmet."""
    answer = seen.answer(tag)
    if not answer.ok:
        raise Unmet(f"“{tag}”, which must be accepted, was not: {answer.shown()}", *answer.evidence)
    return answer


def must_begin(answer: Answer, status: int, word: str) -> None:
    """Demand a status, and an error that begins with a word."""
    answer.must_be(status)
    error = answer.member("error")
    begins = isinstance(error, str) and error.startswith(word)
    answer.must(begins, f"`error` does not begin with {word!r}: {error!r}")


@check("CO-HOST-09", http.prompts)
def test_a_prompt_is_answered(seen: Seen) -> None:
    answer = seen.answer("a prompt")
    answer.must_be(200)
    answer.must_say(status="done")
    session_id, took = answer.member("session_id"), answer.member("duration_ms")
    answer.must(isinstance(session_id, str) and session_id, f"`session_id` is {session_id!r}")
    answer.must(is_count(took), f"`duration_ms` is no whole number: {took!r}")
    for name in ("result", "session"):
        answer.must(name in answer.json, f"there is no `{name}`")


@check("CO-HOST-10", http.prompts, cases=("two prompts", "an unsigned prompt"))
def test_only_signed_words_are_worked_on(seen: Seen, case: str) -> None:
    answer = seen.answer(case)
    told = answer.body.decode("utf-8", "replace")
    answer.must(http.UNSIGNED not in told, "the host worked on words that nobody signed")
    if accepted(seen, "a prompt").member("result") != f"echo:{http.SIGNED}":
        raise NotObserved("needs an agent of the conformance profile, which echoes a prompt")
    if case == "two prompts":
        answer.must_be_ok()
        answer.must_say(result=f"echo:{http.SIGNED}")


@check("CO-HOST-11", http.no_prompts, cases=tuple(NOT_JSON))
def test_what_is_no_json_is_said_to_be_none(seen: Seen, case: str) -> None:
    must_be_an_error(seen.answer(f"no JSON: {case}"), 400, "Invalid JSON")


@check("CO-HOST-35", http.no_prompts, cases=tuple(NOT_UTF_8))
def test_what_is_no_text_is_no_json(seen: Seen, case: str) -> None:
    must_be_an_error(seen.answer(f"no JSON: {case}"), 400, "Invalid JSON")


@check("CO-HOST-12", http.no_prompts, cases=http.INCOMPLETE)
def test_who_signs_nothing_is_unauthorized(seen: Seen, case: str) -> None:
    accepted(seen, "after everything")
    seen.answer(f"incomplete: {case}").must_be(401)


@check("CO-HOST-13", http.unauthenticated, cases=UNAUTHENTICATED)
def test_who_is_not_authenticated_is_unauthorized(seen: Seen, case: str) -> None:
    accepted(seen, "signed now")
    must_begin(seen.answer(case), 401, "unauthorized")


@check("CO-HOST-13", http.turned_away, cases=TURNED_AWAY)
def test_whom_the_policy_refuses_is_forbidden(seen: Seen, case: str) -> None:
    accepted(seen, "whitelist")
    must_begin(seen.answer(case), 403, "forbidden")


@check("CO-HOST-14", http.prompts, cases=tuple(http.TYPES))
def test_the_content_type_does_not_matter(seen: Seen, case: str) -> None:
    accepted(seen, "a prompt")
    seen.answer(f"sent as {case}").must_be_ok()


@check("CO-HOST-15", http.wrong_types, cases=tuple(WRONG))
def test_a_wrong_type_is_not_accepted(seen: Seen, case: str) -> None:
    accepted(seen, "the right types")
    answer, record = seen.answer(case), seen.answer(f"record of {case}")
    answer.must(not answer.ok, f"it was accepted: {answer.status}")
    record.must(not record.ok, "a run began all the same")


@check("CO-HOST-16", http.wrong_types, cases=tuple(WRONG))
def test_a_wrong_type_is_no_server_error(seen: Seen, case: str) -> None:
    answer = seen.answer(case)
    if answer.ok:
        raise NotObserved("it was accepted (CO-HOST-15)")
    answer.must_be_refused()
    error = answer.member("error")
    answer.must(isinstance(error, str) and error, f"`error` is no text: {error!r}")


@check("CO-HOST-17", http.failing)
def test_an_agent_may_fail(seen: Seen) -> None:
    answer = seen.answer("a failure")
    failed = answer.status is not None and answer.status >= 500
    answer.must(failed, f"the agent failed, and the answer is {answer.shown()}")
    seen.answer("health after a failure").must_be(200)
    seen.answer("a prompt after a failure").must_be_ok()


@check("CO-HOST-18", http.waiting, cases=("health", "info", "a prompt"))
def test_nobody_waits_for_a_long_prompt(seen: Seen, case: str) -> None:
    long, other = accepted(seen, http.LONG), seen.answer(http.MEANWHILE + case)
    other.must_be_ok()
    other.must(
        other.reply.number < long.reply.number,
        "it was answered after the long prompt",
    )


@check("CO-HOST-31", http.much)
def test_a_body_may_be_long(seen: Seen) -> None:
    for answer in seen.negatives("much"):
        answer.must_be_ok()
