from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import kit_world
import pytest
from kit_world import OK, checking, replying, scene, served

from conformance.kit import schemas, transcript
from conformance.kit.judging.baseline import Known
from conformance.kit.judging.suite import Scenario
from conformance.kit.reporting import capture, replay, results, summary
from conformance.kit.reporting.results import Results
from conformance.kit.running.run import Run
from conformance.kit.targets.wish import Wish
from conformance.kit.verdict import Broken, Level, NotObserved, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conformance.kit.judging.seen import Seen
    from conformance.kit.judging.suite import Check
    from conformance.kit.running.stage import Stage

SECRET = "s3cret"


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    kit_world.install_toy(monkeypatch, tmp_path)
    yield
    monkeypatch.undo()
    kit_world.forget()


# A small suite, in which every verdict comes up


async def greeting(stage: Stage) -> None:
    headers = [("X-Toy-Token", stage.need("token"))]
    await stage.http().ask("GET", "/hi", headers=headers, tag="a greeting")
    stage.note("odd", half="\ud800")


async def singing(stage: Stage) -> None:
    raise NotObserved("nobody can hear it")


async def crashing(stage: Stage) -> None:
    raise RuntimeError("our own bug")


async def guess(stage: Stage, example: int) -> None:
    await stage.http().ask("GET", f"/{example}", tag="a guess")


GREETING, SINGING, CRASHING = scene(greeting), scene(singing), scene(crashing)


def the_server_greets(seen: Seen) -> None:
    seen.answer("a greeting").must_be(200)


def the_server_greets_warmly(seen: Seen, case: str) -> None:
    answer = seen.answer("a greeting")
    answer.must(case == "in words", f"it said {answer.body.decode()} to {SECRET}")


def the_server_sings(seen: Seen) -> None:
    seen.answer("a song").must_be(200)


def the_server_does_not_fall(seen: Seen) -> None:
    seen.answer("a fall")


def nothing_is_said_twice(seen: Seen) -> None:
    for answer in seen.all_answers():
        answer.must_be(200)


def small_numbers_are_welcome(seen: Seen, example: int) -> None:
    answer = seen.answer("a guess")
    answer.must_be(200)
    answer.must(example < 12, "the number is too big for it")


def suite() -> list[Check]:
    return [
        checking(the_server_greets, GREETING),
        checking(
            the_server_greets_warmly,
            GREETING,
            requirement="TOY-A-02",
            cases=("in words", "with a bow"),
        ),
        checking(the_server_sings, SINGING, requirement="TOY-A-03"),
        checking(the_server_does_not_fall, CRASHING),
        checking(nothing_is_said_twice),
        checking(
            small_numbers_are_welcome,
            for_all="kit_world:small_numbers",
            play=guess,
            examples=30,
        ),
    ]


def judged(
    handler: Any = None, *, checks: list[Check] | None = None, **known: Known
) -> tuple[Results, list[Check]]:
    """Run the small suite and return what was found."""
    chosen = suite() if checks is None else checks
    with served(handler or replying(OK)) as url:
        run = Run(Wish(text=url, facts={"token": SECRET}))
        try:
            run.open()
            run.begin(chosen)
            found = Results(run, known)
            for check in chosen:
                for item, case in check.item_ids():
                    found.add(check, item, case, run.outcome(check, case), 0.25)
        finally:
            run.close()
    return found, chosen


@pytest.fixture
def found(toy: None) -> Results:
    return judged()[0]


def verdicts(found: Results) -> list[str]:
    return [result.outcome.verdict.value for result in found.results]


def test_every_item_gets_its_verdict(found: Results) -> None:
    assert verdicts(found) == [
        "pass",
        "pass",
        "warn",
        "not-observed",
        "kit-error",
        "pass",
        "fail",
    ]
    assert found.judged == 5
    assert found.count(Verdict.FAIL, Verdict.WARN) == 2
    assert found.table()[Level.SHOULD] == {Verdict.PASS: 1, Verdict.WARN: 1}


