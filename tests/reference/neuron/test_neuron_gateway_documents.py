import json
from typing import Any

import orjson
from gateway_world import World

from reference.neuron import gateway_documents

ODD: Any = {"big": 10**40, "half": "\ud800", "one": [1, 1.0, -0.0], "nested": {"a": None}}


def test_an_order_comes_back_as_it_was() -> None:
    world = World()
    task_id = world.inject(
        input=ODD,
        on_behalf_of="user:a",
        workflow_id="w",
        metadata={"m": ODD},
        input_schema={"const": ODD},
        max_attempts=2,
    )
    before = world.core.state.tasks[task_id].order
    world.die_and_live()
    after = world.core.state.tasks[task_id].order
    assert after == before
    assert repr(after.input) == repr(ODD)


def test_a_life_comes_back_as_it_was() -> None:
    world = World(retry_delay=5.0)
    stream = world.connect()
    task_id = world.inject()
    world.nack(world.lease(stream), details=ODD)
    world.wait(5)
    world.ack(world.lease(stream), output=ODD)
    before = world.core.state.tasks[task_id]
    leases = dict(world.core.state.leases)
    world.die_and_live()
    assert world.core.state.tasks[task_id] == before
    assert world.core.state.leases == leases


def test_every_document_fits_the_store() -> None:
    world = World()
    stream = world.connect()
    world.inject(input=ODD)
    lease = world.lease(stream)
    world.progress(lease, data=ODD)
    world.ack(lease, output=ODD)
    documents = [each for kind in world.stored.values() for each in kind.values()]
    assert len(documents) == 3
    assert all(orjson.loads(orjson.dumps(document)) == document for document in documents)


def test_a_report_is_text() -> None:
    assert json.loads(gateway_documents.of_report({"percent": 1.0})) == {"percent": 1.0}
