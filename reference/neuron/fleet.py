"""The neurons of a gateway: streams, sessions, what they offer and what of it is free."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from reference.neuron.capabilities import Capability, OnBehalfOf, Scope
from reference.neuron.frames import Frame

OUTBOX_ROOM = 64  # frames that may wait for a slow reader before it gets no more leases


class Last(Enum):
    """What stands behind the last frame of a stream."""

    END = "end"


@dataclass(slots=True)
class Neuron:
    """A neuron that has, or had, a stream."""

    neuron_id: str
    subject: str
    stream: int | None = None
    session_id: str | None = None
    capabilities: dict[str, Capability] = field(default_factory=dict)
    held: dict[str, set[str]] = field(default_factory=dict)  # unfinished leases by capability
    outbox: deque[Frame | Last] = field(default_factory=deque)
    heard: float | None = None  # when it last showed that it lives
    last_heartbeat: float | None = None

    @property
    def leaving(self) -> bool:
        """Say whether its stream is about to end."""
        return bool(self.outbox) and self.outbox[-1] is Last.END

    def can_take(self, capability: str) -> bool:
        """Say whether it may be given a lease (NEURON-GW-LEASE-01, -03, NEURON-GW-REG-10)."""
        offered = self.capabilities.get(capability)
        return (
            offered is not None
            and self.session_id is not None
            and not self.leaving
            and len(self.held.get(capability, ())) < offered.concurrency
            and len(self.outbox) < OUTBOX_ROOM
        )


Line = tuple[str, str | None]  # a capability, and the user whose tasks are wanted; None: anyone's


class Fleet:
    """Neurons by name, and for every capability and scope those that have a slot free."""

    def __init__(self) -> None:
        self._neurons: dict[str, Neuron] = {}
        self._of_stream: dict[int, Neuron] = {}
        self._free: dict[Line, dict[str, None]] = {}  # in the order in which it is their turn
        self._line: dict[tuple[str, str], Line] = {}  # where a neuron's capability stands

    def __iter__(self) -> Iterator[Neuron]:
        return iter(self._neurons.values())

    def get(self, neuron_id: str) -> Neuron | None:
        """Return a neuron that is or was connected."""
        return self._neurons.get(neuron_id)

    def on_stream(self, stream: int) -> Neuron | None:
        """Return the neuron whose stream this is."""
        return self._of_stream.get(stream)

    def connect(self, neuron_id: str, *, subject: str, stream: int) -> Neuron:
        """Note that a neuron has opened a stream; nothing is known of what it can do."""
        neuron = self.remember(neuron_id, subject=subject)
        neuron.subject, neuron.stream = subject, stream
        self._of_stream[stream] = neuron
        return neuron

    def remember(self, neuron_id: str, *, subject: str) -> Neuron:
        """Return a neuron that was connected in another life of the gateway."""
        return self._neurons.setdefault(neuron_id, Neuron(neuron_id, subject))

    def disconnect(self, neuron: Neuron) -> None:
        """Note that its stream has ended; with it the session and what had not been written."""
        if neuron.stream is not None:
            del self._of_stream[neuron.stream]
        neuron.stream = neuron.session_id = neuron.heard = neuron.last_heartbeat = None
        neuron.outbox.clear()
        self.offer(neuron, {})

    def forget(self, neuron_id: str) -> None:
        """Drop a neuron that is not connected."""
        neuron = self._neurons.get(neuron_id)
        if neuron is not None and neuron.stream is None:
            del self._neurons[neuron_id]

    def offer(self, neuron: Neuron, capabilities: dict[str, Capability]) -> None:
        """Replace what a neuron offers (NEURON-GW-REG-03)."""
        before = neuron.capabilities
        neuron.capabilities = capabilities
        for capability in {**before, **capabilities}:
            self.refresh(neuron, capability)

    def refresh(self, neuron: Neuron, capability: str) -> None:
        """Look again whether a neuron has a slot free; if so, it is its turn after the others."""
        where = (neuron.neuron_id, capability)
        line = self._line.pop(where, None)
        if line is not None:
            self._free[line].pop(neuron.neuron_id, None)
            if not self._free[line]:
                del self._free[line]
        if neuron.can_take(capability):
            line = (capability, user_of(neuron.capabilities[capability].scope))
            self._line[where] = line
            self._free.setdefault(line, {})[neuron.neuron_id] = None

    def choose(self, capability: str, on_behalf_of: str | None) -> Neuron | None:
        """Return the neuron whose turn it is; the user's own come first (sheet 6.3)."""
        lines = [(capability, on_behalf_of)] if on_behalf_of is not None else []
        for line in (*lines, (capability, None)):
            for neuron_id in self._free.get(line, ()):
                if self._neurons[neuron_id].can_take(capability):
                    return self._neurons[neuron_id]
        return None

    def offering(self, capability: str) -> list[Neuron]:
        """Return the neurons that registered a capability."""
        return [neuron for neuron in self if capability in neuron.capabilities]


def user_of(scope: Scope) -> str | None:
    """Return the user that a scope is for, or None when it is for all."""
    return scope.user if isinstance(scope, OnBehalfOf) else None
