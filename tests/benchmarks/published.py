"""Where the published packages are installed, for benchmarks beside them."""

from __future__ import annotations

from conformance.kit.targets import environment, manifest

TARGET = "avtomatika-1.0b24.toml"


def python() -> str:
    """Return the interpreter of the published orchestrator's own environment."""
    plan = manifest.load(manifest.find(TARGET))
    if plan.environment is None:
        raise RuntimeError(f"{TARGET} names no environment")
    return environment.python_for(
        plan.environment, name=f"{plan.name}-{plan.version}", say=lambda text: print(f"  ({text})")
    )
