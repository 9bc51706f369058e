from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from kit_world import FakeChannel, talk

from conformance.kit.targets import instance
from conformance.kit.targets.driver import CANNOT, INVALID_PARAMS, Driver, DriverRefused
from conformance.kit.targets.instance import (
    Driven,
    Fixed,
    Functions,
    Instance,
    Launched,
    TargetError,
)
from conformance.kit.targets.manifest import Launch
from conformance.kit.verdict import NotObserved

if TYPE_CHECKING:
    from collections.abc import Mapping

ABOUT = {"protocol": "toy", "role": "server", "methods": ["start", "stop", "echo"]}


# A target that runs already


def test_a_running_target_is_taken_as_it_is() -> None:
    one = talk(Fixed("http://h", {"token": "t", "pace": 1}).instance({}))
    assert (one.url, one.facts) == ("http://h", {"token": "t", "pace": 1})


@pytest.mark.parametrize("value", [1, "1"])
def test_settings_that_it_is_known_to_have_are_fulfilled(value: Any) -> None:
    assert talk(Fixed("http://h", {"pace": 1}).instance({"pace": value})).url == "http://h"


@pytest.mark.parametrize("facts", [{}, {"pace": 2}])
def test_settings_that_it_is_not_known_to_have_are_asked_for(facts: Mapping[str, Any]) -> None:
    with pytest.raises(NotObserved, match=r"started with pace=1; .*--assay-set"):
        talk(Fixed("http://h", facts).instance({"pace": 1}))


def test_a_running_target_may_not_be_stopped() -> None:
    with pytest.raises(NotObserved, match="may not stop it"):
        talk(Instance("http://h", {}).stop())


def test_a_method_that_no_driver_offers_is_not_observed() -> None:
    for driver in (None, Driver(FakeChannel(), ABOUT)):
        with pytest.raises(NotObserved, match="needs the driver method `fly`"):
            talk(Instance("http://h", {}, driver).call("fly"))


# A target that its driver starts


def driven(**answers: Any) -> tuple[Driven, FakeChannel]:
    channel = FakeChannel(**answers)
    wishes = {"pace": 1, "hold": 1}
    return Driven(Driver(channel, ABOUT), "server", {"token": "t", "hold": 5}, wishes), channel


def test_a_driver_is_asked_for_the_settings_over_the_users_over_the_suites() -> None:
    source, channel = driven(start={"instance": "i1", "url": "http://h", "set": {"pace": 2}})
    one = talk(source.instance({"pace": 2}))
    asked = channel.asked[0]["params"]
    assert asked == {"role": "server", "set": {"pace": 2, "hold": 5, "token": "t"}}
    assert one.facts == {"token": "t", "hold": 5, "pace": 2}
    assert (one.url, one.id) == ("http://h", "i1")


def test_calls_name_the_instance() -> None:
    source, channel = driven(start={"instance": "i1"}, echo="x", stop=None)
    one = talk(source.instance({}))
    talk(one.call("echo", word="hi"))
    talk(one.stop())
    assert [each["params"] for each in channel.asked[1:]] == [
        {"word": "hi", "instance": "i1"},
        {"instance": "i1"},
    ]


@pytest.mark.parametrize("code", [CANNOT, INVALID_PARAMS])
def test_settings_that_a_driver_refuses_are_not_observed(code: int) -> None:
    source, _ = driven(start=DriverRefused("start", code, "no such thing"))
    with pytest.raises(NotObserved, match="cannot be started with pace=2: no such thing"):
        talk(source.instance({"pace": 2}))


@pytest.mark.parametrize(
    ("code", "settings"), [(CANNOT, {}), (INVALID_PARAMS, {}), (-32603, {"pace": 2})]
)
def test_a_driver_that_cannot_start_the_target_at_all_is_an_error(
    code: int, settings: Mapping[str, Any]
) -> None:
    source, _ = driven(start=DriverRefused("start", code, "port taken"))
    with pytest.raises(TargetError, match="does not start the target: port taken"):
        talk(source.instance(settings))


def test_a_setting_that_the_driver_does_not_confirm_is_not_observed() -> None:
    source, _ = driven(start={"instance": "i1", "set": {}})
    with pytest.raises(NotObserved, match="did not confirm pace=2"):
        talk(source.instance({"pace": 2}))


def test_a_store_is_no_setting_of_the_target_and_becomes_a_fact() -> None:
    source, channel = driven(start={"instance": "i1", "store": "/s"})
    one = talk(source.instance({"store": "/s"}))
    asked = channel.asked[0]["params"]
    assert asked == {
        "role": "server",
        "set": {"pace": 1, "hold": 5, "token": "t"},
        "store": "/s",
    }
    assert one.facts == {"token": "t", "hold": 5, "store": "/s"}


