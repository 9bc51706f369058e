from __future__ import annotations

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
    from conformance.kit.transcript import Recorder

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
