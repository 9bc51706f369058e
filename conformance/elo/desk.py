"""The desk of an Elo node: a peer for the length of one question, on a plain socket."""

from __future__ import annotations

import socket
import time
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance.elo.peer import fresh_identity
from conformance.kit.desks import DeskFailure, Late, Order, Outcome, Party
from reference.elo import capabilities, frames, messages, signing
from reference.elo.capabilities import CapabilityError
from reference.elo.constants import DEFAULT_PORT
from reference.elo.frames import FrameError
from reference.elo.identity import PREFIX, Identity
from reference.elo.messages import RELAY
from reference.elo.routing import outcome_of
from reference.elo.signing import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Message = Mapping[str, Any]

READ_BYTES = 65536
SERVE = "assay serve elo node --port {port}"


class Desk:
    """One node, by its URL."""

    def __init__(self, url: str, *, key: str | None = None) -> None:
        parts = urlsplit(url)
        try:
            self._host, self._port = parts.hostname or "", parts.port or DEFAULT_PORT
        except ValueError as error:
            raise DeskFailure(f"{url!r}: {error}") from error
        if not self._host:
            raise DeskFailure(f"{url!r} is no URL of a node; it looks like elo://127.0.0.1:7878")
        self._url = url
        self._identity = _identity(key)

    def send(self, order: Order, *, within: float) -> Outcome:
        """Have a task done by the node, or by its peer ``order.target`` if the node relays."""
        with self._visit(within) as visit:
            task = self._task(order, visit)
            visit.say(task)
            result = visit.wait(lambda each: _is_result(each, task["id"]), what="a result")
        return _outcome(result, visit.node_id)

    def _task(self, order: Order, visit: Visit) -> dict[str, Any]:
        here = order.target[:PREFIX] in {"", visit.node_id[:PREFIX]}
        if not here and RELAY not in visit.offers.names:
            raise DeskFailure(
                f"the node at {self._url} is {visit.node_id}, not {order.target}, and it does not"
                f" offer `{RELAY}`: dial the other node, or a tracker that it is connected to"
            )
        relayed = {
            "target": order.target,
            "capability": order.capability,
            "payload": order.payload,
            "ttl_s": order.life,
        }
        task = messages.task(
            str(uuid.uuid4()),
            target=order.target if here else "",
            caller=self._identity.node_id,
            capability=order.capability if here else RELAY,
            payload=order.payload if here else relayed,
            timestamp=int(time.time()),
            ttl_s=order.life,
        )
        return signing.sign(task, self._identity)

    def parties(self, *, within: float) -> tuple[Party, list[Party]]:
        """Return the node and whom it knows: by its hello_ack, else by its answer to a query."""
        with self._visit(within) as visit:
            address = f"{self._host}:{self._port}"
            itself = Party(id=visit.node_id, address=address, capabilities=visit.offers.names)
            known = visit.ack.get("known_peers")
            if not isinstance(known, list):
                known = visit.ask_around()
        return itself, [_party(each) for each in known if isinstance(each, dict)]

    @contextmanager
    def _visit(self, within: float) -> Iterator[Visit]:
        end = time.monotonic() + within
        try:
            line = socket.create_connection((self._host, self._port), timeout=within)
        except OSError as error:
            command = SERVE.format(port=self._port)
            raise DeskFailure(
                f"no node at {self._url}: {error}\nStart one with: {command}"
            ) from error
        with line:
            visit = Visit(line, self._url, end)
            visit.greet(self._identity)
            yield visit
            visit.leave()


