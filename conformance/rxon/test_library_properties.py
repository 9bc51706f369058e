"""The functions that every role needs, asked about whatever hypothesis thinks of."""

from __future__ import annotations

import hashlib
import hmac
import json
import string
from typing import TYPE_CHECKING, Any

from conformance.kit.golden import vectors
from conformance.kit.judging.suite import property_check
from conformance.kit.verdict import Broken
from conformance.rxon.scenarios_library import asked
from reference.rxon import canonical, contracts, inference, notation
from reference.rxon.revision import BASELINE, REVISIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from conformance.kit.judging.seen import Seen

    Example = Mapping[str, Any]
    Judge = Callable[..., None]

NAMING = frozenset(string.ascii_letters + string.digits + "_-")


def library_property(requirement: str, strategy: str, examples: int = 20) -> Callable[..., Judge]:
    """Bind a property whose examples are questions to a library."""
    return property_check(
        requirement,
        for_all=f"conformance.rxon.strategies_library_{strategy}",
        played_by=asked,
        examples=examples,
    )


def said(seen: Seen, name: str = "it") -> dict[str, Any]:
    """Return what a function said."""
    answer: dict[str, Any] = seen.noted(name).data["said"]
    return answer


def member(seen: Seen, member: str, name: str = "it") -> Any:
    """Return one member of what a function said; without it the requirement is broken."""
    answer = said(seen, name)
    if member not in answer:
        raise Broken(f"expected `{member}`, got {answer!r}", seen.noted(name))
    return answer[member]


def must(holds: object, reason: str, seen: Seen, name: str = "it") -> None:
    """Demand that something holds."""
    if not holds:
        raise Broken(f"{reason}: {said(seen, name)!r}", seen.noted(name))


@library_property("RXON-SIG-01", "signatures:secrets")
def test_a_signature_is_the_hmac_of_what_is_signed(seen: Seen, example: Example) -> None:
    signed, (_, asked_for) = member(seen, "canonical"), example["ask"]["it"]
    expected = hmac.new(asked_for["secret"].encode(), signed.encode(), hashlib.sha256).hexdigest()
    must(member(seen, "signature") == expected, f"the HMAC of these bytes is {expected}", seen)


@library_property("RXON-SIG-02", "signatures:guarded")
def test_security_is_not_signed_at_the_top_and_is_below(seen: Seen, *_example: object) -> None:
    bare = member(seen, "signature", "bare")
    must(member(seen, "signature", "top") == bare, "security changes the signature", seen, "top")
    must(
        member(seen, "signature", "nested") != bare,
        "a nested security does not change the signature",
        seen,
        "nested",
    )


@library_property("RXON-SIG-03", "signatures:respellings")
def test_no_spelling_changes_a_signature(seen: Seen, *_example: object) -> None:
    plain = member(seen, "signature", "plain")
    must(
        member(seen, "signature", "respelled") == plain,
        f"the other spelling has the signature {plain}",
        seen,
        "respelled",
    )


@library_property("RXON-SIG-04", "signatures:signed_texts", examples=30)
def test_keys_texts_and_fractions_are_signed_in_one_spelling(seen: Seen, example: Example) -> None:
    expected = canonical.canonical_bytes(example["value"]).decode()
    must(member(seen, "canonical") == expected, f"the canonical text is {expected}", seen)


@library_property("RXON-SIG-05", "signatures:signatures")
def test_only_the_very_signature_verifies(seen: Seen, example: Example) -> None:
    for name in example["ask"]:
        good = name == "good"
        must(member(seen, "verified", name) is good, f"the signature is {name}", seen, name)


@library_property("RXON-SER-01", "serialising:nulls")
def test_no_member_is_null(seen: Seen, *_example: object) -> None:
    members = list(all_members(json.loads(member(seen, "serialized"))))
    must(None not in members, "a member is null", seen)


@library_property("RXON-SER-02", "serialising:whole_floats")
def test_no_whole_number_has_a_fraction(seen: Seen, *_example: object) -> None:
    numbers: list[str] = []
    text = member(seen, "serialized")
    json.loads(text, parse_float=numbers.append, parse_int=numbers.append)
    odd = [number for number in numbers if not number.lstrip("-").isdigit() or number == "-0"]
    must(not odd, f"not written as integers: {odd}", seen)


@library_property("RXON-SER-09", "serialising:little")
def test_nothing_that_is_a_value_is_lost(seen: Seen, example: Example) -> None:
    kept = json.loads(member(seen, "serialized"))
    must(vectors.same(kept, example["value"]), "something is lost", seen)


@library_property("RXON-SER-10", "serialising:integers")
def test_an_integer_is_exact_or_refused(seen: Seen, example: Example) -> None:
    fits = -(2**63) <= int(example["number"]) < 2**64
    exact = said(seen).get("serialized") == f'{{"n":{example["number"]}}}'
    must(exact if fits else vectors.REFUSED in said(seen), "neither exact nor refused", seen)


@library_property("RXON-SER-04", "serialising:depths", examples=30)
def test_the_depth_of_a_message_is_limited_exactly(seen: Seen, example: Example) -> None:
    revision = REVISIONS.get(seen.fact("revision", ""), BASELINE)
    fits = example["depth"] <= revision.depth_limit
    wanted = "serialized" if fits else vectors.REFUSED
    must(wanted in said(seen), f"{example['depth']} containers must be {wanted}", seen)


@library_property("RXON-SER-05", "types:values")
def test_values_of_types_are_written_as_plain_data(seen: Seen, example: Example) -> None:
    plain = json.loads(member(seen, "serialized"))
    must(vectors.same(plain, example["plain"]), f"expected {example['plain']!r}", seen)


