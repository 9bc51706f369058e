"""Addresses of files, and hashes of stores, sheet 4.5."""

import pytest

from reference.rxon import blobs
from reference.rxon.blobs import Place


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        ("s3://b/k", Place("b", "k", is_folder=False)),
        ("s3://b/k/", Place("b", "k/", is_folder=True)),
        ("s3://b//k", Place("b", "k", is_folder=False)),
        ("s3://b", Place("b", "", is_folder=False)),
        ("s3://b/k?x=1#f", Place("b", "k", is_folder=False)),
        ("rel/k", Place("B", "p/rel/k", is_folder=False)),
        ("/rel/", Place("B", "p/rel/", is_folder=True)),
        ("S3://b/k", Place("B", "p/S3://b/k", is_folder=False)),
    ],
)
def test_an_address_names_a_place(uri: str, place: Place) -> None:
    assert blobs.place_of(uri, bucket="B", prefix="p/") == place


@pytest.mark.parametrize("bucket", [None, ""])
def test_an_address_without_a_bucket_needs_one(bucket: str | None) -> None:
    with pytest.raises(ValueError, match="names no bucket"):
        blobs.place_of("rel/k", bucket=bucket)


def test_the_configuration_of_a_store_has_a_hash() -> None:
    assert blobs.config_hash("http://localhost:9000", "AK", "bucket") == "64c22cb5261de6ba"
    assert blobs.config_hash("http://é", "a|b", "c") == "3695100c1c3da645"


@pytest.mark.parametrize("parts", [(None, "a", "b"), ("e", "", "b"), ("e", "a", None)])
def test_half_a_configuration_has_none(parts: tuple[str | None, ...]) -> None:
    assert blobs.config_hash(*parts) is None
