"""The rules of the layout, read from import statements and from the text of the files."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance.cli.list_ import checks_of
from conformance.kit import protocols
from conformance.kit.proof import mutation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parent.parent
SPOKEN = protocols.names()

# Time and randomness are arguments of a core, and bytes its only traffic.
IMPURE = frozenset(
    {"asyncio", "aiohttp", "socket", "ssl", "sqlite3", "threading", "subprocess"}
    | {"time", "random", "secrets", "uuid", "logging", "os"}
)
# Whatever in reference/PROTOCOL/ is no core, and why.
SHELLS = {
    "reference/rxon/orchestrator.py": "the role: listens, and lets go",
    "reference/rxon/orchestrator_shell.py": "reads the clock, and wakes the core",
    "reference/rxon/orchestrator_routes.py": "the routes that workers call",
    "reference/rxon/orchestrator_clients.py": "the routes that clients call",
    "reference/rxon/orchestrator_answers.py": "the core's answers as responses of aiohttp",
    "reference/neuron/neuron.py": "the role: dials, and lets go",
    "reference/neuron/neuron_handlers.py": "runs handlers, in tasks and in threads",
    "reference/neuron/neuron_shell.py": "carries the core's requests out, and reads the clock",
    "reference/neuron/profile.py": "handlers that wait",
    "reference/rxon/worker.py": "the role: dials, and lets go",
    "reference/rxon/skills.py": "a slow skill takes time",
    "reference/rxon/worker_shell.py": "carries the core's requests out, and reads the clock",
    "reference/neuron/gateway.py": "the role: listens, and lets go",
    "reference/neuron/gateway_shell.py": "reads the clock, and keeps the streams",
    "reference/neuron/gateway_routes.py": "the routes that neurons call",
    "reference/neuron/gateway_desk.py": "the routes by which tasks are handed in and watched",
    "reference/neuron/gateway_answers.py": "the core's answers as responses of aiohttp",
    "reference/connectonion/client.py": "the role: dials, and lets go",
    "reference/connectonion/client_shell.py": "sockets, polls and the clock",
    "reference/connectonion/host.py": "the role: listens, and lets go",
    "reference/connectonion/host_shell.py": "the clock, the store, agents and sockets",
    "reference/connectonion/host_settings.py": "a policy may be a file, and a key be made up",
    "reference/connectonion/relay.py": "the role: listens, and lets go",
    "reference/connectonion/relay_link.py": "a connection that is kept",
    "reference/connectonion/agents.py": "some agents take their time",
    "reference/elo/node.py": "the role: listens, and lets go",
    "reference/elo/node_shell.py": "sockets and the clock",
    "reference/elo/key_file.py": "the file that a node's identity lives in",
    "reference/elo/library_keys.py": "writes and reads key files",
}
# What a core may import all the same, and why.
PERMITTED = {
    "reference/rxon/canonical.py": {"uuid": "the type UUID is spelled as text; none is made"},
    "reference/rxon/inference.py": {"uuid": "the type UUID promises text"},
    "reference/rxon/notation.py": {"uuid": "the type UUID has a name; given ones are read"},
    "reference/rxon/restoring.py": {"uuid": "the type UUID is restored from text; none is made"},
}
# An id or a name given as an example, in documentation.
EXAMPLE = re.compile(r"``[^`]*``|\b[A-Z]+(?:-[A-Z]+)+-\d\d\S*")


def modules(*folders: str) -> list[Path]:
    """Return the Python files of some folders, as paths from the root."""
    return sorted(
        path.relative_to(ROOT)
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if "data" not in path.relative_to(ROOT).parts
    )


@cache
def imported(path: Path) -> frozenset[str]:
    """Return the names of all modules that a file imports, anywhere in it."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(_imported(tree))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide who imports whom"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(names: Iterable[str], *packages: str) -> list[str]:
    """Return those names that are one of the packages or lie in it."""
    return sorted(
        name
        for name in names
        if any(name == each or name.startswith(f"{each}.") for each in packages)
    )


