"""The kit's HTTP/1.1 client: one request as given, one answer as it came, both recorded.

Nothing is added, repeated, followed or decompressed behind the caller's back.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import h11

from conformance.kit.wire.exchange import Answer, ask_only_the_living, waited
from conformance.kit.wire.stream import HttpStream
from conformance.kit.wire.tcp import Address, Tcp, Unreachable

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

    from conformance.kit.transcript import Event, Recorder

ANSWER_WITHIN = 5.0  # seconds for a whole answer unless a scenario says otherwise
ANSWER_LIMIT = 8 * 1024 * 1024  # bytes; a longer body is cut off and called endless

Headers = tuple[tuple[str, str], ...]


class HttpConnection:
    """One connection; requests on it go one after the other."""

    def __init__(self, tcp: Tcp, authority: str) -> None:
        self.tcp = tcp
        self._authority = authority
        self._state = h11.Connection(h11.CLIENT)

    @property
    def reusable(self) -> bool:
        """Whether another request may follow on this connection."""
        idle = self._state.our_state is h11.IDLE and self._state.their_state is h11.IDLE
        unasked, _ = self._state.trailing_data  # would be taken for the next answer
        return idle and not unasked and not self.tcp.reader.at_eof()

    async def send(
        self,
        method: str,
        target: str,
        *,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        tag: str = "",
    ) -> Event:
        """Send one request; Host and Content-Length are added unless given."""
        lines = self._complete(headers, body)
        event = self.tcp.recorder.sent(
            "http.request",
            self.tcp.name,
            tag=tag,
            data={"method": method, "target": target, "headers": [list(line) for line in lines]},
            body=body,
        )
        request = h11.Request(method=method, target=target, headers=_encoded(lines))
        parts = [self._state.send(request)]
        if body:
            parts.append(self._state.send(h11.Data(data=body)))
        parts.append(self._state.send(h11.EndOfMessage()))
        # A target may answer, hang up or sleep before it has read everything: receive() tells.
        self.tcp.post(b"".join(part for part in parts if part))
        return event

    def _complete(self, headers: Iterable[tuple[str, str]], body: bytes) -> Headers:
        given = tuple(headers)
        names = {name.lower() for name, _ in given}
        added: list[tuple[str, str]] = []
        if "host" not in names:
            added.append(("Host", self._authority))
        if body and not names & {"content-length", "transfer-encoding"}:
            added.append(("Content-Length", str(len(body))))
        return (*added, *given)

    async def receive(self, request: Event, *, within: float = ANSWER_WITHIN) -> Answer:
        """Return the answer to ``request``, or what came instead of one."""
        body = bytearray()
        answer = await self._begun(request, body, within=within, streaming=False)
        if self._state.our_state is h11.DONE and self._state.their_state is h11.DONE:
            self._state.start_next_cycle()
        return answer

    async def receive_stream(
        self, request: Event, *, within: float = ANSWER_WITHIN
    ) -> tuple[HttpStream | None, Answer]:
        """Return the head of the answer, and its body as a stream if the status is 2xx."""
        answer = await self._begun(request, bytearray(), within=within, streaming=True)
        if not answer.ok:
            return None, answer
        return HttpStream(self.tcp, request, self._following), answer

    async def _begun(
        self, request: Event, body: bytearray, *, within: float, streaming: bool
    ) -> Answer:
        """Read an answer, of a 2xx that shall go on only the head; or record why there is none."""
        try:
            async with asyncio.timeout(within):
                response = await self._head()
                goes_on = streaming and 200 <= response.status_code < 300  # noqa: PLR2004
                if not goes_on:
                    await self._read_into(body)
        except TimeoutError:
            waited(self.tcp.recorder, within)
            return self._failed(request, f"no complete answer within {within:g} s")
        except _Gone:
            return self._failed(request, "the connection was closed before an answer")
        except h11.RemoteProtocolError as error:
            return self._failed(request, f"not an HTTP/1.1 answer: {error}")
        except _TooLong:
            return self._failed(request, f"the body does not end within {ANSWER_LIMIT} bytes")
        except OSError as error:
            return self._failed(request, f"the connection broke: {error}")
        return self._answered(request, response, bytes(body), streaming=goes_on)

    def _answered(
        self, request: Event, response: h11.Response, body: bytes, *, streaming: bool
    ) -> Answer:
        headers = [
            [name.decode("latin-1"), value.decode("latin-1")]
            for name, value in response.headers.raw_items()
        ]
        data = {"to": request.number, "status": response.status_code, "headers": headers}
        event = self.tcp.recorder.received(
            "http.response",
            self.tcp.name,
            tag=request.tag,
            data={**data, "streaming": True} if streaming else data,
            body=body,
        )
        self.tcp.recorder.transcript.unanswered = 0
        return Answer(request, event)

    async def _head(self) -> h11.Response:
        while True:
            event = await self._following()
            if isinstance(event, h11.Response):
                return event
            if not isinstance(event, h11.InformationalResponse):
                raise _Gone

    async def _read_into(self, body: bytearray) -> None:
        while True:
            event = await self._following()
            if isinstance(event, h11.Data):
                body += event.data
                if len(body) > ANSWER_LIMIT:
                    raise _TooLong
            elif isinstance(event, h11.EndOfMessage):
                return
            else:
                raise _Gone

    async def _following(self) -> object:
        """Return the next event of HTTP/1.1, reading as long as it takes."""
        while (event := self._state.next_event()) is h11.NEED_DATA:
            data = await self.tcp.read()
            if not data and self._state.their_state is h11.SEND_RESPONSE:
                raise _Gone
            self._state.receive_data(data)
        return event

    def _failed(self, request: Event, why: str) -> Answer:
        rest, _ = self._state.trailing_data
        event = self.tcp.recorder.received(
            "http.failure",
            self.tcp.name,
            tag=request.tag,
            data={"to": request.number, "why": why},
            body=bytes(rest[:512]),
        )
        self.tcp.close()
        return Answer(request, event)

    def cut(self) -> None:
        """Break the connection, whatever is under way."""
        self.tcp.abort()

    def close(self) -> None:
        """Let the connection go."""
        self.tcp.close()


class _Gone(Exception):  # noqa: N818
    """The connection ended and no answer had begun."""


class _TooLong(Exception):  # noqa: N818
    """The body goes on past ANSWER_LIMIT."""


class HttpClient:
    """Requests to one address; idle connections are used again, as a real peer would."""

    def __init__(self, recorder: Recorder, url: str, *, tls: ssl.SSLContext | None = None) -> None:
        self._recorder = recorder
        self.url = url
        self.address = Address.of(url, tls=tls)
        self._idle: list[HttpConnection] = []
        self._streams: list[HttpStream] = []

    async def connect(self) -> HttpConnection:
        """Open a fresh connection; raise Unreachable, or Unmet when the target hangs."""
        ask_only_the_living(self._recorder)
        tcp = await Tcp.open(self._recorder, self.address)
        return HttpConnection(tcp, self.address.authority)

    async def ask(  # noqa: PLR0913  (the parts of a request)
        self,
        method: str,
        target: str,
        *,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        tag: str = "",
        within: float = ANSWER_WITHIN,
    ) -> Answer:
        """Send one request and return the answer, or what came instead; never raises for it.

        Raises Unmet when the target has left too many requests unanswered to be asked again.
        """
        ask_only_the_living(self._recorder)
        try:
            connection = self._take() or await self.connect()
        except Unreachable as error:
            return self._never_sent(method, target, tag=tag, why=str(error))
        try:
            request = await connection.send(method, target, headers=headers, body=body, tag=tag)
            answer = await connection.receive(request, within=within)
        except BaseException:  # the conversation is over: nobody else knows of the connection
            connection.close()
            raise
        if connection.reusable:
            self._idle.append(connection)
        else:
            connection.close()
        return answer

    async def stream(  # noqa: PLR0913  (the parts of a request)
        self,
        method: str,
        target: str,
        *,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        tag: str = "",
        within: float = ANSWER_WITHIN,
    ) -> tuple[HttpStream | None, Answer]:
        """Send one request on a connection of its own, and read its answer's body as it comes.

        Without a 2xx head within so many seconds there is no stream, and the answer says why.
        """
        ask_only_the_living(self._recorder)
        try:
            connection = await self.connect()
        except Unreachable as error:
            return None, self._never_sent(method, target, tag=tag, why=str(error))
        try:
            request = await connection.send(method, target, headers=headers, body=body, tag=tag)
            stream, answer = await connection.receive_stream(request, within=within)
        except BaseException:  # the conversation is over: nobody else knows of the connection
            connection.close()
            raise
        if stream is None:
            connection.close()
        else:
            self._streams.append(stream)
        return stream, answer

    def _take(self) -> HttpConnection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.reusable:
                return connection
            connection.close()
        return None

    def _never_sent(self, method: str, target: str, *, tag: str, why: str) -> Answer:
        request = self._recorder.sent(
            "http.request", "", tag=tag, data={"method": method, "target": target, "headers": []}
        )
        failure = self._recorder.received(
            "http.failure", "", tag=tag, data={"to": request.number, "why": why}
        )
        return Answer(request, failure)

    def close(self) -> None:
        """Close the idle connections and let go of the streams."""
        while self._idle:
            self._idle.pop().close()
        while self._streams:
            self._streams.pop().drop()


def _encoded(lines: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("utf-8")) for name, value in lines]
