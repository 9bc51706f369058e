"""The reference and every published node do each other's tasks, and relay for each other.

The published ones run unmodified: 0.4.10, 0.5.1 and 0.6.0.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from elo_pairs import MAKES, PREFIX, VERSIONS, Host, Mesh, meshed
from pairs import REFERENCE

from reference.elo.tracker import TrackerRole

# Who dials whom: the reference and a published node, both ways, and the reference with itself.
TWO = [(REFERENCE, make) for make in MAKES] + [(make, REFERENCE) for make in VERSIONS]
between = pytest.mark.parametrize(("dialler", "listener"), TWO)
with_every_version = pytest.mark.parametrize("make", VERSIONS)

ODD: Any = {"n": [1, 1.0, -0.0, 1e16, 10**30, None, False], "t": "é☃\u2028\x00🚀", "": {"a": []}}


async def work_for_each_other(one: Host, other: Host) -> None:
    """Have both do a task of the other's, which comes back as it was."""
    for asker, worker in ((one, other), (other, one)):
        done = await asker.ask("echo", ODD, of=worker)
        assert done["status"] == "success", done
        assert repr(done["payload"]) == repr({"echo": ODD})


@between
def test_two_do_each_others_tasks_whoever_dialled(dialler: str, listener: str) -> None:
    async def scene(mesh: Mesh) -> None:
        listening = await mesh.node(listener)
        dialling = await mesh.node(dialler, peers=listening.place)
        await listening.knows(dialling, with_="echo")
        await dialling.knows(listening, with_="echo")
        await work_for_each_other(dialling, listening)

    meshed((dialler, listener), scene)


@between
def test_a_failure_is_told_with_its_text(dialler: str, listener: str) -> None:
    async def scene(mesh: Mesh) -> None:
        listening = await mesh.node(listener)
        dialling = await mesh.node(dialler)
        await dialling.dial(listening)
        for asker, worker in ((dialling, listening), (listening, dialling)):
            await asker.knows(worker)
            said = await asker.ask("raise", {"message": "nope"}, of=worker)
            assert said["status"] == "error", said
            # elo-node 0.6.0 keeps every task that failed, and says no more of it.
            assert (said["code"], said["message"]) == ("INTERNAL", "nope") or (
                said["code"] == "QUEUED"
            )

    meshed((dialler, listener), scene)


@between
def test_what_one_offers_the_other_finds_without_a_name(dialler: str, listener: str) -> None:
    async def scene(mesh: Mesh) -> None:
        listening = await mesh.node(listener, agents="assay-left")
        dialling = await mesh.node(dialler, agents="assay-right", peers=listening.place)
        await listening.knows(dialling, with_="assay-right")
        for asker, capability in ((dialling, "assay-left"), (listening, "assay-right")):
            said = await asker.ask(capability, [capability])
            assert said == {"status": "success", "payload": {"echo": [capability]}}

    meshed((dialler, listener), scene)


@between
def test_who_stops_is_known_no_more(dialler: str, listener: str) -> None:
    async def scene(mesh: Mesh) -> None:
        listening = await mesh.node(listener)
        dialling = await mesh.node(dialler)
        await dialling.dial(listening)
        await listening.knows(dialling)
        await dialling.instance.stop()
        await listening.forgets(dialling)

    meshed((dialler, listener), scene)


@with_every_version
def test_what_the_reference_registers_late_a_published_node_can_use(make: str) -> None:
    async def scene(mesh: Mesh) -> None:
        published = await mesh.node(make)
        own = await mesh.node(REFERENCE, peers=published.place)
        await own.register("echo", "assay-late")
        await published.knows(own, with_="assay-late")
        said = await published.ask("assay-late", 5)
        assert said == {"status": "success", "payload": {"echo": 5}}

    meshed((REFERENCE, make), scene)


# Not 0.4.10 with itself: two of them answer each other's hello_acks until both have said too much.
ALIKE = [(make, make) for make in VERSIONS[1:]]


@pytest.mark.parametrize(("tracker", "node"), [*TWO[1:], *ALIKE])
def test_two_nodes_of_a_tracker_do_each_others_tasks(tracker: str, node: str) -> None:
    async def scene(mesh: Mesh) -> None:
        middle = await mesh.tracker(tracker)
        one, other = [await mesh.node(node, peers=middle.place) for _ in range(2)]
        for each in (one, other):
            await middle.knows(each, with_="echo")
            await each.knows(middle, with_="relay")
        await work_for_each_other(one, other)

    meshed((tracker, node), scene)


@with_every_version
def test_a_tracker_of_the_reference_relays_between_published_nodes(make: str) -> None:
    async def scene(mesh: Mesh) -> None:
        middle = await mesh.tracker(REFERENCE)
        one, other = [await mesh.node(make, peers=middle.place) for _ in range(2)]
        await middle.knows(other)
        await work_for_each_other(one, other)
        # They were told of each other, at addresses where nobody listens.
        assert (await one.peers()).keys() == (await other.peers()).keys() == {middle.id[:PREFIX]}
        said = await one.ask("discovery", {})
        told = {peer["node_id"] for peer in said["payload"]["peers"]}
        assert told == {one.id[:PREFIX], other.id[:PREFIX]}

    meshed((REFERENCE, make), scene)


@with_every_version
def test_a_published_tracker_relays_between_nodes_of_the_reference(make: str) -> None:
    async def scene(mesh: Mesh) -> None:
        middle = await mesh.tracker(make)
        one, other = [await mesh.node(REFERENCE, peers=middle.place) for _ in range(2)]
        await middle.knows(other, with_="echo")
        await work_for_each_other(one, other)

    meshed((REFERENCE, make), scene)


@pytest.mark.parametrize(("tracker", "node"), TWO[1:])
def test_who_asks_the_mesh_is_told_who_is_behind_the_tracker(tracker: str, node: str) -> None:
    async def scene(mesh: Mesh) -> None:
        middle = await mesh.tracker(tracker)
        asker = await mesh.node(node, peers=middle.place)
        other = await mesh.node(node, peers=middle.place)
        await middle.knows(other)
        assert other.id[:PREFIX] in {found["node_id"][:PREFIX] for found in await asker.discover()}

    meshed((tracker, node), scene)


@pytest.mark.parametrize("make", [REFERENCE, "0.6.0"])
def test_nodes_come_back_to_a_tracker_that_was_gone(make: str) -> None:
    async def scene(mesh: Mesh) -> None:
        tracker = await serving(0)
        port = int(tracker.url.rpartition(":")[2])
        node = await mesh.node(make, peers=f"127.0.0.1:{port}")
        await tracker.stop()
        again = await serving(port)
        try:
            while not await again.call("peers", {}):  # noqa: ASYNC110  (nobody announces it)
                await asyncio.sleep(0.05)
            (peer,) = await again.call("peers", {})
            assert peer["node_id"] == node.id[:PREFIX]
            task = {"target": node.id, "capability": "echo", "payload": 1}
            assert (await again.call("send_task", task))["status"] == "success"
        finally:
            await again.stop()

    meshed((make,), scene)


async def serving(port: int) -> TrackerRole:
    """Start a tracker of the reference on a port."""
    role = TrackerRole()
    await role.start(host="127.0.0.1", port=port, settings={}, store=None)
    return role
