from __future__ import annotations

import asyncio

import aiohttp
import pytest

from reference.once import BrokenOffError, once


def test_a_request_whose_connection_breaks_is_sent_once() -> None:
    async def conversation() -> int:
        arrived = 0

        async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal arrived
            await reader.readuntil(b"\r\n\r\n")
            arrived += 1
            if arrived == 1:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                await reader.readuntil(b"\r\n\r\n")
                arrived += 1
            writer.close()

        server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with aiohttp.ClientSession(middlewares=(once,)) as client:
            async with client.get(f"http://127.0.0.1:{port}") as answer:
                assert answer.status == 200
            with pytest.raises(BrokenOffError):
                await client.get(f"http://127.0.0.1:{port}")
        server.close()
        return arrived

    assert asyncio.run(asyncio.wait_for(conversation(), 10)) == 2