def test_a_report_keeps_to_its_schema(found: Results, tmp_path: Path) -> None:
    (path,) = results.write(found, tmp_path / "out", transcripts="none")
    report = json.loads(path.read_text(encoding="utf-8"))
    assert schemas.problems("report", "", report) == []
    assert report["target"]["protocol"] == "toy"
    assert report["requirements"]["rows"] == len(kit_world.ROWS)
    assert report["counts"]["MUST"]["fail"] == 1
    assert report["results"][-1]["example"] == 12
    assert report["results"][2]["item"] == "TOY-A-02-with-a-bow"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("verdict", "passed"),
        ("subjects", 0),
        ("requirement", "TOY"),
        ("evidence", [{"n": 0}]),
        ("extra", 1),
    ],
)
def test_the_schema_of_reports_refuses_what_is_none(
    found: Results, member: str, value: Any
) -> None:
    report = results.document(found)
    report["results"][0][member] = value
    assert schemas.problem("report", "", report)


def test_a_report_and_its_transcript_hold_no_credential(found: Results, tmp_path: Path) -> None:
    paths = results.write(found, tmp_path, transcripts="all")
    assert [path.name for path in paths][:2] == ["report.json", "transcript.jsonl"]
    for path in paths:
        text = path.read_text(encoding="utf-8")
        assert SECRET not in text
        assert "‹token›" in text


def test_half_a_character_breaks_no_file(found: Results, tmp_path: Path) -> None:
    results.write(found, tmp_path, transcripts="all")
    with (tmp_path / "transcript.jsonl").open(encoding="utf-8") as stream:
        _, events = transcript.load(stream)
    assert [event.data for event in events if event.tag == "odd"] == [{"half": "\ud800"}]


@pytest.mark.parametrize(
    ("which", "kept"),
    [
        ("all", {"toy.greeting", "toy.singing", "toy.crashing"}),
        ("failed", {"toy.greeting", "toy.crashing"}),
        ("none", set()),
    ],
)
def test_a_transcript_keeps_what_was_asked_for(found: Results, which: str, kept: set[str]) -> None:
    names = {event.scenario for event in results.kept_events(found, which)}
    assert {name for name in names if name.startswith("toy.")} == kept
    guesses = {name for name in names if name.startswith("small_numbers")}
    assert bool(guesses) == (which != "none")


def test_a_capture_is_judged_as_the_run_was(toy: None, tmp_path: Path) -> None:
    found, checks = judged()
    results.write(found, tmp_path, transcripts="all")
    with (tmp_path / "transcript.jsonl").open(encoding="utf-8") as stream:
        header, events = transcript.load(stream)
    again = [
        (item, outcome.verdict.value)
        for item, _, outcome in capture.verdicts(header, events, checks)
    ]
    assert again == [(result.item, result.outcome.verdict.value) for result in found.results]


def test_a_capture_without_a_conversation_is_not_observed(toy: None) -> None:
    header = {"protocol": "toy", "role": "server"}
    outcomes = [outcome for _, _, outcome in capture.verdicts(header, [], suite())]
    assert {outcome.verdict for outcome in outcomes} == {Verdict.NOT_OBSERVED}


def test_a_capture_of_another_role_is_not_judged(toy: None) -> None:
    assert list(capture.verdicts({"protocol": "toy", "role": "client"}, [], suite())) == []


def test_a_baseline_changes_the_outcome_and_keeps_the_raw_one(toy: None) -> None:
    item = "TOY-A-02-with-a-bow"
    says = 'it said {"ok":true} to ‹token›'  # a baseline holds no credential
    known = Known(id=item, verdict=Verdict.WARN, says=says, reason="it is shy")
    stale = Known(id="TOY-A-01", verdict=Verdict.FAIL, says="x", reason="y")
    found, _ = judged(checks=suite()[:2], **{item: known, "TOY-A-01": stale})
    assert verdicts(found) == ["pass", "pass", "known-failure"]
    assert found.results[2].raw.verdict is Verdict.WARN
    assert found.stale == ["TOY-A-01"]
    assert found.judged == 3
    assert list(found.updated_baseline()) == [item]


