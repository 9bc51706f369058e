"""Real tasks from the reference gateway through every published neuron, and through the reference.

The published ones run unmodified; 0.1.0 drops a lease that lacks a schema, so all of them get both.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from neuron_pairs import LEASE_TTL, NEURONS, Shift, at_work

if TYPE_CHECKING:
    from pathlib import Path

with_every_neuron = pytest.mark.parametrize("neuron", NEURONS)

ODD: Any = {"n": [1, 1.0, -0.0, 10**30, None, False], "t": "é☃\u2028\x00", "": {"a": []}}


@with_every_neuron
def test_tasks_are_done_and_come_back_as_they_were(neuron: str, tmp_path: Path) -> None:
    async def scene(shift: Shift) -> None:
        done = await shift.outcome("conf/echo", ODD)
        assert repr(done["output"]) == repr({"echo": ODD})
        assert (await shift.outcome("conf/sync", {"sleepMs": 10}))["output"] == {"sync": True}
        mine = await shift.outcome("conf/typed", {"a": 1}, on_behalf_of="user:conf")
        assert mine["output"] == {"echo": {"a": 1}}
        reports = [{"percent": 50.0, "message": "half", "data": {"k": None}}]
        told = await shift.outcome("conf/ctl", {"progress": reports, "output": [0]})
        assert (told["output"], told["progress"]) == ([0], reports)

    at_work(neuron, tmp_path, scene)


@with_every_neuron
def test_failures_are_told_apart(neuron: str, tmp_path: Path) -> None:
    async def scene(shift: Shift) -> None:
        said = await shift.outcome("conf/ctl", {"fail": {"reason": "nope", "code": "MINE"}})
        assert said["failure"] == {"kind": "terminal", "reason": "nope", "code": "MINE"}
        thrown = await shift.outcome("conf/ctl", {"raise": "boom"}, max_attempts=2)
        assert (thrown["state"], thrown["attempt"]) == ("failed", 1)
        assert thrown["failure"]["kind"] == "retryable"
        wrong = await shift.outcome("conf/typed", {"a": "x"}, on_behalf_of="user:conf")
        assert wrong["failure"]["code"] == "INPUT_SCHEMA_MISMATCH"
        answer = await shift.outcome("conf/echo", 1, output_schema={"type": "string"})
        assert answer["failure"]["code"] == "OUTPUT_SCHEMA_MISMATCH"
        given_up = await shift.outcome("conf/ctl", {"selfCancel": True})
        assert given_up["state"] == "cancelled"

    at_work(neuron, tmp_path, scene)


@with_every_neuron
def test_what_is_called_off_stops(neuron: str, tmp_path: Path) -> None:
    async def scene(shift: Shift) -> None:
        for pause in (0.0, 0.3):  # as soon as it is leased, and while it runs
            task_id = await shift.inject("conf/ctl", {"sleepMs": 60_000})
            await shift.until(task_id, "leased")
            await asyncio.sleep(pause)
            await shift.gateway.call("cancel_task", {"task_id": task_id})
            await shift.until(task_id, "cancelled")
        assert (await shift.outcome("conf/ctl", {}))["state"] == "done"

    at_work(neuron, tmp_path, scene)


@with_every_neuron
def test_heartbeats_keep_a_long_lease(neuron: str, tmp_path: Path) -> None:
    async def scene(shift: Shift) -> None:
        long = await shift.outcome("conf/serial", {"sleepMs": int(LEASE_TTL * 1500)})
        assert (long["state"], long["attempt"]) == ("done", 0)

    at_work(neuron, tmp_path, scene)


@with_every_neuron
def test_a_changed_concurrency_counts(neuron: str, tmp_path: Path) -> None:
    async def scene(shift: Shift) -> None:
        change = {"update": {"type": "conf/serial", "concurrency": 3}}
        assert (await shift.outcome("conf/ctl", change))["state"] == "done"
        tasks = [await shift.inject("conf/serial", {"sleepMs": 1000}) for _ in range(4)]
        states = [(await shift.task(task_id))["state"] for task_id in tasks]
        assert states == ["leased", "leased", "leased", "pending"]
        for task_id in tasks:
            await shift.until(task_id, "done")

    at_work(neuron, tmp_path, scene)


@with_every_neuron
def test_a_neuron_comes_back_to_a_stream_and_to_a_gateway_that_were_gone(
    neuron: str, tmp_path: Path
) -> None:
    async def scene(shift: Shift) -> None:
        waiting = await shift.inject("conf/none")
        await shift.gateway.call("end_stream", {"neuron_id": "né 1"})
        assert (await shift.outcome("conf/echo", 1))["state"] == "done"
        await shift.restart()
        assert (await shift.outcome("conf/echo", 2))["state"] == "done"
        assert (await shift.task(waiting))["state"] == "pending"
        tasks = [await shift.inject("conf/echo", number) for number in range(100)]
        for number, task_id in enumerate(tasks):
            assert (await shift.until(task_id, "done"))["output"] == {"echo": number}

    at_work(neuron, tmp_path, scene)


@with_every_neuron
def test_a_neuron_that_stops_finishes_what_it_has(neuron: str, tmp_path: Path) -> None:
    async def scene(shift: Shift) -> None:
        task_id = await shift.inject("conf/ctl", {"sleepMs": 700})
        await shift.until(task_id, "leased")
        await asyncio.sleep(0.2)
        await shift.neuron.stop()
        assert (await shift.task(task_id))["state"] == "done"

    at_work(neuron, tmp_path, scene)
