from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from conformance.kit.judging import baseline
from conformance.kit.judging.baseline import BaselineError, Known
from conformance.kit.verdict import Outcome, Verdict

if TYPE_CHECKING:
    from pathlib import Path

SAYS = "expected 403, got 200"
BROKEN = Outcome(Verdict.FAIL, SAYS)
PASSED = Outcome(Verdict.PASS)


def known(
    reason: str = "issue 7", says: str = "expected 403, got 200", id: str = "TOY-A-01"
) -> Known:
    return Known(id=id, verdict=Verdict.FAIL, says=says, reason=reason)


def test_a_known_failure_is_told_with_both_reasons() -> None:
    outcome = baseline.apply(BROKEN, known())
    assert outcome.verdict is Verdict.KNOWN_FAILURE
    assert outcome.reason == f"issue 7 [{SAYS}]"


@pytest.mark.parametrize("reason", ["", "  "])
def test_an_entry_without_a_reason_excuses_nothing(reason: str) -> None:
    outcome = baseline.apply(BROKEN, known(reason))
    assert outcome.verdict is Verdict.FAIL
    assert outcome.reason == f"{SAYS} (its baseline entry gives no reason)"


def test_what_fails_differently_is_red() -> None:
    outcome = baseline.apply(BROKEN, known(says="expected a refusal"))
    assert outcome.verdict is Verdict.FAIL
    assert "fails differently from its baseline entry: expected a refusal" in outcome.reason


@pytest.mark.parametrize(
    "verdict", [Verdict.PASS, Verdict.NOT_OBSERVED, Verdict.UNSUPPORTED, Verdict.KIT_ERROR]
)
def test_only_red_can_be_known(verdict: Verdict) -> None:
    assert baseline.apply(Outcome(verdict, SAYS), known()).verdict is verdict


def test_an_unknown_failure_stays_as_it_is() -> None:
    assert baseline.apply(BROKEN, None) is BROKEN


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("after 1.25 s", "after 30.0 s"),
        ("at 1700000000", "at 1800000001"),
        ("job 0b9d5a52-94b1-4c0e-8a53-6d0f1f0e2d11", "job ffffffff-94b1-4c0e-8a53-6d0f1f0e2d11"),
        ("token deadbeefdeadbeef", "token cafecafecafecafecafe"),
        ("result-6ba0f6-22", "result-1c93d0-7"),
        ('{"id": "0b9d5a52-94b1-4c0e-8a', '{"id": "ffffffff-94b1-4c0e-8a53-6d0f'),
        ('"duration_ms": 0', '"duration_ms": 12'),
    ],
)
def test_numbers_and_ids_do_not_count(one: str, other: str) -> None:
    assert baseline.fingerprint(one) == baseline.fingerprint(other)


@pytest.mark.parametrize(("one", "other"), [("got none", "got 200"), ("got 200", "got 503")])
def test_words_and_statuses_count(one: str, other: str) -> None:
    assert baseline.fingerprint(one) != baseline.fingerprint(other)


def test_an_entry_that_passes_is_stale_and_one_that_did_not_run_is_not() -> None:
    outcomes = {"A": PASSED, "B": BROKEN, "C": Outcome(Verdict.NOT_OBSERVED)}
    assert baseline.stale(["A", "B", "C", "D"], outcomes) == ["A"]


def test_an_update_keeps_reasons_drops_what_passes_and_leaves_new_entries_bare() -> None:
    entries = {id: known(id=id) for id in ("A", "B", "C", "D")}
    outcomes = {
        "A": PASSED,
        "B": Outcome(Verdict.WARN, "got 9"),
        "C": Outcome(Verdict.NOT_OBSERVED),
        "E": BROKEN,
        "F": PASSED,
    }
    updated = baseline.updated(entries, outcomes)
    assert list(updated) == ["B", "C", "D", "E"]
    assert updated["B"] == Known(id="B", verdict=Verdict.WARN, says="got 9", reason="issue 7")
    assert updated["C"] == entries["C"]  # a run that saw nothing knows nothing better
    assert (updated["E"].says, updated["E"].reason) == ("expected 403, got 200", "")


@pytest.mark.parametrize(
    "reason", ["plain", 'a "quote"', "back\\slash", "two\nlines", "\x00\x1b\x7f", "grün ‹x›"]
)
def test_what_is_written_is_read_again(tmp_path: Path, reason: str) -> None:
    path = tmp_path / "deep" / "baseline.toml"
    baseline.write(path, {"TOY-A-01": known(reason)}, target="toy 1")
    assert baseline.load(path) == {"TOY-A-01": known(reason)}


def test_an_empty_baseline_is_a_baseline(tmp_path: Path) -> None:
    path = tmp_path / "baseline.toml"
    baseline.write(path, {}, target="toy 1")
    assert baseline.load(path) == {}
    assert tomllib.loads(path.read_text(encoding="utf-8")) == {}


ENTRY = '[[known]]\nid = "A"\nverdict = "fail"\nsays = "x"\nreason = "y"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[known]\n", "Expected"),
        (ENTRY + ENTRY, "A stands twice"),
        (ENTRY.replace("fail", "pass"), "$.known[0].verdict: 'pass' is not one of"),
        (ENTRY.replace('reason = "y"\n', ""), "$.known[0]: 'reason' is a required property"),
        (ENTRY + 'owner = "me"\n', "owner"),
        ("known = 3\n", "$.known: 3 is not of type 'array'"),
    ],
)
def test_a_bad_baseline_is_named_with_its_fault(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "baseline.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BaselineError) as error:
        baseline.load(path)
    assert str(path) in str(error.value)
    assert said in str(error.value)


def test_a_baseline_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match=r"absent\.toml"):
        baseline.load(tmp_path / "absent.toml")
