from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import kit_world
import pytest
from kit_world import FakeChannel, recorder, talk

from conformance.kit.judging.judge import End, endings
from conformance.kit.judging.seen import Seen
from conformance.kit.protocols import Role
from conformance.kit.running.players import Players
from conformance.kit.running.stage import Stage
from conformance.kit.targets.certificates import Certificates
from conformance.kit.targets.clients import ByCommand, ByDriver, Dialled, lasting
from conformance.kit.targets.driver import CANNOT, Driver, DriverRefused
from conformance.kit.targets.instance import TargetError
from conformance.kit.targets.manifest import Launch
from conformance.kit.targets.target import Target
from conformance.kit.transcript import Transcript
from conformance.kit.verdict import NotObserved, Unmet

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from conformance.kit.targets.instance import Instance

GUEST = Role(
    name="guest",
    kind="client",
    opposite="server",
    serves={"pace": 9},
    tells=("token",),
    settings={"interval": 1, "colour": "red"},
    intervals={"interval": 0.0},
)
DIALS = (
    "import os, urllib.request as r;"
    "r.urlopen(os.environ['URL'] + '/' + os.environ['INTERVAL']).read();"
    "print('dialled', flush=True);"
    "import time; time.sleep(60)"
)


class World:
    """The driver of the opposite role, and what it was asked."""

    def __init__(self, url: str) -> None:
        self.opposite = FakeChannel(
            start=lambda params: {
                "instance": "o1",
                "url": url,
                "set": {"token": "secret", "hold": 5, **params["set"]},
            },
            stop={"instance": "o1"},
            reset={"instance": "o1"},
        )
        self.client = FakeChannel(
            start={"instance": "c1", "set": {"interval": 2}}, stop={"instance": "c1"}
        )

    def source(self, starter: Any = None, **given: Any) -> Dialled:
        """Return a source whose opposite role needs no process."""
        methods = ["start", "stop", "reset"]
        source = Dialled("toy", GUEST, given, starter)
        source._opposite = asyncio.create_task(known(Driver(self.opposite, {"methods": methods})))
        return source

    def by_driver(self) -> ByDriver:
        return ByDriver(Driver(self.client, {"methods": ["start", "stop"]}), "guest")

    def asked(self, channel: FakeChannel) -> list[tuple[str, dict[str, Any]]]:
        return [(each["method"], each["params"]) for each in channel.asked]


async def known(driver: Driver) -> Driver:
    return driver


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    async with kit_world.serving(kit_world.replying(kit_world.OK)) as url:
        yield World(url)


def by_command(code: str = DIALS, **more: Any) -> ByCommand:
    """Return a starter of Python programs that are told the address and the interval."""
    settings = {"connect": {"env": "URL"}, "interval": {"env": "INTERVAL"}, **more}
    return ByCommand(
        Launch(command=(sys.executable, "-c", code), ready="", url="", facts={}, settings=settings)
    )


def stage_on(instance: Instance, name: str = "toy.scene") -> Stage:
    return Stage(recorder(name), instance, run="run1", certificates=Certificates())


async def get(url: str) -> int:
    async with aiohttp.ClientSession() as client, client.get(url) as answer:
        return answer.status


def test_the_opposite_is_served_as_the_role_wants_it_and_shares_its_credentials() -> None:
    async def conversation() -> None:
        async with world() as here:
            source = here.source(here.by_driver(), token="own", colour="blue")
            instance = await source.instance({})
            assert here.asked(here.opposite) == [
                ("start", {"role": "server", "set": {"pace": 9, "token": "own"}})
            ]
            expected = {"token": "own", "hold": 5, "pace": 9, "colour": "blue", "interval": 1}
            assert instance.facts == expected
            await source.close()

    talk(conversation())


def test_a_driver_starts_the_client_with_what_it_must_know_and_stops_it_afterwards() -> None:
    async def conversation() -> None:
        async with world() as here:
            source = here.source(here.by_driver())
            instance = await source.instance({"colour": "green"})
            stage = stage_on(instance)
            await stage.begin()
            assert stage.facts["interval"] == 2
            assert Seen(stage.recorder.transcript.events, {}).fact("interval") == 2
            await stage.closing.aclose()
            told = {"interval": 1, "colour": "green", "token": "secret"}
            assert here.asked(here.client) == [
                ("start", {"role": "guest", "connect": instance.url, "set": told}),
                ("stop", {"instance": "c1"}),
            ]
            await source.close()
            assert here.client.closed
            assert here.opposite.closed

    talk(conversation())


