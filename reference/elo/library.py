"""The protocol's functions as a driver offers them: JSON in, JSON out.

A message whose spelling matters stands as text in ``json``: numbers and half characters survive.
"""

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from reference.elo import frames, signing
from reference.elo.frames import FrameError, Reader
from reference.elo.identity import Identity, id_of, key_of
from reference.elo.library_keys import KEYS
from reference.elo.library_mesh import MESH
from reference.role import ParameterError

Params = Mapping[str, Any]


def _text(params: Params, name: str) -> str:
    value = params.get(name)
    if not isinstance(value, str):
        raise ParameterError(f"{name}: a text is needed")
    return value


def _message(params: Params) -> dict[str, Any]:
    try:
        value = json.loads(_text(params, "json"))
    except (ValueError, RecursionError) as error:
        raise ParameterError(f"json: not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ParameterError("json: an object is needed")
    return value


def _identity(params: Params) -> Identity:
    try:
        return Identity.of_seed(bytes.fromhex(_text(params, "seed")))
    except ValueError as error:
        raise ParameterError(f"seed: {error}") from error


def canonical(params: Params) -> dict[str, str]:
    """Return the bytes that a signature is about."""
    return {"canonical": signing.canonical(_message(params)).decode("ascii")}


def sign(params: Params) -> dict[str, str]:
    """Return a message's signature by a key, and what it is about."""
    message = _message(params)
    signed = signing.sign(message, _identity(params))
    text = signing.canonical(message).decode("ascii")
    return {"canonical": text, "signature": signed[signing.SIGNATURE]}


def verify(params: Params) -> dict[str, bool]:
    """Say whether a message is signed by the owner of an id."""
    found = signing.verdict(_message(params), _text(params, "signer"))
    return {"valid": found is signing.Verdict.SIGNED}


def node_id(params: Params) -> dict[str, str]:
    """Return the id of a key."""
    return {"node_id": _identity(params).node_id}


def public_key(params: Params) -> dict[str, Any]:
    """Return the public key that an id spells."""
    key = key_of(_text(params, "node_id"))
    if key is None:
        return {"refused": True}
    raw = key.public_bytes_raw()
    return {"public_key": raw.hex(), "node_id": id_of(raw)}


def encode(params: Params) -> dict[str, Any]:
    """Write a frame."""
    try:
        return {"hex": frames.encode(_message(params)).hex()}
    except FrameError as error:
        return {"refused": True, "message": str(error)}


def decode(params: Params) -> dict[str, Any]:
    """Read chunks of bytes into the JSON texts of their frames."""
    chunks = params.get("chunks")
    if not isinstance(chunks, list):
        raise ParameterError("chunks: a list of hexadecimal texts is needed")
    reader, read = Reader(), []
    try:
        for chunk in chunks:
            read += reader.feed(bytes.fromhex(chunk))
    except FrameError as error:
        return {"frames": _written([*read, *error.before]), "closed": True}
    except (TypeError, ValueError) as error:
        raise ParameterError(f"chunks: {error}") from error
    return {"frames": _written(read), "closed": False}


def _written(messages: list[frames.Message]) -> list[str]:
    return [json.dumps(message, sort_keys=True, separators=(",", ":")) for message in messages]


LIBRARY: Mapping[str, Callable[[Params], Any]] = MappingProxyType(
    {
        "canonical": canonical,
        "sign": sign,
        "verify": verify,
        "node_id": node_id,
        "public_key": public_key,
        "encode": encode,
        "decode": decode,
        **MESH,
        **KEYS,
    }
)
