"""CO-HOST: what admins may do over HTTP, and who is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.connectonion import scenarios_host_admin as admin
from conformance.connectonion.test_host_http import must_be_an_error
from conformance.connectonion.test_host_prompts import accepted, must_begin
from conformance.kit.judging.suite import check
from conformance.kit.verdict import NotObserved, Unmet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.judging.seen import Seen

ADMIN_ONLY = "forbidden: admin only"
NOT_ALLOWED = 405
# What each step is answered; {id} stands for the client.
SAID: Mapping[str, dict[str, Any]] = {
    "a stranger is promoted": {
        "success": True,
        "message": "{id} promoted to contact.",
        "level": "contact",
    },
    "a contact is promoted": {
        "success": True,
        "message": "{id} promoted to whitelist.",
        "level": "whitelist",
    },
    "whoever is at the top is promoted": {
        "error": "Already at highest level",
        "level": "whitelist",
    },
    "somebody on the whitelist is demoted": {
        "success": True,
        "message": "{id} demoted to contact.",
        "level": "contact",
    },
    "a contact is demoted": {
        "success": True,
        "message": "{id} demoted to stranger.",
        "level": "stranger",
    },
    "whoever is at the bottom is demoted": {
        "error": "Already at lowest level",
        "level": "stranger",
    },
    "a stranger is blocked": {
        "success": True,
        "message": "{id} blocked. Reason: spam",
        "level": "blocked",
    },
    "the blocked is blocked without a reason": {
        "success": True,
        "message": "{id} blocked. Reason: ",
        "level": "blocked",
    },
    "the blocked is promoted": {
        "error": "Client is blocked. Unblock first.",
        "level": "blocked",
    },
    "the blocked is demoted": {
        "error": "Client is blocked. Unblock first.",
        "level": "blocked",
    },
    "the blocked is unblocked": {
        "success": True,
        "message": "{id} unblocked.",
        "level": "stranger",
    },
    "a stranger is unblocked": {
        "success": True,
        "message": "{id} unblocked.",
        "level": "stranger",
    },
}


@check("CO-HOST-19", admin.bearers, cases=tuple(admin.BEARERS))
def test_without_the_right_bearer_nothing_is_shown(seen: Seen, case: str) -> None:
    for path in admin.BEHIND_BEARER:
        right = seen.answer(path)
        if right.status == 401:
            raise Unmet("the right bearer is unauthorized", *right.evidence)
        must_be_an_error(seen.answer(f"{path}: {case}"), 401, "unauthorized")


@check("CO-HOST-19", admin.no_bearer, cases=tuple(f"{name}, unset" for name in admin.BLANK))
def test_without_any_bearer_nothing_is_shown(seen: Seen, case: str) -> None:
    if seen.fact("admin_token"):
        raise NotObserved("the host has a bearer")
    for path in admin.BEHIND_BEARER:
        tag = f"{path}: {case.removesuffix(', unset')}"
        must_be_an_error(seen.answer(tag), 401, "unauthorized")


@check("CO-HOST-33", admin.bearers)
def test_a_bearer_that_is_not_ascii_is_a_wrong_one(seen: Seen) -> None:
    for path in admin.BEHIND_BEARER:
        must_be_an_error(seen.answer(f"{path}: beyond ASCII"), 401, "unauthorized")


@check("CO-HOST-20", admin.bearers)
def test_logs_are_text_or_not_there(seen: Seen) -> None:
    answer = seen.answer("/admin/logs")
    if answer.status == 404:
        answer.must_say(error="No logs found")
        return
    answer.must_be(200)
    kind = answer.header("content-type") or ""
    answer.must(kind.startswith("text/plain"), f"Content-Type is {kind!r}")


@check("CO-HOST-21", admin.bearers, cases=("a list", "the newest first"))
def test_what_was_done_is_listed(seen: Seen, case: str) -> None:
    answer = seen.answer("/admin/sessions")
    answer.must_be(200)
    listed = answer.member("sessions")
    answer.must(isinstance(listed, list), f"`sessions` is no list: {listed!r}")
    if case == "the newest first":
        dated = [each for each in listed if isinstance(each, dict)]
        times: list[Any] = [each.get("updated", each.get("created")) for each in dated]
        if len(times) < 2 or len({type(time) for time in times}) != 1:
            raise NotObserved("there are no two sessions whose times could be compared")
        newest_first = times == sorted(times, reverse=True)
        answer.must(newest_first, f"`updated` goes up and down: {times!r}")


@check("CO-HOST-22", admin.ladder, cases=tuple(SAID))
def test_an_admin_is_told_what_came_of_it_when(seen: Seen, case: str) -> None:
    client = seen.noted("the client").data["id"]
    answer = seen.answer(case)
    answer.must_be(200)
    said = {k: v.format(id=client) if k == "message" else v for k, v in SAID[case].items()}
    answer.must_say(**said)


@check("CO-HOST-23", admin.nameless, cases=admin.NAMELESS)
def test_an_order_names_a_client_and_not(seen: Seen, case: str) -> None:
    for deed in admin.DEEDS:
        accepted(seen, f"{deed}: a text")
        must_be_an_error(seen.answer(f"{deed}: {case}"), 400, "client_id required")


@check("CO-HOST-32", admin.nameless, cases=tuple(admin.NO_TEXTS))
def test_a_client_id_is_a_text_and_not(seen: Seen, case: str) -> None:
    for deed in admin.DEEDS:
        accepted(seen, f"{deed}: a text")
        seen.answer(f"{deed}: {case}").must_be_refused()


@check("CO-HOST-24", admin.not_admins, cases=(*admin.DEEDS, "level"))
def test_only_admins_may(seen: Seen, deed: str) -> None:
    after = accepted(seen, "the client afterwards")
    for level in admin.OTHERS:
        must_be_an_error(seen.answer(f"{deed} by {level}"), 403, ADMIN_ONLY)
    after.must(after.member("level") == "stranger", "an order was obeyed all the same")


@check("CO-HOST-25", admin.levels, cases=("by headers", "by a body"))
def test_a_level_is_told_to_an_admin_who_signs(seen: Seen, case: str) -> None:
    answer = seen.answer(case)
    answer.must_be(200)
    answer.must_say(level="contact")


@check("CO-HOST-25", admin.levels, cases=tuple(admin.IDS))
def test_a_level_is_told_of_an_id(seen: Seen, case: str) -> None:
    answer = seen.answer(case)
    answer.must_be(200)
    answer.must_say(client_id=admin.IDS[case], level="stranger")


@check("CO-HOST-25", admin.levels, cases=("X-From", "X-Signature", "X-Timestamp"))
def test_two_headers_sign_nothing_without(seen: Seen, name: str) -> None:
    accepted(seen, "by headers")
    must_begin(seen.answer(f"without {name}"), 401, "unauthorized")


@check("CO-HOST-26", admin.levels, cases=admin.NO_NUMBERS)
def test_a_time_is_a_number_and_not(seen: Seen, case: str) -> None:
    accepted(seen, "by headers")
    seen.answer(f"at {case}").must_be(400)


@check("CO-HOST-27", admin.super_admin, cases=("add", "remove"))
def test_the_super_admin_names_admins(seen: Seen, deed: str) -> None:
    seen.answer(f"{deed} by the super admin").must_be(200)
    accepted(seen, "add by the super admin")
    if deed == "add":
        seen.answer("asked before it is an admin").must_be(403)
        seen.answer("asked as an admin").must_be(200)
    else:
        seen.answer("asked when it is an admin no more").must_be(403)


@check("CO-HOST-27", admin.super_admin, cases=("an admin", "a stranger"))
def test_nobody_else_names_admins(seen: Seen, who: str) -> None:
    for deed in ("add", "remove"):
        must_begin(seen.answer(f"{deed} by {who}"), 403, "forbidden")


@check("CO-HOST-28", admin.fixed_routes, cases=admin.FIXED)
def test_there_is_a_fixed_route(seen: Seen, route: str) -> None:
    answer = seen.answer(route)
    there = answer.status not in {404, NOT_ALLOWED, None}
    answer.must(there, f"there is no /trust/{route}: {answer.shown()}")


@check("CO-HOST-28", admin.fixed_routes_off, cases=tuple(f"{each}, off" for each in admin.FIXED))
def test_a_disabled_route_says_so(seen: Seen, case: str) -> None:
    answer = seen.answer(case.removesuffix(", off"))
    answer.must_be_refused()
    error = answer.member("error")
    told = isinstance(error, str) and error not in {"", "not found"}
    answer.must(told, f"nothing says that it is disabled: {answer.shown()}")
