"""What a judging session says, writes and exits with."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from kit_world import OK, replying, request_head, served

from conformance.kit import schemas

if TYPE_CHECKING:
    import asyncio

    from kit_world import Handler

TOKEN = "--assay-set=token=s3cret-token"
BROKEN = replying(b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops")


async def picky(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer 200, and `big` to a number of more than two digits."""
    while head := await request_head(reader):
        body = b"big" if len(head.split()[1]) > 3 and b"toy" not in head.split()[1] else b"fine"
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()


pytestmark = pytest.mark.usefixtures("toy_suite")


def judged(
    pytester: pytest.Pytester, *arguments: str, by: Handler | None = None
) -> pytest.RunResult:
    """Judge a server (a good one unless told otherwise) with a credential."""
    with served(by or replying(OK)) as url:
        forced = ("--assay-protocol=toy", "--assay-role=server")
        return pytester.runpytest_inprocess(f"--target={url}", *forced, *arguments)


def verdicts(pytester: pytest.Pytester) -> dict[str, str]:
    path = pytester.path / "out" / "report.json"
    report = json.loads(path.read_text(encoding="utf-8"))
    assert schemas.problems("report", "", report) == []
    return {row["item"]: row["verdict"] for row in report["results"]}


GOOD = {
    "TOY-A-01": "pass",
    "TOY-A-02-in-words": "pass",
    "TOY-A-02-with-a-bow": "warn",
    "TOY-A-03": "not-observed",
    "TOY-F-01-for-all": "pass",
}


def test_a_run_without_a_broken_must_exits_0_and_says_what_it_saw(
    pytester: pytest.Pytester,
) -> None:
    result = judged(pytester, TOKEN, "--assay-report=out")
    assert result.ret == 0, result.stdout.str()
    assert verdicts(pytester) == GOOD
    result.stdout.fnmatch_lines(
        [
            "assay: judging http://127.0.0.1:* as Toy server, revision 7",
            "*= assay: Toy server — http://127.0.0.1:* =*",
            "MUST *",
            "broken, but not binding:",
            "  TOY-A-02-with-a-bow  it does not greet with a bow",
            "not observed:",
            "  TOY-A-03  needs the fact `music` (--assay-set music=…)",
            "written: out/report.json",
            "*3 passed, 1 warned, 1 not observed in *",
        ]
    )


def test_a_warning_is_red_when_strict(pytester: pytest.Pytester) -> None:
    assert judged(pytester, TOKEN, "--assay-strict").ret == 1


def test_a_broken_must_reads_as_sentence_proof_and_command(pytester: pytest.Pytester) -> None:
    result = judged(pytester, TOKEN, "-k", "TOY-A-01", by=BROKEN)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "TOY-A-01 (MUST, spec): The server greets.",
            "  broken: expected 200, got 500",
            "  > *s   c1 GET /hi    [[]a greeting]",
            "      X-Toy-Token: ‹token›",
            "  < *s   c1 HTTP 500",
            "      oops",
            "  reproduce: pytest --target=http://127.0.0.1:*",
        ]
    )
    text = result.stdout.str()
    assert "s3cret-token" not in text
    (command,) = (line for line in result.outlines if "reproduce: " in line)
    words = shlex.split(command.partition("reproduce: ")[2])
    assert words[0] == "pytest"
    assert words[2:] == [
        "--assay-protocol=toy",
        "--assay-role=server",
        "--assay-set=token=‹token›",
        "-k",
        "TOY-A-01",
    ]


def test_a_counter_example_is_saved_and_can_be_played_again(pytester: pytest.Pytester) -> None:
    result = judged(pytester, TOKEN, "--assay-report=out", by=picky)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["  smallest example: 100", "  reproduce: *--assay-replay=out/*"])
    (path,) = (pytester.path / "out").glob("replay-*.json")
    again = judged(pytester, TOKEN, f"--assay-replay={path}", by=picky)
    assert again.ret == 1
    again.stdout.fnmatch_lines(["*1 failed in *"])
    assert judged(pytester, TOKEN, f"--assay-replay={path}").ret == 0


def test_nothing_judged_is_never_green(pytester: pytest.Pytester) -> None:
    result = judged(pytester)
    assert result.ret == 13, result.stdout.str()
    result.stdout.fnmatch_lines(["*TOY-A-01  needs the fact `token` (--assay-set token=…)"])


def test_nothing_selected_keeps_pytests_own_exit_code(pytester: pytest.Pytester) -> None:
    assert judged(pytester, TOKEN, "-k", "nobody").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_our_own_crash_is_called_so(pytester: pytest.Pytester) -> None:
    result = judged(pytester, TOKEN, "--assay-set=stumble=1")
    assert result.ret == 11
    result.stdout.fnmatch_lines(
        [
            "  error of the kit, not of the target: the scenario crashed",
            "*RuntimeError: our own bug",
        ]
    )


