from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.kit.requirements import RequirementError, Source, load
from conformance.kit.verdict import Level

if TYPE_CHECKING:
    from pathlib import Path

ROW = """
[[requirement]]
id = "TOY-A-01"
roles = ["server", "client"]
level = "MUST"
source = "spec"
sentence = "The server greets."
section = "2.1"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "requirements.toml"
    path.write_text('protocol = "toy"\n' + text, encoding="utf-8")
    return path


def test_a_row_becomes_a_requirement(tmp_path: Path) -> None:
    row = load(written(tmp_path, ROW))["TOY-A-01"]
    assert (row.level, row.source, row.roles) == (Level.MUST, Source.SPEC, ("server", "client"))
    assert (row.protocol, row.section, row.area) == ("toy", "2.1", "A")


def test_rows_keep_the_order_of_the_file(tmp_path: Path) -> None:
    text = ROW.replace("A-01", "Z-09") + ROW
    assert list(load(written(tmp_path, text))) == ["TOY-Z-09", "TOY-A-01"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('level = "MUST"', 'level = "OUGHT"', "OUGHT"),
        ('source = "spec"', 'source = "rumour"', "rumour"),
        ('source = "spec"', 'source = "kit"', "never more than SHOULD"),
        ('section = "2.1"', 'chapter = "2.1"', "chapter"),
        ('level = "MUST"\n', "", "level"),
    ],
)
def test_a_bad_row_is_named_with_file_and_number(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = written(tmp_path, ROW.replace("A-01", "A-00") + ROW.replace(old, new))
    with pytest.raises(RequirementError) as error:
        load(path)
    assert f"{path}: requirement 2: " in str(error.value)
    assert said in str(error.value)


def test_an_id_that_stands_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequirementError, match="TOY-A-01 stands twice"):
        load(written(tmp_path, ROW + ROW))
