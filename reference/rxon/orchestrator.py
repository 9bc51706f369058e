"""The orchestrator as a role: settings in, a listening HTTP server, driver methods."""

import secrets
import sqlite3
import ssl
import time
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, ClassVar

from aiohttp import web

from reference.role import CannotError, ParameterError, SettingError, resolve
from reference.rxon import orchestrator_answers as answers
from reference.rxon import revision
from reference.rxon.core import Orchestrator, Reply
from reference.rxon.identity import AuthMode, TokenService
from reference.rxon.limits import RateLimiter
from reference.rxon.orchestrator_clients import ClientApi
from reference.rxon.orchestrator_routes import WorkerApi
from reference.rxon.orchestrator_shell import Shell
from reference.rxon.settings import SETTINGS
from reference.rxon.state import Policy
from reference.serving import Server

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

TOO_LARGE = 413
ACCEPTED, FOUND = 202, 200


class OrchestratorRole:
    """A reference orchestrator that listens on one port."""

    protocol: ClassVar[str] = "rxon"
    role: ClassVar[str] = "orchestrator"
    revision: ClassVar[str] = revision.PROTOCOL_VERSION
    methods: ClassVar[Collection[str]] = ("submit_job", "cancel_job", "job", "workers")

    def __init__(self) -> None:
        self.url = ""
        self.facts: dict[str, Any] = {}
        self._shell: Shell | None = None
        self._server: Server | None = None

    async def start(
        self, *, host: str, port: int, settings: Mapping[str, Any], store: str | None
    ) -> None:
        """Listen; raises SettingError or OSError."""
        facts = resolve(SETTINGS, settings)
        context = tls_context(facts)
        try:
            self._shell = shell = Shell(lambda: core(facts), store=store)
        except sqlite3.Error as error:
            raise CannotError(f"store {store!r} cannot be used: {error}") from error
        self._server = Server(application(shell, facts))
        try:
            await self._server.listen(host, port, tls=context)
        except OSError:
            await self.stop()
            raise
        self.url = self._server.url
        self.facts = {key: value for key, value in facts.items() if value is not None}
        shell.settle()

    async def stop(self) -> None:
        """Answer what is under way, close the sockets, release the port."""
        if self._shell is None or self._server is None:
            return
        await self._shell.close()
        await self._server.close()
        self._shell.put_away()
        self._shell = self._server = None

    async def reset(self) -> None:
        """Forget every worker and job."""
        await self._running().reset()

    async def call(self, method: str, params: Mapping[str, Any]) -> Any:
        """Run a driver method."""
        shell = self._running()
        answer = DRIVER_METHODS[method](shell.core, params, str(self.facts["client_token"]))
        shell.settle()
        return answer

    def _running(self) -> Shell:
        if self._shell is None:
            raise CannotError("the orchestrator is not running")
        return self._shell


def core(facts: Mapping[str, Any]) -> Orchestrator:
    """Make a core that knows nothing yet."""
    return Orchestrator(
        policy=Policy(
            poll_hold=facts["poll_hold"],
            worker_ttl=facts["worker_ttl"],
            execution_timeout=facts["execution_timeout"],
            max_retries=facts["max_retries"],
            job_retention=facts["job_retention"],
            jobs_kept=facts["jobs_kept"],
        ),
        tokens=TokenService(
            global_token=facts["token"],
            individual={facts["individual_worker_id"]: facts["individual_token"]},
            mode=AuthMode(facts["auth_mode"]),
            lifetime=facts["sts_lifetime"],
        ),
        limiter=limiter(facts) if facts["rate_limiting"] else None,
        new_id=lambda: str(uuid.uuid4()),
        new_token=lambda: secrets.token_urlsafe(32),
    )


def limiter(facts: Mapping[str, Any]) -> RateLimiter:
    """Make the limits of a worker's messages."""
    return RateLimiter(
        limits={"poll": facts["rate_limit_poll"], "heartbeat": facts["rate_limit_heartbeat"]},
        default=facts["rate_limit"],
        period=facts["rate_limit_period"],
    )


