"""What a target makes pytest collect, and where the options come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import kit_world
import pytest
from kit_world import served

from conformance.kit import protocols

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

NOWHERE = "http://127.0.0.1:1"
TOY = "toy/server/test_toy.py::"
GREETS = f"{TOY}test_the_server_greets[TOY-A-01]"
IN_WORDS = f"{TOY}test_the_server_greets_warmly[TOY-A-02-in-words]"
WITH_A_BOW = f"{TOY}test_the_server_greets_warmly[TOY-A-02-with-a-bow]"
SINGS = f"{TOY}test_the_server_sings[TOY-A-03]"
LIKES = f"{TOY}test_the_server_likes_small_numbers[TOY-F-01-for-all]"
ALL = [LIKES, GREETS, IN_WORDS, WITH_A_BOW, SINGS]  # properties talk while the rest waits


pytestmark = pytest.mark.usefixtures("toy_suite")


def collected(pytester: pytest.Pytester, *arguments: str) -> list[str]:
    result = pytester.runpytest_inprocess("--collect-only", "-q", *arguments)
    assert result.ret in {0, pytest.ExitCode.NO_TESTS_COLLECTED}, result.stdout.str()
    return [line for line in result.outlines if "::" in line]


@pytest.mark.parametrize(
    "arguments",
    [[f"--target={NOWHERE}"], ["--target", NOWHERE], ["--assay-target", NOWHERE]],
    ids=" ".join,
)
def test_a_target_collects_the_packaged_suites_and_nothing_else(
    pytester: pytest.Pytester, arguments: Sequence[str]
) -> None:
    pytester.makepyfile(test_own="def test_own(): pass")
    assert collected(pytester, *arguments) == ALL


def test_without_a_target_only_the_project_is_collected(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_own="def test_own(): pass")
    assert collected(pytester) == ["test_own.py::test_own"]


def test_a_path_outranks_the_packaged_suites(pytester: pytest.Pytester) -> None:
    path = pytester.makepyfile(test_own="def test_own(): pass")
    assert collected(pytester, f"--target={NOWHERE}", path.name) == ["test_own.py::test_own"]


def test_collecting_does_not_touch_the_target(pytester: pytest.Pytester) -> None:
    touched: list[str] = []

    async def handle(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        touched.append("touched")

    with served(handle) as url:
        assert collected(pytester, f"--target={url}") == ALL
    assert touched == []


@pytest.mark.parametrize(
    ("arguments", "chosen"),
    [
        (["-m", "must"], [LIKES, GREETS]),
        (["-m", "should or may"], [IN_WORDS, WITH_A_BOW, SINGS]),
        (["-m", "property"], [LIKES]),
        (["-m", "toy and role_server and must"], [LIKES, GREETS]),
        (["--assay-level=must"], [LIKES, GREETS]),
        (["--assay-level=should"], ALL[:4]),
        (["--assay-level=may"], ALL),
        (["-k", "TOY-A-0"], ALL[1:]),
        (["-k", "TOY-A-02-with-a-bow"], [WITH_A_BOW]),
        (["-k", "greets and not warmly"], [GREETS]),
        (["--assay-protocol=toy", "--assay-role=server"], ALL),
        (["--assay-protocol=smtp"], []),
        (["--assay-role=client"], []),
        (["--deselect", GREETS], [LIKES, *ALL[2:]]),
    ],
    ids=lambda value: " ".join(value) if value and "::" not in value[-1] else None,
)
def test_items_can_be_chosen(
    pytester: pytest.Pytester, arguments: Sequence[str], chosen: list[str]
) -> None:
    assert collected(pytester, f"--target={NOWHERE}", *arguments) == chosen


@pytest.mark.parametrize(
    ("ini", "option"),
    [
        ("strict = true", ()),
        ("addopts = -W error --strict-markers --strict-config", ()),
        ("python_functions = check_*\npython_files = *_checks.py\npython_classes = No", ()),
        ("testpaths = src", ()),
        ("", ("-p", "no:cacheprovider", "-W", "error", "--import-mode=importlib")),
    ],
)
def test_the_projects_own_configuration_changes_nothing(
    pytester: pytest.Pytester, ini: str, option: Sequence[str]
) -> None:
    pytester.makeini(f"[pytest]\n{ini}\n")
    assert collected(pytester, f"--target={NOWHERE}", *option) == ALL


def test_another_configuration_file_changes_nothing(pytester: pytest.Pytester) -> None:
    other = pytester.makefile(".ini", other="[pytest]\npython_functions = check_*\n")
    assert collected(pytester, f"--target={NOWHERE}", "-c", str(other)) == ALL


# Where the options come from


def header(pytester: pytest.Pytester, *arguments: str) -> str:
    result = pytester.runpytest_inprocess("--collect-only", *arguments)
    return "\n".join(line for line in result.outlines if line.startswith("assay"))


def test_the_header_says_which_source_won(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makeini("[pytest]\nassay_target = http://ini\nassay_level = must\n")
    assert "target http://ini" in header(pytester)
    monkeypatch.setenv("ASSAY_TARGET", "http://environment")
    monkeypatch.setenv("ASSAY_ROLE", "server")
    text = header(pytester)
    assert "target http://environment" in text
    assert "target (ASSAY_TARGET), role (ASSAY_ROLE), level (ini file)" in text
    text = header(pytester, "--target=http://command-line", "--assay-level=may")
    assert "target http://command-line" in text
    assert "target (command line), role (ASSAY_ROLE), level (command line)" in text


def test_a_target_in_the_ini_file_collects_the_packaged_suites(pytester: pytest.Pytester) -> None:
    pytester.makeini(f"[pytest]\nassay_target = {NOWHERE}\nassay_set =\n    token=t\n    x=1\n")
    assert collected(pytester) == ALL


def test_a_bad_option_is_a_usage_error(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess(f"--target={NOWHERE}", "--assay-level=ought")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--assay-level takes must, should, may, not 'ought'"])


@pytest.mark.parametrize("target", ["localhost:80", "exec:", "http://", "http://h:99999"])
def test_what_is_no_target_is_told_before_anything_is_judged(
    pytester: pytest.Pytester, target: str
) -> None:
    result = pytester.runpytest_inprocess(f"--target={target}")
    assert result.ret in {10, pytest.ExitCode.USAGE_ERROR}
    assert repr(target) in result.stdout.str() + result.stderr.str() or target == "exec:"
    assert "passed" not in result.stdout.str()


def test_a_dead_port_is_told_and_has_an_exit_code_of_its_own(pytester: pytest.Pytester) -> None:
    url = kit_world.dead_url()
    result = pytester.runpytest_inprocess(f"--target={url}")
    assert result.ret == 10
    result.stdout.fnmatch_lines([f"*assay: nothing answers at {url}: *is the target running[?]*"])


def test_a_check_of_a_row_that_is_not_there_is_told(pytester: pytest.Pytester) -> None:
    suite = protocols.get("toy").folder / "test_toy.py"
    text = suite.read_text(encoding="utf-8")
    suite.write_text(text.replace("TOY-A-03", "TOY-A-93"), encoding="utf-8")
    result = pytester.runpytest_inprocess(f"--target={NOWHERE}", "--collect-only")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(
        [
            (
                "test_the_server_sings is bound to TOY-A-93,"
                " which is no row of conformance/toy/requirements.toml"
            )
        ]
    )


def test_a_manifest_is_collected_as_the_role_that_it_names(pytester: pytest.Pytester) -> None:
    about = 'name = "x"\nversion = "1"\nprotocol = "toy"\nrole = "server"'
    pytester.makefile(".toml", toy=f'{about}\n[driver]\ncommand = ["never started"]\n')
    assert collected(pytester, "--target=toy.toml") == ALL
    assert collected(pytester, "--target=toy.toml", "--assay-role=client") == []


def test_a_manifest_that_is_not_there_is_told_before_anything_is_collected(
    pytester: pytest.Pytester,
) -> None:
    result = pytester.runpytest_inprocess("--target=no.toml", "--collect-only")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*assay: no manifest 'no.toml'; shipped are: *"])
