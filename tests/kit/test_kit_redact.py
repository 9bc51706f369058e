from __future__ import annotations

import io
import json
from typing import Any

import pytest

from conformance.kit.reporting import redact

SECRETS = {"s3cret-token": "token", "s3cret-token-2": "second_token"}


def test_secrets_are_recognised_by_the_names_of_facts() -> None:
    facts: list[dict[str, Any]] = [
        {"token": "abcd", "pace": 1, "jobs_path": "/api"},
        {"client_token": "efgh", "api_key": "ijkl", "Password": "mnop", "secret": "abc"},
        {"individual_token": None},
        {"admin_key": "qrst", "key": "uvwx", "seed": "yzab"},
        {"public_key": "known", "tls_key": "a/path", "key_file": "a/path", "keyed": "text"},
    ]
    assert redact.secrets_of(facts) == {
        "abcd": "token",
        "efgh": "client_token",
        "ijkl": "api_key",
        "mnop": "Password",
        "qrst": "admin_key",
        "uvwx": "key",
        "yzab": "seed",
    }


def test_a_secret_is_replaced_by_its_name() -> None:
    assert redact.mask("X-Token: s3cret-token!", SECRETS) == "X-Token: ‹token›!"


def test_the_longer_of_two_secrets_goes_first() -> None:
    assert redact.mask("s3cret-token-2", SECRETS) == "‹second_token›"


@pytest.mark.parametrize("secret", ['quo"te', "back\\slash", "grün", "tab\there"])
def test_a_secret_is_found_in_json_too(secret: str) -> None:
    named = {secret: "token"}
    for text in (json.dumps({"x": secret}), json.dumps({"x": secret}, ensure_ascii=False)):
        assert json.loads(redact.mask(text, named)) == {"x": "‹token›"}


@pytest.mark.parametrize(
    "text",
    [
        '{"access_token": "given-by-target"}',
        '{"token":"given-by-target"}',
        '"body": "{\\"access_token\\": \\"given-by-target\\"}"',
        '["Authorization", "Bearer given-by-target"]',
        '["X-Worker-Token", "given-by-target"]',
        '["Set-Cookie", "sid=given-by-target"]',
    ],
)
def test_credentials_that_the_target_gives_out_are_hidden(text: str) -> None:
    masked = redact.mask(text, {})
    assert "given-by-target" not in masked
    assert "‹redacted›" in masked


def test_a_header_whose_secret_has_a_name_keeps_the_name() -> None:
    row = '["X-Worker-Token", "s3cret-token"]'
    assert redact.mask(row, SECRETS) == '["X-Worker-Token", "‹token›"]'


@pytest.mark.parametrize("text", ['{"tokens": 3}', '["Content-Type", "text/plain"]', "a token"])
def test_ordinary_text_stays(text: str) -> None:
    assert redact.mask(text, SECRETS) == text


def test_a_masked_stream_hides_what_passes() -> None:
    stream = io.StringIO()
    redact.Masked(stream, SECRETS).write("one s3cret-token\n")
    assert stream.getvalue() == "one ‹token›\n"
