"""The client as a role: settings in, calls by driver methods."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from reference.connectonion.client_core import (
    DEAD_AFTER,
    POLL_ATTEMPTS,
    POLL_INTERVAL,
    TIMEOUT,
    Manner,
    Outcome,
)
from reference.connectonion.client_shell import Line, Shell
from reference.connectonion.host_settings import fresh_seed, seed
from reference.connectonion.identity import Identity
from reference.role import (
    CannotError,
    ParameterError,
    Setting,
    SettingError,
    count,
    http_url,
    optional_text,
    resolve,
    seconds,
    text,
)

SETTINGS: Mapping[str, Setting] = {
    "connect": Setting(None, http_url),
    "key": Setting(None, seed),
    "to": Setting("", text),
    "invite_code": Setting("", text),
    "prompt": Setting(None, optional_text),
    "every": Setting(None, seconds),
    "poll_interval": Setting(POLL_INTERVAL, seconds),
    "poll_attempts": Setting(POLL_ATTEMPTS, count),
    "timeout": Setting(TIMEOUT, seconds),
    "dead_after": Setting(DEAD_AFTER, seconds),
}
Params = Mapping[str, Any]


class ClientRole:
    """A reference client of one host."""

    protocol: ClassVar[str] = "connectonion"
    role: ClassVar[str] = "client"
    revision: ClassVar[str] = "0.6.5"
    methods: ClassVar[Collection[str]] = ("ask", "answer", "wait", "recover", "events")

    def __init__(self) -> None:
        self.url = ""
        self.facts: dict[str, Any] = {}
        self._shell: Shell | None = None
        self._asking: asyncio.Task[None] | None = None

    async def start(
        self,
        *,
        host: str,  # noqa: ARG002  (who dials listens nowhere)
        port: int,  # noqa: ARG002
        settings: Mapping[str, Any],
        store: str | None,
    ) -> None:
        """Be ready to call the host that `connect` names; raises SettingError."""
        facts = resolve(SETTINGS, settings)
        if facts["connect"] is None:
            raise SettingError("a client needs the setting 'connect', or --connect URL")
        if store is not None:
            raise SettingError("a client stores nothing; what it lost `recover` brings back")
        facts["key"] = facts["key"] or fresh_seed()
        identity = Identity.of_seed(bytes.fromhex(facts["key"]))
        self.url = facts["connect"]
        self.facts = {
            **{key: value for key, value in facts.items() if value is not None},
            "address": identity.address,
        }
        self._shell = Shell(
            self.url,
            Manner(
                identity=identity,
                to=facts["to"],
                invite_code=facts["invite_code"],
                poll_interval=facts["poll_interval"],
                poll_attempts=facts["poll_attempts"],
                timeout=facts["timeout"],
                dead_after=facts["dead_after"],
            ),
        )
        if facts["prompt"] is not None:
            self._begin(self._shell, facts["prompt"], facts["every"])

    def _begin(self, shell: Shell, prompt: str, every: float | None) -> None:
        """Ask what a client is to ask that nobody drives, once or again and again."""
        if every is None:
            shell.ask(prompt)
        else:
            self._asking = asyncio.create_task(shell.ask_again(prompt, after=every))

    async def stop(self) -> None:
        """Let go of every call."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
            self._asking = None
        if self._shell is not None:
            await self._shell.close()
            self._shell = None

    async def reset(self) -> None:
        """Forget every call and session."""
        settings = {key: value for key, value in self.facts.items() if key in SETTINGS}
        await self.stop()
        await self.start(host="", port=0, settings=settings, store=None)

    async def call(self, method: str, params: Mapping[str, Any]) -> Any:
        """Run a driver method."""
        if self._shell is None:
            raise CannotError("the client is not running")
        return await METHODS[method](self._shell, params)


def _text(params: Params, name: str, default: str | None = None) -> str:
    value = params.get(name, default)
    if not isinstance(value, str):
        raise ParameterError(f"{name}: a text is needed")
    return value


async def _outcome(shell: Shell, line: Line) -> dict[str, Any]:
    """Wait until a call ends, or its agent wants to know something."""
    ended, asked = asyncio.create_task(shell.result(line)), asyncio.create_task(line.asked.wait())
    await asyncio.wait({ended, asked}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    told = {"session_id": line.call.session_id}
    if not ended.done():
        ended.cancel()
        return {**told, "done": False, "asked": line.told[-1]}
    return {**told, **_told(ended.result())}


def _told(outcome: Outcome) -> dict[str, Any]:
    if outcome.error:
        return {"done": True, "error": outcome.error}
    return {"done": True, "result": outcome.result}


async def ask(shell: Shell, params: Params) -> dict[str, Any]:
    """Send a prompt and wait for its result; `wait: false` returns at once."""
    line = shell.ask(_text(params, "prompt"), session_id=_text(params, "session_id", ""))
    if params.get("wait") is False:
        return {"session_id": line.call.session_id, "done": False}
    return await _outcome(shell, line)


async def answer(shell: Shell, params: Params) -> dict[str, Any]:
    """Answer what the agent asked, and wait again."""
    line = _last(shell)
    if isinstance(params.get("approved"), bool):
        said = {"type": "APPROVAL_RESPONSE", "approved": params["approved"], "scope": "once"}
    else:
        said = {"type": "ASK_USER_RESPONSE", "answer": _text(params, "answer")}
    line.answer(said)
    return await _outcome(shell, line)


async def wait(shell: Shell, _params: Params) -> dict[str, Any]:
    """Wait for the newest call."""
    return await _outcome(shell, _last(shell))


async def recover(shell: Shell, params: Params) -> dict[str, Any]:
    """Bring back the result of an earlier prompt."""
    return await _outcome(shell, shell.recover(_text(params, "session_id")))


async def events(shell: Shell, _params: Params) -> list[Mapping[str, Any]]:
    """Tell what the newest call has heard beside its result."""
    return list(_last(shell).told)


def _last(shell: Shell) -> Line:
    if shell.last is None:
        raise CannotError("nothing has been asked yet")
    return shell.last


METHODS: Mapping[str, Any] = {
    "ask": ask,
    "answer": answer,
    "wait": wait,
    "recover": recover,
    "events": events,
}
