"""``assay run``: pytest on the packaged suites, whatever lies in the working directory."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import click

TARGETS = ("--target", "--assay-target", "--assay-listen", "--help-pytest")
CONFIGURATION = Path(__file__).resolve().parent.parent / "kit" / "pytest.ini"


@click.command(
    "run",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Judge a target: every option of pytest and every --assay-… option is taken.

    \b
    assay run                                      every embedded reference role
    assay run rxon                                 every one of a protocol
    assay run rxon orchestrator                    one of them
    assay run --target=http://127.0.0.1:8080 --assay-set token=SECRET
    assay run --target=avtomatika-1.0b24.toml      a published implementation
    assay run --target=… -k RXON-RES               one area
    assay run --help-pytest                        all options

    Exit codes: 0 nothing binding is broken, 1 something is, 2–6 as pytest,
    10 target unreachable, 11 error of the kit, 12 stale baseline, 13 nothing judged.
    """  # noqa: D301  (\b keeps click from filling the lines)
    from conformance.kit.targets.instance import TargetError  # noqa: PLC0415  (--help is instant)

    try:
        pytest_on(_expanded(arguments))
    except (TargetError, ValueError) as error:
        raise click.UsageError(str(error)) from error


def pytest_on(arguments: list[str]) -> NoReturn:
    """Run pytest with Assay's own configuration and exit with its code."""
    import pytest  # noqa: PLC0415  (only commands that judge need it)

    import assay_pytest  # noqa: PLC0415

    words = ["--help" if word == "--help-pytest" else word for word in arguments]
    plugins = [] if _registered() else [assay_pytest]
    sys.exit(pytest.main(["-c", str(CONFIGURATION), "--rootdir", ".", *words], plugins=plugins))


def _expanded(arguments: tuple[str, ...]) -> list[str]:
    """Turn a leading PROTOCOL [ROLE] into the embedded references that it means."""
    from assay_pytest import packaged_suites  # noqa: PLC0415
    from conformance.kit import protocols  # noqa: PLC0415
    from conformance.kit.targets.target import reference  # noqa: PLC0415

    words = list(arguments)
    name = words.pop(0) if words and words[0] in protocols.names() else ""
    if any(word.startswith(TARGETS) for word in words):
        if name:
            raise click.UsageError(
                f"`assay run {name}` means the embedded references, and an option names a target"
                f" too; of another target say --assay-protocol={name}"
            )
        return words
    if not name:
        return [*words, *packaged_suites()]
    if not words or words[0].startswith("-") or Path(words[0]).exists():
        return [*words, *packaged_suites(name)]
    role = words.pop(0)
    judged = [each.name for each in protocols.get(name).roles if _is_judged(name, each.name)]
    if role not in judged:
        raise click.UsageError(f"{name} has no role {role!r}; judged are: {', '.join(judged)}")
    return [f"--assay-target={reference(name, role)}", *words]


def _is_judged(protocol: str, role: str) -> bool:
    from conformance.kit import protocols  # noqa: PLC0415

    return any(role in row.roles for row in protocols.requirements_of(protocol).values())


def _registered() -> bool:
    """Whether pytest will find the plugin by its entry point."""
    from importlib import metadata  # noqa: PLC0415

    return any(point.name == "assay" for point in metadata.entry_points(group="pytest11"))
