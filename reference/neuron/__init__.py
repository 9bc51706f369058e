"""An independent implementation of the Holokai Neuron protocol between gateways and neurons."""

from collections.abc import Iterator, Mapping
from importlib import import_module

from reference.neuron.library import LIBRARY
from reference.role import Role

__all__ = ["LIBRARY", "REVISION", "ROLES"]

REVISION = "1.0.0"  # NEURON-NRN-CONN-09

_PLACES = {
    "gateway": ("reference.neuron.gateway", "GatewayRole"),
    "neuron": ("reference.neuron.neuron", "NeuronRole"),
}


class _Roles(Mapping[str, type[Role]]):
    """Role classes by name, imported when asked for: most users need only the rules."""

    def __getitem__(self, name: str) -> type[Role]:
        module, attribute = _PLACES[name]
        role: type[Role] = getattr(import_module(module), attribute)
        return role

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)


ROLES: Mapping[str, type[Role]] = _Roles()