@library_property("RXON-SER-06", "types:plain_data")
def test_plain_data_becomes_what_its_type_says(seen: Seen, example: Example) -> None:
    restored = member(seen, "restored")
    must(vectors.same(restored, example["shown"]), f"expected {example['shown']!r}", seen)


@library_property("RXON-SER-07", "types:members")
def test_too_much_is_ignored_and_too_little_refused(seen: Seen, *_example: object) -> None:
    whole = member(seen, "restored", "whole")
    must(said(seen, "more").get("restored") == whole, f"expected {whole!r}", seen, "more")
    must(vectors.REFUSED in said(seen, "less"), "half a record is restored", seen, "less")


@library_property("RXON-SCH-01", "types:promises", examples=30)
def test_a_type_promises_its_schema(seen: Seen, example: Example) -> None:
    _, asked_for = example["ask"]["it"]
    schema = inference.schema_of(notation.type_of(asked_for["type"]))
    must(vectors.same(member(seen, "schema"), schema), f"expected {schema!r}", seen)


@library_property("RXON-SCH-02", "types:contracts", examples=40)
def test_contracts_are_enforced(seen: Seen, example: Example) -> None:
    problem = contracts.violation(example["value"], example["schema"])
    must(member(seen, "valid") is (problem is None), f"expected {problem or 'valid'}", seen)


@library_property("RXON-SCH-03", "types:strange_values", examples=25)
def test_truth_values_and_null_are_only_themselves(seen: Seen, example: Example) -> None:
    must(member(seen, "valid") is example["valid"], f"expected {example['valid']}", seen)


@library_property("RXON-MAT-01", "matching:amounts", examples=25)
def test_enough_is_enough_and_more_is_never_less(seen: Seen, example: Example) -> None:
    have, required = example["have"], example["required"]
    fits = all(name in have and have[name] >= amount for name, amount in required.items())
    must(member(seen, "matches") is fits, f"{have} for {required}", seen)
    for less in ("offered_more", "asked_less", "asked_nothing"):
        must(member(seen, "matches", less) or not fits, f"{less} loses the match", seen, less)


@library_property("RXON-MAT-02", "matching:lists", examples=25)
def test_lists_match_where_they_meet(seen: Seen, example: Example) -> None:
    have, required = as_set(example["have"]), as_set(example["required"])
    must(member(seen, "matches") is bool(have & required), f"{have} for {required}", seen)


@library_property("RXON-MAT-03", "matching:models", examples=25)
def test_a_model_is_met_by_one_that_contains_it(seen: Seen, example: Example) -> None:
    must(member(seen, "matches", "part"), "a part of the model does not match", seen, "part")
    fits = example["other"].lower() in example["have"].lower()
    must(member(seen, "matches", "other") is fits, "another model", seen, "other")


@library_property("RXON-MAT-04", "matching:words_exactly", examples=25)
def test_a_text_is_met_by_itself_only(seen: Seen, example: Example) -> None:
    for name in example["ask"]:
        must(member(seen, "matches", name) is example["fits"], f"the {name}", seen, name)


@library_property("RXON-MAT-05", "matching:lacks")
def test_what_a_worker_does_not_say_meets_nothing(seen: Seen, *_example: object) -> None:
    must(member(seen, "matches", "all"), "what is there does not match", seen, "all")
    must(not member(seen, "matches", "lacking"), "what is missing matches", seen, "lacking")


@library_property("RXON-MAT-07", "matching:assignments", examples=30)
def test_no_device_serves_twice(seen: Seen, example: Example) -> None:
    must(not member(seen, "matches") or can_be_dealt_out(example), "they cannot be met", seen)


@library_property("RXON-MAT-08", "matching:assignments", examples=30)
def test_devices_are_dealt_out_if_they_can_be(seen: Seen, example: Example) -> None:
    must(member(seen, "matches") or not can_be_dealt_out(example), "they can be met", seen)


@library_property("RXON-MAT-10", "matching:skills", examples=25)
def test_names_and_versions_are_compared_where_they_are_required(
    seen: Seen, example: Example
) -> None:
    fits = {**example["have"], **example["required"]} == example["have"]
    must(member(seen, "matches") is fits, "name and version", seen)


@library_property("RXON-ID-01", "names:identifiers", examples=40)
def test_a_name_is_of_letters_digits_underscores_and_hyphens(seen: Seen, example: Example) -> None:
    fits = bool(example["name"]) and NAMING.issuperset(example["name"])
    must(member(seen, "valid") is fits, f"the name {example['name']!r}", seen)


@library_property("RXON-RL-05.a", "names:waits", examples=25)
def test_a_wait_is_as_long_as_the_header_says(seen: Seen, example: Example) -> None:
    must(member(seen, "seconds") == example["seconds"], f"expected {example['seconds']}", seen)


def all_members(value: Any) -> Iterator[Any]:
    """Yield the values of all members, at every level."""
    if isinstance(value, dict):
        yield from value.values()
    inside = value.values() if isinstance(value, dict) else value
    for each in inside if isinstance(value, dict | list) else ():
        yield from all_members(each)


def as_set(value: list[str] | str) -> set[str]:
    """Return a list, or one text, as a set."""
    return set(value) if isinstance(value, list) else {value}


def can_be_dealt_out(example: Example) -> bool:
    """Whether the largest devices meet the largest requirements, one each."""
    have, required = (sorted(example[name], reverse=True) for name in ("have", "required"))
    return len(required) <= len(have) and all(
        there >= need for there, need in zip(have, required, strict=False)
    )
