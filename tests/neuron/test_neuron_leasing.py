"""The frames and answers of the suite's own gateway."""

from __future__ import annotations

from conformance.kit.wire.tap import Asked
from conformance.neuron import leasing
from reference.neuron import messages
from reference.neuron.frames import Cancel, LeaseFrame
from reference.neuron.sse import Decoder


def frame_in(block: bytes) -> messages.Frame:
    (event,) = Decoder().feed(block)
    return messages.parse(event.data, among=messages.FROM_GATEWAY.keys())


def posted(kind: str, body: bytes = b"{}") -> Asked:
    return Asked("POST", f"/base/neuron/{kind}?x=1", (), body)


def test_a_lease_is_written_as_a_gateway_writes_it() -> None:
    lease = leasing.lease("l1", "conf/echo", {"a": "é"}, about="a test", inputSchema=None)
    frame = frame_in(lease.block)
    assert isinstance(frame, LeaseFrame)
    assert (frame.lease.lease_id, frame.lease.task.input) == ("l1", {"a": "é"})
    assert lease.block.startswith(b"event: lease\ndata: {")


def test_a_lease_with_other_members_is_another_lease() -> None:
    lease = leasing.lease("l1", "conf/echo", 1, about="a test")
    again = lease.with_task(attempt=3).with_members(expiresAt=leasing.LONG_AGO)
    assert (again.task["attempt"], again.frame["lease"]["expiresAt"]) == (3, leasing.LONG_AGO)
    assert (lease.task["attempt"], again.id, again.about) == (0, "l1", "a test")


def test_a_cancel_names_its_lease() -> None:
    frame = frame_in(leasing.cancelling("l1"))
    assert isinstance(frame, Cancel)
    assert frame.lease_id == "l1"


def test_requests_are_told_by_their_path_whatever_stands_before_it() -> None:
    fits = leasing.asks_for("ack", "nack")
    assert fits(posted("ack"))
    assert not fits(posted("progress"))


def test_requests_about_a_lease_are_told_by_its_id() -> None:
    lease = leasing.lease("l1", "conf/echo", 1, about="a test")
    fits = leasing.about(lease, "ack")
    assert fits(posted("ack", b'{"leaseId":"l1"}'))
    assert fits(posted("ack", b'{"leaseId": "l1"}'))
    assert not fits(posted("ack", b'{"leaseId":"l12"}'))
    assert not fits(posted("nack", b'{"leaseId":"l1"}'))


def test_a_late_answer_is_an_acceptance() -> None:
    assert (leasing.late(2.0).status, leasing.late(2.0).after) == (200, 2.0)
    assert leasing.refused(503).status == 503