def test_a_client_may_be_stopped_before_the_end_and_only_once() -> None:
    async def conversation() -> None:
        async with world() as here:
            source = here.source(here.by_driver())
            stage = stage_on(await source.instance({}))
            await stage.begin()
            await stage.end()
            await stage.closing.aclose()
            methods = [method for method, _ in here.asked(here.client)]
            assert methods == ["start", "stop"]
            tags = [event.tag for event in stage.recorder.transcript.events if event.tag]
            assert tags == ["the client may come", "the client may go", "the client has gone"]
            await source.close()

    talk(conversation())


def test_a_client_may_be_told_a_path() -> None:
    async def conversation() -> None:
        async with world() as here:
            source = here.source(here.by_driver())
            instance = await source.instance({})
            await stage_on(instance).begin("/base/")
            (started,) = here.asked(here.client)
            assert started[1]["connect"] == f"{instance.url}/base/"
            await source.close()

    talk(conversation())


def test_a_client_that_lasts_is_started_once_and_left_running() -> None:
    async def conversation() -> None:
        async with world() as here:
            source = here.source(here.by_driver())
            instance = lasting(await source.instance({}))
            for turn in range(3):
                stage = stage_on(instance, f"toy.{turn}")
                await stage.begin()
                assert stage.facts["interval"] == 2
                await stage.closing.aclose()
            assert [method for method, _ in here.asked(here.client)] == ["start"]
            await source.close()
            assert here.client.closed

    talk(conversation())


@pytest.mark.parametrize(
    ("settings", "error"), [({}, TargetError), ({"colour": "green"}, NotObserved)]
)
def test_a_refused_setting_costs_coverage_and_a_refused_start_is_an_error(
    settings: dict[str, Any], error: type[Exception]
) -> None:
    async def conversation() -> None:
        async with world() as here:
            here.client.answers["start"] = DriverRefused("start", CANNOT, "no such colour")
            source = here.source(here.by_driver())
            stage = stage_on(await source.instance(settings))
            with pytest.raises(error, match="no such colour"):
                await stage.begin()
            await source.close()

    talk(conversation())


def test_a_command_is_told_what_the_manifest_can_tell_and_the_rest_is_no_fact() -> None:
    async def conversation() -> None:
        async with world() as here:
            source = here.source(by_command())
            instance = await source.instance({})
            assert "colour" not in instance.facts
            stage = stage_on(instance)
            await stage.begin()
            found = await stage.heard(lambda event: event.kind == "http.request", within=5.0)
            assert found is not None
            assert found.data["target"] == "/1"
            await stage.closing.aclose()
            await source.close()

    talk(conversation())


def test_a_setting_that_the_manifest_cannot_tell_costs_coverage() -> None:
    async def conversation() -> None:
        async with world() as here:
            source = here.source(by_command())
            with pytest.raises(NotObserved, match="colour"):
                await source.instance({"colour": "green"})
            await source.close()

    talk(conversation())


def test_a_client_that_nobody_stopped_ends_with_its_source() -> None:
    async def conversation() -> None:
        async with world() as here:
            starter = by_command()
            source = here.source(starter)
            await stage_on(await source.instance({})).begin()
            await source.close()
            (child,) = starter._children
            assert child.returncode is not None

    talk(conversation())


def test_a_client_that_died_is_quoted_where_it_was_expected() -> None:
    async def conversation() -> None:
        async with world() as here:
            source = here.source(by_command("raise SystemExit('no luck today')"))
            stage = stage_on(await source.instance({}))
            await stage.begin()
            with pytest.raises(Unmet, match=r"(?s)a knock did not come.*no luck today"):
                await stage.expect("a knock", lambda _: False, within=1.0)
            await stage.closing.aclose()
            await source.close()

    talk(conversation())


def test_a_command_that_cannot_be_started_is_an_error() -> None:
    async def conversation() -> None:
        async with world() as here:
            launch = Launch(command=("/no/such",), ready="", url="", facts={}, settings={})
            source = here.source(ByCommand(launch))
            stage = stage_on(await source.instance({}))
            with pytest.raises(TargetError, match="/no/such"):
                await stage.begin()
            await source.close()

    talk(conversation())


# Started by hand


def test_a_client_started_by_hand_runs_as_it_runs() -> None:
    async def conversation() -> None:
        async with world() as here:
            source = here.source(colour="green")
            with pytest.raises(NotObserved, match="colour=red; this one was started by hand"):
                await source.instance({"colour": "red"})
            instance = await source.instance({"colour": "green"})
            assert "interval" not in instance.facts
            assert not source.startable
            await source.close()

    talk(conversation())