def test_the_rules_can_be_broken() -> None:
    tree = ast.parse("def f():\n    from conformance.kit.wire import http\n    import os.path\n")
    names = set(_imported(tree))
    assert within(names, "conformance") == ["conformance.kit.wire", "conformance.kit.wire.http"]
    assert within(names, *IMPURE) == ["os.path"]


@pytest.mark.parametrize("path", modules("reference"), ids=str)
def test_the_reference_never_imports_the_kit(path: Path) -> None:
    assert within(imported(path), "conformance", "assay_pytest", "pytest", "tests") == []


@pytest.mark.parametrize("path", modules("conformance/kit"), ids=str)
def test_the_kit_imports_no_protocol(path: Path) -> None:
    packages = [f"{home}.{name}" for home in ("conformance", "reference") for name in SPOKEN]
    assert within(imported(path), *packages) == []


@pytest.mark.parametrize("path", modules("conformance/kit"), ids=str)
def test_the_kit_does_not_even_name_a_protocol(path: Path) -> None:
    text = EXAMPLE.sub("", (ROOT / path).read_text(encoding="utf-8")).lower()
    assert [name for name in SPOKEN if re.search(rf"\b{name}\b", text)] == []


@pytest.mark.parametrize(
    "path",
    [p for name in SPOKEN for p in modules(f"reference/{name}") if str(p) not in SHELLS],
    ids=str,
)
def test_a_core_is_pure(path: Path) -> None:
    permitted = PERMITTED.get(str(path), {})
    assert within(imported(path) - permitted.keys(), *IMPURE) == []


@pytest.mark.parametrize("path", PERMITTED)
def test_what_is_permitted_is_needed(path: str) -> None:
    assert PERMITTED[path].keys() <= imported(Path(path))


@pytest.mark.parametrize("path", SHELLS)
def test_a_shell_is_one(path: str) -> None:
    assert within(imported(Path(path)), *IMPURE), "a pure module needs no exception"


@pytest.mark.parametrize("path", modules("conformance", "reference"), ids=str)
def test_no_product_imports_tests_or_pytest(path: Path) -> None:
    judges = {Path(f"conformance/{name}.py") for name in ("plugin", "items", "cli/run_")}
    names = within(imported(path), "tests", "pytest", "_pytest")
    assert path in judges or names == []


def test_the_installed_plugin_imports_next_to_nothing() -> None:
    tree = ast.parse((ROOT / "assay_pytest.py").read_text(encoding="utf-8"))
    top = ast.Module(
        [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)], []
    )
    known = {"__future__", "contextlib", "os", "sys", "pathlib", "typing", "pytest"}
    assert {name.partition(".")[0] for name in _imported(top)} <= known


def test_vectors_hold_no_python() -> None:
    assert list((ROOT / "vectors").rglob("*.py")) == []


def test_fixtures_never_import_the_kit_or_the_reference() -> None:
    for path in modules("fixtures/drivers"):
        assert within(imported(path), "conformance", "reference") == [], path


# Requirement ids are addresses


def ids_of(protocol: str) -> dict[str, frozenset[str]]:
    """Return every requirement id of a protocol with its roles."""
    path = ROOT / "conformance" / protocol / "requirements.toml"
    rows = tomllib.loads(path.read_text(encoding="utf-8")).get("requirement", [])
    return {row["id"]: frozenset(row["roles"]) for row in rows}


