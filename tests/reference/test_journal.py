from collections.abc import Iterator
from pathlib import Path

import pytest

from reference.change import Change
from reference.journal import Journal


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "store")


@pytest.fixture
def journal(path: str) -> Iterator[Journal]:
    journal = Journal(path)
    yield journal
    journal.close()


def test_a_document_is_read_by_another_reader_as_soon_as_it_is_written(
    journal: Journal, path: str
) -> None:
    journal.write([Change("job", "a", {"n": 1}), Change("worker", "a", [1])])
    other = Journal(path)
    assert other.read("job") == {"a": {"n": 1}}
    assert other.read("worker") == {"a": [1]}
    other.close()


def test_the_newest_document_counts_and_none_removes_it(journal: Journal) -> None:
    journal.write([Change("job", "a", 1), Change("job", "b", 1)])
    journal.write([Change("job", "a", 2), Change("job", "b", None)])
    assert journal.read("job") == {"a": 2}


def test_if_one_change_cannot_be_written_none_is(journal: Journal) -> None:
    with pytest.raises(TypeError):
        journal.write([Change("job", "a", 1), Change("job", "b", object())])
    assert journal.read("job") == {}


def test_clear_drops_every_kind(journal: Journal) -> None:
    journal.write([Change("job", "a", 1), Change("worker", "a", 1)])
    journal.clear()
    assert (journal.read("job"), journal.read("worker")) == ({}, {})


def test_nothing_to_write_is_no_transaction(journal: Journal) -> None:
    journal.write([])
    assert journal.read("job") == {}
