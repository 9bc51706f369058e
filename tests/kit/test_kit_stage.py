from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import kit_world
import pytest
from kit_world import OK, FakeChannel, replying, serving, talk

from conformance.kit.running.stage import Stage
from conformance.kit.targets.certificates import Certificates
from conformance.kit.targets.driver import Driver, DriverRefused
from conformance.kit.targets.instance import Instance
from conformance.kit.verdict import NotObserved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.kit.transcript import Event, Recorder

ABOUT = {"protocol": "toy", "role": "server", "methods": ["echo"]}


def stage(
    url: str = "http://127.0.0.1:9",
    recorder: Recorder | None = None,
    driver: Driver | None = None,
    **facts: Any,
) -> Stage:
    return Stage(
        recorder or kit_world.recorder(),
        Instance(url, facts, driver),
        run="r",
        certificates=Certificates(),
    )


def test_a_stage_begins_with_what_is_known_of_the_instance() -> None:
    recorder = kit_world.recorder()
    stage("http://h", recorder, token="t")
    (event,) = recorder.transcript.events
    assert (event.kind, event.data) == ("instance", {"url": "http://h", "facts": {"token": "t"}})


def test_a_fact_that_is_needed_and_missing_is_asked_for() -> None:
    assert stage(token=None).need("token") is None
    with pytest.raises(NotObserved, match=r"needs the fact `token` \(--assay-set token=…\)"):
        stage().need("token")


def test_driver_calls_are_recorded_with_their_answers() -> None:
    recorder = kit_world.recorder()
    one = stage(recorder=recorder, driver=Driver(FakeChannel(echo="hi"), ABOUT))
    assert one.can("echo")
    assert not one.can("fly")
    assert talk(one.call("echo", tag="a call", word="hi")) == "hi"
    said = [(event.kind, event.tag) for event in recorder.transcript.events[1:]]
    assert said == [("driver.call", "a call"), ("driver.answer", "a call")]


def test_what_a_client_is_told_goes_to_its_own_driver() -> None:
    recorder = kit_world.recorder()
    one = stage(recorder=recorder, driver=Driver(FakeChannel(echo="the opposite"), ABOUT))
    assert not one.client_can("echo")
    with pytest.raises(NotObserved, match="the client came by itself"):
        talk(one.have("echo"))

    async def begin(path: str = "") -> Instance:
        return Instance(path, {}, Driver(FakeChannel(echo="the client"), ABOUT))

    async def conversation() -> tuple[str, str]:
        one.instance.begin = begin
        await one.begin()
        return await one.have("echo", tag="a deed", word="hi"), await one.call("echo")

    assert talk(conversation()) == ("the client", "the opposite")
    assert one.client_can("echo")
    assert not one.client_can("fly")
    told = [event for event in recorder.transcript.events if event.tag == "a deed"]
    assert [event.kind for event in told] == ["driver.call", "driver.answer"]


@pytest.mark.parametrize("code", [-32601, -32000])
def test_what_a_driver_cannot_do_is_not_observed(code: int) -> None:
    channel = FakeChannel(echo=DriverRefused("echo", code, "no echo here"))
    with pytest.raises(NotObserved, match="no echo here"):
        talk(stage(driver=Driver(channel, ABOUT)).call("echo"))


def test_what_a_driver_refuses_for_another_reason_stays_a_refusal() -> None:
    channel = FakeChannel(echo=DriverRefused("echo", -32602, "bad word"))
    with pytest.raises(DriverRefused, match="bad word"):
        talk(stage(driver=Driver(channel, ABOUT)).call("echo"))


def test_looking_again_ends_when_it_fits_or_when_time_is_up() -> None:
    looks = iter(range(100))

    async def look() -> int:
        return next(looks)

    assert talk(Stage.until(look, lambda seen: seen == 3, within=5)) == 3
    assert talk(Stage.until(look, lambda _: False, within=0)) == 4


def test_everything_that_it_opened_is_closed_at_its_end() -> None:
    async def conversation() -> None:
        async with serving(replying(OK)) as url:
            one = stage(url)
            tcp = await one.tcp()
            client = one.http()
            assert (await client.ask("GET", "/")).ok
            assert client._idle
            await one.closing.aclose()
            assert tcp.writer.is_closing()
            assert client._idle == []

    talk(conversation())


def test_what_was_said_before_is_heard_too() -> None:
    one = stage()
    said = one.note("here")
    assert talk(one.heard(lambda event: event.tag == "here", within=0)) == said


def test_what_is_said_later_is_heard_as_it_is_said() -> None:
    async def conversation() -> None:
        one = stage()
        hearing = asyncio.create_task(one.heard(lambda e: e.tag == "late", within=kit_world.WITHIN))
        await asyncio.sleep(0)
        one.note("early")
        said = one.note("late")
        assert await hearing == said

    talk(conversation())


