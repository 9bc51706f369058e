"""From what the user wrote after ``--target`` to a target that can be talked to."""

from __future__ import annotations

import asyncio
import shlex
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.kit import protocols
from conformance.kit.targets import drivers, environment, manifest
from conformance.kit.targets.clients import DIAL_WITHIN, ByCommand, ByDriver, Dialled
from conformance.kit.targets.driver import DriverError, DriverRefused
from conformance.kit.targets.instance import (
    Driven,
    Fixed,
    Functions,
    Launched,
    TargetError,
    WishError,
)
from conformance.kit.targets.probing import recognise

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from conformance.kit.protocols import Protocol, Role
    from conformance.kit.targets.driver import Driver
    from conformance.kit.targets.instance import Source
    from conformance.kit.targets.wish import Wish

UNUSABLE = (
    DriverError,
    DriverRefused,
    manifest.ManifestError,
    environment.EnvironmentFailed,
)


@dataclass(slots=True, kw_only=True)
class Target:
    """A target whose protocol and role are known."""

    text: str
    protocol: Protocol
    role: Role
    revision: str
    source: Source
    name: str = ""
    version: str = ""
    unsupported: Mapping[str, str] = field(default_factory=dict)
    baseline: Path | None = None

    @property
    def title(self) -> str:
        """The name for headers: ``avtomatika 1.0b24``, or the URL."""
        return f"{self.name} {self.version}".strip() or self.text


def reference(protocol: str, role: str) -> str:
    """Return the target text of an embedded reference role."""
    return str(manifest.find(f"reference-{protocol}-{role}.toml"))


async def open_target(wish: Wish, *, say: Callable[[str], None] = lambda _: None) -> Target:
    """Reach or prepare the target; raises TargetError with what to do about it."""
    try:
        opener = _opener(wish.text) if wish.text else _by_hand
        target: Target = await opener(wish, say)
    except UNUSABLE as error:
        raise TargetError(str(error)) from error
    except KeyError as error:
        raise TargetError(str(error.args[0])) from error
    except ValueError as error:  # a port that is no number, a quotation without an end
        raise TargetError(f"{wish.text!r} cannot be used: {error}") from error
    if complaint := _about_facts(target, wish):
        await target.source.close()
        raise WishError(complaint)
    return target


def named_side(wish: Wish) -> tuple[str, str]:
    """Return protocol and role as a wish names them, empty where only a look at it can tell.

    Raises ManifestError for a manifest that cannot be read.
    """
    if wish.text.endswith(".toml"):
        plan = manifest.load(manifest.find(wish.text))
        return wish.protocol or plan.protocol, wish.role or plan.role
    prefix, _, scheme = wish.text.partition("://")[0].rpartition("+")
    speakers = [name for name in protocols.names() if scheme in protocols.get(name).schemes]
    told = prefix if prefix in protocols.names() else speakers[0] if len(speakers) == 1 else ""
    return wish.protocol or told, wish.role


def _about_facts(target: Target, wish: Wish) -> str:
    """Say what is wrong with what the user told of the target, or what was left out."""
    for name in target.role.intervals:
        if name in wish.facts and not isinstance(wish.facts[name], int | float):
            return f"--assay-set {name} takes seconds, not {wish.facts[name]!r}"
    known = target.source.facts if isinstance(target.source, Fixed) else target.role.needs
    missing = [name for name in target.role.needs if name not in known]
    if missing:
        told = " ".join(f"--assay-set {name}=…" for name in missing)
        meant = ", ".join(f"`{name}` is {target.role.facts[name]}" for name in missing)
        return f"a {target.role.name} cannot be judged without {told} ({meant})"
    return ""


def _opener(text: str) -> Callable[[Wish, Callable[[str], None]], Any]:
    if text.startswith(("exec:", "driver+http://", "driver+https://")):
        return _by_driver
    if "://" in text:
        return _url
    if text.endswith(".toml"):
        return _manifest
    raise WishError(
        f"{text!r} is no target: give http://HOST:PORT, PROTOCOL+http://HOST:PORT, exec:COMMAND,"
        " driver+http://HOST:PORT or the path of a manifest (*.toml)"
    )


async def _by_driver(wish: Wish, _say: Callable[[str], None]) -> Target:
    text = wish.text.removeprefix("exec:").removeprefix("driver+")
    return await _driven(wish, await drivers.by_command(text))


async def _driven(wish: Wish, driver: Driver, **known: Any) -> Target:
    try:
        return _target_behind(driver, wish, known)
    except BaseException:
        await driver.close()
        raise


