"""The protocol's rules as functions of JSON: what a driver offers without a running role.

Parameters and results are the `input` and `expected` of the vectors:
vectors/connectonion/README.md.
"""

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from reference.connectonion import canonical as forms
from reference.connectonion import identity, policy_text, presets
from reference.connectonion.authentication import Gate, Refused, is_signed, of_headers
from reference.connectonion.clients import Clients
from reference.connectonion.deciding import Caller, Credentials, decide
from reference.connectonion.levels import PRECEDENCE, Operation, Roll
from reference.connectonion.policy import Ordered, Policy, PolicyError
from reference.connectonion.rolls import ClientIdError, ClientList
from reference.role import ParameterError

Params: TypeAlias = Mapping[str, Any]
Result: TypeAlias = dict[str, Any]

LEVELS = {str(roll): level for roll, level in PRECEDENCE}
INLINE = "inline"  # what a policy is called that came without a name


def canonical(params: Params) -> Result:
    """Return the text that a signature of this payload is about."""
    return {"canonical": forms.escaped(_payload(params)).decode()}


def address(params: Params) -> Result:
    """Return the address of a seed."""
    return {"address": _signer(params).address}


def sign(params: Params) -> Result:
    """Sign a payload as a client does."""
    text = forms.escaped(_payload(params))
    return {"canonical": text.decode(), "signature": _signer(params).sign(text)}


def verify(params: Params) -> Result:
    """Say whether a host that reads this payload takes the signature."""
    envelope = {
        "payload": _payload(params),
        "from": _of(params, "from", str),
        "signature": _of(params, "signature", str),
    }
    return {"valid": is_signed(envelope)}


def verify_headers(params: Params) -> Result:
    """Say whether a host takes the three headers of a GET."""
    named = (_of(params, name, str) for name in ("from", "signature", "timestamp"))
    try:
        return {"valid": is_signed(of_headers(*named))}
    except Refused as error:
        return _refused(error)


def authenticate(params: Params) -> Result:
    """Return who signed the request, all tests of a host passed."""
    gate = Gate(blacklist=params.get("blacklist", ()))
    try:
        signed = gate.check(_json(params), now=_of(params, "now", int, float))
    except Refused as error:
        return _refused(error)
    return {"caller": signed.caller}


def same_person(params: Params) -> Result:
    """Say whether two addresses are one identity."""
    one, other = (identity.same_person(_of(params, name, str)) for name in ("one", "other"))
    return {"same": one == other}


def announce(params: Params) -> Result:
    """Announce an agent to a relay: the text that is signed, and the signature."""
    signer = _signer(params)
    message = {
        "type": "ANNOUNCE",
        "address": signer.address,
        "timestamp": _of(params, "timestamp", int),
        "summary": _of(params, "summary", str),
        "endpoints": _of(params, "endpoints", list),
    }
    text = forms.announcement(message)
    return {"canonical": text.decode(), "signature": signer.sign(text)}


def load_policy(params: Params) -> Result:
    """Tell the dialect of a policy, and what in it is an error or has no effect."""
    name = params.get("name", INLINE)
    try:
        found, complaints = policy_text.load(_of(params, "text", str), name=name)
    except PolicyError as error:
        return {"refused": str(error), "lines": sorted({each.line for each in error.complaints})}
    return {
        "dialect": str(found.dialect),
        "ignored": sorted({each.line for each in complaints}),
        "onboard": {"codes": list(found.onboarding.codes), "payment": found.onboarding.payment},
        "cache": found.rules.cache if isinstance(found.rules, Ordered) else 0.0,
        "body": found.body,
    }


def evaluate_trust(params: Params) -> Result:
    """Apply the fast rules of a policy to a request."""
    try:
        found = _policy(_of(params, "policy", str))
    except PolicyError as error:
        return _refused(error)
    caller = Caller(
        frozenset(LEVELS[name] for name in _known(params, "lists", LEVELS)),
        params.get("admin") is True,
    )
    credentials = Credentials(
        params.get("invite_code"), params.get("payment"), params.get("paid", 0.0)
    )
    decision = decide(found, caller, credentials)
    return {"verdict": str(decision.verdict), "changes": [str(each) for each in decision.changes]}


def list_matches(params: Params) -> Result:
    """Say whether a list's text has a client; without `patterns` a `*` is only a character."""
    patterns = params.get("patterns", True) is True
    listed = ClientList.parse(_of(params, "text", str), patterns=patterns)
    return {"listed": _of(params, "client", str) in listed}


def apply_operations(params: Params) -> Result:
    """Change what is known of a client, step by step: its level after each, and the trail."""
    clients, client = Clients(), _of(params, "client", str)
    clients.read({Roll(name): text for name, text in _of(params, "lists", dict).items()})
    levels = []
    try:
        for operation in _known(params, "operations", set(Operation)):
            clients.apply(Operation(operation), client, by=params.get("by", ""), at=0.0)
            levels.append(str(clients.level(client)))
    except ClientIdError as error:
        return _refused(error)
    trail = [
        {"operation": each.operation, "by": each.by, "before": each.before, "after": each.after}
        for each in clients.trail
    ]
    return {
        "levels": levels,
        "level": str(clients.level(client)),
        "admin": clients.is_admin(client),
        "trail": trail,
    }


LIBRARY: Mapping[str, Callable[[Params], Result]] = MappingProxyType(
    {
        "canonical": canonical,
        "address": address,
        "sign": sign,
        "verify": verify,
        "verify_headers": verify_headers,
        "authenticate": authenticate,
        "same_person": same_person,
        "announce": announce,
        "load_policy": load_policy,
        "evaluate_trust": evaluate_trust,
        "list_matches": list_matches,
        "apply_operations": apply_operations,
    }
)


def _policy(text: str) -> Policy:
    return policy_text.load(presets.PRESETS.get(text.lower(), text), name=INLINE)[0]


def _json(params: Params) -> Any:
    try:
        return json.loads(_of(params, "json", str))
    except (ValueError, RecursionError) as error:
        raise ParameterError(f"json: {error}") from error


def _payload(params: Params) -> Mapping[str, Any]:
    payload = _json(params)
    if not isinstance(payload, dict):
        raise ParameterError("json: a payload is an object")
    return payload


def _signer(params: Params) -> identity.Identity:
    try:
        return identity.Identity.of_seed(bytes.fromhex(_of(params, "seed", str)))
    except ValueError as error:
        raise ParameterError(f"seed: {error}") from error


def _known(params: Params, name: str, words: Any) -> list[str]:
    given: list[str] = params.get(name, [])
    if not isinstance(given, list) or any(each not in words for each in given):
        raise ParameterError(f"{name}: a list of {', '.join(sorted(words))} is needed")
    return given


def _of(params: Params, name: str, *kinds: type) -> Any:
    if type(params.get(name)) not in kinds:
        names = " or ".join(kind.__name__ for kind in kinds)
        raise ParameterError(f"{name}: {names} is needed")
    return params[name]


def _refused(error: Exception) -> Result:
    return {"refused": str(error)}
