"""Tools for seeding bugs into the reference neuron: what mutants of several areas are made of."""

from __future__ import annotations

import asyncio
import json
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

from conformance.kit.proof.mutation import mutant
from reference.neuron.fields import FrameError

if TYPE_CHECKING:
    from collections.abc import Callable

    Change = Callable[[Any], Any]
    Frame = dict[str, Any]

CORE = "reference.neuron.neuron_core"
SHELL = "reference.neuron.neuron_shell:NeuronShell"
LINK = "reference.neuron.neuron_link"
LETTERS = "reference.neuron.neuron_letters"
WORK = "reference.neuron.neuron_work"
OUTCOMES = "reference.neuron.neuron_outcomes"
RENDER = "reference.neuron.messages:render"
VERDICT = f"{WORK}:verdict"
MEMBERS = "reference.neuron.fields:members"
SOON = 0.2  # seconds
PATIENT = 2.2  # seconds that nobody should need

of_the_neuron = partial(mutant, role="nrn")


def wrapped(around: Callable[..., Any]) -> Change:
    """Return what puts a function around another, which it gets before its own arguments."""

    def replacement(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def instead(*args: Any, **members: Any) -> Any:
            return around(original, *args, **members)

        return instead

    return replacement


def retold(kind: str, change: Callable[[Frame], Frame]) -> Change:
    """Return what changes the JSON of frames of one type as they are written."""

    def around(render: Callable[[Any], bytes], frame: Any) -> bytes:
        written = render(frame)
        told = json.loads(written)
        return json.dumps(change(told)).encode() if told["type"] == kind else written

    return wrapped(around)


def told_with(kind: str, /, **members: Any) -> Change:
    """Return what sets members of frames of one type."""
    return retold(kind, lambda frame: {**frame, **members})


class Changed:
    """Something with some of its members replaced."""

    def __init__(self, whole: Any, **members: Any) -> None:
        self._whole = whole
        self.__dict__.update(members)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole, name)


def asking(method: str, change: Callable[[str, Frame], Frame]) -> Change:
    """Return what changes the arguments of a shell's GETs or POSTs, by their address."""

    async def around(start: Callable[..., Any], shell: Any) -> None:
        await start(shell)
        ask = getattr(shell._http, method)  # noqa: SLF001  (a bug)

        def asked(url: Any, **members: Any) -> Any:
            return ask(url, **change(str(url), members))

        shell._http = Changed(shell._http, **{method: asked})  # noqa: SLF001

    return wrapped(around)


def with_header(name: str, value: Callable[[str], str], *, at: str) -> Callable[..., Frame]:
    """Return what changes a header of requests whose address ends so."""

    def change(url: str, members: Frame) -> Frame:
        headers = members["headers"]
        if url.partition("?")[0].endswith(at):
            headers = {**headers, name: value(headers[name])}
        return {**members, "headers": headers}

    return change


def later(seconds: float, do: Callable[[], None]) -> None:
    """Do something after a while."""
    asyncio.get_running_loop().call_later(seconds, do)


def under_way(core: Any, kind: Any, lease_id: str) -> list[Any]:
    """Return the keys of a lease's POSTs of a kind that are not answered."""
    letters = core._letters._under_way.items()  # noqa: SLF001  (a bug)
    return [key for key, each in letters if each.kind is kind and each.lease_id == lease_id]


def judging(change: Callable[[Any, Any], Any]) -> Any:
    """Return what makes another outcome of one, knowing whether the handler was asked to end."""

    def around(verdict: Callable[..., Any], lease_id: str, outcome: Any, **members: Any) -> Any:
        return verdict(lease_id, change(outcome, members["aborting"]), **members)

    return wrapped(around)


def letter_of(core: Any, key: Any) -> Any:
    """Return a POST that is answered now."""
    return core._letters._under_way.get(key)  # noqa: SLF001  (a bug)


def at_task(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Return what changes the task of each lease before it is read."""

    def around(members: Callable[..., Any], path: str, value: Any, fields: Any) -> Any:
        odd = path == "lease.task" and isinstance(value, dict)
        return members(path, change(value) if odd else value, fields)

    return wrapped(around)


def refusing(is_odd: Callable[[dict[str, Any]], bool]) -> Any:
    """Return what refuses tasks of some kind."""

    def change(task: dict[str, Any]) -> dict[str, Any]:
        if is_odd(task):
            raise FrameError("lease.task", "assay wants this refused")
        return task

    return at_task(change)