class Visit:
    """One connection, from hello to bye."""

    def __init__(self, line: socket.socket, url: str, end: float) -> None:
        self._line, self._url, self._end = line, url, end
        self._frames = frames.Reader()
        self._heard: list[Message] = []
        self.ack: Message = {}
        self.node_id = ""
        self.offers = capabilities.NOTHING

    def greet(self, identity: Identity) -> None:
        """Say hello and read the answer; raises DeskFailure when there is none."""
        self.say(
            messages.hello(
                identity.node_id, capabilities.NOTHING, interests=(), visibility="private"
            )
        )
        try:
            self.ack = self.wait(lambda _: True, what="a hello_ack")
        except Late as error:
            raise DeskFailure(f"{self._url} is no Elo node: {error}") from error
        node_id = self.ack.get("node_id", "")
        try:
            self.offers = capabilities.read(self.ack.get("caps", {}))
        except CapabilityError as error:
            raise DeskFailure(f"{self._url} is no Elo node: {error}") from error
        if self.ack.get("type") != messages.ACK or not isinstance(node_id, str):
            raise DeskFailure(f"{self._url} is no Elo node: it did not answer hello by hello_ack")
        self.node_id = node_id

    def ask_around(self) -> list[Any]:
        """Return whom an answer to a query names: nobody when there is none."""
        id = uuid.uuid4().hex[:8]
        self.say(messages.query("", id, ttl=1))
        self._end = min(self._end, time.monotonic() + 1.0)  # who knows nobody does not answer
        try:
            found = self.wait(lambda each: each.get("id") == id, what="an answer")
        except Late:
            return []
        nodes = found.get("nodes")
        return nodes if isinstance(nodes, list) else []

    def say(self, message: Message) -> None:
        """Send a message; raises DeskFailure."""
        try:
            self._line.sendall(frames.encode(message))
        except FrameError as error:
            raise DeskFailure(str(error)) from error
        except OSError as error:
            raise DeskFailure(f"the node at {self._url} is gone: {error}") from error

    def wait(self, fits: Callable[[Message], bool], *, what: str) -> Message:
        """Return the next message that fits; raises Late or DeskFailure."""
        while True:
            while self._heard:
                if fits(message := self._heard.pop(0)):
                    return message
            self._heard += self._read(what)

    def _read(self, what: str) -> list[dict[str, Any]]:
        left = self._end - time.monotonic()
        if left <= 0:
            raise Late(f"{what} did not come in time")
        try:
            self._line.settimeout(left)
            data = self._line.recv(READ_BYTES)
            read = self._frames.feed(data)
        except TimeoutError as error:
            raise Late(f"{what} did not come in time") from error
        except (OSError, FrameError) as error:
            raise DeskFailure(f"{self._url} sent no {what}: {error}") from error
        if not data:
            raise DeskFailure(
                f"{self._url} hung up without {what}; is it an Elo node, and its address right?"
            )
        return list(read)

    def leave(self) -> None:
        """Say bye, if anybody listens."""
        try:
            self._line.sendall(frames.encode(messages.bye()))
        except OSError:
            return


def _identity(key: str | None) -> Identity:
    if key is None:
        return fresh_identity()
    try:
        return Identity.of_seed(bytes.fromhex(key))
    except ValueError as error:
        raise DeskFailure(f"the key is no 32 bytes in hexadecimal digits: {error}") from error


def _is_result(message: Message, id: str) -> bool:
    return message.get("type") == messages.RESULT and message.get("id") == id


def _outcome(result: Message, node_id: str) -> Outcome:
    """Read a result; a success that the node did not sign is none."""
    found = outcome_of(result)
    if found.status != messages.SUCCESS:
        return Outcome(done=False, who=node_id, code=found.code, message=found.message)
    if signing.is_key(node_id) and signing.verdict(result, node_id) is not Verdict.SIGNED:
        forged = "the result is not signed by the node that was asked"
        return Outcome(done=False, who=node_id, code="BAD_SIGNATURE", message=forged)
    return Outcome(done=True, who=node_id, payload=found.payload)


def _party(told: Message) -> Party:
    """Read what a node tells of a peer, whatever it tells."""
    caps = told.get("caps")
    names = tuple(str(each) for each in caps) if isinstance(caps, list) else ()
    place = str(told.get("addr", "")).rpartition("@")[2]
    return Party(id=str(told.get("node_id", "")), address=place, capabilities=names)
