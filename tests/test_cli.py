"""The ``assay`` command as a person or a script meets it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from conformance.cli import COMMANDS, main
from conformance.kit import protocols
from conformance.kit.proof import matrix, mutation
from conformance.kit.targets import warm
from conformance.kit.verdict import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

ASSAY = [sys.executable, "-m", "conformance"]
WITHIN = 20.0
JOB = {"initial_data": {"dispatch": {"type": "echo"}}}


def assay(*words: str) -> Any:
    return CliRunner().invoke(main, list(words))


@contextmanager
def started(*words: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    with subprocess.Popen(  # noqa: S603
        [*ASSAY, *words], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def post(url: str, document: Any, **headers: str) -> tuple[int, Any]:
    request = urllib.request.Request(  # noqa: S310  (our own server on loopback)
        url, json.dumps(document).encode(), {"Content-Type": "application/json", **headers}
    )
    try:
        with urllib.request.urlopen(request, timeout=WITHIN) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, json.load(refusal)


def test_help_names_every_command() -> None:
    assert all(name in assay("--help").output for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    result = assay(name, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.output


# --- list


@pytest.mark.parametrize("kind", ["requirements", "checks", "vectors", "mutants", "targets"])
def test_a_machine_reads_lists_of_objects_with_id_and_protocol(kind: str) -> None:
    rows = json.loads(assay("list", kind, "--json").output)
    assert rows
    assert all(row["id"] and row["protocol"] in protocols.names() for row in rows)


def test_a_list_can_be_of_one_protocol() -> None:
    assert assay("list", "requirements", "--protocol", "nosuch").exit_code == 2


# --- serve


def test_a_served_role_tells_where_it_is_and_drains_on_sigterm() -> None:
    with started("serve", "rxon", "orchestrator", "--set", "poll_hold=0.1") as (process, ready):
        assert ready["ready"] is True
        assert (ready["protocol"], ready["role"]) == ("rxon", "orchestrator")
        assert ready["set"]["poll_hold"] == 0.1
        call = {"jsonrpc": "2.0", "id": 1, "method": "workers", "params": {}}
        assert post(ready["driver"], call) == (
            200,
            {"jsonrpc": "2.0", "id": 1, "result": {"workers": []}},
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(WITHIN) == 0


def test_a_trace_of_a_served_role_can_be_judged(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    words = ("serve", "rxon", "orchestrator", "--trace", str(path))
    with started(*words) as (process, ready):
        client = {"X-Client-Token": ready["set"]["client_token"]}
        status, _ = post(ready["url"] + ready["set"]["jobs_path"], JOB, **client)
        assert status == 202
        assert post(ready["url"] + "/_worker/workers/register", {})[0] == 401
        process.send_signal(signal.SIGTERM)
        assert process.wait(WITHIN) == 0
    text = path.read_text(encoding="utf-8")
    assert ready["set"]["client_token"] not in text
    judged = json.loads(assay("judge", str(path), "--json").output)
    verdicts = {row["item"]: row["verdict"] for row in judged["results"]}
    assert verdicts["RXON-SER-11"] == "pass"
    assert verdicts["RXON-RES-03"] == "not-observed"


def test_a_stored_job_is_there_after_sigkill(tmp_path: Path) -> None:
    words = ("serve", "rxon", "orchestrator", "--store", str(tmp_path / "jobs.sqlite"))
    with started(*words) as (process, ready):
        client = {"X-Client-Token": ready["set"]["client_token"]}
        _, created = post(ready["url"] + ready["set"]["jobs_path"], JOB, **client)
        process.kill()
        process.wait(WITHIN)
    with started(*words) as (_, ready):
        call = {"jsonrpc": "2.0", "id": 1, "method": "job", "params": {"job_id": created["job_id"]}}
        _, answer = post(ready["driver"], call)
        assert answer["result"]["job"]["id"] == created["job_id"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nosuch", "orchestrator"], "no reference of a protocol 'nosuch'"),
        (["rxon", "nosuch"], "has no role 'nosuch'"),
        (["rxon", "orchestrator", "--set", "nosuch=1"], "unknown setting 'nosuch'"),
        (["rxon", "orchestrator", "--set", "poll_hold=soon"], "poll_hold"),
        (["rxon", "orchestrator", "--set", "poll_hold"], "KEY=VALUE"),
        (["rxon", "orchestrator", "--port", "99999"], "99999"),
        (["connectonion", "client", "--connect", "h:1"], "an http:// or https:// URL"),
        (["connectonion", "host", "--set", "relay_url=h:1"], "an http:// or https:// URL"),
        (["rxon", "orchestrator", "--mutant", "nosuch"], "no mutant 'nosuch'"),
        (["rxon", "orchestrator", "--store", "/nonexistent/x"], "/nonexistent/x"),
        (["rxon", "orchestrator", "--trace", "/nonexistent/x"], "/nonexistent/x"),
    ],
)
def test_what_cannot_be_served_is_told(words: list[str], said: str) -> None:
    result = assay("serve", *words)
    assert result.exit_code in {1, 2}
    assert said in result.output


# --- run


@pytest.fixture
def handed_on(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What pytest is given."""
    words: list[str] = []
    monkeypatch.setattr("conformance.cli.run_.pytest_on", words.extend)
    return words


