"""The driver methods of a gateway: what a test sets up behind the protocol's back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reference.neuron.capabilities import is_type
from reference.neuron.gateway_core import Gateway
from reference.neuron.planning import Parting, TooLateError, UnknownError
from reference.neuron.tasks import OrderError
from reference.role import CannotError, ParameterError


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call, with what a core cannot know."""

    params: Mapping[str, Any]
    now: float
    subject: str  # whose bearer is rotated
    new_token: str


def run(core: Gateway, method: str, call: Call) -> Any:
    """Run a method; raises ParameterError or CannotError."""
    try:
        return METHODS[method](core, call)
    except OrderError as error:
        raise ParameterError(str(error)) from error
    except (UnknownError, TooLateError) as error:
        raise CannotError(str(error)) from error


def inject_task(core: Gateway, call: Call) -> dict[str, Any]:
    """Take a task."""
    return {"task_id": core.inject(call.params, now=call.now)}


def cancel_task(core: Gateway, call: Call) -> dict[str, Any]:
    """Call a task off."""
    known(call, "task_id", "reason")
    reason = optional(call, "reason", str)
    core.cancel(needed(call, "task_id", str), reason=reason, now=call.now)
    return {}


def task(core: Gateway, call: Call) -> dict[str, Any]:
    """Show a task."""
    known(call, "task_id")
    return core.task(needed(call, "task_id", str), now=call.now)


def revoke_capability(core: Gateway, call: Call) -> dict[str, Any]:
    """Take a capability away from every neuron."""
    known(call, "capability", "reason")
    capability = needed(call, "capability", str)
    if not is_type(capability):
        raise ParameterError("capability: a type such as owner/name is needed")
    core.revoke(capability, reason=optional(call, "reason", str), now=call.now)
    return {}


def disconnect(core: Gateway, call: Call) -> dict[str, Any]:
    """Say goodbye and end the stream."""
    known(call, "neuron_id", "reason", "code", "reconnectable")
    wish = Parting(
        neuron_id=optional(call, "neuron_id", str),
        reason=needed(call, "reason", str),
        reconnectable=needed(call, "reconnectable", bool),
        code=optional(call, "code", str),
    )
    if not wish.reason:
        raise ParameterError("reason: must not be empty")
    core.disconnect(wish, now=call.now)
    return {}


def end_stream(core: Gateway, call: Call) -> dict[str, Any]:
    """End a stream without a word."""
    known(call, "neuron_id")
    core.end_stream(needed(call, "neuron_id", str), now=call.now)
    return {}


def neurons(core: Gateway, call: Call) -> list[dict[str, Any]]:
    """Show the neurons."""
    known(call)
    return core.neurons(now=call.now)


def rotate_token(core: Gateway, call: Call) -> dict[str, Any]:
    """Give the first identity a new bearer."""
    known(call, "grace")
    grace = float(optional(call, "grace", (int, float)) or 0.0)
    core.rotate(call.subject, call.new_token, grace=grace, now=call.now)
    return {"token": call.new_token}


METHODS: Mapping[str, Callable[[Gateway, Call], Any]] = {
    "inject_task": inject_task,
    "cancel_task": cancel_task,
    "task": task,
    "revoke_capability": revoke_capability,
    "disconnect": disconnect,
    "end_stream": end_stream,
    "neurons": neurons,
    "rotate_token": rotate_token,
}


def needed(call: Call, name: str, kinds: type | tuple[type, ...]) -> Any:
    """Return a parameter that must be there."""
    value = optional(call, name, kinds)
    if value is None:
        raise ParameterError(f"{name}: is needed")
    return value


def optional(call: Call, name: str, kinds: type | tuple[type, ...]) -> Any:
    """Return a parameter that may be missing."""
    value = call.params.get(name)
    wanted = kinds if isinstance(kinds, tuple) else (kinds,)
    if value is not None and type(value) not in wanted:
        names = " or ".join(kind.__name__ for kind in wanted)
        raise ParameterError(f"{name}: {names} is needed")
    return value


def known(call: Call, *names: str) -> None:
    """Refuse parameters that the method does not have."""
    for key in call.params:
        if key not in names:
            raise ParameterError(f"{key}: unknown parameter; known: {', '.join(names) or 'none'}")