def _target_behind(driver: Driver, wish: Wish, known: dict[str, Any]) -> Target:
    about = driver.about
    protocol = protocols.get(wish.protocol or about["protocol"])
    role = protocol.role(wish.role or about["role"])
    given = {**known.pop("facts", {}), **wish.facts}
    revision = wish.revision or about.get("revision", protocol.revision)
    source: Source
    if role.kind == "client":
        source = Dialled(protocol.name, role, given, ByDriver(driver, role.name), _address(wish))
    elif role.kind == "library":
        source = Functions(driver, {"revision": revision, **given})
    elif driver.has("start"):
        source = Driven(driver, role.name, given, role.settings)
    elif "url" in about:
        source = Fixed(about["url"], {**about.get("set", {}), **given}, driver)
    else:
        raise TargetError(
            "the driver neither offers `start` nor tells the `url` of a running target"
        )
    said = about.get("implementation", {})
    named = {"name": said.get("name", ""), "version": said.get("version", ""), **known}
    unsupported = {**about.get("unsupported", {}), **named.pop("unsupported", {})}
    return Target(
        text=wish.text,
        protocol=protocol,
        role=role,
        revision=revision,
        source=source,
        unsupported=unsupported,
        **named,
    )


async def _manifest(wish: Wish, say: Callable[[str], None]) -> Target:
    plan = manifest.load(manifest.find(wish.text))
    python = ""
    if plan.environment is not None:
        python = await asyncio.to_thread(
            environment.python_for, plan.environment, name=f"{plan.name}-{plan.version}", say=say
        )
    known: dict[str, Any] = {
        "name": plan.name,
        "version": plan.version,
        "unsupported": plan.unsupported,
        "baseline": plan.baseline,
    }
    if plan.driver:
        command = manifest.resolve(plan.driver, plan, python=python, revision=wish.revision)
        driver = await drivers.by_command(shlex.join(command))
        named = replace(wish, protocol=wish.protocol or plan.protocol, role=wish.role or plan.role)
        return await _driven(named, driver, facts=plan.facts, **known)
    if plan.launch is None:  # the schema demands one of the two
        raise TargetError(f"{plan.path}: neither [driver] nor [target]")
    protocol = protocols.get(wish.protocol or plan.protocol)
    role = protocol.role(wish.role or plan.role)
    launch = manifest.launch_with(plan.launch, plan, python=python)
    given = {**plan.facts, **wish.facts}
    source: Source = (
        Dialled(protocol.name, role, given, ByCommand(launch), _address(wish))
        if role.kind == "client"
        else Launched(launch, given, role.settings)
    )
    return Target(
        text=wish.text,
        protocol=protocol,
        role=role,
        revision=wish.revision or plan.revision or protocol.revision,
        source=source,
        **known,
    )


async def _by_hand(wish: Wish, say: Callable[[str], None]) -> Target:
    if not wish.protocol or not wish.role:
        raise WishError("--assay-listen needs --assay-protocol and --assay-role")
    protocol = protocols.get(wish.protocol)
    role = protocol.role(wish.role)
    if role.kind != "client":
        raise TargetError(f"a {role.name} does not dial: give its URL as --target")
    host, port = _address(wish)
    source = Dialled(protocol.name, role, wish.facts, listen=(host, port))
    try:
        told = "".join(f", {key} {value}" for key, value in (await source.credentials()).items())
        url = (await source.instance({})).url
        say(f"serving {protocol.title} {role.opposite} at {url}{told}; start the {role.name} now")
        await source.await_client(within=DIAL_WITHIN)
    except BaseException:
        await source.close()
        raise
    return Target(
        text=wish.text,
        protocol=protocol,
        role=role,
        revision=wish.revision or protocol.revision,
        source=source,
        name=f"{role.name} dialling {host}:{port}",
    )


def _address(wish: Wish) -> tuple[str, int]:
    """Read ``--assay-listen``; without it any free port of the loopback interface."""
    host, colon, port = wish.listen.rpartition(":")
    if wish.listen and not (colon and port.isdigit()):
        raise WishError(f"--assay-listen takes HOST:PORT, not {wish.listen!r}")
    return (host.strip("[]"), int(port)) if wish.listen else ("127.0.0.1", 0)


async def _url(wish: Wish, _say: Callable[[str], None]) -> Target:
    scheme, _, rest = wish.text.partition("://")
    prefix, plus, inner = scheme.partition("+")
    url = f"{inner}://{rest}" if plus else wish.text
    candidates = [prefix] if plus else [wish.protocol] if wish.protocol else list(protocols.names())
    able = [each for each in map(protocols.get, candidates) if (inner or scheme) in each.schemes]
    if not able:
        raise TargetError(
            f"no installed protocol is spoken over {inner or scheme}:// ({wish.text})"
        )
    if not urlsplit(url).hostname:
        raise TargetError(f"{wish.text!r} names no host")
    if any(
        role.name == wish.role for each in able for role in each.roles if role.kind == "library"
    ):
        raise WishError(f"a {wish.role} has no address; its driver is the target: exec:COMMAND")
    protocol, role = await recognise(url, able, wish)
    return Target(
        text=wish.text,
        protocol=protocol,
        role=protocol.role(role),
        revision=wish.revision or protocol.revision,
        source=Fixed(url, dict(wish.facts), await _beside(wish.driver)),
    )


async def _beside(text: str) -> Driver | None:
    """Open the driver that ``--assay-driver`` names beside a URL."""
    return await drivers.by_command(text.removeprefix("exec:")) if text else None
