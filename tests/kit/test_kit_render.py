from __future__ import annotations

from typing import TYPE_CHECKING, Any

import kit_world
import pytest

from conformance.kit.reporting import render
from conformance.kit.verdict import Outcome, Verdict

if TYPE_CHECKING:
    from conformance.kit.transcript import Event, Recorder


@pytest.fixture
def recorder() -> Recorder:
    return kit_world.recorder()


def told(*evidence: Event, **columns: Any) -> str:
    outcome = Outcome(Verdict.FAIL, "expected 403, got 200", evidence, **columns)
    secrets = {"s3cret": "token"}
    command = "pytest --target=x --assay-set=token=s3cret -k TOY-A-01"
    return render.finding(kit_world.row(), outcome, reproduce=command, secrets=secrets)


def test_a_finding_reads_as_sentence_reason_proof_and_command(recorder: Recorder) -> None:
    request = recorder.sent(
        "http.request",
        "c1",
        tag="a forgery",
        data={"method": "POST", "target": "/x", "headers": [["X-Token", "s3cret"], ["Host", "h"]]},
        body=b'{"a": 1}',
    )
    reply = recorder.received(
        "http.response", "c1", data={"to": 0, "status": 200, "headers": []}, body=b"fine"
    )
    assert told(request, reply).splitlines() == [
        "TOY-A-01 (MUST, spec): The server greets.",
        "  broken: expected 403, got 200",
        "  >    0.000s   c1 POST /x    [a forgery]",
        "      X-Token: ‹token›",
        '      {"a": 1}',
        "  <    1.000s   c1 HTTP 200",
        "      fine",
        "  reproduce: pytest --target=x --assay-set=token=‹token› -k TOY-A-01",
    ]


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        ("http.failure", {"why": "hung up"}, "no answer: hung up"),
        ("ws.close", {"code": 4001, "reason": "replaced"}, "WebSocket close 4001 replaced"),
        ("ws.close", {"code": None}, "WebSocket close None"),
        ("ws.message", {"text": True}, 'ws.message {"text": true}'),
        ("tcp.silence", {"seconds": 1.5}, "silence for 1.5 s"),
        ("driver.call", {"method": "job", "params": {"a": 1}}, 'driver job({"a": 1})'),
        ("driver.answer", {"method": "job", "result": None}, "driver job → null"),
        ("note", {"job": "done"}, '({"job": "done"})'),
        ("tcp.bytes", {}, "tcp.bytes"),
    ],
)
def test_every_kind_of_event_has_its_words(
    recorder: Recorder, kind: str, data: dict[str, Any], said: str
) -> None:
    (line,) = render.event(recorder.received(kind, "c1", data=data))
    assert line.endswith(said)


def test_bytes_that_are_no_text_are_hex(recorder: Recorder) -> None:
    lines = render.event(recorder.received("tcp.bytes", "c1", body=b"\xff\x00"))
    assert lines[1] == "      (hex) ff00"


def test_a_long_body_is_cut_with_its_length(recorder: Recorder) -> None:
    lines = render.event(recorder.received("tcp.bytes", "c1", body=b"x" * 100_000))
    assert lines[1] == "      " + "x" * render.LONGEST + "… (100000 bytes)"


def test_only_the_last_events_are_shown(recorder: Recorder) -> None:
    events = [recorder.received("tcp.bytes", f"c{n}") for n in range(render.MOST + 3)]
    text = told(*events)
    assert "  … 3 earlier events" in text
    assert " c2 " not in text
    assert " c3 " in text


def test_details_are_indented_and_everything_is_redacted() -> None:
    assert "  line one\n  with ‹token›" in told(details="line one\nwith s3cret\n")


@pytest.mark.parametrize("verdict", set(Verdict) - {Verdict.PASS})
def test_every_verdict_but_pass_has_its_words(verdict: Verdict) -> None:
    text = render.finding(kit_world.row(), Outcome(verdict, "so"), reproduce="", secrets={})
    assert f"  {render.SAID[verdict]}: so" in text
    assert "reproduce" not in text
