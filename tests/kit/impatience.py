"""Waits for an answer that take a fiftieth of their time, for tests of targets that hang.

Only questions to one URL are hurried: other runs may talk in the same process. As a pytest plugin
(``-p impatience``) it hurries the run's own target.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.kit.wire import exchange, http

if TYPE_CHECKING:
    import pytest

FACTOR = 50


def pytest_configure(config: pytest.Config) -> None:
    """Hurry the target of a process that judges nothing else."""
    http.HttpClient.ask = hurried(config.getoption("assay_target"))  # type: ignore[method-assign]


def hurried(url: str) -> Any:
    """Return what asks this URL impatiently, and every other as it is asked now."""
    ask = http.HttpClient.ask

    async def impatient(
        self: http.HttpClient, *args: Any, within: float = http.ANSWER_WITHIN, **more: Any
    ) -> exchange.Answer:
        if self.url != url:
            return await ask(self, *args, within=within, **more)
        answer = await ask(self, *args, within=within / FACTOR, **more)
        if answer.status is None:  # counts as the whole wait that it stands for
            exchange.waited(self._recorder, within)
        return answer

    return impatient
