"""The pytest hooks: items out of checks, verdicts into reports. What they mean is in the kit."""

from __future__ import annotations

import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import conformance
from conformance.items import CheckItem, NotPassedHere
from conformance.kit import exits, protocols
from conformance.kit.judging import baseline
from conformance.kit.judging.suite import check_of
from conformance.kit.options import OptionError, Options, Request
from conformance.kit.reporting import again, render, replay, results, summary
from conformance.kit.running.run import Run
from conformance.kit.targets.instance import TargetError, WishError
from conformance.kit.targets.manifest import ManifestError
from conformance.kit.targets.target import named_side, reference
from conformance.kit.targets.wish import Wish
from conformance.kit.verdict import Level, Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Generator

    from conformance.kit.judging.suite import Check
    from conformance.kit.targets.target import Target

SHOWN: dict[Verdict, tuple[str, str, str]] = {
    Verdict.PASS: ("passed", ".", "PASS"),
    Verdict.FAIL: ("failed", "F", "FAIL"),
    Verdict.WARN: ("warned", "w", "WARN"),
    Verdict.NOT_OBSERVED: ("not observed", "n", "NOT-OBSERVED"),
    Verdict.UNSUPPORTED: ("unsupported", "u", "UNSUPPORTED"),
    Verdict.KNOWN_FAILURE: ("known failures", "k", "KNOWN-FAILURE"),
    Verdict.KIT_ERROR: ("kit errors", "E", "KIT-ERROR"),
}
QUIET = frozenset({Verdict.NOT_OBSERVED, Verdict.UNSUPPORTED, Verdict.KNOWN_FAILURE})
Side = tuple[str, str]  # protocol, role


