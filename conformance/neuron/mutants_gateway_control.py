"""What breaks each requirement of NEURON-GW-CTRL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.neuron.gateway_mutations import CORE, handler_of, nothing, of_the_gateway
from reference.neuron import registration
from reference.neuron.gateway_replies import Refusal, Reply
from reference.neuron.leases import Event, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.kit.proof.mutation import Mutant

TRANSITIONS = "reference.neuron.leases:TRANSITIONS"
PLANNING = "reference.neuron.planning"


def leading(event: Event, stage: Stage | None) -> Callable[[Any], dict[Any, Any]]:
    """Let an event lead elsewhere, or nowhere."""

    def changed(ways: Mapping[Any, Any]) -> dict[Any, Any]:
        others = {each: way for each, way in ways.items() if each is not event}
        return others if stage is None else {**others, event: stage}

    return changed


def only_says_so(revoke: Callable[..., None]) -> Callable[..., None]:
    """Tell neurons that a capability is revoked, and go on leasing it."""

    def revoked(state: Any, capability: str, *, reason: str | None, now: float) -> None:
        had = [(each, dict(each.capabilities)) for each in state.fleet.offering(capability)]
        revoke(state, capability, reason=reason, now=now)
        del state.revoked[capability]
        for neuron, capabilities in had:
            state.fleet.offer(neuron, capabilities)

    return revoked


def leaves_without_a_word(disconnect: Callable[..., None]) -> Callable[..., None]:
    """End all streams without a word when all are to go."""

    def disconnected(core: Any, wish: Any, *, now: float) -> None:
        if wish.neuron_id is not None:
            disconnect(core, wish, now=now)
            return
        for neuron in list(core.state.fleet):
            registration.cut(core.state, neuron, now=now)

    return disconnected


def leaves_the_stream_open(handle: Callable[..., Reply]) -> Callable[..., Reply]:
    """Refuse the heartbeat of a neuron without a session, and do nothing else."""

    def handled(state: Any, frame: Any, **about: Any) -> Reply:
        neuron = state.fleet.get(frame.neuron_id)
        if neuron is not None and neuron.session_id is None:
            return Refusal.NO_SESSION.reply()
        return handle(state, frame, **about)

    return handled


def shuts_the_old_out(reset: Callable[[Any], None]) -> Callable[[Any], None]:
    """Let nobody in after a restart who was there before."""

    def restarted(shell: Any) -> None:
        there = [neuron.neuron_id for neuron in shell.core.state.fleet]
        reset(shell)
        shell.core.state.barred.update(dict.fromkeys(there))

    return restarted


MUTANTS: tuple[Mutant, ...] = (
    of_the_gateway(
        "NEURON-GW-CTRL-01",
        "keeps a cancel to itself",
        "reference.neuron.delivery:send_cancel",
        lambda _: nothing,
    ),
    of_the_gateway(
        "NEURON-GW-CTRL-02",
        "trips over an ack that crosses a cancel",
        f"{TRANSITIONS}[cancelling]",
        leading(Event.ACK, None),
    ),
    of_the_gateway(
        "NEURON-GW-CTRL-03",
        "delivers a cancelled task again when nobody has answered",
        f"{TRANSITIONS}[cancelling]",
        leading(Event.EXPIRE, Stage.WAITING),
    ),
    of_the_gateway(
        "NEURON-GW-CTRL-04",
        "leases a task that was cancelled while it waited",
        f"{TRANSITIONS}[waiting]",
        leading(Event.CANCEL, Stage.WAITING),
    ),
    of_the_gateway(
        "NEURON-GW-CTRL-05",
        "goes on leasing a capability that it has revoked",
        f"{PLANNING}:revoke",
        only_says_so,
    ),
    of_the_gateway(
        "NEURON-GW-CTRL-06",
        "shuts down without a word",
        f"{CORE}:Gateway.disconnect",
        leaves_without_a_word,
    ),
    of_the_gateway(
        "NEURON-GW-CTRL-07",
        "lets a neuron back in that it has told to stay away",
        f"{PLANNING}:bar",
        lambda _: nothing,
    ),
    of_the_gateway(
        "NEURON-GW-CTRL-08",
        "leaves the stream of a neuron without a session open",
        handler_of("heartbeat"),
        leaves_the_stream_open,
    ),
    of_the_gateway(
        "NEURON-GW-CTRL-09",
        "lets nobody in after a restart who was there before",
        "reference.neuron.gateway_shell:Shell.reset",
        shuts_the_old_out,
    ),
)
