"""RXON-JOB: the client interface."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.kit.judging.suite import check
from conformance.rxon import scenarios_jobs as jobs

if TYPE_CHECKING:
    from conformance.kit.judging.seen import Seen

REFUSED = {
    "a job without token": (401,),
    "a job with a wrong token": (401,),
    "an unknown job": (404,),
    "another client's job": (403, 404),
}


@check("RXON-JOB-01", jobs.client_api, cases=("a job", *REFUSED))
def test_the_client_interface_answers(seen: Seen, request: str) -> None:
    answer = seen.answer(request)
    if request in REFUSED:
        answer.must_be(*REFUSED[request])
        return
    answer.must_be(202)
    answer.must(isinstance(answer.member("job_id"), str), "`job_id` is no string")
