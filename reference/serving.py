"""A web application that listens: what every role with an HTTP server asks of aiohttp."""

import ssl

from aiohttp import web

FINISH_SECONDS = 5.0  # how long requests under way may take once the server is closed


class Server:
    """One application on one port; the handler of a peer that hangs up is cancelled."""

    def __init__(self, application: web.Application, *, finish: float = FINISH_SECONDS) -> None:
        self.url = ""
        self._runner = web.AppRunner(
            application,
            access_log=None,
            handler_cancellation=True,  # nobody who has hung up may get a task, or keep a stream
            shutdown_timeout=finish,
        )

    async def listen(self, host: str, port: int, *, tls: ssl.SSLContext | None = None) -> None:
        """Listen (port 0: any free one); raises OSError, and is to be closed then too."""
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port, ssl_context=tls).start()
        shown = f"[{host}]" if ":" in host else host
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://{shown}:{self._runner.addresses[0][1]}"

    async def close(self) -> None:
        """Answer what is under way and release the port."""
        await self._runner.cleanup()