def test_conversations_that_begin_together_share_one_opposite(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scene() -> tuple[int, int]:
        async with world() as its:
            started: list[Driver] = []

            async def start(_self: Dialled) -> Driver:
                started.append(Driver(its.opposite, {"methods": ["start"]}))
                await asyncio.sleep(0)
                return started[-1]

            monkeypatch.setattr(Dialled, "_start_reference", start)
            source = Dialled("toy", GUEST, {}, its.by_driver())
            instances = await asyncio.gather(*(source.instance({}) for _ in range(3)))
            await source.close()
            return len(started), len(instances)

    assert talk(scene()) == (1, 3)


def test_every_turn_but_the_first_finds_an_opposite_that_forgot() -> None:
    async def conversation() -> None:
        async with world() as here:
            source = here.source()
            instance = await source.instance({})
            for turn in range(3):
                assert await source.instance({}) is instance
                stage = stage_on(instance, f"toy.{turn}")
                await stage.begin()
                await stage.closing.aclose()
            methods = [method for method, _ in here.asked(here.opposite)]
            assert methods == ["start", "reset", "reset"]
            await source.close()

    talk(conversation())


def test_a_client_started_by_hand_cannot_be_told_a_path() -> None:
    async def conversation() -> None:
        async with world() as here:
            source = here.source()
            with pytest.raises(NotObserved, match=r"needs a client that dials .*/base/; this one"):
                await stage_on(await source.instance({})).begin("/base/")
            await source.close()

    talk(conversation())


def test_conversations_take_turns_with_the_one_client() -> None:
    async def conversation() -> list[tuple[str, str]]:
        async with world() as here:
            source = here.source()
            target = Target(
                text="", protocol=kit_world.TOY, role=GUEST, revision="7", source=source
            )
            troupe = Players(target, Transcript(clock=asyncio.get_running_loop().time), "run1")

            async def one(stage: Stage) -> None:
                await stage.begin()
                await get(f"{stage.instance.url}/one")

            async def two(stage: Stage) -> None:
                await stage.begin()
                await get(f"{stage.instance.url}/two")

            scenes = [kit_world.scene(one), kit_world.scene(two)]
            await troupe.play_all(scenes, done=lambda _: None)
            await troupe.close()
            events = troupe.transcript.events
            assert {ending.end for ending in endings(events).values()} == {End.FINISHED}
            return [
                (event.scenario, event.data["target"])
                for event in events
                if event.kind == "http.request"
            ]

    assert talk(conversation()) == [("toy.one", "/one"), ("toy.two", "/two")]


def test_whoever_dials_ends_the_wait_for_a_client() -> None:
    async def conversation() -> None:
        async with world() as here:
            source = here.source()
            instance = await source.instance({})
            dialling = asyncio.create_task(get(instance.url))
            await source.await_client(within=5.0)
            stage_on(instance)  # its first conversation answers what has been waiting
            assert await dialling == 200
            await source.close()

    talk(conversation())


def test_when_nobody_dials_the_error_says_where() -> None:
    async def conversation() -> None:
        async with world() as here:
            source = here.source()
            url = (await source.instance({})).url
            with pytest.raises(TargetError, match=f"no guest dialled {url} within"):
                await source.await_client(within=0.01)
            await source.close()

    talk(conversation())


def test_a_person_is_told_the_credentials_that_he_did_not_choose() -> None:
    async def conversation() -> None:
        async with world() as here:
            for given, told in (({}, {"token": "secret"}), ({"token": "own"}, {})):
                source = here.source(**given)
                assert await source.credentials() == told
                await source.close()

    talk(conversation())


def test_an_address_that_is_taken_is_an_error_that_names_it() -> None:
    async def conversation() -> None:
        async with world() as here:
            first = here.source()
            port = int((await first.instance({})).url.rpartition(":")[2])
            second = here.source()
            second.listen = ("127.0.0.1", port)
            with pytest.raises(TargetError, match=f"cannot listen on 127.0.0.1:{port}"):
                await second.instance({})
            await first.close()
            await second.close()

    talk(conversation())


def test_a_client_that_is_given_certificates_dials_over_tls() -> None:
    async def conversation() -> None:
        certificates = Certificates()
        async with world() as here:
            source = here.source(here.by_driver())
            instance = await source.instance(certificates.settings)
            assert instance.url.startswith("https://")
            stage = stage_on(instance)
            await stage.begin()
            ((_, params),) = here.asked(here.client)
            assert params["connect"] == instance.url
            assert params["set"].items() >= certificates.settings.items()
            async with aiohttp.ClientSession() as client:
                context = certificates.client("guest-1")
                async with client.get(f"{instance.url}/x", ssl=context) as answer:
                    assert answer.status == 200
            await stage.closing.aclose()
            await source.close()
        certificates.close()

    talk(conversation())


def test_a_client_by_hand_cannot_be_given_certificates() -> None:
    async def conversation() -> None:
        certificates = Certificates()
        async with world() as here:
            source = here.source()
            with pytest.raises(NotObserved, match="TLS and the kit's certificates"):
                await source.instance(certificates.settings)
            await source.close()
        certificates.close()

    talk(conversation())
