"""A suite of the toy protocol, for sessions that judge it; copied to where suites lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import check, property_check, scenario

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen
    from conformance.kit.running.stage import Stage


@scenario()
async def greeting(stage: Stage) -> None:
    """Ask for a greeting."""
    headers = [("X-Toy-Token", stage.need("token"))]
    await stage.http().ask("GET", "/hi", headers=headers, tag="a greeting")


@scenario()
async def stumbling(stage: Stage) -> None:
    """Fall when told to."""
    if "stumble" in stage.facts:
        raise RuntimeError("our own bug")
    stage.need("music")


async def guess(stage: Stage, example: int) -> None:
    """Say a number."""
    stage.need("token")
    await stage.http().ask("GET", f"/{example}", tag="a guess")


@check("TOY-A-01", greeting)
def test_the_server_greets(seen: Seen) -> None:
    seen.answer("a greeting").must_be(200)


@check("TOY-A-02", greeting, cases=("in words", "with a bow"))
def test_the_server_greets_warmly(seen: Seen, case: str) -> None:
    answer = seen.answer("a greeting")
    answer.must(answer.ok and case == "in words", f"it does not greet {case}")


@check("TOY-A-03", stumbling)
def test_the_server_sings(seen: Seen) -> None:
    seen.answer("a song").must_be(200)


@property_check("TOY-F-01", for_all="kit_world:small_numbers", played_by=guess, examples=20)
def test_the_server_likes_small_numbers(seen: Seen, example: int) -> None:
    answer = seen.answer("a guess")
    answer.must_be(200)
    answer.must(example < 12 or b"big" not in answer.body, "the number is too big for it")
