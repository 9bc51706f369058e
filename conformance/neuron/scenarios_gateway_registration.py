"""Conversations about registering: what is taken, what is refused, and what follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.kit.judging.suite import scenario
from conformance.neuron.desk import Desk
from conformance.neuron.peer import COMES, Neuron, twin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.running.stage import Stage
    from conformance.neuron.peer import Body

QUIET = 0.7  # seconds in which what must not come would have come
FIRST, AGAIN = "the first stream of a neuron", "its stream after a reconnect"
DENIED, PENDING = "conf/denied", "conf/pending"
POLICY = {"denied_types": DENIED, "pending_types": PENDING}
VERSIONS = ("1.0.0", "1.0.1", "1.1.0")
CONTRACT = {
    "description": "says what it does",
    "inputSchema": {"type": "object"},
    "outputSchema": {"type": "object"},
}

# Sheet 6.1
GOOD_TYPES = (
    "a/b",
    "core/echo",
    "core/script.python",
    "org/01HBQ8ZK/custom-tool",
    "desktop/mcp/drive.read",
    "a/b/c/d/e",
    "A/B",
    "a/b.c.d",
    "a/..",
    "./.",
    "-/-",
    "_/_",
    "a/" + "b" * 5000,
)
BAD_TYPES = (
    "",
    "a",
    "/a/b",
    "a/b/",
    "a//b",
    "a/b c",
    "a/b!",
    "a/b:c",
    "a/b@1",
    "a\\b",
    "a/b?x",
    "ü/b",
    "a/１",  # noqa: RUF001  (a full-width digit)
    "a/b\t",
    "a\n/b",
    "a/b\n\n",
)
# Sheet 6.2; what the published models read leniently (1.0, "3", true) is left out.
BAD_SCOPES: tuple[Any, ...] = (
    "ANY",
    "",
    {},
    [],
    "u",
    True,
    {"onBehalfOf": ""},
    {"onBehalfOf": 5},
    {"onBehalfOf": "u", "assay": 1},
)
BAD_CONCURRENCIES: tuple[Any, ...] = (0, -1, 1.5, "x", False)
BAD_TTLS: tuple[Any, ...] = (999, 0, -1, 3_600_001, 1500.5)
GOOD_TTLS = (1000, 3_600_000)


def bad_registrations(neuron: Neuron) -> Mapping[str, list[Body]]:
    """Return members of registrations that are refused, by what is wrong."""
    own = neuron.capability

    def each(member: str, values: tuple[Any, ...]) -> list[Body]:
        return [{"capabilities": [{**own(), member: value}]} for value in values]

    return {
        "no capabilities": [{"capabilities": []}],
        "a type twice": [{"capabilities": [own(), own(concurrency=2)]}],
        "type": each("type", BAD_TYPES),
        "scope": each("scope", BAD_SCOPES),
        "concurrency": each("concurrency", BAD_CONCURRENCIES),
        "leaseTtlMs": each("leaseTtlMs", BAD_TTLS),
        "an empty neuronId": [{"neuronId": ""}],
        "an empty protocolVersion": [{"protocolVersion": ""}],
    }


BAD = (
    "no capabilities",
    "a type twice",
    "type",
    "scope",
    "concurrency",
    "leaseTtlMs",
    "an empty neuronId",
    "an empty protocolVersion",
)


@scenario()
async def accepted(stage: Stage) -> None:
    """Register, hang up, and register once more on a new stream with another capability."""
    neuron = Neuron(stage)
    await neuron.open(tag=FIRST)
    old = neuron.capability(type=f"{neuron.type}.old")
    kept = neuron.capability(concurrency=3)
    await neuron.register(tag="a register", capabilities=[old, kept])
    await neuron.frame(lambda frame: frame.kind == "registered", within=COMES)
    await neuron.hang_up()
    seen = len(neuron.frames)
    await neuron.open(tag=AGAIN)
    new = neuron.capability(type=f"{neuron.type}.new")
    await neuron.register(tag="a register after a reconnect", capabilities=[new])
    await neuron.frame(lambda frame: frame in neuron.frames[seen:], within=COMES)
    desk = Desk(stage)
    await desk.inject(old["type"])
    await desk.inject(new["type"])
    lease = await neuron.next_lease(within=COMES)
    if lease is not None:
        await neuron.ack(lease)
        await neuron.next_lease(within=QUIET)


@scenario()
async def refused(stage: Stage) -> None:
    """Register in every way that must be refused."""
    neuron = Neuron(stage)
    await neuron.open()
    for what, each in bad_registrations(neuron).items():
        await neuron.register(tag=twin(f"a register with a bad {what}"))
        for members in each:
            await neuron.register(tag=f"a register with a bad {what}", **members)


@scenario()
async def unusual(stage: Stage) -> None:
    """Register what is unusual and right."""
    neuron = Neuron(stage)
    await neuron.open()
    for name in GOOD_TYPES:
        capability = neuron.capability(type=name, concurrency=1)
        await neuron.register(tag="an unusual type", capabilities=[capability])
    for ttl in GOOD_TTLS:
        capability = neuron.capability(leaseTtlMs=ttl)
        await neuron.register(tag="an extreme leaseTtlMs", capabilities=[capability])
    scope = {"onBehalfOf": stage.need("subject")}
    await neuron.register(tag="a scope of a user", capabilities=[neuron.capability(scope=scope)])


@scenario()
async def versions(stage: Stage) -> None:
    """Register with versions of the protocol that are compatible, and with one that is not."""
    for version in (*VERSIONS, "99.0.0"):
        neuron = Neuron(stage)
        await neuron.open()
        await neuron.register(tag=f"version {version}", protocolVersion=version)


@scenario()
async def newer(stage: Stage) -> None:
    """Register as a neuron of protocol 1.1.0, which shows its contracts."""
    neuron = Neuron(stage)
    await neuron.open(tag="a stream of a newer neuron")
    capability = neuron.capability(**CONTRACT)
    await neuron.register(
        tag="a register with contracts", protocolVersion="1.1.0", capabilities=[capability]
    )


@scenario()
async def streamless(stage: Stage) -> None:
    """Register without a stream, then with one."""
    neuron = Neuron(stage)
    await neuron.register(tag="a register without a stream")
    await neuron.open()
    await neuron.register(tag=twin("a register without a stream"))


@scenario()
async def refused_then_tasked(stage: Stage) -> None:
    """Have a registration refused for one of two capabilities, and inject a task for the other."""
    neuron, desk = Neuron(stage), Desk(stage)
    await neuron.open(tag="a stream without a session")
    broken = neuron.capability(type=f"{neuron.type}.broken", concurrency=0)
    capabilities = [neuron.capability(), broken]
    await neuron.register(tag="a register of which half is right", capabilities=capabilities)
    await desk.inject(neuron.type)
    await neuron.next_lease(within=QUIET)
    await neuron.register(tag="a register that is all right")
    lease = await neuron.next_lease(within=COMES)
    if lease is not None:
        await neuron.ack(lease)


@scenario()
async def updated(stage: Stage) -> None:
    """Raise the concurrency of a capability, and lower it again."""
    neuron, desk = await Neuron(stage).joined(tag="a stream of a changing neuron"), Desk(stage)
    for _ in range(3):
        await desk.inject(neuron.type)
    first = await neuron.lease()
    await neuron.next_lease(within=QUIET)
    await neuron.post("update-capability", neuron.update(concurrency=3), tag="from 1 to 3")
    rest = [await neuron.next_lease(within=COMES) for _ in range(2)]
    await neuron.post("update-capability", neuron.update(concurrency=1), tag="from 3 to 1")
    await desk.inject(neuron.type)
    for lease in [first, *rest[:1]]:
        if lease is not None:
            await neuron.ack(lease, tag="an ack after lowering")
    await neuron.next_lease(within=QUIET)
    if rest[1] is not None:
        await neuron.ack(rest[1], tag="the last ack after lowering")
    last = await neuron.next_lease(within=COMES)
    if last is not None:
        await neuron.ack(last)


@scenario()
async def unknown_update(stage: Stage) -> None:
    """Change a capability that was registered, and one that was not."""
    neuron = await Neuron(stage).joined()
    tag = "an update of an unregistered type"
    await neuron.post("update-capability", neuron.update(concurrency=2), tag=twin(tag))
    other = neuron.update(type=f"{neuron.type}.other", concurrency=2)
    await neuron.post("update-capability", other, tag=tag)


@scenario(settings=POLICY)
async def denied(stage: Stage) -> None:
    """Register types that the policy denies, or has not approved yet."""
    neuron = Neuron(stage)
    await neuron.open()
    for tag, name in (("a denied type", DENIED), ("a pending type", PENDING)):
        await neuron.register(tag=twin(tag))
        await neuron.register(tag=tag, capabilities=[neuron.capability(type=name)])


async def offered(stage: Stage, example: Body) -> None:
    """Register one capability, whatever it is."""
    neuron = Neuron(stage)
    await neuron.open()
    members = {name: value for name, value in example.items() if name != "good"}
    capability = {**neuron.capability(), **members}
    await neuron.register(tag="an offered capability", capabilities=[capability])