@pytest.mark.parametrize(
    "start", [{"instance": "i1", "set": {}}, DriverRefused("start", CANNOT, "only in memory")]
)
def test_a_driver_that_has_no_store_is_not_observed(start: Any) -> None:
    source, _ = driven(start=start)
    with pytest.raises(NotObserved, match=r"(confirm|started with) a store"):
        talk(source.instance({"store": "/s"}))


def test_closing_lets_the_driver_go() -> None:
    source, channel = driven()
    talk(source.close())
    assert channel.closed


# A target that a command starts


def launched(code: str, *, ready: str = "json", url: str = "", **settings: Any) -> Launched:
    launch = Launch(
        command=(sys.executable, "-S", "-c", code),
        ready=ready,
        url=url,
        facts={"token": "t"},
        settings=settings,
    )
    return Launched(launch, {"hold": 5}, {"pace": 1})


def started(source: Launched, settings: Mapping[str, Any] | None = None) -> Instance:
    """Start an instance, stop it, and return what it was."""

    async def conversation() -> Instance:
        try:
            return await source.instance(settings or {})
        finally:
            await source.close()

    try:
        return talk(conversation())
    finally:
        assert not [each for each in source._children if Path(f"/proc/{each.pid}").exists()]


def test_a_json_line_announces_url_and_facts() -> None:
    code = (
        "print('starting'); print('{\"ready\": false}')\n"
        'print(\'{"ready": true, "url": "http://h:1", "set": {"token": "own"}}\', flush=True)\n'
        "input()"
    )
    one = started(launched(code))
    assert (one.url, one.facts) == ("http://h:1", {"token": "own", "hold": 5})


def test_a_line_that_fits_the_expression_announces_the_url() -> None:
    code = "print('hello'); print('listening on port 8080', flush=True); input()"
    source = launched(code, ready=r"port (?P<port>\d+)", url="http://127.0.0.1:{port}")
    assert started(source).url == "http://127.0.0.1:8080"


def test_settings_reach_the_command() -> None:
    code = (
        "import os, sys\n"
        "print('port', os.environ['PACE'] + ''.join(sys.argv[1:]), flush=True)\n"
        "input()"
    )
    ways = {"pace": {"env": "PACE"}, "volume": {"arg": "--volume={value}"}}
    source = launched(code, ready="port (?P<what>.*)", url="{what}", **ways)
    one = started(source, {"volume": 11})
    assert one.url == "1--volume=11"
    assert one.facts == {"token": "t", "hold": 5, "volume": 11}


def test_a_setting_without_a_way_is_not_observed() -> None:
    with pytest.raises(NotObserved, match="does not say how to set colour"):
        talk(launched("").instance({"colour": "red"}))


def test_a_target_that_is_never_ready_is_told_and_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instance, "READY_WITHIN", 0.3)
    code = "import sys; print('warming up', file=sys.stderr, flush=True); print('no'); input()"
    with pytest.raises(TargetError) as error:
        started(launched(code, ready="ready on", url="x"))
    assert "is still running" in str(error.value)
    assert "warming up" in str(error.value)
    assert "said nothing like “ready on” in 0.3 s" in str(error.value)


def test_a_target_that_dies_early_is_told_with_its_last_words() -> None:
    with pytest.raises(TargetError, match="was not ready") as error:
        started(launched("raise SystemExit('no licence')"))
    assert "ended with code 1" in str(error.value)
    assert "no licence" in str(error.value)


def test_a_ready_line_without_a_url_is_told() -> None:
    code = "print('{\"ready\": true}', flush=True); input()"
    with pytest.raises(TargetError, match=r'ready line has no `url`: {"ready": true}'):
        started(launched(code))


def test_a_command_that_does_not_exist_is_told() -> None:
    source = launched("")
    source.launch = Launch(command=("/nowhere/toyd",), ready="json", url="", facts={}, settings={})
    with pytest.raises(TargetError, match="cannot start '/nowhere/toyd'"):
        started(source)


def test_a_flood_before_the_ready_line_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.kit.targets.process.LINE_LIMIT", 1000)
    code = "import sys\nfor _ in range(100): sys.stdout.write('x' * 1000)\ninput()"
    with pytest.raises(TargetError, match="a line of more than 1000 bytes"):
        started(launched(code))


def test_a_library_instance_is_a_driver_without_an_address() -> None:
    async def conversation() -> None:
        channel = FakeChannel(echo="hi")
        source = Functions(Driver(channel, ABOUT), {"token": "t"})
        instance = await source.instance({})
        assert (instance.url, instance.facts) == ("", {"token": "t"})
        assert await instance.call("echo", word="hi") == "hi"
        assert channel.asked[-1]["params"] == {"word": "hi"}
        with pytest.raises(NotObserved, match="a library cannot be started with pace=2"):
            await source.instance({"pace": 2})
        await source.close()
        assert channel.closed

    talk(conversation())
