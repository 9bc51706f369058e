"""Reading the parameters of a driver's method: payloads, and members of a needed type."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reference.role import ParameterError
from reference.rxon import canonical, notation
from reference.rxon.revision import Revision

DEEPEST = 100_000  # containers that a generator may ask for; the rules end at a hundred
WRAPPERS: Mapping[str, Callable[[Any], Any]] = {
    "object": lambda inner: {"a": inner},
    "array": lambda inner: [inner],
}


@dataclass(frozen=True, slots=True)
class Params:
    """The parameters of one call, and the revision whose rules are asked for."""

    given: Mapping[str, Any]
    revision: Revision

    def of(self, name: str, *kinds: type, default: Any = ...) -> Any:
        """Return one; raises ParameterError that names it."""
        value = self.given.get(name, default)
        if value is ...:
            raise ParameterError(f"{name}: this parameter is needed")
        if kinds and type(value) not in kinds:
            names = " or ".join(kind.__name__ for kind in kinds)
            raise ParameterError(f"{name}: {names} is needed, not {type(value).__name__}")
        return value

    def texts(self, name: str) -> list[str]:
        """Return a list of texts that may be left out."""
        found: list[str] = self.of(name, list, default=[])
        if not all(type(each) is str for each in found):
            raise ParameterError(f"{name}: a list of texts is needed")
        return found

    def choice(self, name: str, table: Mapping[str, Any]) -> Any:
        """Return what a table has under the given name."""
        word = self.of(name, str)
        if word not in table:
            raise ParameterError(f"{name}: {word!r} is not one of {', '.join(table)}")
        return table[word]

    def type(self, name: str) -> Any:
        """Return the type that is denoted."""
        try:
            return notation.type_of(self.of(name), revision=self.revision)
        except (notation.NotationError, TypeError, KeyError, ValueError) as error:
            raise ParameterError(f"{name}: {error}") from error


def payload(params: Params) -> Any:
    """Read the payload; raises JSONError for bad bytes, ParameterError for bad parameters."""
    given = [name for name in PAYLOADS if name in params.given]
    if len(given) != 1:
        raise ParameterError(f"exactly one of {', '.join(PAYLOADS)} is needed")
    return PAYLOADS[given[0]](params)


def _from_text(params: Params) -> Any:
    # A lone surrogate is no UTF-8, which is for the reader of JSON to find out.
    body = params.of("json", str).encode("utf-8", "surrogatepass")
    return canonical.read_json(body, revision=params.revision)


def _from_hex(params: Params) -> Any:
    text = params.of("hex", str)
    try:
        body = bytes.fromhex(text)
    except ValueError as error:
        raise ParameterError(f"hex: {error}") from error
    return canonical.read_json(body, revision=params.revision)


def _from_generator(params: Params) -> Any:
    nest = Params(params.of("nest", dict), params.revision)
    depth, wrap = nest.of("depth", int), nest.choice("container", WRAPPERS)
    if not 0 <= depth <= DEEPEST:
        raise ParameterError(f"nest.depth: 0 to {DEEPEST} levels are needed")
    value = nest.of("leaf")
    for _ in range(depth):
        value = wrap(value)
    return value


def _from_notation(params: Params) -> Any:
    try:
        return notation.value_of(params.of("typed"))
    except (notation.NotationError, TypeError, ValueError) as error:
        raise ParameterError(f"typed: {error}") from error


PAYLOADS: Mapping[str, Callable[[Params], Any]] = {
    "json": _from_text,
    "hex": _from_hex,
    "nest": _from_generator,
    "typed": _from_notation,
}