def test_another_instance_is_started_with_its_settings_and_stopped_at_the_end() -> None:
    channel = FakeChannel(stop={"instance": "i2"})
    asked: list[dict[str, Any]] = []

    async def start(settings: Mapping[str, Any]) -> Instance:
        asked.append(dict(settings))
        return Instance("elo://h:2", {"a": 1}, Driver(channel, {"methods": ["stop"]}), "i2")

    async def conversation() -> None:
        one = Stage(
            kit_world.recorder(),
            Instance("elo://h:1", {}),
            run="r",
            certificates=Certificates(),
            start=start,
        )
        other = await one.another(peers="h:1")
        assert (other.url, asked) == ("elo://h:2", [{"peers": "h:1"}])
        (note,) = [e for e in one.recorder.transcript.events if e.tag == "another instance"]
        assert note.data == {"url": "elo://h:2", "facts": {"a": 1}}
        await one.closing.aclose()

    talk(conversation())
    assert [each["method"] for each in channel.asked] == ["stop"]


def test_another_instance_of_what_cannot_be_started_is_not_observed() -> None:
    with pytest.raises(NotObserved, match="needs a second instance"):
        talk(stage().another())


def test_a_restart_stops_the_conversations_own_instance_and_no_other() -> None:
    channel = FakeChannel(stop={"instance": "any"})
    begun: list[dict[str, Any]] = []

    async def start(settings: Mapping[str, Any]) -> Instance:
        begun.append(dict(settings))
        number = len(begun)
        driver = Driver(channel, {"methods": ["stop"]})
        return Instance(f"elo://own:{number}", {"n": number}, driver, f"i{number}")

    async def conversation() -> None:
        one = Stage(
            kit_world.recorder(),
            Instance("elo://shared:1", {}),
            run="r",
            certificates=Certificates(),
            start=start,
        )
        for number in (1, 2):
            await one.restart(store="/s")
            assert (one.instance.url, one.facts) == (f"elo://own:{number}", {"n": number})
        told = [e.data["url"] for e in one.recorder.transcript.events if e.kind == "instance"]
        assert told == ["elo://shared:1", "elo://own:1", "elo://own:2"]
        assert [each["params"] for each in channel.asked] == [{"instance": "i1"}]
        await one.closing.aclose()

    talk(conversation())
    assert begun == [{"store": "/s"}, {"store": "/s"}]
    assert [each["params"] for each in channel.asked] == [{"instance": "i1"}, {"instance": "i2"}]


def test_a_restart_of_what_cannot_be_started_is_not_observed() -> None:
    with pytest.raises(NotObserved, match="needs to restart the target"):
        talk(stage().restart())


def test_what_goes_on_beside_is_given_up_at_the_end() -> None:
    async def fail() -> None:
        raise NotObserved("not here")

    async def conversation() -> None:
        one = stage()
        endless, failed = one.beside(asyncio.sleep(kit_world.WITHIN)), one.beside(fail())
        await asyncio.sleep(0)
        await one.closing.aclose()
        assert (endless.cancelled(), failed.done()) == (True, True)

    talk(conversation())


def test_silence_ends_a_hearing_with_nothing() -> None:
    assert talk(stage().heard(lambda _: False, within=0.01)) is None


def test_every_event_is_shown_once_so_that_it_can_be_counted() -> None:
    async def conversation() -> None:
        one = stage()
        shown: list[str] = []

        def third(event: Event) -> bool:
            shown.append(event.tag)
            return len(shown) == 3

        one.note("first")
        hearing = asyncio.create_task(one.heard(third, within=kit_world.WITHIN))
        await asyncio.sleep(0)
        one.note("second")
        assert (await hearing) is not None
        assert shown == ["", "first", "second"]

    talk(conversation())


def test_an_error_in_what_fits_reaches_who_waits() -> None:
    async def conversation() -> None:
        def breaks(event: Event) -> bool:
            return event.kind == "note" and 1 // len(event.tag) > 0

        one = stage()
        hearing = asyncio.create_task(one.heard(breaks, within=1))
        await asyncio.sleep(0)
        one.note("")
        with pytest.raises(ZeroDivisionError):
            await hearing

    talk(conversation())


def test_a_stage_listens_until_its_end() -> None:
    async def conversation() -> None:
        one = stage()
        listener = await one.listen()
        host, _, port = listener.address.rpartition(":")
        _, writer = await asyncio.open_connection(host, int(port))
        assert await listener.accept(within=kit_world.WITHIN) is not None
        await one.closing.aclose()
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)
        with pytest.raises(OSError, match="Connect call failed"):
            await asyncio.open_connection(host, int(port))

    talk(conversation())
