"""Where the published packages are installed, for benchmarks beside them."""

from __future__ import annotations

from conformance.kit.targets import environment, manifest

TARGET = "avtomatika-1.0b24.toml"
NEURON = "holokai-neuron-sdk-0.1.1.toml"
ELO = "elo-node-0.5.1.toml"
CONNECTONION = "connectonion-0.6.5-library.toml"


def python(target: str = TARGET) -> str:
    """Return the interpreter of a published package's own environment."""
    plan = manifest.load(manifest.find(target))
    if plan.environment is None:
        raise RuntimeError(f"{target} names no environment")
    return environment.python_for(
        plan.environment, name=f"{plan.name}-{plan.version}", say=lambda text: print(f"  ({text})")
    )
