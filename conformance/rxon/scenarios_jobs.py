"""Conversations of clients with the orchestrator: a job comes, is looked at, is another's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import scenario
from conformance.kit.verdict import Unmet
from conformance.rxon.peer import Desk, Worker, twin

if TYPE_CHECKING:
    from conformance.kit.running.stage import Stage


@scenario()
async def client_api(stage: Stage) -> None:
    """Create a job and look at it as its client, then as others without its token."""
    worker, desk = await Worker(stage).hired(), Desk(stage)
    path = stage.need("jobs_path")
    body = {"initial_data": {"dispatch": {"type": worker.skill}}}
    created = await desk.ask("POST", path, body, tag="a job")
    await desk.ask("POST", path, body, token="", tag="a job without token")
    await desk.ask("POST", path, body, token=stage.unique("token"), tag="a job with a wrong token")
    job_id = created.member("job_id")
    if not isinstance(job_id, str):
        raise Unmet(f"no job was created: {created.shown()}", *created.evidence)
    own = f"/api/v1/jobs/{job_id}"
    for other in ("an unknown job", "another client's job"):
        await desk.ask("GET", own, tag=twin(other))
    await desk.ask("GET", f"/api/v1/jobs/{stage.unique('job')}", tag="an unknown job")
    second = stage.need("second_client_token")
    await desk.ask("GET", own, token=second, tag="another client's job")
