"""Any conversation of admins and clients, compared with a model of what a host knows of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.connectonion import trust_model as model
from conformance.connectonion.instances import CAREFUL
from conformance.connectonion.scenarios_trust_model import PLAYED, converse
from conformance.kit.judging.suite import property_check
from conformance.kit.verdict import Broken

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen

STRATEGIES = "conformance.connectonion.strategies_trust"


@property_check(
    "CO-TRUST-18",
    for_all=f"{STRATEGIES}:careers",
    played_by=converse,
    examples=10,
    settings=CAREFUL,
)
def test_no_career_lifts_a_client_by_more_than_one_level(seen: Seen, *_example: object) -> None:
    surprised_only_by_others(seen, "CO-TRUST-18")


@property_check(
    "CO-TRUST-20",
    for_all=f"{STRATEGIES}:admins_come_back",
    played_by=converse,
    examples=10,
    settings=CAREFUL,
)
def test_no_office_makes_a_client_come_back_as_another(seen: Seen, *_example: object) -> None:
    surprised_only_by_others(seen, "CO-TRUST-20")


@property_check(
    "CO-TRUST-24",
    for_all=f"{STRATEGIES}:offices",
    played_by=converse,
    examples=15,
    settings=CAREFUL,
)
def test_no_career_leaves_an_admin_its_rights(seen: Seen, *_example: object) -> None:
    surprised_only_by_others(seen, "CO-TRUST-24")


@property_check(
    "CO-TRUST-27",
    for_all=f"{STRATEGIES}:falls",
    played_by=converse,
    examples=15,
    settings=CAREFUL,
)
def test_no_career_has_a_blocked_admin_obeyed(seen: Seen, *_example: object) -> None:
    surprised_only_by_others(seen, "CO-TRUST-27")


@property_check(
    "CO-TRUST-37",
    for_all=f"{STRATEGIES}:odd_names",
    played_by=converse,
    examples=12,
    settings=CAREFUL,
)
def test_no_conversation_has_an_order_about_several_lines(seen: Seen, *_example: object) -> None:
    surprised_only_by_others(seen, "CO-TRUST-37")


@property_check(
    "CO-TRUST-53",
    for_all=f"{STRATEGIES}:rivals",
    played_by=converse,
    examples=15,
    settings=CAREFUL,
)
def test_nobody_changes_but_who_is_named(seen: Seen, *_example: object) -> None:
    surprised_only_by_others(seen, "CO-TRUST-53")


def surprised_only_by_others(seen: Seen, requirement: str) -> None:
    """Demand that the conversation did not surprise the model in what one requirement says."""
    world = model.World()
    for note in seen.notes(PLAYED):
        surprise = model.surprise(world, note.data["step"], note.data["came"])
        if surprise is None:
            continue
        if surprise.requirement == requirement:
            raise Broken(surprise.sentence, note)
        return  # it has ended the conversation
