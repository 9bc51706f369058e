"""CO-TRUST: how a host reads its lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion import scenarios_trust_lists as lists
from conformance.connectonion.scenarios_trust_lists import LISTED, texts
from conformance.connectonion.trust_desk import must_be_at, must_be_forbidden, must_say
from conformance.kit.judging.suite import check

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen

# What a client may do under strict, one change after the other.
PROMPTS = (
    ("on no list", 403),
    ("on the whitelist", 200),
    ("on the blocklist too", 403),
    ("on the whitelist again", 200),
    ("on no list again", 403),
    ("after PROMOTE", 200),
    ("after BLOCK", 403),
    ("after UNBLOCK", 200),
    ("after DEMOTE", 403),
)


@check("CO-TRUST-22", lists.on_several)
def test_of_several_lists_the_strictest_counts(seen: Seen) -> None:
    for how, (_, level) in LISTED.items():
        must_be_at(seen, level, f"a client {how}")


def must_be_listed(seen: Seen, requirement: str) -> None:
    """Demand of every text of a list that it has its client or not."""
    for case in texts(requirement):
        must_be_at(seen, "contact" if case.expected["listed"] else "stranger", case.id)


@check("CO-TRUST-28.b", lists.contacts)
def test_an_entry_is_a_whole_line(seen: Seen) -> None:
    must_be_listed(seen, "CO-TRUST-28")


@check("CO-TRUST-29.b", lists.contacts)
def test_a_star_stands_for_any_characters(seen: Seen) -> None:
    must_be_listed(seen, "CO-TRUST-29")


@check("CO-TRUST-30.b", lists.admins)
def test_no_pattern_makes_an_admin(seen: Seen) -> None:
    must_say(seen, "an order of who is an admin by its name", type="ADMIN_RESULT")
    for how in ("by a star", "by a pattern"):
        must_be_forbidden(seen, f"an order of who is an admin {how}")


@check("CO-TRUST-31", lists.at_once)
def test_a_change_counts_for_the_next_prompt(seen: Seen) -> None:
    for when, status in PROMPTS:
        seen.answer(f"a prompt {when}").must_be(status)
