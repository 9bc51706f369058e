"""A library in another language: it keeps the golden vectors, and the kit can judge it.

Collected where node is installed; the header of the run says so where it is not.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from conformance.cli.vectors_ import command
from conformance.kit import data
from conformance.kit.golden import vectors

if TYPE_CHECKING:
    from pathlib import Path

NODE = shutil.which("node") or "node"
HERE = data.root("fixtures") / "drivers" / "node"
DRIVER = f"{NODE} {HERE / 'driver.mjs'}"
FILES = vectors.files("rxon")


def verified(*paths: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [NODE, str(HERE / "verify.mjs"), *map(str, paths)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_another_language_keeps_every_vector(path: Path) -> None:
    done = verified(path)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.startswith(f"{path.stem}: ")
    assert " 0 wrong" in done.stdout


def test_another_language_notices_a_changed_outcome(tmp_path: Path) -> None:
    document = vectors.read(next(path for path in FILES if path.stem == "identifiers"))
    document["cases"][0]["expected"]["valid"] = False
    path = tmp_path / "identifiers.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    done = verified(path)
    assert (done.returncode, "rxon-identifiers-0001" in done.stdout) == (1, True)


def test_without_a_file_there_is_nothing_to_verify() -> None:
    assert verified().returncode == 2


def test_the_kit_verifies_it_through_its_driver() -> None:
    result = CliRunner().invoke(command, ["verify", "--driver", DRIVER, *map(str, FILES)])
    assert result.exit_code == 0, result.output
    assert result.output.startswith("assay-node 0.1.0")
    assert "not observed" not in result.output


def test_the_kit_judges_it_as_a_target() -> None:
    words = ["run", f"--target=exec:{DRIVER}", "-q", "-k", "RXON-SIG or RXON-MAT or for-all"]
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "conformance", *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "judging assay-node 0.1.0 as RXON library" in done.stdout


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{", -32700),
        ("[1]", -32600),
        ('{"id": 1, "method": "guess"}', -32601),
        ('{"id": 1, "method": "sign", "params": []}', -32602),
        ('{"id": 1, "method": "sign", "params": {"json": "1"}}', -32602),
        ('{"id": 1, "method": "match", "params": {"what": "x"}}', -32602),
    ],
)
def test_a_bad_request_is_answered_with_its_code(line: str, code: int) -> None:
    done = subprocess.run(  # noqa: S603
        [NODE, str(HERE / "driver.mjs")],
        input=f"{line}\n",
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert json.loads(done.stdout)["error"]["code"] == code