class Judge:
    """The plugin object of a judging session."""

    def __init__(self, config: pytest.Config, names: list[str]) -> None:
        self.config = config
        options = Options.collect(
            names,
            command_line=lambda key: config.getoption(key, None),
            ini=config.getini,
        )
        try:
            self.request = Request.of(options)
        except OptionError as error:
            raise pytest.UsageError(str(error)) from error
        self.begun = time.monotonic()
        self.replayed = self._replay()
        self.runs: dict[Side, Run] = {}
        self.found: dict[Side, results.Results] = {}
        self.written: list[Path] = []
        for mark in (*(str(level).lower() for level in Level), "property"):
            config.addinivalue_line("markers", f"{mark}: set by assay on its items")
        for name in protocols.names():
            config.addinivalue_line("markers", f"{name}: set by assay on its items")
            for role in protocols.get(name).roles:
                config.addinivalue_line("markers", f"role_{role.name}: set by assay on its items")

    def _replay(self) -> dict[str, Any] | None:
        """Read the counter-example that alone is to be played."""
        try:
            return replay.load(Path(self.request.replay)) if self.request.replay else None
        except replay.ReplayError as error:
            raise pytest.UsageError(str(error)) from error

    # Which sides are judged

    def open(self, wish: Wish) -> Target:
        """Open the target for a wish; ends the session when it cannot be reached."""
        run = Run(wish, seed=self.request.seed, say=self._say)
        try:
            target = run.open()
        except WishError as error:
            run.close()
            raise pytest.UsageError(f"assay: {error}") from error
        except (TargetError, TimeoutError) as error:
            run.close()
            pytest.exit(f"assay: {error}", returncode=exits.Exit.UNREACHABLE)
        side = (target.protocol.name, target.role.name)
        self.runs[side] = run
        self.found[side] = results.Results(run, self._baseline(target))
        return target

    def _say(self, text: str) -> None:
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.write_line(f"assay: {text}")

    def _baseline(self, target: Target) -> dict[str, baseline.Known]:
        path = self._baseline_path(target)
        if path is None or not path.exists():
            if self.request.baseline and not self.request.baseline_update:
                raise pytest.UsageError(
                    f"no baseline {self.request.baseline!r}; --assay-baseline-update writes one"
                )
            return {}
        try:
            return baseline.load(path)
        except baseline.BaselineError as error:
            raise pytest.UsageError(str(error)) from error

    def _baseline_path(self, target: Target) -> Path | None:
        return Path(self.request.baseline) if self.request.baseline else target.baseline

    @cached_property
    def _named(self) -> Side:
        try:
            return named_side(self.request.wish or Wish())
        except ManifestError as error:
            raise pytest.UsageError(f"assay: {error}") from error

    def sides(self, protocol: str) -> list[str]:
        """Return the roles whose suites of a protocol are collected."""
        wish = self.request.wish
        known = [role.name for role in protocols.get(protocol).roles]
        if wish is None:
            return [role for role in known if reference_exists(protocol, role)]
        if self.config.option.collectonly:  # never touches the target
            named, role_named = self._named
            return [role for role in known if named in {"", protocol} and role_named in {"", role}]
        return [role for proto, role in self.runs if proto == protocol]

    # Hooks, in the order in which pytest calls them

    def pytest_report_header(self) -> list[str]:
        """Say what is judged, and which source said so."""
        if self.request.wish is None:
            return []
        lines = [f"assay {conformance.__version__}: target {self.request.wish.text}"]
        given = ", ".join(f"{name} ({source})" for name, source in self.request.sources.items())
        return [*lines, f"assay: set by {given}"]

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Recognise the target before its suites are collected."""
        if self.request.wish is not None and not self.config.option.collectonly:
            target = self.open(self.request.wish)
            self._say(
                f"judging {target.title} as {target.protocol.title} {target.role.name},"
                f" revision {target.revision}"
            )
        # Suites of other protocols have no item here, and to import them all takes a second.
        idle = {protocols.get(name).folder for name in protocols.names() if not self.sides(name)}
        self.config.args = [word for word in self.config.args if Path(word).parent not in idle]

    def items(self, collector: pytest.Collector, name: str, function: object) -> list[pytest.Item]:
        """Return one item per role and case of a check."""
        check = check_of(function)
        if check is None:
            return []
        row = protocols.requirements_of(check.protocol).get(check.requirement)
        if row is None:
            raise collector.CollectError(
                f"{name} is bound to {check.requirement}, which is no row of"
                f" conformance/{check.protocol}/requirements.toml"
            )
        if row.level not in self.request.levels:
            return []
        if self.replayed is not None and not replay.belongs(self.replayed, check):
            return []
        return [
            CheckItem.from_parent(
                collector,
                name=f"{name}[{item}]",
                nodeid=f"{check.protocol}/{role}/{check.module}.py::{name}[{item}]",
                check=check,
                role=role,
                item=item,
                case=case,
                judge=self,
            )
            for role in self.sides(check.protocol)
            if role in row.roles
            for item, case in check.item_ids()
        ]

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Let properties come first: they talk while the conversations of the rest wait."""
        items.sort(key=lambda item: not (isinstance(item, CheckItem) and item.check.for_all))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Start every conversation that the selected items judge."""
        if session.config.option.collectonly:
            return
        chosen: dict[Side, list[Check]] = {}
        for item in session.items:
            if isinstance(item, CheckItem):
                chosen.setdefault((item.check.protocol, item.role), []).append(item.check)
        for side, checks in chosen.items():
            if side not in self.runs:
                self.open(Wish(text=reference(*side), protocol=side[0], role=side[1]))
            self.runs[side].begin(checks)

    def outcome(self, item: CheckItem) -> Outcome:
        """Judge one item and keep the result."""
        side = (item.check.protocol, item.role)
        begun = time.perf_counter()
        raw = self._judged(self.runs[side], item)
        seconds = time.perf_counter() - begun
        return self.found[side].add(item.check, item.item, item.case, raw, seconds).outcome

    def _judged(self, run: Run, item: CheckItem) -> Outcome:
        budget = self.request.budget
        if self.replayed is not None:
            return run.example(item.check, self.replayed["example"], 1)
        if item.check.for_all and budget is not None and time.monotonic() - self.begun > budget:
            return Outcome(Verdict.NOT_OBSERVED, f"the budget of {budget:g} s was spent before it")
        return run.outcome(item.check, item.case)

    def text(self, item: CheckItem, outcome: Outcome) -> str:
        """Return the failure text of an item."""
        found = self.found[(item.check.protocol, item.role)]
        what: tuple[str, ...] = ("-k", again.selecting(item.item))
        if item.check.for_all and outcome.example is not None:
            path = self._folder(found) / f"replay-{item.item}.json"
            replay.write(path, found.results[-1], found.run, secrets=found.secrets)
            what = (f"--assay-replay={path}",)
        command = again.command(found.run.wish, *what, known=self.request.baseline)
        return render.finding(item.requirement, outcome, reproduce=command, secrets=found.secrets)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Turn a verdict into what pytest, JUnit and xdist understand."""
        report = yield
        if not isinstance(item, CheckItem) or call.when != "call":
            return report
        error = call.excinfo.value if call.excinfo is not None else None
        outcome = error.outcome if isinstance(error, NotPassedHere) else None
        verdict = outcome.verdict if outcome else Verdict.KIT_ERROR if error else Verdict.PASS
        item.user_properties += [  # JUnit takes them from the teardown's report
            ("assay_requirement", item.requirement.id),
            ("assay_level", str(item.requirement.level)),
            ("assay_verdict", str(verdict)),
        ]
        report.user_properties = list(item.user_properties)
        if outcome is not None and verdict in QUIET:
            report.outcome = "skipped"
            report.longrepr = (str(item.path), item.reportinfo()[1], outcome.reason)
        elif verdict is Verdict.WARN and not self.request.strict:
            report.outcome = "passed"
            report.sections.append(("assay: broken, but not binding", str(report.longrepr)))
            report.longrepr = None
        return report

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Name the seven verdicts in progress lines."""
        verdict = dict(getattr(report, "user_properties", ())).get("assay_verdict")
        if verdict is None or report.when != "call":
            return None
        category, letter, word = SHOWN[Verdict(str(verdict))]
        return ("failed" if report.failed else category), letter, word

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print counts by level and verdict, then what was not observed and why."""
        for (protocol, role), found in self.found.items():
            title = f"assay: {protocols.get(protocol).title} {role} — {found.run.target.title}"
            terminalreporter.section(title)
            for line in summary.lines(found):
                terminalreporter.write_line(line)
        for path in self.written:
            terminalreporter.write_line(f"written: {path}")

    def _folder(self, found: results.Results) -> Path:
        """Return where files about a target go."""
        folder = Path(self.request.report or "assay-report")
        if len(self.found) > 1:
            folder /= f"{found.run.target.protocol.name}-{found.run.target.role.name}"
        return folder

    def _write(self, found: results.Results) -> list[Path]:
        written: list[Path] = []
        if self.request.report:
            written += results.write(
                found, self._folder(found), transcripts=self.request.transcript
            )
        path = self._baseline_path(found.run.target)
        if self.request.baseline_update and path is not None:
            baseline.write(path, found.updated_baseline(), target=found.run.target.title)
            written.append(path)
        return written

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Decide the exit code and let the targets go."""
        if not self.found or session.config.option.collectonly:
            return
        found = list(self.found.values())
        session.exitstatus = exits.decide(
            pytest_code=int(session.exitstatus),
            kit_errors=sum(each.count(Verdict.KIT_ERROR) for each in found),
            failed=sum(each.count(Verdict.FAIL) for each in found)
            + self.request.strict * sum(each.count(Verdict.WARN) for each in found),
            judged=sum(each.judged for each in found),
            stale=sum(len(each.stale) for each in found) * (not self.request.baseline_update),
        )
        self.written = [path for each in found for path in self._write(each)]

    def pytest_unconfigure(self) -> None:
        """Stop whatever the runs started."""
        for run in self.runs.values():
            run.close()


def reference_exists(protocol: str, role: str) -> bool:
    """Whether a reference role is shipped that can be judged when no target is named."""
    try:
        reference(protocol, role)
    except ValueError:
        return False
    return True
