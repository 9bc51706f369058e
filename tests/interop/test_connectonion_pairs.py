"""Real prompts from every client to every host, published and the reference.

The published ones run unmodified. The Python client knows relays alone, so a bridge leads it to a
host; the TypeScript client asks a relay over https first, so it is led to hosts directly.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from connectonion_pairs import ADMITTED, CLIENTS, HOSTS, NPM, PUBLISHED, meeting
from pairs import REFERENCE

if TYPE_CHECKING:
    from connectonion_pairs import Pair

with_every_pair = pytest.mark.parametrize(("host", "client"), [*product(HOSTS, CLIENTS)])
with_every_host = pytest.mark.parametrize("host", HOSTS)


@with_every_pair
def test_a_stranger_with_a_code_comes_in_and_goes_on_with_its_session(
    host: str, client: str
) -> None:
    async def scene(pair: Pair) -> None:
        stranger = await pair.client(client, **ADMITTED)
        assert await stranger.result("one") == "echo:one"
        first = await stranger.ask("two")
        assert first["result"] == "echo:two"
        record = await pair.record(first["session_id"])
        assert (record["status"], record["result"]) == ("done", "echo:two")
        third = await stranger.ask("three")
        assert third["session_id"] == first["session_id"]
        known = await pair.host.call("level", client_id=stranger.instance.facts["address"])
        assert known["level"] == "contact"

    meeting(host, scene, client)


@with_every_pair
def test_a_wrong_code_is_an_error_that_says_so(host: str, client: str) -> None:
    async def scene(pair: Pair) -> None:
        stranger = await pair.client(client, invite_code="wrong")
        said = await stranger.ask("let me in")
        assert "Invalid invite code" in said["error"]
        known = await pair.host.call("level", client_id=stranger.instance.facts["address"])
        assert known["level"] == "stranger"

    meeting(host, scene, client)


@with_every_pair
def test_what_an_agent_does_is_heard_and_its_failure_is_told(host: str, client: str) -> None:
    async def scene(pair: Pair) -> None:
        caller = await pair.client(client)
        assert await caller.result("events") == "told"
        kinds = [each["type"] for each in await caller.events()]
        assert kinds.index("thinking") < kinds.index("tool_call")
        assert "boom" in (await caller.ask("raise:boom"))["error"]
        assert await caller.result("big:100000") == "x" * 100_000

    meeting(host, scene, client, trust="open")


@with_every_pair
def test_a_question_is_answered(host: str, client: str) -> None:
    """The Python client answers by another prompt, for its connection is closed by then."""

    async def scene(pair: Pair) -> None:
        caller = await pair.client(client)
        said = await caller.ask("ask:which one?")
        assert said["done"] is False, said
        asked = said["asked"].get("text") or said["asked"].get("question") or ""
        # The published host asks under `question`, and published clients look for `text`.
        assert asked == ("" if host == PUBLISHED and client != REFERENCE else "which one?")
        answered = await caller.answer(answer="that")
        assert answered == ("echo:that" if client == PUBLISHED else "answer:that")

    meeting(host, scene, client, trust="open")


@pytest.mark.parametrize(("host", "client"), [*product(HOSTS, (REFERENCE, NPM))])
def test_an_approval_is_given_and_refused(host: str, client: str) -> None:
    """Those clients that have one to give."""

    async def scene(pair: Pair) -> None:
        caller = await pair.client(client)
        for word in (True, False):
            # Who signs the same prompt twice within a second has signed it once (CO-AUTH-16).
            said = await caller.ask(f"approve:{word}")
            assert (said["done"], said["asked"]["tool"]) == (False, "bash"), said
            assert await caller.answer(approved=word) == f"approved:{str(word).lower()}"

    meeting(host, scene, client, trust="open")


@with_every_pair
def test_letters_of_every_kind_are_signed_alike(host: str, client: str) -> None:
    async def scene(pair: Pair) -> None:
        caller = await pair.client(client)
        said = await caller.ask("héllo 世 🎉")
        if (host, client) == (PUBLISHED, NPM):  # they write what is signed in two ways
            assert "invalid signature" in said["error"]
        else:
            assert said.get("result") == "echo:héllo 世 🎉", said

    meeting(host, scene, client, trust="open")


@with_every_host
def test_another_life_of_a_client_brings_its_result_back(host: str) -> None:
    async def scene(pair: Pair) -> None:
        first = await pair.client(REFERENCE, poll_interval=0.2)
        session_id = "a session of mine"
        begun = await first.ask("sleep:1", session_id=session_id, wait=False)
        assert begun["done"] is False
        await pair.until_it_runs(session_id)
        await first.instance.stop()
        again = await pair.client(REFERENCE, poll_interval=0.2)
        said: Any = await again.instance.call("recover", session_id=session_id)
        assert (said["done"], said.get("result")) == (True, "slept")

    meeting(host, scene, REFERENCE, trust="open")


@pytest.mark.parametrize(("host", "client"), [*product(HOSTS, (REFERENCE, PUBLISHED))])
def test_a_relay_leads_clients_to_hosts(host: str, client: str) -> None:
    async def scene(pair: Pair) -> None:
        caller = await pair.client(client, **ADMITTED)
        assert await caller.result("over there") == "echo:over there"
        assert await caller.result("again") == "echo:again"
        stranger = await pair.client(client, invite_code="wrong")
        said = await stranger.ask("let me in")
        # The published host asks nobody who comes through a relay who it is.
        assert bool(said.get("error")) is (host == REFERENCE), said

    meeting(host, scene, client, relay=True)