def application(shell: Shell, facts: Mapping[str, Any]) -> web.Application:
    """Put the routes together."""
    # aiohttp refuses a body of exactly its limit; the limit here is the last size that is taken
    app = web.Application(middlewares=[json_errors], client_max_size=revision.BODY_LIMIT + 1)
    app.on_response_prepare.append(add_version)
    app.add_routes(WorkerApi(shell, poll_hold=facts["poll_hold"]).routes())
    tokens = (facts["client_token"], facts["second_client_token"])
    app.add_routes(ClientApi(shell, tokens=tokens).routes())
    return app


async def add_version(_request: web.Request, answer: web.StreamResponse) -> None:
    """Name the revision on every answer (RXON-LSN-03)."""
    answer.headers.update(answers.version_headers())


@web.middleware
async def json_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell in JSON what the HTTP server refuses on its own (RXON-LSN-02, -04)."""
    try:
        return await handler(request)
    except web.HTTPRequestEntityTooLarge:
        error = f"the body is larger than {revision.BODY_LIMIT} bytes"
        return answers.response(Reply(TOO_LARGE, {"error": error}))
    except web.HTTPError as refusal:
        allowed = {"Allow": refusal.headers["Allow"]} if "Allow" in refusal.headers else {}
        return answers.response(Reply(refusal.status, {"error": refusal.reason}, allowed))
    except web.RequestPayloadError as error:
        return answers.response(Reply(400, {"error": f"the body cannot be read: {error}"}))


def tls_context(facts: Mapping[str, Any]) -> ssl.SSLContext | None:
    """Make the TLS side of the port: client certificates are optional, but must be signed."""
    if not facts["tls_cert"]:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(facts["tls_cert"], facts["tls_key"])
        if facts["tls_ca"]:
            context.load_verify_locations(facts["tls_ca"])
            context.verify_mode = ssl.CERT_OPTIONAL
    except OSError as error:
        raise SettingError(f"tls_cert, tls_key or tls_ca cannot be used: {error}") from error
    return context


# --- driver methods: what the client API does, for those who speak no HTTP


def submit_job(core: Orchestrator, params: Mapping[str, Any], owner: str) -> dict[str, Any]:
    """Create a job; the same as a POST to the jobs path."""
    known(params, "dispatch", "parallel", "metadata", "security")
    data = {name: params[name] for name in ("dispatch", "parallel") if name in params}
    rest = {name: params[name] for name in ("metadata", "security") if name in params}
    reply = core.submit({"initial_data": data, **rest}, owner=owner, now=time.time())
    if reply.status != ACCEPTED:
        raise ParameterError(reply.body["error"])
    return {"job_id": reply.body["job_id"], "status": core.state.jobs[reply.body["job_id"]].status}


def cancel_job(core: Orchestrator, params: Mapping[str, Any], owner: str) -> dict[str, Any]:
    """Cancel a job, if it can still be."""
    reply = core.cancel(job_id(params), owner=owner, now=time.time())
    return {"cancelled": reply.status == FOUND}


def job(core: Orchestrator, params: Mapping[str, Any], owner: str) -> dict[str, Any]:
    """Show a job, or null."""
    reply = core.job(job_id(params), owner=owner, fields=None, now=time.time())
    return {"job": reply.body if reply.status == FOUND else None}


def workers(core: Orchestrator, params: Mapping[str, Any], _owner: str) -> dict[str, Any]:
    """Show the live workers, or one of them."""
    known(params, "worker_id")
    core.tick(now=time.time())
    wanted = params.get("worker_id")
    return {"workers": core.workers() if wanted is None else core.worker(wanted)}


DRIVER_METHODS: Mapping[str, Callable[[Orchestrator, Mapping[str, Any], str], Any]] = {
    "submit_job": submit_job,
    "cancel_job": cancel_job,
    "job": job,
    "workers": workers,
}


def job_id(params: Mapping[str, Any]) -> str:
    """Return the parameter of that name."""
    known(params, "job_id")
    value = params.get("job_id")
    if not isinstance(value, str):
        raise ParameterError("job_id: text is needed")
    return value


def known(params: Mapping[str, Any], *names: str) -> None:
    """Refuse parameters that the method does not have."""
    for key in params:
        if key not in names:
            raise ParameterError(f"{key}: unknown parameter; known: {', '.join(names) or 'none'}")
