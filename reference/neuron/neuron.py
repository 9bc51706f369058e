"""The neuron as a role: settings in, a client that dials a gateway and offers the profile."""

import itertools
import uuid
from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar

from reference.neuron import neuron_pace, profile
from reference.neuron.backoff import FIRST_DELAY
from reference.neuron.neuron_api import Neuron, Pace
from reference.neuron.neuron_core import PROTOCOL_VERSION
from reference.neuron.timestamps import write as spell
from reference.role import (
    CannotError,
    ParameterError,
    Setting,
    SettingError,
    count,
    flag,
    http_url,
    optional_text,
    resolve,
    seconds,
    text,
)


def bearer(value: Any) -> str:
    """Read a token as one can stand in a header."""
    token = text(value).strip()
    if not token or not token.isascii() or not token.isprintable():
        raise ValueError("printable ASCII is needed")
    return token


def interval(value: Any) -> float:
    """Read a time between two attempts; without any they would not end."""
    if seconds(value) == 0:
        raise ValueError("more than 0 seconds are needed")
    return seconds(value)


SETTINGS: Mapping[str, Setting] = {
    "connect": Setting("", http_url),
    "token": Setting("neuron-token", bearer),
    "counted_tokens": Setting(default=True, read=flag),  # the n-th bearer is `<token>-<n>`
    "token_failures": Setting(0, count),  # so many of the first calls of its provider fail
    "neuron_id": Setting(None, optional_text),
    "heartbeat_interval": Setting(neuron_pace.HEARTBEAT_INTERVAL, interval),
    "reconnect_delay": Setting(FIRST_DELAY, interval),
    "drain_timeout": Setting(neuron_pace.DRAIN_TIMEOUT, seconds),
    "post_timeout": Setting(neuron_pace.POST_TIMEOUT, interval),
}
PACE = ("heartbeat_interval", "reconnect_delay", "drain_timeout", "post_timeout")


class NoTokenError(RuntimeError):
    """The provider was told to fail."""


def provider(token: str, *, counted: bool, failures: int) -> Callable[[], str]:
    """Make a provider of bearers; counted ones show when it is asked, each is another one."""
    numbers = itertools.count(1)

    def give() -> str:
        number = next(numbers)
        if number <= failures:
            raise NoTokenError("told to have none yet")
        return f"{token}-{number}" if counted else token

    return give


class NeuronRole:
    """A reference neuron of one gateway; `connect` says which."""

    protocol: ClassVar[str] = "neuron"
    role: ClassVar[str] = "neuron"
    revision: ClassVar[str] = PROTOCOL_VERSION
    methods: ClassVar[Collection[str]] = ("update_capability", "in_flight")

    def __init__(self) -> None:
        self.url = ""
        self.facts: dict[str, Any] = {}
        self._neuron: Neuron | None = None

    async def start(
        self,
        *,
        host: str,  # noqa: ARG002  a client listens nowhere
        port: int,  # noqa: ARG002
        settings: Mapping[str, Any],
        store: str | None,
    ) -> None:
        """Begin to dial; raises SettingError. Whether somebody answers shows on the wire."""
        if store is not None:
            raise CannotError("a neuron stores nothing")
        facts = resolve(SETTINGS, settings)
        if not facts["connect"]:
            raise SettingError("setting 'connect' is needed: the URL of a gateway")
        facts["neuron_id"] = facts["neuron_id"] or f"assay-{uuid.uuid4().hex[:8]}"
        self.url, self.facts = facts["connect"], facts
        await self._begin()

    async def stop(self) -> None:
        """Let what runs end, then hang up (NEURON-NRN-STOP-01)."""
        if self._neuron is not None:
            neuron, self._neuron = self._neuron, None
            await neuron.stop()

    async def reset(self) -> None:
        """Begin again as a neuron that never registered."""
        await self._running.stop(drain=False)
        await self._begin()

    async def call(self, method: str, params: Mapping[str, Any]) -> Any:
        """Run a driver method; raises ParameterError or CannotError."""
        if method == "in_flight":
            return [
                {
                    "leaseId": lease.lease_id,
                    "taskId": lease.task_id,
                    "startedAt": spell(lease.started_at),
                }
                for lease in self._running.in_flight
            ]
        if method == "update_capability":
            try:
                self._running.update_capability(
                    str(params.get("type")), concurrency=params.get("concurrency", 0)
                )
            except ValueError as error:
                raise ParameterError(str(error)) from error
            return {}
        raise CannotError(f"a neuron has no method {method!r}")

    @property
    def _running(self) -> Neuron:
        if self._neuron is None:
            raise CannotError("the neuron is not running")
        return self._neuron

    async def _begin(self) -> None:
        facts = self.facts
        neuron = Neuron(
            facts["connect"],
            neuron_id=facts["neuron_id"],
            token=provider(
                facts["token"], counted=facts["counted_tokens"], failures=facts["token_failures"]
            ),
            pace=Pace(**{name: facts[name] for name in PACE}),
        )
        profile.offer(neuron)
        await neuron.start()
        self._neuron = neuron
