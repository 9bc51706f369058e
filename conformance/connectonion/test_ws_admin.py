"""CO-WS: what admins may order on a WebSocket, and how it is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion.attempts import attempted, must
from conformance.connectonion.scenarios_ws_admin import (
    AFTERWARDS,
    DEEDS,
    NAMED,
    NAMING,
    ONCE,
    ORDERS,
    SUBJECT,
    UNKNOWN,
    admins_named,
    incomplete_orders,
    order_repeated,
    orders,
    orders_of_others,
)
from conformance.connectonion.test_ws_onboarding import accepted
from conformance.kit.judging.suite import check

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen


@check("CO-WS-31", orders, cases=tuple(ORDERS))
def test_an_order_is_answered_by_what_became_of_it(seen: Seen, case: str) -> None:
    client = seen.noted(SUBJECT).data["client"]
    _, action, members = ORDERS[case]
    result = attempted(seen, case).must_be("ADMIN_RESULT")
    must(result.body.get("action") == action, f"`action` is not {action}", result)
    for name, value in members.items():
        wanted = value.format(client) if isinstance(value, str) else value
        said = result.body.get(name)
        must(said == wanted, f"`{name}` is {said!r}, not {wanted!r}", result)


@check("CO-WS-32", orders_of_others, cases=DEEDS)
def test_only_admins_give_orders(seen: Seen, case: str) -> None:
    attempted(seen, case).must_be_error("forbidden: admin only")


OTHERS = tuple(f"anybody: {deed}" for deed in NAMING)
ADMINS = tuple(f"an admin: {deed}" for deed in NAMING)


@check("CO-WS-33", admins_named, cases=(*ADMINS, *OTHERS, *NAMED))
def test_only_the_super_admin_names_admins(seen: Seen, case: str) -> None:
    if case in OTHERS:
        attempted(seen, case).must_be_refused("forbidden")
        return
    if case in ADMINS:
        attempted(seen, case).must_be_error("forbidden: super admin only")
        return
    _, action, message = NAMED[case]
    wanted = message.format(seen.noted(SUBJECT).data["client"])
    result = attempted(seen, case).must_be("ADMIN_RESULT")
    must(result.body.get("action") == action, f"`action` is not {action}", result)
    must(result.body.get("success") is True, "`success` is not true", result)
    must(result.body.get("message") == wanted, f"`message` is not {wanted!r}", result)


@check("CO-WS-34", incomplete_orders, cases=(*DEEDS, *NAMING, UNKNOWN))
def test_an_incomplete_order_is_told_what_it_lacks(seen: Seen, case: str) -> None:
    texts = {
        **dict.fromkeys(DEEDS, "client_id required"),
        UNKNOWN: f"Unknown admin action: {UNKNOWN}",
    }
    attempted(seen, case).must_be_error(texts.get(case, "admin_id required"))


@check("CO-WS-51", order_repeated)
def test_an_order_is_good_for_once(seen: Seen) -> None:
    accepted(seen, ONCE, "ADMIN_RESULT")
    level = attempted(seen, AFTERWARDS).must_be("ADMIN_RESULT")
    must(level.body.get("level") == "contact", "it was carried out twice", level)
