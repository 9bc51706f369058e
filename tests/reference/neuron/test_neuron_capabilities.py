from typing import Any

import pytest

from reference.neuron import capabilities
from reference.neuron.capabilities import ANY, Capability, OnBehalfOf
from reference.neuron.fields import FrameError

PLAIN = {"type": "conf/echo", "scope": "any", "concurrency": 2}


def read(**members: Any) -> Capability:
    found = {**PLAIN, **members}
    return capabilities.ANNOUNCED_CAPABILITY.read("", found)


@pytest.mark.parametrize(
    "value",
    [
        "a/b",
        "core/script.python",
        "org/01HBQ8ZK/custom-tool",
        "desktop/mcp/drive.read",
        "a/b/c/d/e",
        "A/B",
        "a/b.c.d",
        "a/..",
        "./.",
        "-/-",
        "_/_",
        "a/" + "b" * 5000,
    ],
)
def test_two_segments_or_more_are_a_type(value: str) -> None:
    assert capabilities.is_type(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "a",
        "/a/b",
        "a/b/",
        "a//b",
        "a/b c",
        "a/b!",
        "a/b:c",
        "a/b@1",
        "a\\b",
        "a/b?x",
        "ü/b",
        "a/\N{FULLWIDTH DIGIT ONE}",
        "a/b\t",
        "a\n/b",
        "a/b\n",
        "a/b\n\n",
        5,
        None,
        ["a/b"],
    ],
)
def test_anything_else_is_none(value: object) -> None:
    assert not capabilities.is_type(value)


@pytest.mark.parametrize(
    ("value", "scope"),
    [
        ("any", ANY),
        ({"onBehalfOf": "u"}, OnBehalfOf("u")),
        ({"onBehalfOf": " "}, OnBehalfOf(" ")),
    ],
)
def test_a_scope_is_any_or_a_user(value: Any, scope: capabilities.Scope) -> None:
    found = read(scope=value)
    assert found.scope == scope
    assert capabilities.ANNOUNCED_CAPABILITY.write(found)["scope"] == value


@pytest.mark.parametrize(
    "value",
    [
        "ANY",
        "",
        None,
        {},
        [],
        "u",
        True,
        {"onBehalfOf": ""},
        {"onBehalfOf": 5},
        {"onBehalfOf": "u", "x": 1},
        {"on_behalf_of": "u"},
    ],
)
def test_a_scope_is_nothing_else(value: Any) -> None:
    with pytest.raises(FrameError, match=r"^scope"):
        read(scope=value)


@pytest.mark.parametrize("value", [1, 1.0, 10**30])
def test_concurrency_has_no_upper_bound(value: Any) -> None:
    assert read(concurrency=value).concurrency == int(value)


@pytest.mark.parametrize("value", [0, -1, 1.5, "3", True, None])
def test_concurrency_is_a_whole_number_from_1(value: Any) -> None:
    with pytest.raises(FrameError, match=r"^concurrency"):
        read(concurrency=value)


@pytest.mark.parametrize("value", [1000, 3_600_000, 1000.0, None])
def test_a_lease_may_last_a_second_to_an_hour(value: Any) -> None:
    assert read(leaseTtlMs=value).lease_ttl_ms == value


@pytest.mark.parametrize("value", [999, 0, -1, 3_600_001, 1500.5, "1000", True])
def test_a_lease_lasts_no_less_and_no_more(value: Any) -> None:
    with pytest.raises(FrameError, match=r"^leaseTtlMs"):
        read(leaseTtlMs=value)


def test_a_contract_is_understood_but_never_repeated() -> None:
    found = read(description="d", inputSchema={}, outputSchema=True)
    assert (found.description, found.input_schema, found.output_schema) == ("d", {}, True)
    assert capabilities.EFFECTIVE_CAPABILITY.write(found) == PLAIN


def test_an_unknown_member_is_refused() -> None:
    with pytest.raises(FrameError, match=r"^lease_ttl_ms: unknown member"):
        read(lease_ttl_ms=1000)


@pytest.mark.parametrize(
    ("scope", "user", "served"),
    [
        (ANY, None, True),
        (ANY, "u", True),
        (OnBehalfOf("u"), "u", True),
        (OnBehalfOf("u"), "v", False),
        (OnBehalfOf("u"), None, False),
    ],
)
def test_a_scope_serves_its_user(scope: Any, user: str | None, served: bool) -> None:  # noqa: FBT001
    assert capabilities.serves(scope, user) is served


def test_a_repeated_type_is_found() -> None:
    one, two = read(), read(type="conf/other")
    assert capabilities.repeated([one, two]) is None
    assert capabilities.repeated([one, two, one]) == "conf/echo"
