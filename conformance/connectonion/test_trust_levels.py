"""CO-TRUST: what admins may do to clients and to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion import scenarios_trust_levels as levels
from conformance.connectonion.scenarios_trust_levels import LEVELS, STATES
from conformance.connectonion.trust_desk import must_be_at, must_be_forbidden, must_say
from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken, NotObserved

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen


def must_be_an_error(seen: Seen, tag: str, *, level: str) -> None:
    """Demand that an order is told to be an error, and at which level the client is."""
    if "error" not in must_say(seen, tag, level=level):
        raise Broken(f"{tag}: no error where the client can go no further", seen.noted(tag))


@check("CO-TRUST-18", levels.up)
def test_a_client_is_promoted_step_by_step(seen: Seen) -> None:
    for step, level in (("once", "contact"), ("twice", "whitelist")):
        must_say(seen, f"promoted {step}", success=True, level=level)
        must_be_at(seen, level, f"after being promoted {step}")
    for step in ("at the top", "at the top again"):
        must_be_an_error(seen, f"promoted {step}", level="whitelist")
        must_be_at(seen, "whitelist", f"after being promoted {step}")


@check("CO-TRUST-19", levels.down)
def test_a_client_is_demoted_step_by_step(seen: Seen) -> None:
    for step, level in (("once", "contact"), ("twice", "stranger")):
        must_say(seen, f"demoted {step}", success=True, level=level)
        must_be_at(seen, level, f"after being demoted {step}")
    for step in ("at the bottom", "at the bottom again"):
        must_be_an_error(seen, f"demoted {step}", level="stranger")
        must_be_at(seen, "stranger", f"after being demoted {step}")


@check("CO-TRUST-20", levels.blocked_and_back, cases=LEVELS)
def test_a_client_comes_back_as_what_it_was(seen: Seen, level: str) -> None:
    for deed, reached in (("BLOCK", "blocked"), ("UNBLOCK", level)):
        for step in ("once", "again"):
            must_say(seen, f"{deed} of a {level} {step}", success=True, level=reached)
            must_be_at(seen, reached, f"after {deed} of a {level} {step}")


@check("CO-TRUST-21", levels.moved_while_blocked, cases=LEVELS)
def test_who_is_blocked_is_not_moved(seen: Seen, level: str) -> None:
    for deed in ("PROMOTE", "DEMOTE"):
        error = "Client is blocked. Unblock first."
        for step in ("once", "again"):
            must_say(seen, f"{deed} of a blocked {level} {step}", error=error, level="blocked")
        must_be_at(seen, "blocked", f"after {deed} of a blocked {level}")
        same = seen.answer(f"nothing of a blocked {level}, unblocked").member("level")
        must_be_at(seen, same, f"{deed} of a blocked {level}, unblocked")


@check("CO-TRUST-23", levels.ranks, cases=STATES)
def test_being_an_admin_is_apart_from_the_level(seen: Seen, level: str) -> None:
    status = 200 if level == "whitelist" else 403  # of a prompt under strict
    for when in ("before", "after ADD", "after REMOVE"):
        must_be_at(seen, level, f"level of a {level} {when}")
        seen.answer(f"prompt of a {level} {when}").must_be(status)
    for deed in ("ADD", "REMOVE"):
        must_say(seen, f"{deed} of a {level}", success=True)


@check("CO-TRUST-24", levels.admins)
def test_admins_are_named_and_removed_at_once_and_twice(seen: Seen) -> None:
    for deed in ("ADD", "REMOVE"):
        for step in ("once", "again"):
            must_say(seen, f"{deed} {step}", type="ADMIN_RESULT", success=True)
    for step in ("once", "again"):
        must_say(seen, f"an order after ADD {step}", type="ADMIN_RESULT", level="stranger")
        must_be_forbidden(seen, f"an order after REMOVE {step}")
    first, again = (must_say(seen, f"REMOVE {step}")["message"] for step in ("once", "again"))
    if first == again or not str(again).endswith("is not an admin."):
        raise Broken("it is not said that who is removed was no admin", seen.noted("REMOVE again"))


@check("CO-TRUST-25", levels.removed_chief)
def test_nobody_removes_the_super_admin(seen: Seen) -> None:
    said = must_say(seen, "the super admin removed", success=True)
    if not str(said.get("message")).endswith("is not an admin."):
        raise Broken(f"the super admin is said to be removed: {said!r}")
    must_say(seen, "an admin named afterwards", type="ADMIN_RESULT", success=True)


@check("CO-TRUST-26", levels.own_key)
def test_a_fresh_host_obeys_its_own_key(seen: Seen) -> None:
    told = seen.answer("what the host says of itself")
    own = seen.noted("own key").data["address"]
    if told.member("address") != own:
        raise NotObserved("the fact `super_admin_key` is not the host's own key", *told.evidence)
    answer = seen.answer("an order of the own key")
    answer.must_be(200)
    answer.must_say(success=True, level="contact")
    must_say(seen, "an admin named by the own key", success=True)


@check("CO-TRUST-27", levels.blocked_admin)
def test_a_blocked_admin_gives_no_orders(seen: Seen) -> None:
    for when in ("before", "afterwards"):
        must_say(seen, f"an order {when}", type="ADMIN_RESULT", level="contact")
    for what in ("an order while blocked", "unblocking itself"):
        must_be_forbidden(seen, what)
    for what in ("an order while blocked, over HTTP", "a question while blocked, over HTTP"):
        seen.answer(what).must_be_refused()
    must_be_at(seen, "contact", "the client of a blocked admin")


@check("CO-TRUST-46", levels.trails)
def test_every_change_of_a_level_is_recorded(seen: Seen) -> None:
    note = seen.noted("changes of a client")
    if note.data["changes"] != [
        ["the admin", "promote_to_contact", "stranger", "contact"],
        ["the admin", "promote_to_whitelist", "contact", "whitelist"],
        ["the admin", "demote_to_contact", "whitelist", "contact"],
        ["the admin", "demote_to_stranger", "contact", "stranger"],
        ["the admin", "block", "stranger", "blocked"],
        ["the admin", "unblock", "blocked", "stranger"],
    ]:
        raise Broken(f"other changes are recorded: {note.data['changes']!r}", note)
    came = seen.noted("changes of a newcomer")
    (by, *change), *more = came.data["changes"] or [[""]]
    if more or not by or change != ["promote_to_contact", "stranger", "contact"]:
        raise Broken(f"a code is not recorded as what it did: {came.data['changes']!r}", came)


@check("CO-TRUST-36.b", levels.trails)
def test_who_names_and_removes_admins_is_recorded(seen: Seen) -> None:
    note = seen.noted("changes of an admin")
    found = [tuple(each[:2]) for each in note.data["changes"] if "admin" in each[1]]
    if found != [("the super admin", "set_admin"), ("the super admin", "remove_admin")]:
        raise Broken(f"other changes of an admin are recorded: {found!r}", note)


@check("CO-TRUST-52", levels.without_rights, cases=(*STATES, "a forger"))
def test_whoever_is_no_admin_changes_nothing(seen: Seen, who: str) -> None:
    if who == "a forger":
        for fact in ("admin_key", "super_admin_key"):
            seen.answer(f"block in the name of {fact}").must_be_refused()
            must_say(seen, f"ADD in the name of {fact}", type="ERROR")
        must_be_forbidden(seen, "an order of the forger")
        must_be_at(seen, "contact", "a contact about whom a forger gave orders")
        return
    for deed in ("PROMOTE", "UNBLOCK", "ADD", "BLOCK", "GET_LEVEL"):
        must_be_forbidden(seen, f"{deed} by a {who}")
    for deed in ("promote", "unblock", "demote"):
        seen.answer(f"{deed} by a {who}, over HTTP").must_be_refused()
    must_be_at(seen, who, f"a {who} who gave orders")
    must_be_at(seen, "contact", f"a contact about whom a {who} gave orders")
