"""Where drivers come from: a command, a URL, a manifest, or the reference in this process."""

from __future__ import annotations

import asyncio
import importlib
import json
import shlex
from typing import TYPE_CHECKING, Any

from conformance.kit.targets import environment, manifest
from conformance.kit.targets.driver import (
    Driver,
    DriverError,
    DriverRefused,
    HttpChannel,
    StdioChannel,
)
from conformance.kit.targets.instance import TargetError, WishError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from conformance.kit.targets.driver import Channel

    Handle = Callable[[bytes], Awaitable[Any]]
    Say = Callable[[str], None]


class NoDriver(TargetError):  # noqa: N818  (a fact about the target)
    """The target is a good one, but has no driver."""


class LocalChannel:
    """Calls to a driver that lives in this process, as JSON text all the same."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    async def exchange(self, message: dict[str, Any], *, within: float) -> Any:
        """Hand over one request, return the response object."""
        try:
            async with asyncio.timeout(within):
                answer = await self._handle(json.dumps(message).encode())
        except TimeoutError:
            raise DriverError(f"no answer to `{message['method']}` within {within:g} s") from None
        return json.loads(json.dumps(answer))

    async def disturb(self, line: bytes) -> None:
        """Hand over one line."""
        await self._handle(line)

    async def close(self) -> None:
        """Nothing was opened."""


async def reference(protocol: str, *, revision: str = "") -> Driver:
    """Return the reference's driver, in this process; its functions are those of a revision."""
    package = importlib.import_module(f"reference.{protocol}")
    libraries = getattr(package, "LIBRARIES", {})
    if revision and revision not in {package.REVISION, *libraries}:
        known = ", ".join(libraries) or package.REVISION
        raise WishError(f"the reference knows no revision {revision!r} of {protocol}: {known}")
    implementation = importlib.import_module("reference.driver").Driver(
        package.ROLES,
        protocol=protocol,
        revision=revision or package.REVISION,
        library=libraries.get(revision, getattr(package, "LIBRARY", {})),
    )
    return await Driver.meet(LocalChannel(implementation.handle_text))


async def by_command(text: str) -> Driver:
    """Open a driver by the URL or the command that the user wrote; raises TargetError."""
    if text.startswith(("http://", "https://")):
        return await _met(HttpChannel(text))
    try:
        command = shlex.split(text)
        if not command:
            raise WishError("a driver is a command, such as 'python my_driver.py', or its URL")
        channel = await StdioChannel.start(command)
    except DriverError as error:
        raise TargetError(str(error)) from error
    except ValueError as error:  # a quotation without an end
        raise TargetError(f"{text!r} is no command: {error}") from error
    return await _met(channel)


async def by_target(text: str, *, say: Say = lambda _: None) -> Driver:
    """Open the driver of a target, whatever form the target has; raises TargetError."""
    if text.startswith("exec:"):
        return await by_command(text.removeprefix("exec:"))
    if text.startswith("driver+"):
        return await by_command(text.removeprefix("driver+"))
    if text.endswith(".toml"):
        return await _by_manifest(text, say)
    raise NoDriver(
        f"{text!r} alone has no driver, and only a driver can call functions;"
        " give exec:COMMAND, driver+http://HOST:PORT, a manifest (*.toml), or --driver"
    )


async def _by_manifest(text: str, say: Say) -> Driver:
    try:
        plan = manifest.load(manifest.find(text))
        python = ""
        if plan.environment is not None:
            name = f"{plan.name}-{plan.version}"
            python = await asyncio.to_thread(
                environment.python_for, plan.environment, name=name, say=say
            )
    except (manifest.ManifestError, environment.EnvironmentFailed) as error:
        raise TargetError(str(error)) from error
    if not plan.driver:
        raise NoDriver(f"{plan.path}: this manifest has no [driver]")
    return await by_command(shlex.join(manifest.resolve(plan.driver, plan, python=python)))


async def _met(channel: Channel) -> Driver:
    try:
        return await Driver.meet(channel)
    except (DriverError, DriverRefused) as error:
        await channel.close()
        raise TargetError(f"the driver does not say what it is: {error}") from error
