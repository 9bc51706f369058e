"""Assay's entry point into pytest: its options, and nothing else until somebody asks to judge.

It stands outside the packages so that a project with a package named ``conformance`` or
``reference`` of its own can have Assay installed: unless a run names a target, none of Assay
is imported.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

HOME = Path(__file__).resolve().parent
SUITES = HOME / "conformance"

# name, metavar (None: a flag), help
OPTIONS: tuple[tuple[str, str | None, str], ...] = (
    (
        "target",
        "TARGET",
        (
            "what to judge: http(s)://HOST:PORT, PROTOCOL+http://HOST:PORT, elo://HOST:PORT,"
            " exec:COMMAND or driver+http://HOST:PORT (a driver), or a manifest (*.toml);"
            " also spelled --target"
        ),
    ),
    ("protocol", "NAME", "protocol of the target, when probing cannot tell"),
    ("role", "NAME", "role of the target, when it has more than one"),
    ("revision", "NAME", "protocol revision to judge by"),
    ("listen", "HOST:PORT", "wait here for a client role started by hand"),
    ("driver", "COMMAND|URL", "a driver for a target given by URL"),
    ("set", "KEY=VALUE", "a credential or fact of the target; may be given again"),
    ("level", "LEVEL", "how far down to go: must, should or may (all)"),
    ("strict", None, "a broken SHOULD fails the run too"),
    ("baseline", "FILE", "known failures with reasons"),
    ("baseline-update", None, "write the baseline to fit this run; reasons are kept"),
    ("report", "DIR", "write report.json and the transcript here"),
    ("transcript", "WHICH", "what the transcript file keeps: failed (default), all or none"),
    ("replay", "FILE", "play one saved counter-example again"),
    ("budget", "SECONDS", "start no further property when this is spent"),
    ("seed", "N", "seed for the properties (default: the same examples every time)"),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register ``--assay-…`` and an ini key for each."""
    group = parser.getgroup("assay", "assay: judge an implementation of an agent protocol")
    for name, metavar, text in OPTIONS:
        dest = f"assay_{name.replace('-', '_')}"
        how: dict[str, Any] = {"dest": dest, "default": None, "help": text}
        if metavar is None:
            how |= {"action": "store_true"}
        elif name == "set":
            how |= {"action": "append", "metavar": metavar}
        else:
            how |= {"metavar": metavar}
        group.addoption(f"--assay-{name}", **how)
        if name == "set":
            parser.addini(dest, text, type="linelist", default=None)
        else:
            parser.addini(dest, text, default=None)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None, object, object]:
    """Take ``--target`` when no conftest has, and collect the packaged suites when judging."""
    result = yield  # the project's conftest comes first
    if any(arg == "--target" or arg.startswith("--target=") for arg in args):
        # Where the project itself defines --target, it means something else by it.
        _, unclaimed = parser.parse_known_and_unknown_args(["--target=anything"])
        if unclaimed:
            parser.getgroup("assay").addoption(
                "--target", dest="assay_target", metavar="TARGET", help="short for --assay-target"
            )
    known = parser.parse_known_args(args)
    target = (
        known.assay_target or os.environ.get("ASSAY_TARGET") or early_config.getini("assay_target")
    )
    if (target or known.assay_listen) and not known.file_or_dir:
        args += packaged_suites()
        if known.collectonly and early_config.pluginmanager.hasplugin("hypothesispytest"):
            # Its farewell imports all of hypothesis, which takes longer than collecting does.
            early_config.pluginmanager.unregister(name="hypothesispytest")
    return result


def packaged_suites(protocol: str = "*") -> list[str]:
    """Return the files of all packaged suites, or of one protocol's."""
    return [str(path) for path in sorted(SUITES.glob(f"{protocol}/test_*.py"))]


def pytest_configure(config: pytest.Config) -> None:
    """Bring in the judge only when there is a target."""
    asked = (
        config.getoption("assay_target", None)
        or os.environ.get("ASSAY_TARGET")
        or config.getini("assay_target")
        or config.getoption("assay_listen", None)
    )
    if asked:
        load(config)


def load(config: pytest.Config) -> Any:
    """Import the judge, register it once, and return it."""
    plugin = config.pluginmanager.get_plugin("assay-judge")
    if plugin is None:
        _come_first()
        from conformance.plugin import Judge  # noqa: PLC0415  (only who judges pays for it)

        plugin = Judge(config, [name for name, _, _ in OPTIONS])
        config.pluginmanager.register(plugin, "assay-judge")
    return plugin


def _come_first() -> None:
    """Make sure that ``conformance`` is Assay's, whatever lies in the working directory."""
    for name in ("conformance", "reference"):
        module = sys.modules.get(name)
        place = getattr(module, "__file__", None) if module is not None else str(HOME / name)
        if place is None or not Path(place).resolve().is_relative_to(HOME / name):
            raise pytest.UsageError(
                f"a package named {name!r} of this project is already imported, and hides Assay's;"
                " judge from another directory, or with `assay run`"
            )
    if sys.path[:1] != [str(HOME)]:
        sys.path.insert(0, str(HOME))


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> list[pytest.Item] | None:
    """Turn a suite's check into one item per case; leave every other function alone."""
    if getattr(obj, "__assay__", None) is None or not hasattr(obj, "__globals__"):
        return None
    make: Callable[..., list[pytest.Item]] = load(collector.config).items
    return make(collector, name, obj)
