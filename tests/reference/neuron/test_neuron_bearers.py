import pytest

from reference.neuron.bearers import Bearers, same, token_of

TOKENS = {"alice": "user:a", "bob-1": "user:b"}


@pytest.mark.parametrize(
    ("header", "subject"),
    [
        ("Bearer alice", "user:a"),
        ("bearer alice", "user:a"),
        ("Bearer  alice", "user:a"),
        ("Bearer alice-1", "user:a"),
        ("Bearer alice-00012", "user:a"),
        ("Bearer bob-1", "user:b"),
        ("Bearer bob-1-2", "user:b"),
        (None, None),
        ("", None),
        ("alice", None),
        ("Bearer", None),
        ("Bearer ", None),
        ("Basic alice", None),
        ("Bearer Alice", None),
        ("Bearer alicex", None),
        ("Bearer alice-", None),
        ("Bearer alice-x", None),
        ("Bearer alice--1", None),
        ("Bearer alice-1-2", None),
        ("Bearer alice-\N{SUPERSCRIPT TWO}", None),
        ("Bearer alice-\N{ARABIC-INDIC DIGIT TWO}", None),
        ("Bearer bob", None),
        ("Bearer -1", None),
        ("Bearer \udcff", None),
    ],
)
def test_a_bearer_speaks_for_its_subject(header: str | None, subject: str | None) -> None:
    assert Bearers(TOKENS, counted=True).identify(header, now=0.0) == subject


def test_tokens_are_counted_only_if_told() -> None:
    plain = Bearers(TOKENS, counted=False)
    assert plain.identify("Bearer alice-1", now=0.0) is None
    assert plain.identify("Bearer bob-1", now=0.0) == "user:b"


def test_a_rotated_token_is_good_for_its_grace() -> None:
    bearers = Bearers(TOKENS, counted=True)
    bearers.rotate("user:a", "new", now=10.0, grace=5.0)
    for token, seen in (("alice", "user:a"), ("alice-3", "user:a"), ("new", "user:a")):
        assert bearers.identify(f"Bearer {token}", now=14.9) == seen
    assert bearers.identify("Bearer alice", now=15.0) is None
    assert bearers.identify("Bearer new", now=15.0) == "user:a"
    assert bearers.identify("Bearer bob-1", now=15.0) == "user:b"
    assert bearers.current() == {"user:a": "new", "user:b": "bob-1"}


def test_a_second_rotation_does_not_lengthen_the_first() -> None:
    bearers = Bearers(TOKENS, counted=True)
    bearers.rotate("user:a", "second", now=0.0)
    bearers.rotate("user:a", "third", now=1.0, grace=100.0)
    assert bearers.identify("Bearer alice", now=2.0) is None
    assert bearers.identify("Bearer second", now=2.0) == "user:a"


def test_an_empty_token_is_no_token() -> None:
    assert not same("", "")
    assert Bearers({"": "user:a"}, counted=True).identify("Bearer ", now=0.0) is None
    assert Bearers({"": "user:a"}, counted=True).identify("Bearer -1", now=0.0) is None


def test_a_token_has_no_spaces_around_it() -> None:
    assert token_of("Bearer  x ") == "x"
