"""The kit's desk: where the tasks of a conversation come from, and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.neuron.peer import COMES

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage
    from conformance.neuron.peer import Neuron


class Desk:
    """Where tasks come from: the driver."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    async def inject(self, capability: str, *, tag: str = "", **wishes: Any) -> str:
        """Inject a task and return its id."""
        answer = await self.stage.call("inject_task", tag=tag, capability=capability, **wishes)
        return str(answer["task_id"])

    async def cancel(self, task_id: str, *, tag: str = "") -> None:
        """Cancel a task."""
        await self.stage.call("cancel_task", tag=tag, task_id=task_id, reason="assay thinks better")

    async def task(self, task_id: str) -> dict[str, Any]:
        """Return what the gateway tells of a task."""
        found: dict[str, Any] = await self.stage.call("task", task_id=task_id)
        return found

    async def missed(self, neuron: Neuron) -> None:
        """Wait until the gateway knows that a neuron's stream has ended, if the driver can tell."""
        if not self.stage.can("neurons"):
            return

        async def connected() -> bool:
            known = await self.stage.call("neurons")
            return any(each["connected"] for each in known if each["neuron_id"] == neuron.id)

        await self.stage.until(connected, lambda there: not there, within=COMES)

    async def note_task(self, task_id: str, tag: str) -> dict[str, Any]:
        """Look at a task and note what it shows."""
        task = await self.task(task_id)
        self.stage.note(tag, task=task)
        return task

    async def settle(
        self, task_id: str, *states: str, tag: str = "", within: float = COMES
    ) -> dict[str, Any]:
        """Look until a task is in one of the states or time is up, and note the last look."""
        task = await self.stage.until(
            lambda: self.task(task_id), lambda task: task["state"] in states, within=within
        )
        self.stage.note(tag, task=task)
        return task
