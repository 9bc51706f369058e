"""CO-HOST: what a host tells anybody over HTTP."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.connectonion import scenarios_host_http as http
from conformance.kit.judging.suite import check
from conformance.kit.verdict import NotObserved

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.wire.exchange import Answer

LEVELS = ("open", "careful", "strict")
ADDRESS = re.compile(r"0x[0-9a-f]{64}")
INSIDE = re.compile(r"<.*>")  # how Python shows what has no name
CORS = ("origin", "methods", "headers")
SIGNING = ("x-from", "x-signature", "x-timestamp")


def is_count(value: object) -> bool:
    """Whether a value is a whole number, 0 or more."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def cors(answer: Answer, what: str) -> str:
    """Return one of the CORS headers, which must be there."""
    told = answer.header(f"access-control-allow-{what}")
    answer.must(told, f"there is no Access-Control-Allow-{what.capitalize()}")
    return told or ""


def must_be_an_error(answer: Answer, status: int, text: str) -> None:
    """Demand a status, and this text as `error`."""
    answer.must_be(status)
    answer.must_say(error=text)


@check("CO-HOST-01", http.told_to_anybody)
def test_health_is_told_to_anybody(seen: Seen) -> None:
    first, second = seen.answer("health"), seen.answer("health again")
    for answer in (first, second):
        answer.must_be(200)
        answer.must_say(status="healthy")
        uptime = answer.member("uptime")
        answer.must(isinstance(answer.member("agent"), str), "`agent` is no text")
        answer.must(is_count(uptime), f"`uptime` is no whole number of seconds: {uptime!r}")
    second.must(second.member("uptime") >= first.member("uptime"), "`uptime` went back")


@check("CO-HOST-02", http.told_to_anybody)
def test_info_says_who_the_host_is(seen: Seen) -> None:
    answer = seen.answer("info")
    answer.must_be(200)
    for name in ("name", "address", "trust", "version"):
        answer.must(isinstance(answer.member(name), str), f"`{name}` is no text")
    tools = answer.member("tools")
    texts = isinstance(tools, list) and all(isinstance(tool, str) for tool in tools)
    answer.must(texts, f"`tools` is no list of texts: {tools!r}")


@check("CO-HOST-03", http.told_to_anybody)
def test_info_names_the_trust_level(seen: Seen) -> None:
    answer, told = seen.answer("info"), str(seen.fact("trust", ""))
    said = str(answer.member("trust"))
    answer.must(said and not INSIDE.fullmatch(said), f"`trust` is the name of no policy: {said!r}")
    if told.lower() in LEVELS:
        answer.must(said.lower() == told.lower(), f"`trust` is {said!r}; the level is {told}")


@check("CO-HOST-04", http.told_to_anybody)
def test_the_address_is_a_public_key(seen: Seen) -> None:
    answer = seen.answer("info")
    address = str(answer.member("address"))
    answer.must(ADDRESS.fullmatch(address), f"`address` is no key: {address!r}")


@check("CO-HOST-05", http.told_to_anybody)
def test_info_tells_how_to_join(seen: Seen) -> None:
    answer = seen.answer("info")
    known = [name for name in ("invite_code", "payment") if seen.fact(name) is not None]
    if str(seen.fact("trust", "")).lower() != "careful" and not known:
        raise NotObserved("nothing says that this host takes an invite code or a payment")
    told = answer.member("onboard")
    answer.must(isinstance(told, dict), f"`onboard` is no object: {told!r}")
    answer.must(isinstance(told.get("invite_code"), bool), "`invite_code` is not true or false")
    payment = told.get("payment", "")
    number = isinstance(payment, int | float) and not isinstance(payment, bool)
    answer.must(payment is None or number, f"`payment` is no number and not null: {payment!r}")


@check("CO-HOST-05", http.strict_told, cases=("strict",))
def test_info_offers_nothing_where_nobody_can_join(seen: Seen, level: str) -> None:
    answer = seen.answer(f"info under {level}")
    answer.must_be(200)
    answer.must("onboard" not in answer.json, "a policy without onboarding has `onboard`")


@check("CO-HOST-06", http.told_to_anybody, cases=tuple(http.NOWHERE))
def test_what_the_host_does_not_know_is_not_found(seen: Seen, case: str) -> None:
    must_be_an_error(seen.answer(case), 404, "not found")


@check("CO-HOST-07", http.told_to_anybody, cases=tuple(http.ASKED_BEFORE))
def test_pages_of_others_may_ask_before_they_ask(seen: Seen, case: str) -> None:
    answer = seen.answer(f"options of {case}")
    answer.must_be(204)
    answer.must(not answer.body, "there is a body")
    for what in CORS:
        cors(answer, what)


@check("CO-HOST-08")
def test_pages_of_others_may_read_every_json_answer(seen: Seen) -> None:
    for answer in seen.all_answers():
        if (answer.header("content-type") or "").startswith("application/json"):
            told = answer.header("access-control-allow-origin")
            answer.must(told == "*", f"Access-Control-Allow-Origin is {told!r}")


@check("CO-HOST-29", http.without_a_level, cases=("contact", "whitelist"))
def test_without_a_level_the_host_lets_in(seen: Seen, level: str) -> None:
    must_have_no_level(seen)
    seen.answer(f"without a level: {level}").must_be_ok()


@check("CO-HOST-29", http.without_a_level, cases=("stranger",))
def test_without_a_level_no_fast_rule_lets_in(seen: Seen, level: str) -> None:
    must_have_no_level(seen)
    answer = seen.answer(f"without a level: {level}")
    count = seen.noted("the second tier").data
    if answer.ok and count["before"] is None:
        raise NotObserved("a stranger was let in, and nothing tells by whom")
    decided = count["after"] != count["before"]
    answer.must(not answer.ok or decided, "a stranger was let in without asking the second tier")


def must_have_no_level(seen: Seen) -> None:
    """Leave a host alone that was given a level after all."""
    if "trust" in seen.facts:
        raise NotObserved("the host was given a level")


@check("CO-HOST-30", http.told_to_anybody)
def test_docs_are_a_page(seen: Seen) -> None:
    answer = seen.answer("docs")
    answer.must_be(200)
    kind = answer.header("content-type") or ""
    answer.must(kind.startswith("text/html"), f"Content-Type is {kind!r}")


@check("CO-HOST-34", http.told_to_anybody)
def test_pages_of_others_may_sign_a_get(seen: Seen) -> None:
    answer = seen.answer("options of an order")
    allowed = {name.strip().lower() for name in cors(answer, "headers").split(",")}
    for name in SIGNING:
        answer.must(allowed & {name, "*"}, f"pages may not send {name}")
