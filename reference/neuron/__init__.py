"""An independent implementation of the Holokai Neuron protocol between gateways and neurons."""

from reference.neuron.library import LIBRARY
from reference.role import Roles

__all__ = ["LIBRARY", "REVISION", "ROLES"]

REVISION = "1.0.0"  # NEURON-NRN-CONN-09

ROLES = Roles(
    {
        "gateway": "reference.neuron.gateway:GatewayRole",
        "neuron": "reference.neuron.neuron:NeuronRole",
    }
)
