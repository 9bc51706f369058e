"""What breaks each requirement of what is signed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.connectonion.forged import opened_by_openssl
from conformance.connectonion.host_mutations import of_the_host
from conformance.connectonion.mutants_host_auth import IS_SIGNED, fits_too
from reference.connectonion.authentication import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.connectonion.host_mutations import Replacement
    from conformance.kit.proof.mutation import Mutant

IDENTITY = "reference.connectonion.identity"
FORMS = "reference.connectonion.canonical:FORMS"


def written(change: Callable[[str], str]) -> Replacement:
    """Have every form of a payload changed: those of plain ASCII are the same."""

    def changed(form: Callable[[Any], bytes]) -> Callable[[Any], bytes]:
        return lambda payload: change(form(payload).decode()).encode()

    return lambda forms: tuple(changed(form) for form in forms)


def in_other_order(value: Any) -> Any:
    """Sort keys by their UTF-16 units."""
    if isinstance(value, list):
        return [in_other_order(each) for each in value]
    if not isinstance(value, dict):
        return value
    names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
    return {name: in_other_order(value[name]) for name in names}


def sorted_by_units(payload: Any) -> bytes:
    """Write a payload escaped, with its keys in that order."""
    return json.dumps(in_other_order(payload), separators=(",", ":")).encode()


def with_a_capital(payload: Any) -> Any:
    """Begin the prompt with a capital letter."""
    prompt = payload.get("prompt")
    return {**payload, "prompt": prompt.capitalize()} if isinstance(prompt, str) else payload


def without_prefix(is_signed: Callable[..., bool]) -> Callable[..., bool]:
    """Know no signature that begins with 0x."""
    return lambda data, signature, address: (
        not signature.startswith("0x") and is_signed(data, signature, address)
    )


def reads_one_line(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Take a body for JSON only when it stands on one line."""

    def told(asked: Any) -> Any:
        body = read(asked)
        if b"\n" in asked.body:
            raise Refused("Invalid JSON")
        return body

    return told


def whole(of_headers: Callable[..., Any]) -> Callable[..., Any]:
    """Read a whole number of seconds as an integer."""

    def read(sender: str, signature: str, timestamp: str) -> Any:
        envelope = of_headers(sender, signature, timestamp)
        told = envelope["payload"]["timestamp"]
        integer = told.is_integer()
        return {**envelope, "payload": {"timestamp": int(told) if integer else told}}

    return read


MUTANTS: tuple[Mutant, ...] = (
    of_the_host(
        "CO-AUTH-02",
        "takes the signature of a prompt that begins with a capital letter",
        IS_SIGNED,
        fits_too(with_a_capital),
    ),
    of_the_host(
        "CO-AUTH-03",
        "signs DEL as it is",
        FORMS,
        written(lambda text: text.replace("\\u007f", "\x7f")),
    ),
    of_the_host(
        "CO-AUTH-04",
        "takes no raw text",
        FORMS,
        lambda forms: forms[:1],
    ),
    of_the_host(
        "CO-AUTH-05",
        "sorts keys by UTF-16 units",
        FORMS,
        lambda forms: (sorted_by_units, *forms[1:]),
    ),
    of_the_host(
        "CO-AUTH-06",
        "signs great numbers without a plus",
        FORMS,
        written(lambda text: text.replace("1e+16", "1e16")),
    ),
    of_the_host(
        "CO-AUTH-07",
        "knows no signature with 0x",
        f"{IDENTITY}:is_signed",
        without_prefix,
    ),
    of_the_host(
        "CO-AUTH-20",
        "reads a whole X-Timestamp as an integer",
        "reference.connectonion.host_core:of_headers",
        whole,
    ),
    of_the_host(
        "CO-AUTH-21",
        "knows no keys of small order",
        f"{IDENTITY}:crypto_sign_open",
        lambda _: opened_by_openssl,
    ),
    of_the_host(
        "CO-AUTH-26",
        "reads JSON of one line alone",
        "reference.connectonion.host_core:Asked.json",
        reads_one_line,
    ),
)
