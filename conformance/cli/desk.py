"""A client of a gateway's desk: plain HTTP, its answers, its event streams, and what goes wrong."""

from __future__ import annotations

import http.client
import json
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import click

from reference.neuron.sse import Decoder

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

ANSWER_WITHIN = 30.0  # seconds
READ_BYTES = 65536
UNAUTHORIZED, FORBIDDEN, REFUSED = 401, 403, 400
SERVE = "assay serve neuron gateway --port {port}"


class DeskError(click.ClickException):
    """The desk could not be asked, or did not do what it was asked."""

    exit_code = 2  # 1 says that the task itself did not succeed


class OutOfTimeError(Exception):
    """The time that the caller gave is over."""


class Desk:
    """One gateway, by its base URL."""

    def __init__(self, url: str, *, token: str | None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise DeskError(f"{url!r} is no URL of a gateway; it looks like http://127.0.0.1:7700")
        self.url = url.rstrip("/")
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, port_of(url)
        self._path = parts.path.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Make a request and return the JSON of its answer; raises DeskError."""
        with self._exchange(method, path, body) as (response, _):
            return self._json(response)

    def events(self, task_id: str, *, within: float | None) -> Iterator[tuple[str, Any]]:
        """Yield the events of a task; raises OutOfTimeError after so many seconds."""
        end = None if within is None else time.monotonic() + within
        path = f"/tasks/{quote(task_id, safe='')}/events"
        with self._exchange("GET", path, None) as (response, line):
            if response.status != http.client.OK:
                self._json(response)
            decoder = Decoder()
            try:
                while chunk := _read(response, line, end):
                    for event in decoder.feed(chunk):
                        yield event.name, json.loads(event.data)
            except TimeoutError as error:
                raise OutOfTimeError from error
            except (OSError, http.client.HTTPException) as error:
                raise DeskError(f"the gateway at {self.url} is gone: {error}") from error

    @contextmanager
    def _exchange(
        self, method: str, path: str, body: Any
    ) -> Iterator[tuple[http.client.HTTPResponse, socket.socket]]:
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        with closing(kind(self._host, self._port, timeout=ANSWER_WITHIN)) as connection:
            response, line = self._answered(connection, method, path, body)
            with response:
                yield response, line

    def _answered(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: Any
    ) -> tuple[http.client.HTTPResponse, socket.socket]:
        content = None if body is None else json.dumps(body).encode()
        headers = {**self._headers, "Content-Type": "application/json"}
        try:
            connection.request(method, self._path + path, content, headers)
            line: socket.socket = connection.sock  # a response that ends with it takes it along
            return connection.getresponse(), line
        except TimeoutError as error:
            raise DeskError(f"{self.url} does not answer within {ANSWER_WITHIN:g} s") from error
        except (OSError, http.client.HTTPException) as error:
            command = SERVE.format(port=self._port)
            raise DeskError(
                f"no gateway at {self.url}: {error}\nStart one with: {command}"
            ) from error

    def _json(self, response: http.client.HTTPResponse) -> Any:
        try:
            answer = json.loads(response.read())
            refused = answer.get("error") if response.status >= REFUSED else None
        except (ValueError, AttributeError) as error:
            raise DeskError(
                f"{self.url} is no gateway of Assay: it answered {response.status} without JSON"
            ) from error
        if response.status in {UNAUTHORIZED, FORBIDDEN}:
            raise DeskError(f"the gateway at {self.url} refuses: {refused} (--token)")
        if refused is not None:
            raise DeskError(str(refused))
        return answer


def _read(response: http.client.HTTPResponse, line: socket.socket, end: float | None) -> bytes:
    """Return what has come, b"" at the end; raises TimeoutError at the given moment."""
    left = None if end is None else end - time.monotonic()
    if left is not None and left <= 0:
        raise TimeoutError
    line.settimeout(left)
    return response.read1(READ_BYTES)


def port_of(url: str) -> int:
    """Return the port of a URL."""
    parts = urlsplit(url)
    try:
        return parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise DeskError(f"{url!r}: {error}") from error
