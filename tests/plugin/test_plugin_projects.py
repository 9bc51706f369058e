"""Projects that have Assay installed and mean something else by its names."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import kit_world
import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

UNTOUCHED = """
import sys
def test_nothing_of_assay_is_imported():
    names = ("conformance", "reference")
    assert {getattr(sys.modules.get(name), "__file__", None) for name in names} <= {None, *OWN}
    assert not [name for name in sys.modules if name.startswith(("conformance.kit", "reference.r"))]
"""
OWN_TARGET = """
def pytest_addoption(parser):
    parser.addoption("--target", default="staging", help="where to deploy")
"""
ASKS_TARGET = """
def test_target(request):
    assert request.config.getoption("--target") == EXPECTED
"""


def own_package(pytester: pytest.Pytester, name: str) -> None:
    folder = pytester.mkpydir(name)
    (folder / "__init__.py").write_text("MINE = True\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [([], "staging"), (["--target", "prod"], "prod")],
)
def test_a_project_with_an_option_target_of_its_own_works(
    pytester: pytest.Pytester, arguments: Sequence[str], expected: str
) -> None:
    pytester.makeconftest(OWN_TARGET)
    pytester.makepyfile(
        test_target=ASKS_TARGET.replace("EXPECTED", repr(expected)),
        test_untouched=UNTOUCHED.replace("*OWN", ""),
    )
    result = pytester.runpytest_subprocess(*arguments)
    result.assert_outcomes(passed=2)
    result.stdout.no_fnmatch_line("*assay*judging*")


def test_such_a_project_can_still_be_judged_by_the_long_name(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(OWN_TARGET)
    result = pytester.runpytest_inprocess(f"--assay-target={kit_world.dead_url()}", "--target=prod")
    assert result.ret == 10


@pytest.mark.parametrize("command", ["pytest", "python -m pytest"])
def test_a_project_with_packages_of_assays_names_works(
    pytester: pytest.Pytester, command: str
) -> None:
    for name in ("conformance", "reference"):
        own_package(pytester, name)
    owned = [str(pytester.path / name / "__init__.py") for name in ("conformance", "reference")]
    pytester.makepyfile(
        test_own="""
        import sys
        sys.path.insert(0, ".")
        def test_own_packages():
            import conformance, reference
            assert conformance.MINE and reference.MINE
        """,
        test_untouched=UNTOUCHED.replace("*OWN", f"*{owned}"),
    )
    start = [sys.executable, "-m", "pytest"] if command != "pytest" else [sys.executable, "-c", RUN]
    result = pytester.run(*start, "-p", "no:cacheprovider")
    assert result.ret == 0, result.stdout.str()
    result.assert_outcomes(passed=2)


# What the console script does: unlike `python -m`, it keeps the working directory out of sys.path.
RUN = "import sys; sys.path[:] = [p for p in sys.path if p]; import pytest; sys.exit(pytest.main())"


def test_such_a_project_can_be_judged_from_its_own_directory(pytester: pytest.Pytester) -> None:
    for name in ("conformance", "reference"):
        own_package(pytester, name)
    result = pytester.run(
        sys.executable, "-m", "pytest", "--target=http://127.0.0.1:1", "--collect-only", "-q"
    )
    assert result.ret == 0, result.stdout.str() + result.stderr.str()
    result.stdout.fnmatch_lines(["rxon/orchestrator/test_*.py::*[[]RXON-*]"])


def test_only_the_suites_of_the_target_s_protocol_are_read(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
        import sys

        def pytest_collection_finish():
            suites = [name.split(".") for name in sys.modules if ".test_" in name]
            print("read:", *sorted({protocol for _, protocol, _ in suites}))
    """)
    result = pytester.run(
        sys.executable, "-m", "pytest", "--target=elo://127.0.0.1:1", "--collect-only", "-q", "-s"
    )
    assert result.ret == 0, result.stdout.str() + result.stderr.str()
    assert "read: elo" in result.outlines


def test_a_conftest_that_imports_its_own_package_first_is_told_what_to_do(
    pytester: pytest.Pytester,
) -> None:
    own_package(pytester, "conformance")
    pytester.makeconftest("import sys; sys.path.insert(0, '.'); import conformance")
    result = pytester.runpytest_subprocess("--target=http://127.0.0.1:1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: a package named 'conformance' of this project is already imported*assay run*"]
    )


def test_the_plugin_can_be_switched_off(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_one(): pass")
    pytester.runpytest_subprocess("-p", "no:assay").assert_outcomes(passed=1)
