"""A neuron of one's own: handlers in, a client that dials a gateway and runs them.

    neuron = Neuron("http://127.0.0.1:8080", neuron_id="n-1", token="secret")

    @neuron.handles(Capability(type="demo/upper", scope=ANY, concurrency=4))
    async def upper(text, context):
        context.progress(percent=50)
        return text.upper()

    async with neuron:
        await asyncio.Event().wait()

A handler that is no coroutine function runs in a thread. `context.fail(reason)` gives up for good,
any other error lets the gateway try again; `context.cancelled` is set when the handler should end.
"""

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

from reference.neuron.capabilities import ANY, Capability, OnBehalfOf
from reference.neuron.frames import InFlight
from reference.neuron.neuron_core import NeuronCore
from reference.neuron.neuron_effects import News
from reference.neuron.neuron_handlers import Context, Failure, Handler
from reference.neuron.neuron_pace import Pace
from reference.neuron.neuron_shell import Listener, NeuronShell, TokenProvider
from reference.neuron.neuron_work import Offer

__all__ = [
    "ANY",
    "Capability",
    "Context",
    "Failure",
    "Handler",
    "Listener",
    "Neuron",
    "News",
    "OnBehalfOf",
    "Pace",
    "TokenProvider",
]

H = TypeVar("H", bound=Handler)


class Neuron:
    """One neuron of one gateway.

    `token` is a bearer, or a function that gives one for each request; it may be asynchronous.
    `listener` is told the news of `neuron_effects`.
    """

    def __init__(
        self,
        gateway: str,
        *,
        neuron_id: str,
        token: str | TokenProvider,
        pace: Pace | None = None,
        listener: Listener | None = None,
    ) -> None:
        self.gateway = gateway
        self.neuron_id = neuron_id
        self._token: TokenProvider = (lambda: token) if isinstance(token, str) else token
        self._pace = pace or Pace()
        self._listener = listener
        self._offers: dict[str, Offer] = {}
        self._handlers: dict[str, Handler] = {}
        self._shell: NeuronShell | None = None

    def register_handler(
        self,
        capability: Capability,
        handler: Handler,
        *,
        input_schema: Any = None,
        output_schema: Any = None,
    ) -> None:
        """Offer a capability; of two with one type the last counts (NEURON-NRN-LIB-04)."""
        if self._shell is not None:
            raise RuntimeError("handlers are registered before the neuron starts")
        self._offers[capability.type] = Offer(
            capability=capability, input_schema=input_schema, output_schema=output_schema
        )
        self._handlers[capability.type] = handler

    def handles(
        self, capability: Capability, *, input_schema: Any = None, output_schema: Any = None
    ) -> Callable[[H], H]:
        """Decorate the handler of a capability."""

        def register(handler: H) -> H:
            self.register_handler(
                capability, handler, input_schema=input_schema, output_schema=output_schema
            )
            return handler

        return register

    async def start(self) -> None:
        """Begin to dial; raises RuntimeError, or ValueError for what no gateway would accept."""
        if self._shell is not None:
            raise RuntimeError("a neuron starts once")
        if not self._handlers:
            raise RuntimeError("a neuron needs a handler before it starts")
        core = NeuronCore(self.neuron_id, self._offers.values(), self._pace)
        self._shell = NeuronShell(
            core,
            url=self.gateway,
            token=self._token,
            handlers=self._handlers,
            listener=self._listener,
        )
        await self._shell.start()

    async def stop(self, *, drain: bool = True, within: float | None = None) -> None:
        """Let what runs end, within so many seconds or as the pace says, and go."""
        await self._running.stop(within=within if drain else 0.0)

    def update_capability(self, kind: str, *, concurrency: int) -> None:
        """Change how many leases of a capability run at a time.

        Raises ValueError for an unknown type and for less than 1; then nothing changes
        (NEURON-NRN-LIB-05, NEURON-NRN-UPD-05).
        """
        self._running.update(kind, concurrency)

    @property
    def in_flight(self) -> tuple[InFlight, ...]:
        """The leases whose handlers run."""
        return self._running.core.work.in_flight

    @property
    def _running(self) -> NeuronShell:
        if self._shell is None:
            raise RuntimeError("the neuron has not been started")
        return self._shell

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()
