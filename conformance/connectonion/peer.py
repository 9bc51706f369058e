"""The kit's caller: how scenarios speak to a host over HTTP, politely or not.

A caller that is not told otherwise is a stranger with a fresh key. Everything that it signs
carries a `nonce` member, so that no two of its requests are the same bytes within a second:
hosts may refuse a signature that they have seen.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from conformance.kit.judging.seen import TWIN
from conformance.kit.verdict import NotObserved, Unmet
from reference.connectonion.canonical import escaped
from reference.connectonion.identity import Identity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from conformance.kit.running.stage import Stage
    from conformance.kit.wire.exchange import Answer

    Headers = Iterable[tuple[str, str]]

COMES = 5.0  # seconds within which what must come has come, even on a slow machine
QUIET = 0.5  # seconds of silence that count as none to come
JSON_TYPE = ("Content-Type", "application/json")

Body = dict[str, Any]


def fresh_identity() -> Identity:
    """Return an identity that nobody has had."""
    return Identity.of_seed(os.urandom(32))


def given(members: Mapping[str, Any]) -> Body:
    """Return the members that are not None: None takes one away."""
    return {name: value for name, value in members.items() if value is not None}


def twin(tag: str) -> str:
    """Return the tag of the message that differs in one thing and must be accepted."""
    return tag + TWIN


class Caller:
    """An identity of the kit's, and what it sends; ``at`` is the URL of another host."""

    def __init__(
        self,
        stage: Stage,
        *,
        identity: Identity | None = None,
        at: str = "",
        to: str | None = None,
    ) -> None:
        self.stage = stage
        self.identity = identity or fresh_identity()
        self.base = at
        self.http = stage.http(base=at)
        # Hosts of the later protocol read nothing that does not name them, nor a bare order.
        self.to: str | None = to if at else stage.facts.get("recipient")

    @classmethod
    def holding(cls, stage: Stage, fact: str, *, at: str = "") -> Caller:
        """Be whoever holds the key that a fact names: `admin_key`, `super_admin_key`.

        Raises NotObserved without that fact.
        """
        return cls(stage, identity=Identity.of_seed(bytes.fromhex(stage.need(fact))), at=at)

    @property
    def address(self) -> str:
        """The address by which hosts know the caller."""
        return self.identity.address

    # What is signed

    def payload(self, prompt: str | None = "hi", **members: Any) -> Body:
        """Return a payload of this second; members replace, None takes away."""
        return given(
            {
                "prompt": prompt,
                "timestamp": int(self.stage.now()),
                "nonce": self.stage.unique("nonce"),
                "to": self.to,
                **members,
            }
        )

    def signed(self, payload: Mapping[str, Any], **members: Any) -> Body:
        """Return an envelope signed in the normative form; members replace, None takes away."""
        signature = self.identity.sign(escaped(payload))
        envelope = {"payload": dict(payload), "from": self.address, "signature": signature}
        return given({**envelope, **members})

    def input(self, prompt: str | None = "hi", *, session: Any = None, **members: Any) -> Body:
        """Return a signed prompt; members are those of its payload."""
        return self.signed(self.payload(prompt, **members), session=session)

    def order(self, client: str | None, **members: Any) -> Body:
        """Return a signed order of an admin about a client."""
        return self.signed(self.payload(None, client_id=client, **members))

    def bound(self, path: str, *, method: str = "POST") -> Body:
        """Return the members by which an order names its route, where hosts demand that."""
        return {} if self.to is None else {"method": method, "path": path}

    # What is sent over HTTP

    async def post(
        self,
        path: str,
        body: Any,
        *,
        tag: str = "",
        headers: Headers = (JSON_TYPE,),
        within: float = COMES,
    ) -> Answer:
        """Post a body; bytes go out as they are."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.http.ask(
            "POST", path, headers=list(headers), body=raw, tag=tag, within=within
        )

    async def get(
        self, path: str, *, tag: str = "", headers: Headers = (), within: float = COMES
    ) -> Answer:
        """Get a path, which is quoted already."""
        return await self.http.ask("GET", path, headers=list(headers), tag=tag, within=within)

    async def ask(
        self,
        prompt: str | None = "hi",
        *,
        tag: str = "",
        session: Any = None,
        within: float = COMES,
        **members: Any,
    ) -> Answer:
        """Post a signed prompt."""
        return await self.post(
            "/input", self.input(prompt, session=session, **members), tag=tag, within=within
        )

    async def done(self, prompt: str = "hi", **members: Any) -> Answer:
        """Have a prompt answered as a prerequisite: a refusal ends the scenario."""
        answer = await self.ask(prompt, tag="prerequisite: a prompt", **members)
        if not answer.ok:
            raise Unmet(f"a signed prompt was not answered: {answer.shown()}", *answer.evidence)
        return answer

    async def meet_the_profile(self) -> None:
        """Find out that the agent does what its prompt says (fixtures/hosts/README.md).

        Raises NotObserved of another one.
        """
        answer = await self.done("profile?")
        if answer.member("result") != "echo:profile?":
            raise NotObserved("needs an agent of the conformance profile, which echoes a prompt")

    async def record(self, session_id: str, *, tag: str = "") -> Answer:
        """Look at the record of a session."""
        return await self.get(f"/sessions/{quote(session_id, safe='')}", tag=tag)

    async def administer(
        self, deed: str, client: str | None, *, tag: str = "", **members: Any
    ) -> Answer:
        """Post an order: promote, demote, block or unblock."""
        path = f"/admin/trust/{deed}"
        order = self.order(client, **self.bound(path), **members)
        return await self.post(path, order, tag=tag)

    def headers(self, timestamp: str = "", **replaced: str) -> list[tuple[str, str]]:
        """Return the three headers that sign a GET (sheet 4.3)."""
        told = timestamp or repr(self.stage.now())
        signature = self.identity.sign(escaped({"timestamp": float(told)}))
        signed = {"X-From": self.address, "X-Signature": signature, "X-Timestamp": told}
        return list({**signed, **replaced}.items())

    async def level_of(self, client: str, *, tag: str = "") -> Answer:
        """Ask, as an admin, for the level of a client."""
        path = f"/admin/trust/level/{quote(client, safe='')}"
        if self.to is None:
            return await self.get(path, headers=self.headers(), tag=tag)
        asked = self.order(None, **self.bound(f"/admin/trust/level/{client}", method="GET"))
        body = json.dumps(asked).encode()
        return await self.http.ask("GET", path, headers=[JSON_TYPE], body=body, tag=tag)


async def seeded(stage: Stage, level: str, *, at: str = "") -> Caller:
    """Return a caller who is of a level: through the driver, or else by an admin's orders.

    Raises NotObserved when neither can be done. The driver speaks of the shared instance alone.
    """
    caller = Caller(stage, at=at)
    if not at and stage.can("seed_client"):
        await stage.call("seed_client", client_id=caller.address, level=level)
        return caller
    admin = Caller.holding(stage, "admin_key", at=at)
    for deed in STEPS[level]:
        answer = await admin.administer(deed, caller.address, tag="prerequisite: a level")
        if not answer.ok:
            raise NotObserved(f"an admin could not {deed} a client: {answer.shown()}")
    return caller


async def admitted(stage: Stage) -> Caller:
    """Return a caller whose prompts are answered under every level: it is on the whitelist.

    Where the kit can put nobody there, one with the invite code; without one, whoever it is.
    Raises NotObserved when that one is turned away.
    """
    if stage.can("seed_client") or "admin_key" in stage.facts:
        return await seeded(stage, "whitelist")
    caller = Caller(stage)
    answer = await caller.ask(invite_code=stage.facts.get("invite_code"))
    if answer.status == 403:  # noqa: PLR2004
        raise NotObserved("needs a caller that the policy admits (the fact `admin_key`)")
    return caller


# How an admin brings a stranger to a level, step by step.
STEPS: Mapping[str, tuple[str, ...]] = {
    "stranger": (),
    "contact": ("promote",),
    "whitelist": ("promote", "promote"),
    "blocked": ("block",),
}
