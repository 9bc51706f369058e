"""The rules of RXON as functions of JSON: what a driver offers without a running role.

Parameters and results are the `input` and `expected` of the vectors: vectors/rxon/README.md.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

from reference.role import ParameterError
from reference.rxon import (
    backoff,
    blobs,
    canonical,
    contracts,
    identifiers,
    inference,
    listener,
    matching,
    notation,
    restoring,
    signing,
)
from reference.rxon.payloads import Params, payload
from reference.rxon.revision import BASELINE, Revision

Result: TypeAlias = dict[str, Any]
Function: TypeAlias = Callable[[Mapping[str, Any]], Result]

# By name, so that a seeded bug in a rule is seen here too.
MATCHERS: Mapping[str, str] = {
    "property": "property_matches",
    "properties": "properties_match",
    "device": "device_matches",
    "resources": "resources_match",
    "artifact": "artifact_matches",
    "skill": "skill_matches",
}
PROMISES: Mapping[str, str] = {"input": "schema_of", "output": "promise"}
ROUTES = {str(each): each for each in listener.Route}
FAULTS = {str(each): each for each in listener.Fault}


def serialize(params: Params) -> Result:
    """Return the text of a message as it goes on the wire."""
    return {"serialized": canonical.encode(payload(params), revision=params.revision).decode()}


def sign(params: Params) -> Result:
    """Return the text on the wire, the text that is signed and its signature."""
    secret, ignore = params.of("secret", str), params.texts("ignore")
    message, revision = payload(params), params.revision
    signed = canonical.canonical_bytes(message, ignore=ignore, revision=revision)
    return {
        "serialized": canonical.encode(message, revision=revision).decode(),
        "canonical": signed.decode(),
        "signature": signing.sign(message, secret=secret, ignore=ignore, revision=revision),
    }


def verify(params: Params) -> Result:
    """Say whether a signature, whatever it is, belongs to a payload."""
    secret, ignore = params.of("secret", str), params.texts("ignore")
    signature = params.of("signature")
    return {
        "verified": signing.verify(
            payload(params),
            signature=signature,
            secret=secret,
            ignore=ignore,
            revision=params.revision,
        )
    }


def match(params: Params) -> Result:
    """Say whether what a worker has meets what is required."""
    matcher = params.choice("what", MATCHERS)
    have, required = params.of("have"), params.of("required")
    try:
        return {"matches": getattr(matching, matcher)(have, required)}
    except (AttributeError, TypeError) as error:  # no message can bring this: see messages.py
        what = params.of("what")
        raise ParameterError(f"have, required: not the shape of a {what}: {error}") from error


def validate(params: Params) -> Result:
    """Say whether a payload meets a contract, and why not."""
    schema = params.of("schema")
    violation = contracts.violation(payload(params), schema, revision=params.revision)
    return {"valid": True} if violation is None else {"valid": False, "message": violation}


def infer(params: Params) -> Result:
    """Return the schema that a type promises, of what goes in or of what comes out."""
    promise = PROMISES[params.choice("of", {name: name for name in PROMISES})]
    return {"schema": getattr(inference, promise)(params.type("type"))}


def restore(params: Params) -> Result:
    """Return plain data as its type says, and how that is written again."""
    kind, revision = params.type("type"), params.revision
    value = restoring.restore(kind, payload(params), revision=revision)
    written = canonical.encode(notation.written(value, revision=revision), revision=revision)
    return {"restored": notation.show(value), "serialized": written.decode()}


def is_identifier(params: Params) -> Result:
    """Say whether a value may name a worker."""
    return {"valid": identifiers.is_worker_id(params.of("value"), revision=params.revision)}


def config_hash(params: Params) -> Result:
    """Return what tells the configurations of two stores apart."""
    parts = [params.of(name, str, type(None)) for name in ("endpoint", "access_key", "bucket")]
    return {"hash": blobs.config_hash(*parts)}


def parse_uri(params: Params) -> Result:
    """Say where a file lies."""
    place = blobs.place_of(
        params.of("uri", str),
        bucket=params.of("bucket", str, type(None), default=None),
        prefix=params.of("prefix", str, default=""),
    )
    return {"bucket": place.bucket, "key": place.key, "is_folder": place.is_folder}


def skills_hash(params: Params) -> Result:
    """Return what changes when what a worker can do does."""
    told = {name: params.of(name) for name in ("skills", "capabilities", "extra")}
    model = params.of("skills", list) and notation.type_of({"list": {"message": "skill"}})
    skills = restoring.restore(model, told["skills"]) if model else []
    written = notation.written({**told, "skills": skills}, revision=params.revision)
    return {"hash": canonical.digest(written, revision=params.revision)}


def retry_after(params: Params) -> Result:
    """Say how long the answer to too many requests asks to wait."""
    now = params.of("now", int, float)
    return {"seconds": backoff.retry_after(params.of("header", str, type(None)), now=now)}


def answer(params: Params) -> Result:
    """Say what the outcome of a handler is on the wire."""
    route, outcome = params.choice("route", ROUTES), params.of("outcome", dict, type(None))
    said = _answer(route, outcome, params.revision)
    return {"status": said.status, "body": said.body.decode(), "is_json": said.is_json}


def _answer(route: listener.Route, outcome: Any, revision: Revision) -> listener.Answer:
    if outcome is None:
        return listener.unhandled(route, revision=revision)
    if "returns" in outcome:
        return listener.returned(route, outcome["returns"], revision=revision)
    told = Params(outcome, revision)
    extra = {name: outcome[name] for name in ("status", "code") if name in outcome}
    raised = listener.Raised(
        fault=told.choice("raises", FAULTS), message=told.of("message", str), **extra
    )
    return listener.failed(raised, revision=revision)


METHODS: tuple[Callable[[Params], Result], ...] = (
    serialize,
    sign,
    verify,
    match,
    validate,
    infer,
    restore,
    is_identifier,
    config_hash,
    parse_uri,
    skills_hash,
    retry_after,
    answer,
)


def _called(method: Callable[[Params], Result], revision: Revision, given: Any) -> Result:
    """Call a method; that the rules refuse is an outcome, that the caller errs is not."""
    try:
        return method(Params(given, revision))
    except ParameterError:
        raise
    except ValueError as error:
        return {"refused": str(error)}


def library(revision: Revision) -> Mapping[str, Function]:
    """Return the functions of a revision by name."""
    return {each.__name__: partial(_called, each, revision) for each in METHODS}


LIBRARY = library(BASELINE)
