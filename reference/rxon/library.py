"""The rules of RXON as functions of JSON: what a driver offers without a running role.

Parameters and results are the `input` and `expected` of the vectors: vectors/rxon/README.md.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from reference.role import ParameterError
from reference.rxon import canonical, contracts, identifiers, matching, signing

Params: TypeAlias = Mapping[str, Any]
Result: TypeAlias = dict[str, Any]

DEEPEST = 10_000  # containers that a generator may ask for; the rules end at a hundred
WRAPPERS: Mapping[str, Callable[[Any], Any]] = {
    "object": lambda inner: {"a": inner},
    "array": lambda inner: [inner],
}
# By name, so that a seeded bug in a rule is seen here too.
MATCHERS: Mapping[str, str] = {
    "property": "property_matches",
    "properties": "properties_match",
    "device": "device_matches",
    "resources": "resources_match",
    "artifact": "artifact_matches",
    "skill": "skill_matches",
}


def serialize(params: Params) -> Result:
    """Return the text of a message as it goes on the wire."""
    try:
        return {"serialized": canonical.encode(_payload(params)).decode()}
    except ValueError as error:
        return _refused(error)


def sign(params: Params) -> Result:
    """Return the text on the wire, the text that is signed and its signature."""
    secret, ignore = _of(params, "secret", str), _ignored(params)
    try:
        payload = _payload(params)
        return {
            "serialized": canonical.encode(payload).decode(),
            "canonical": canonical.canonical_bytes(payload, ignore=ignore).decode(),
            "signature": signing.sign(payload, secret=secret, ignore=ignore),
        }
    except ValueError as error:
        return _refused(error)


def verify(params: Params) -> Result:
    """Say whether a signature, whatever it is, belongs to a payload."""
    secret, ignore = _of(params, "secret", str), _ignored(params)
    signature = _of(params, "signature")
    try:
        good = signing.verify(_payload(params), signature=signature, secret=secret, ignore=ignore)
    except ValueError as error:
        return _refused(error)
    return {"verified": good}


def match(params: Params) -> Result:
    """Say whether what a worker has meets what is required."""
    what = _of(params, "what", str)
    if what not in MATCHERS:
        raise ParameterError(f"what: {what!r} is not one of {', '.join(MATCHERS)}")
    have, required = _of(params, "have"), _of(params, "required")
    try:
        return {"matches": getattr(matching, MATCHERS[what])(have, required)}
    except (AttributeError, TypeError) as error:  # no message can bring this: see messages.py
        raise ParameterError(f"have, required: not the shape of a {what}: {error}") from error


def validate(params: Params) -> Result:
    """Say whether a payload meets a contract, and why not."""
    schema = _of(params, "schema")
    try:
        violation = contracts.violation(_payload(params), schema)
    except ValueError as error:
        return _refused(error)
    return {"valid": True} if violation is None else {"valid": False, "message": violation}


def is_identifier(params: Params) -> Result:
    """Say whether a value may name a worker."""
    return {"valid": identifiers.is_worker_id(_of(params, "value"))}


LIBRARY: Mapping[str, Callable[[Params], Result]] = {
    "serialize": serialize,
    "sign": sign,
    "verify": verify,
    "match": match,
    "validate": validate,
    "is_identifier": is_identifier,
}


def _payload(params: Params) -> Any:
    """Read the payload; raises JSONError for bad bytes, ParameterError for bad parameters."""
    given = [name for name in PAYLOADS if name in params]
    if len(given) != 1:
        raise ParameterError(f"exactly one of {', '.join(PAYLOADS)} is needed")
    return PAYLOADS[given[0]](params)


def _from_text(params: Params) -> Any:
    # A lone surrogate is no UTF-8, which is for the reader of JSON to find out.
    return canonical.read_json(_of(params, "json", str).encode("utf-8", "surrogatepass"))


def _from_hex(params: Params) -> Any:
    text = _of(params, "hex", str)
    try:
        body = bytes.fromhex(text)
    except ValueError as error:
        raise ParameterError(f"hex: {error}") from error
    return canonical.read_json(body)


def _from_generator(params: Params) -> Any:
    nest = _of(params, "nest", dict)
    depth, container = _of(nest, "depth", int), _of(nest, "container", str)
    if container not in WRAPPERS or not 0 <= depth <= DEEPEST:
        raise ParameterError(f"nest: {' or '.join(WRAPPERS)} in at most {DEEPEST} levels is needed")
    value = _of(nest, "leaf")
    for _ in range(depth):
        value = WRAPPERS[container](value)
    return value


PAYLOADS: Mapping[str, Callable[[Params], Any]] = {
    "json": _from_text,
    "hex": _from_hex,
    "nest": _from_generator,
}


def _of(params: Params, name: str, *kinds: type) -> Any:
    if name not in params:
        raise ParameterError(f"{name}: this parameter is needed")
    if kinds and type(params[name]) not in kinds:
        names = " or ".join(kind.__name__ for kind in kinds)
        raise ParameterError(f"{name}: {names} is needed, not {type(params[name]).__name__}")
    return params[name]


def _ignored(params: Params) -> list[str]:
    ignore = params.get("ignore", [])
    if type(ignore) is not list or not all(type(name) is str for name in ignore):
        raise ParameterError("ignore: a list of texts is needed")
    return ignore


def _refused(error: ValueError) -> Result:
    # ParameterError is a ValueError too, and the caller's fault: not an outcome of the rules.
    if isinstance(error, ParameterError):
        raise error
    return {"refused": str(error)}