# The first word of a protocol's ids.
PREFIXES = {"rxon": "RXON", "neuron": "NEURON", "connectonion": "CO", "elo": "ELO"}
# The highest number of every area of the specification.
SHEETS = {
    "rxon": {
        "AUTH": 12,
        "DSP": 6,
        "EVT": 8,
        "EXE": 13,
        "HB": 20,
        "ID": 2,
        "JOB": 1,
        "LSN": 5,
        "MAT": 10,
        "POLL": 19,
        "REG": 14,
        "RES": 19,
        "RL": 5,
        "SCH": 5,
        "SER": 13,
        "SIG": 21,
        "WS": 9,
    },
    "neuron": {
        "GW-AUTH": 8,
        "GW-CTRL": 9,
        "GW-HB": 5,
        "GW-LEASE": 14,
        "GW-POST": 10,
        "GW-REG": 13,
        "GW-RES": 14,
        "GW-SSE": 14,
        "NRN-AUTH": 8,
        "NRN-CANCEL": 11,
        "NRN-CONN": 19,
        "NRN-HB": 9,
        "NRN-LEASE": 13,
        "NRN-LIB": 8,
        "NRN-RECON": 14,
        "NRN-RESULT": 18,
        "NRN-SCHEMA": 12,
        "NRN-SSE": 19,
        "NRN-STOP": 8,
        "NRN-UPD": 6,
    },
    "connectonion": {
        "AUTH": 22,
        "CLIENT": 22,
        "HOST": 31,
        "RELAY": 16,
        "SESS": 21,
        "TRUST": 39,
        "WS": 38,
    },
    "elo": {
        "CLI": 6,
        "DHT": 4,
        "FRAME": 22,
        "HELLO": 36,
        "LIFE": 12,
        "RATE": 9,
        "ROUTE": 30,
        "SIG": 21,
        "TASK": 23,
        "TRK": 11,
    },
}


def sheet(protocol: str) -> frozenset[str]:
    """Return every id of the protocol's specification."""
    areas = SHEETS.get(protocol, {})
    return frozenset(
        f"{PREFIXES[protocol]}-{area}-{number:02}"
        for area, last in areas.items()
        for number in range(1, last + 1)
    )


def mentioned(path: Path, prefix: str) -> set[str]:
    """Return what a file mentions that looks like one of the protocol's ids."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return set(re.findall(rf"\b{prefix}(?:-[A-Z]+)+-\d\d+(?:\.[a-z]\b)?", text))


def strays(paths: list[Path], protocol: str, known: frozenset[str]) -> dict[str, list[str]]:
    """Return the ids that files mention and nobody knows."""
    prefix = PREFIXES[protocol]
    found = {str(path): sorted(mentioned(path, prefix) - known) for path in paths}
    return {path: ids for path, ids in found.items() if ids}


@pytest.mark.parametrize("protocol", SPOKEN)
def test_every_id_that_a_file_names_is_a_requirement(protocol: str) -> None:
    rows = frozenset(ids_of(protocol))
    judging = [Path("assay_pytest.py"), *modules("conformance", "fixtures")]
    judging += [path.relative_to(ROOT) for path in (ROOT / "vectors" / protocol).glob("*.json")]
    assert strays(judging, protocol, rows) == {}
    # The reference may be ahead of the rows, but not of the specification.
    assert strays(modules("reference"), protocol, rows | sheet(protocol)) == {}


@pytest.mark.parametrize("protocol", SPOKEN)
def test_every_check_is_bound_to_a_requirement_of_a_role(protocol: str) -> None:
    rows = ids_of(protocol)
    for check in checks_of(protocol):
        assert check.requirement in rows, check.function.__name__
        assert check.scenarios or check.passive or check.for_all


@pytest.mark.parametrize("protocol", SPOKEN)
def test_an_item_has_an_id_of_its_own(protocol: str) -> None:
    rows = ids_of(protocol)
    items = [
        (role, item)
        for check in checks_of(protocol)
        for role in rows[check.requirement]
        for item, _ in check.item_ids()
    ]
    assert sorted({each for each in items if items.count(each) > 1}) == []


@pytest.mark.parametrize("protocol", SPOKEN)
def test_a_scenario_has_a_name_of_its_own(protocol: str) -> None:
    homes: dict[str, set[object]] = {}
    for check in checks_of(protocol):
        for scenario in check.scenarios:
            homes.setdefault(scenario.name, set()).add(scenario)
    assert {name for name, found in homes.items() if len(found) > 1} == set()


@pytest.mark.parametrize("protocol", SPOKEN)
def test_a_mutant_breaks_requirements_that_exist(protocol: str) -> None:
    known = ids_of(protocol).keys()
    assert {mutant.id for mutant in mutation.of(protocol).values() if mutant.expected - known} == (
        set()
    )