def test_a_counter_example_is_saved_and_loaded_again(found: Results, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "example.json"
    replay.write(path, found.results[-1], found.run, secrets=found.secrets)
    document = replay.load(path)
    assert (document["example"], document["requirement"]) == (12, "TOY-A-01")
    assert document["said"] == "the number is too big for it"
    belonging = [each for each in suite() if replay.belongs(document, each)]
    assert [each.function.__name__ for each in belonging] == ["small_numbers_are_welcome"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "har"}'])
def test_what_is_no_replay_file_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "example.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(replay.ReplayError, match=r"example\.json: "):
        replay.load(path)


def test_the_summary_counts_by_level_and_tells_what_was_not_seen(found: Results) -> None:
    lines = list(summary.lines(found))
    head, must, should, may = (line.split() for line in lines[:4])
    assert head == ["pass", "fail", "warn", "not-observed", "kit-error"]
    assert must == ["MUST", "2", "1", "·", "·", "1"]
    assert should == ["SHOULD", "1", "·", "1", "·", "·"]
    assert may == ["MAY", "·", "·", "·", "1", "·"]
    text = "\n".join(lines)
    assert "not observed:\n  TOY-A-03  nobody can hear it" in text
    assert 'TOY-A-02-with-a-bow  it said {"ok":true} to ‹token›' in text


def test_the_summary_names_stale_entries(toy: None) -> None:
    stale = Known(id="TOY-A-01", verdict=Verdict.FAIL, says="x", reason="y")
    found, _ = judged(checks=suite()[:1], **{"TOY-A-01": stale})
    assert "stale baseline entry: TOY-A-01 passes now" in "\n".join(summary.lines(found))


def test_what_the_target_declares_unsupported_is_not_played(toy: None) -> None:
    played: list[str] = []

    async def dancing(stage: Stage) -> None:
        played.append("danced")

    def it_dances(seen: Seen) -> None:
        raise Broken("never judged")

    check = checking(it_dances, scene(dancing), requirement="TOY-F-01")
    with served(replying(OK)) as url:
        run = Run(Wish(text=url))
        try:
            run.open().unsupported = {"dancing": "it has no legs"}
            run.begin([check])
            outcome = run.outcome(check)
        finally:
            run.close()
    assert outcome.verdict is Verdict.UNSUPPORTED
    assert "it has no legs" in outcome.reason
    assert played == []


def test_examples_never_meet_a_conversation_that_wants_to_be_alone(toy: None) -> None:
    present: list[str] = []
    met: list[list[str]] = []

    async def stay(name: str) -> None:
        present.append(name)
        met.append(list(present))
        await asyncio.sleep(0.02)
        present.remove(name)

    async def disturbing(stage: Stage) -> None:
        await stay("who disturbs")

    async def guessing(stage: Stage, example: int) -> None:
        await stay("an example")

    def looks(seen: Seen, *_: object) -> None:
        list(seen.notes("nothing"))

    alone = [Scenario(name=f"toy.alone{n}", play=disturbing, exclusive=True) for n in range(3)]
    for_all = checking(looks, for_all="kit_world:small_numbers", play=guessing, examples=3)
    with served(replying(OK)) as url:
        run = Run(Wish(text=url))
        try:
            run.open()
            run.begin([checking(looks, *alone)])
            for number in range(5):
                run.example(for_all, number, number)
            run.outcome(checking(looks, *alone))
        finally:
            run.close()
    assert len(met) == 8
    assert all(len(meeting) == 1 for meeting in met)
