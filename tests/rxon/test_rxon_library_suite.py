"""The suite of the library against liars: each lie is seen, and by the right requirement."""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings

from conformance.kit.judging.seen import Seen
from conformance.kit.transcript import Recorder, Transcript
from conformance.kit.verdict import Broken
from conformance.rxon import test_library_properties as properties
from reference.rxon import LIBRARIES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PROPERTIES = {
    name: function for name, function in vars(properties).items() if name.startswith("test_")
}


def seen(*said: tuple[str, Any], revision: str = "1.0b11") -> Seen:
    transcript = Transcript(clock=lambda: 0.0)
    recorder = Recorder(transcript, "x")
    for tag, answer in said:
        recorder.note("note", tag=tag, data={"said": answer})
    return Seen(transcript.events, {"revision": revision})


def asked(example: Mapping[str, Any], revision: str) -> Seen:
    library = LIBRARIES[revision]
    answers = [
        (name, json.loads(json.dumps(library[method](params))))
        for name, (method, params) in example["ask"].items()
    ]
    return seen(*answers, revision=revision)


@pytest.mark.parametrize("revision", LIBRARIES)
@pytest.mark.parametrize("name", PROPERTIES)
def test_the_reference_has_every_property(name: str, revision: str) -> None:
    function: Any = PROPERTIES[name]
    module, _, strategy = function.__assay__.for_all.partition(":")

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(getattr(importlib.import_module(module), strategy)())
    def holds(example: dict[str, Any]) -> None:
        assert json.loads(json.dumps(example)) == example
        function(asked(example, revision), example)

    call: Callable[[], None] = holds
    call()


def test_an_error_of_the_driver_breaks_a_property() -> None:
    example = {"ask": {"it": ["sign", {"secret": "s"}]}}
    with pytest.raises(Broken, match="expected `canonical`"):
        properties.test_a_signature_is_the_hmac_of_what_is_signed(
            seen(("it", {"error": "no"})), example
        )