def test_a_protocol_means_all_of_its_roles_and_a_role_only_that(handed_on: list[str]) -> None:
    assert assay("run", "elo", "-q").exit_code == 0
    assert handed_on[0] == "-q"
    suites = {Path(word) for word in handed_on[1:]}
    assert {suite.parent.name for suite in suites} == {"elo"}
    assert {suite.name for suite in suites} >= {"test_tracker.py", "test_library.py"}
    handed_on.clear()
    assert assay("run", "elo", "tracker", "-q").exit_code == 0
    (target, option) = handed_on
    assert (Path(target).name, option) == ("reference-elo-tracker.toml", "-q")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["connectonion", "replay"], "no role 'replay'; judged are: host, client, relay, library"),
        (["elo", "--target=elo://h:1"], "of another target say --assay-protocol=elo"),
        (["elo", "node", "--target=elo://h:1"], "of another target say --assay-protocol=elo"),
    ],
)
def test_what_cannot_be_run_is_told(words: list[str], said: str, handed_on: list[str]) -> None:
    result = assay("run", *words)
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())
    assert handed_on == []


# --- judge and replay


@pytest.mark.parametrize("command", ["judge", "replay"])
def test_a_file_of_another_kind_is_refused_by_name(command: str, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text('{"format": "other"}\n', encoding="utf-8")
    result = assay(command, str(path))
    assert result.exit_code == 1
    assert str(path) in result.output


def test_a_capture_that_holds_nothing_to_judge_is_never_green(tmp_path: Path) -> None:
    path = tmp_path / "empty.jsonl"
    header = {"format": "assay-transcript/1", "protocol": "rxon", "role": "orchestrator"}
    path.write_text(json.dumps(header) + "\n", encoding="utf-8")
    assert assay("judge", str(path)).exit_code == 13


# --- mutants

HEALTHY = {"RXON-SER-11": [Outcome(Verdict.PASS)]}
NOISE = {"RXON-REG-01": [Outcome(Verdict.FAIL, "a busy machine")]}
CRASHED = {"RXON-REG-01": [Outcome(Verdict.KIT_ERROR, "our fault")]}
SEEN = {"RXON-REG-02": [Outcome(Verdict.WARN, "seen")]}
ID = "rxon-orc-reg-02"


def played(
    monkeypatch: pytest.MonkeyPatch,
    *rounds: dict[str, list[Outcome]],
    sound: dict[str, list[Outcome]] = HEALTHY,
) -> Any:
    """Run the matrix of one mutant whose rounds are known, in this process."""
    answers = iter([sound, *rounds])
    monkeypatch.setattr(matrix, "verdicts", lambda *_, **__: matrix.Found(next(answers)))
    monkeypatch.setattr(warm, "prepare", lambda _number: None)
    monkeypatch.setattr(
        matrix, "forked", lambda things, work, **_: ((thing, work(thing)) for thing in things)
    )
    return assay("mutants", ID)


def test_a_mutant_that_exactly_its_requirement_sees_is_killed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result = played(monkeypatch, SEEN)
    assert result.exit_code == 0, result.output
    assert f"killed    {ID}" in result.output


def test_a_doubtful_mutant_is_played_once_more_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    result = played(monkeypatch, {**SEEN, **NOISE}, SEEN)
    assert result.exit_code == 0, result.output
    assert f"once more, alone: {ID}" in result.output


@pytest.mark.parametrize(
    ("round_", "said"),
    [({**SEEN, **NOISE}, "collateral RXON-REG-01"), (HEALTHY, "survived by RXON-REG-02")],
)
def test_what_stays_inexact_fails_the_matrix(
    monkeypatch: pytest.MonkeyPatch, round_: dict[str, list[Outcome]], said: str
) -> None:
    result = played(monkeypatch, round_, round_, round_)
    assert result.exit_code == 1
    assert said in result.output


def test_shares_are_together_every_mutant_once(monkeypatch: pytest.MonkeyPatch) -> None:
    played: list[str] = []
    sizes = set()

    def kills(chosen: list[Any], *_: Any, **__: Any) -> list[Any]:
        played.extend(mutant.id for mutant in chosen)
        return [matrix.Kill(mutant, mutant.expected) for mutant in chosen]

    monkeypatch.setattr(matrix, "healthy", lambda proof: (proof, set()))
    monkeypatch.setattr(matrix, "kills", kills)
    for share in ("1/3", "2/3", "3/3"):
        before = len(played)
        result = assay("mutants", "--protocol", "rxon", "--role", "library", "--share", share)
        assert result.exit_code == 0, result.output
        sizes.add(len(played) - before)
    every = [m.id for m in mutation.of("rxon").values() if m.role == "lib"]
    assert sorted(played) == sorted(every)
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("first", [NOISE, CRASHED])
def test_a_reference_that_is_red_without_a_bug_is_no_ground_to_stand_on(
    monkeypatch: pytest.MonkeyPatch, first: dict[str, list[Outcome]]
) -> None:
    result = played(monkeypatch, first, first, sound=first)
    assert result.exit_code == 1
    assert "without any mutant these are red already: RXON-REG-01" in result.output


def test_a_reference_that_is_red_only_once_is_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    result = played(monkeypatch, HEALTHY, SEEN, sound=NOISE)
    assert result.exit_code == 0, result.output
    assert "red without any mutant, once more: RXON-REG-01" in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no-such-mutant"], "no mutant 'no-such-mutant'"),
        (["--protocol", "telepathy"], "no protocol 'telepathy'"),
        (["--role", "king"], "has no role 'king'"),
        (["--share", "0/3"], "'0/3' is no share, as 2/3 is"),
        (["--share", "4/3"], "'4/3' is no share"),
        (["--share", "half"], "'half' is no share"),
    ],
)
def test_mutants_of_nobody_are_a_usage_error(arguments: list[str], said: str) -> None:
    result = assay("mutants", *arguments)
    assert result.exit_code == 2
    assert said in result.output


def test_a_driver_has_the_functions_of_the_revision_that_is_asked_for() -> None:
    questions = [
        {"id": 1, "method": "describe"},
        {"id": 2, "method": "serialize", "params": {"json": "[null]"}},
    ]
    done = subprocess.run(
        [sys.executable, "-m", "conformance", "driver", "rxon", "--revision", "1.0b17"],
        input="".join(f"{json.dumps(each)}\n" for each in questions),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    answers = {each["id"]: each["result"] for each in map(json.loads, done.stdout.splitlines())}
    assert answers[1]["revision"] == "1.0b17"
    assert answers[2] == {"serialized": "[null]"}


def test_a_revision_that_nobody_knows_is_told() -> None:
    result = assay("driver", "rxon", "--revision", "2.0")
    assert result.exit_code == 2
    assert "no revision '2.0' of rxon; there is 1.0b11, 1.0b17" in result.output
