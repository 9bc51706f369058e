"""The doctor: honest targets are fit, each kind of liar is found out, absence is told."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from conformance.cli.doctor_ import command
from conformance.kit.proof import doctor
from conformance.kit.proof.doctor import Finding, Health
from conformance.kit.targets.instance import TargetError
from conformance.kit.targets.target import reference
from conformance.kit.targets.wish import Wish

if TYPE_CHECKING:
    from click.testing import Result

LIAR = Path(__file__).parent / "liar_driver.py"
WITHIN = 20.0  # seconds; an examination that gets here hangs


def examined(text: str, *, driver: str = "") -> list[Finding]:
    async def findings() -> list[Finding]:
        wish = Wish(text=text, driver=driver)
        return [each async for each in doctor.examine(wish, seed=1)]

    return asyncio.run(asyncio.wait_for(findings(), WITHIN))


def liar(mood: str) -> str:
    return f"exec:{sys.executable} {LIAR} {mood}"


def bad(findings: list[Finding]) -> dict[str, str]:
    return {each.probe: each.detail for each in findings if each.health is Health.BAD}


def missing(findings: list[Finding]) -> set[str]:
    return {each.probe for each in findings if each.health is Health.MISSING}


def assay(*words: str) -> Result:
    return CliRunner().invoke(command, words)


def test_the_reference_is_fit_and_lacks_nothing() -> None:
    findings = examined(reference("rxon", "orchestrator"))
    assert bad(findings) == {}
    assert missing(findings) == set()
    probes = {each.probe.split()[0] for each in findings}
    assert {"target", "start", "driver", "unknown", "bad", "fresh", "garbage"} <= probes


def test_an_honest_library_is_fit_and_told_what_it_lacks() -> None:
    findings = examined(liar("honest"))
    assert bad(findings) == {}
    assert "method match" in missing(findings)
    assert not {"method start", "method submit_job"} & missing(findings)
    assert "fresh sign" in {each.probe for each in findings}


@pytest.mark.parametrize(
    ("mood", "probes", "text"),
    [
        ("yes-man", {"unknown method"}, "was answered with {}"),
        ("vague", {"unknown method"}, "refused with -32000"),
        ("lenient", {"bad identifiers", "fresh is_identifier"}, "but right is {'valid': False}"),
        ("parrot", {"fresh sign", "fresh is_identifier"}, "I have not learned that"),
        ("careless", {"bad identifiers", "fresh is_identifier"}, "is not of type 'boolean'"),
        ("helpless", {"fresh sign", "fresh is_identifier"}, "it crashed"),
        ("fragile", {"garbage"}, "ended with code 4"),
        ("chatty", {"garbage"}, "is not a JSON-RPC response"),
    ],
)
def test_a_liar_is_found_out(mood: str, probes: set[str], text: str) -> None:
    found = bad(examined(liar(mood)))
    assert set(found) == probes
    assert all(text in detail for detail in found.values())


def test_a_finding_that_is_not_ok_says_what_to_do() -> None:
    result = assay("--target", liar("yes-man"))
    assert result.exit_code == 1
    assert "NOT OK   unknown method: no_such_method_" in result.output
    assert "→ answer a method that you do not have with the error -32601" in result.output
    assert "not fit to be judged" in result.output


def test_json_holds_every_finding() -> None:
    document = json.loads(assay("--json", "--seed", "7", "--target", liar("vague")).stdout)
    assert (document["format"], document["fit"], document["seed"]) == ("assay-doctor/1", False, 7)
    healths = {each["probe"]: each["health"] for each in document["findings"]}
    assert healths["unknown method"] == "NOT OK"
    assert healths["garbage"] == "ok"


def test_equal_seeds_ask_the_same() -> None:
    one, other = (bad(examined(liar("lenient"))) for _ in range(2))
    assert one == other


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:9",
        "exec:/no/such/program",
        "exec:true",
        "no-such-manifest.toml",
        "nonsense",
    ],
)
def test_what_is_not_there_ends_with_ten_and_a_reason(text: str) -> None:
    result = assay("--target", text)
    assert (result.exit_code, result.output.startswith("Error: ")) == (10, True)


def test_a_driver_of_an_unknown_protocol_is_refused(tmp_path: Path) -> None:
    script = tmp_path / "stranger.py"
    script.write_text(STRANGER, encoding="utf-8")
    with pytest.raises(TargetError, match="no protocol 'smtp'"):
        examined(f"exec:{sys.executable} {script}")


STRANGER = """
import json, sys
about = {"protocol": "smtp", "role": "library", "methods": ["describe"]}
for line in sys.stdin:
    number = json.loads(line)["id"]
    print(json.dumps({"jsonrpc": "2.0", "id": number, "result": about}), flush=True)
"""
