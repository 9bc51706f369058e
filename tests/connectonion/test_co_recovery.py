"""The reference client and the reference host, whose connection breaks wherever it can."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from cut_wire import Way, Wire, Work, cut_at_frame, running, tapped

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

WITHIN = 30.0  # seconds; a test that gets here hangs
PACE = 0.05  # seconds between two polls
# INPUT, four events, OUTPUT.
FRAMES, INPUT = 6, 1
PARTS = (None, 0.0, 0.5, 1.0)
UP, DOWN = 1600, 1900  # bytes of such a call, and a few more
STEP = 97  # bytes: a prime, so that cuts fall into heads, bodies and masks


def talk(conversation: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(conversation, WITHIN))


def asking(url: str) -> Any:
    return running("client", connect=url, poll_interval=PACE)


@pytest.mark.parametrize(
    ("number", "part"),
    [
        (number, part)
        for number in range(1, FRAMES + 1)
        for part in PARTS
        if part is None or number > INPUT
    ],
)
def test_a_cut_at_any_frame_costs_no_result_and_no_second_run(
    number: int, part: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Work(monkeypatch)

    async def conversation() -> None:
        async with (
            running("host", trust="open") as host,
            tapped(host.url) as tap,
            asking(tap.url) as client,
        ):
            cut_at_frame(tap, number, part)
            told = await client.call("ask", {"prompt": "events"})
            assert told["result"] == "told"
            assert work.prompts == ["events"]

    talk(conversation())


@pytest.mark.parametrize(
    ("way", "size"),
    [("up", size) for size in range(0, UP, STEP)]
    + [("down", size) for size in range(0, DOWN, STEP)],
)
def test_a_cut_after_any_byte_costs_no_result_and_no_second_run(
    way: Way, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Work(monkeypatch)

    async def conversation() -> None:
        async with (
            running("host", trust="open") as host,
            Wire(host.url, way, size) as wire,
            asking(wire.url) as client,
        ):
            told = await client.call("ask", {"prompt": "events"})
            assert told["result"] == "told"
            assert work.prompts == ["events"]

    talk(conversation())


def test_a_session_that_is_told_to_nobody_else_is_told_to_its_client() -> None:
    async def conversation() -> None:
        async with (
            running("host", trust="open", open_sessions=False) as host,
            tapped(host.url) as tap,
            asking(tap.url) as client,
        ):
            cut_at_frame(tap, FRAMES, None)
            assert (await client.call("ask", {"prompt": "events"}))["result"] == "told"

    talk(conversation())


def test_a_host_that_was_away_for_a_while_has_the_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, store = Work(monkeypatch), str(tmp_path / "store")

    async def conversation() -> None:
        async with running("host", trust="open", store=store) as host, tapped(host.url) as tap:
            port = int(host.url.rpartition(":")[2])
            cut_at_frame(tap, FRAMES, None)
            async with running("client", connect=tap.url, poll_interval=PACE) as client:
                async with tap.deaf():
                    asking = asyncio.create_task(client.call("ask", {"prompt": "hi"}))
                    await asyncio.sleep(2 * PACE)
                assert (await asking)["result"] == "echo:hi"
                events = asyncio.create_task(client.call("ask", {"prompt": "events"}))
                while work.prompts != ["hi", "events"]:  # noqa: ASYNC110  (nobody tells)
                    await asyncio.sleep(PACE / 5)
                await host.stop()
                await asyncio.sleep(2 * PACE)
                async with running("host", port=port, trust="open", store=store):
                    assert (await events)["result"] == "told"
        assert work.prompts == ["hi", "events"]

    talk(conversation())


def test_a_run_that_a_restart_has_ended_is_not_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, store = Work(monkeypatch), str(tmp_path / "store")

    async def conversation() -> None:
        async with running("host", trust="open", store=store) as host:
            port = int(host.url.rpartition(":")[2])
            async with asking(host.url) as client:
                sleeping = asyncio.create_task(client.call("ask", {"prompt": "sleep:30"}))
                while not work.prompts:  # noqa: ASYNC110  (nobody tells)
                    await asyncio.sleep(PACE / 5)
                await host.stop()
                async with running("host", port=port, trust="open", store=store):
                    assert "stopped during this run" in (await sleeping)["result"]
        assert work.prompts == ["sleep:30"]

    talk(conversation())


def test_a_host_that_forgets_a_run_has_its_client_told(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work(monkeypatch)

    async def conversation() -> None:
        async with (
            running("host", trust="open", ping_interval=PACE) as host,
            tapped(host.url) as tap,
            asking(tap.url) as client,
        ):
            sleeping = asyncio.create_task(client.call("ask", {"prompt": "sleep:30"}))
            heard = tap.recorder.transcript.events
            while not any(b"PONG" in each.body for each in heard):  # noqa: ASYNC110
                await asyncio.sleep(PACE / 5)
            await host.reset()
            tap.cut_all()
            assert "the host knows no result" in (await sleeping)["error"]
            assert work.prompts == ["sleep:30"]

    talk(conversation())
