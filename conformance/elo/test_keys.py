"""ELO-CLI: the file that a node's key lives in, as whoever starts the node sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.elo.scenarios_keys import key_files
from conformance.kit.judging.suite import check
from conformance.kit.verdict import Broken

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen


@check("ELO-CLI-02", key_files)
def test_a_node_keeps_the_id_of_its_key_file(seen: Seen) -> None:
    first, again, another = (seen.noted(about) for about in ("first", "again", "another"))
    if again.data["node_id"] != first.data["node_id"]:
        raise Broken("with the same file the node has another id", first, again)
    if another.data["node_id"] == first.data["node_id"]:
        raise Broken("with another file the node has the same id", first, another)


@check("ELO-CLI-03", key_files)
def test_a_key_file_is_not_overwritten(seen: Seen) -> None:
    first, again = seen.noted("first"), seen.noted("again")
    if again.data["key"] != first.data["key"]:
        raise Broken("the file has changed", first, again)
