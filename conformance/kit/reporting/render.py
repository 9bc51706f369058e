"""How a finding reads: the sentence, what came instead, the proof, and how to see it again."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any

from conformance.kit.reporting import redact
from conformance.kit.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from conformance.kit.requirements import Requirement
    from conformance.kit.transcript import Event
    from conformance.kit.verdict import Outcome

WIDTH = 100
LONGEST = 600  # characters of one body or frame
MOST = 12  # events shown with one finding
QUIET_HEADERS = frozenset({"host", "content-length", "date", "server", "connection", "upgrade"})
SAID = {
    Verdict.FAIL: "broken",
    Verdict.WARN: "broken (not binding)",
    Verdict.NOT_OBSERVED: "not observed",
    Verdict.UNSUPPORTED: "unsupported",
    Verdict.KNOWN_FAILURE: "known failure",
    Verdict.KIT_ERROR: "error of the kit, not of the target",
}


def finding(
    requirement: Requirement,
    outcome: Outcome,
    *,
    reproduce: str,
    secrets: Mapping[str, str],
) -> str:
    """Return the text of one finding, ready to be read aloud."""
    lines = [
        *textwrap.wrap(
            f"{requirement.id} ({requirement.level}, {requirement.source}): {requirement.sentence}",
            WIDTH,
        ),
        *textwrap.wrap(
            f"{SAID.get(outcome.verdict, outcome.verdict)}: {outcome.reason}",
            WIDTH,
            initial_indent="  ",
            subsequent_indent="    ",
        ),
    ]
    shown = outcome.evidence[-MOST:]
    if len(shown) < len(outcome.evidence):
        lines.append(f"  … {len(outcome.evidence) - len(shown)} earlier events")
    for each in shown:
        lines += event(each)
    if outcome.details:
        lines.append(textwrap.indent(outcome.details.rstrip(), "  "))
    if reproduce:
        lines.append(f"  reproduce: {reproduce}")
    return redact.mask("\n".join(lines), secrets)


def event(each: Event) -> list[str]:
    """Return one event as lines: who, when, what, and the bytes."""
    head = f"  {each.direction} {each.time:8.3f}s {each.connection:>4} {_head(each)}"
    tagged = f"{head}    [{each.tag}]" if each.tag and each.direction == ">" else head
    return [tagged, *_headers(each), *_body(each)]


def _head(each: Event) -> str:
    if each.kind in HEADS:
        return HEADS[each.kind](each.data).rstrip()
    return f"{each.kind} {_json(each.data)}" if each.data else each.kind


def _headers(each: Event) -> list[str]:
    pairs: Sequence[Sequence[str]] = each.data.get("headers", ())
    return [f"      {name}: {value}" for name, value in pairs if name.lower() not in QUIET_HEADERS]


def _body(each: Event) -> list[str]:
    if not each.body:
        return []
    try:
        text = each.body.decode("utf-8")
    except UnicodeDecodeError:
        text = f"(hex) {each.body.hex()}"
    length = each.data.get("length", len(each.body))
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}… ({length} bytes)"
    return [f"      {line}" for line in text.splitlines() or [""]]


HEADS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "http.request": lambda data: f"{data['method']} {data['target']}",
    "http.response": lambda data: f"HTTP {data['status']}",
    "http.failure": lambda data: f"no answer: {data['why']}",
    "http.chunk": lambda _: "… on the stream",
    "http.end": lambda data: f"end of the stream: {data['why']}",
    "ws.close": lambda data: f"WebSocket close {data.get('code')} {data.get('reason', '')}",
    "tcp.silence": lambda data: f"silence for {data['seconds']:g} s",
    "driver.call": lambda data: f"driver {data['method']}({_json(data['params'])})",
    "driver.answer": lambda data: f"driver {data['method']} → {_json(data['result'])}",
    "note": lambda data: f"({_json(data)})",
}


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
