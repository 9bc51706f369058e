from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conformance.kit.options import OptionError, Options, Request
from conformance.kit.verdict import Level

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES = ["target", "protocol", "level", "strict", "set", "seed", "budget", "transcript", "listen"]


def collected(
    command_line: Mapping[str, Any] | None = None, ini: Mapping[str, Any] | None = None
) -> Options:
    return Options.collect(
        NAMES, command_line=dict(command_line or {}).get, ini=dict(ini or {}).get
    )


@pytest.mark.parametrize(
    ("sources", "value", "winner"),
    [
        ({"command line", "environment", "ini"}, "command line", "command line"),
        ({"environment", "ini"}, "environment", "ASSAY_TARGET"),
        ({"ini"}, "ini", "ini file"),
        ({"command line", "ini"}, "command line", "command line"),
    ],
)
def test_the_command_line_outranks_the_environment_and_that_the_ini_file(
    monkeypatch: pytest.MonkeyPatch, sources: set[str], value: str, winner: str
) -> None:
    if "environment" in sources:
        monkeypatch.setenv("ASSAY_TARGET", "environment")
    options = collected(
        {"assay_target": "command line"} if "command line" in sources else {},
        {"assay_target": "ini"} if "ini" in sources else {},
    )
    assert (options.text("target"), options.sources) == (value, {"target": winner})


def test_what_nobody_gave_is_empty() -> None:
    request = Request.of(collected())
    assert request.wish is None
    assert request.levels == frozenset(Level)
    assert (request.seed, request.budget, request.transcript) == (None, None, "failed")
    assert request.sources == {}


@pytest.mark.parametrize(
    ("value", "on"), [(True, True), ("1", True), ("Yes", True), ("no", False), ("0", False)]
)
def test_a_flag_takes_yes_and_no(value: Any, on: Any) -> None:
    assert Request.of(collected(ini={"assay_strict": value})).strict is on


@pytest.mark.parametrize(
    ("level", "levels"),
    [("must", {"MUST"}), ("should", {"MUST", "SHOULD"}), ("may", {"MUST", "SHOULD", "MAY"})],
)
def test_a_level_includes_what_is_above_it(level: str, levels: set[str]) -> None:
    assert {str(each) for each in Request.of(collected({"assay_level": level})).levels} == levels


def test_pairs_become_facts() -> None:
    pairs = ["token=s=e=cret", "pace=1", "on=true", "empty=", "list=[1, 2]", "name=O'Neill"]
    wish = Request.of(collected({"assay_target": "http://h", "assay_set": pairs})).wish
    assert wish is not None
    assert wish.facts == {
        "token": "s=e=cret",
        "pace": 1,
        "on": True,
        "empty": "",
        "list": [1, 2],
        "name": "O'Neill",
    }


def test_pairs_of_the_environment_are_split_like_a_command_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ASSAY_SET", "pace=1 'name=two words'")
    wish = Request.of(collected({"assay_target": "http://h"})).wish
    assert wish is not None
    assert wish.facts == {"pace": 1, "name": "two words"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"assay_level": "ought"}, "--assay-level takes must, should, may, not 'ought'"),
        ({"assay_transcript": "some"}, "--assay-transcript takes failed, all, none, not 'some'"),
        ({"assay_seed": "x"}, "--assay-seed takes a number, not 'x'"),
        ({"assay_seed": "nan"}, "--assay-seed takes a number of at least 0, not 'nan'"),
        ({"assay_budget": "-1"}, "--assay-budget takes a number of at least 0, not '-1'"),
        ({"assay_budget": "inf"}, "--assay-budget takes a number of at least 0, not 'inf'"),
        ({"assay_set": ["token"]}, "--assay-set wants KEY=VALUE, not 'token'"),
        ({"assay_set": ["=x"]}, "--assay-set wants KEY=VALUE, not '=x'"),
    ],
)
def test_what_cannot_be_used_is_named(given: Mapping[str, Any], said: str) -> None:
    with pytest.raises(OptionError) as error:
        Request.of(collected(given))
    assert said in str(error.value)


def test_pairs_with_an_open_quotation_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_SET", "name='open")
    with pytest.raises(OptionError, match="ASSAY_SET"):
        Request.of(collected())
