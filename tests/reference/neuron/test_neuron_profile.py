"""The conformance profile, as fixtures/neurons/README.md tells it."""

import asyncio
from typing import Any

import pytest

from reference.neuron import profile
from reference.neuron.frames import Lease, Task
from reference.neuron.neuron_api import Context, Failure, Neuron
from reference.neuron.timestamps import at


class Bench(Neuron):
    """A neuron without a network, whose updates are recorded."""

    def __init__(self) -> None:
        super().__init__("http://nowhere", neuron_id="n1", token="t")
        self.updates: list[tuple[str, int]] = []
        profile.offer(self)

    def update_capability(self, kind: str, *, concurrency: int) -> None:
        self.updates.append((kind, concurrency))

    def call(self, kind: str, given: Any) -> Any:
        return asyncio.run(self._call(kind, given))

    async def _call(self, kind: str, given: Any) -> Any:
        task = Task(task_id="t", workflow_id="w", capability=kind, input=given, attempt=0)
        lease = Lease(lease_id="l", expires_at=at(0.0), task=task)
        self.told: list[dict[str, Any]] = []
        context = Context(lease, lambda **told: self.told.append(told))
        result = self._handlers[kind](given, context)
        result = await result if asyncio.iscoroutine(result) else result
        await asyncio.sleep(0)
        return result


def test_five_capabilities_are_offered() -> None:
    assert list(Bench()._handlers) == [
        "conf/echo",
        "conf/ctl",
        "conf/serial",
        "conf/typed",
        "conf/sync",
    ]


@pytest.mark.parametrize("kind", ["conf/echo", "conf/typed"])
def test_echoes_return_their_input(kind: str) -> None:
    assert Bench().call(kind, {"a": 1}) == {"echo": {"a": 1}}


@pytest.mark.parametrize("kind", ["conf/ctl", "conf/serial"])
@pytest.mark.parametrize(
    ("given", "output"),
    [
        ({}, {"ok": True}),
        (None, {"ok": True}),
        ({"output": None}, None),
        ({"output": 0}, 0),
        ({"sleepMs": 1, "output": "x"}, "x"),
    ],
)
def test_a_controlled_handler_returns_what_it_is_told(kind: str, given: Any, output: Any) -> None:
    assert Bench().call(kind, given) == output


def test_a_controlled_handler_reports_and_updates() -> None:
    bench = Bench()
    given = {
        "progress": [{"percent": 1}, {"message": "m", "data": [1]}],
        "update": {"type": "a/b", "concurrency": 3},
    }
    bench.call("conf/ctl", given)
    assert bench.told == [
        {"percent": 1, "message": None, "data": None},
        {"percent": None, "message": "m", "data": [1]},
    ]
    assert bench.updates == [("a/b", 3)]


def test_a_controlled_handler_fails_raises_and_cancels_itself() -> None:
    bench = Bench()
    with pytest.raises(Failure) as failure:
        bench.call("conf/ctl", {"fail": {"reason": "no", "code": "C"}, "raise": "later"})
    assert (failure.value.reason, failure.value.code) == ("no", "C")
    with pytest.raises(Failure, match="failed"):
        bench.call("conf/ctl", {"fail": {}})
    with pytest.raises(profile.AskedForError, match="boom"):
        bench.call("conf/ctl", {"raise": "boom", "selfCancel": True})
    with pytest.raises(asyncio.CancelledError):
        bench.call("conf/ctl", {"selfCancel": True})


@pytest.mark.parametrize("stubborn", [False, True])
def test_a_sleeper_wakes_when_it_is_cancelled_unless_it_is_stubborn(*, stubborn: bool) -> None:
    async def scene() -> Any:
        given = {"sleepMs": 50, "ignoreCancel": stubborn}
        task = asyncio.create_task(Bench()._call("conf/ctl", given))
        await asyncio.sleep(0)
        task.cancel()
        return await task

    if stubborn:
        assert asyncio.run(scene()) == {"ok": True}
    else:
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(scene())


@pytest.mark.parametrize("given", [None, {}, {"sleepMs": 1}])
def test_a_blocking_handler_blocks_and_returns(given: Any) -> None:
    assert Bench().call("conf/sync", given) == {"sync": True}