def test_a_target_is_recognised_without_being_named(pytester: pytest.Pytester) -> None:
    with served(replying(OK)) as url:
        assert pytester.runpytest_inprocess(f"--target={url}", TOKEN).ret == 0


# Baselines


def test_a_known_failure_needs_a_reason_and_then_exits_0(pytester: pytest.Pytester) -> None:
    known, update = "--assay-baseline=known.toml", "--assay-baseline-update"
    selection = (TOKEN, "-k", "TOY-A-01", known)
    assert judged(pytester, *selection, update, by=BROKEN).ret == 1
    path = pytester.path / "known.toml"
    bare = path.read_text(encoding="utf-8")
    assert 'says = "expected 200, got 500"\nreason = ""' in bare
    assert judged(pytester, *selection, by=BROKEN).ret == 1
    path.write_text(bare.replace('reason = ""', 'reason = "issue 7"'), encoding="utf-8")
    result = judged(pytester, *selection, by=BROKEN)
    assert result.ret == 0, result.stdout.str()
    result.stdout.fnmatch_lines(
        ["known failures *:", "  TOY-A-01  issue 7 [[]expected 200, got 500]"]
    )
    assert judged(pytester, *selection, update, by=BROKEN).ret == 0
    assert 'reason = "issue 7"' in path.read_text(encoding="utf-8")
    hangs_up = judged(pytester, *selection, by=replying(b"nonsense\r\n\r\n"))
    assert hangs_up.ret == 1
    hangs_up.stdout.fnmatch_lines(["*(fails differently from its baseline entry: expected 200,*"])


def test_a_known_failure_that_passes_is_stale(pytester: pytest.Pytester) -> None:
    path = pytester.path / "known.toml"
    path.write_text(
        '[[known]]\nid = "TOY-A-01"\nverdict = "fail"\nsays = "x"\nreason = "issue 7"\n',
        encoding="utf-8",
    )
    selection = (TOKEN, "--assay-baseline=known.toml")
    result = judged(pytester, *selection)
    assert result.ret == 12
    result.stdout.fnmatch_lines(["stale baseline entry: TOY-A-01 passes now;*"])
    assert judged(pytester, *selection, "--assay-baseline-update").ret == 0
    assert "TOY-A-01" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("text", [None, "nonsense"])
def test_a_baseline_that_cannot_be_used_is_a_usage_error(
    pytester: pytest.Pytester, text: str | None
) -> None:
    if text is not None:
        (pytester.path / "known.toml").write_text(text, encoding="utf-8")
    result = judged(pytester, "--assay-baseline=known.toml")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "known.toml" in result.stdout.str() + result.stderr.str()


# What others read


@pytest.mark.parametrize("extra", [(), ("--no-summary",), ("-p", "no:terminal")])
def test_a_report_is_written_whatever_the_terminal_shows(
    pytester: pytest.Pytester, extra: tuple[str, ...]
) -> None:
    assert judged(pytester, TOKEN, "--assay-report=out", *extra, by=BROKEN).ret == 1
    assert verdicts(pytester)["TOY-A-01"] == "fail"
    for name in ("report.json", "transcript.jsonl"):
        assert "s3cret-token" not in (pytester.path / "out" / name).read_text(encoding="utf-8")


def test_junit_has_a_case_for_every_item_with_its_verdict(pytester: pytest.Pytester) -> None:
    judged(pytester, TOKEN, "--junitxml=junit.xml")
    tree = ET.parse(pytester.path / "junit.xml")  # noqa: S314  (written by this very test)
    shown: dict[str, Any] = {}
    for case in tree.iter("testcase"):
        named = {p.get("name"): p.get("value") for p in case.iter("property")}
        assert named["assay_level"] in {"MUST", "SHOULD", "MAY"}
        shown[str(case.get("name")).partition("[")[2].rstrip("]")] = named["assay_verdict"]
    assert shown == GOOD


@pytest.mark.parametrize(
    ("ini", "arguments"),
    [
        ("strict = true", ()),
        ("addopts = -W error", ()),
        ("xfail_strict = true\nfilterwarnings = error", ("-x",)),
        ("", ("-p", "no:logging", "--tb=short", "--no-header", "-q")),
    ],
)
def test_the_projects_own_strictness_changes_no_verdict(
    pytester: pytest.Pytester, ini: str, arguments: tuple[str, ...]
) -> None:
    pytester.makeini(f"[pytest]\n{ini}\n")
    result = judged(pytester, TOKEN, "--assay-report=out", *arguments)
    assert result.ret == 0, result.stdout.str()
    assert verdicts(pytester) == GOOD
