"""Clients that post photo after photo while something goes wrong, and count what becomes of each."""

import collections
import http.client
import json
import threading
import time
from types import TracebackType
from typing import Self

import httpx

from tests.app.loopback import PATIENCE

CLIENTS = 24
REFUSED, BROKEN = "refused", "broken"  # the connection was not taken; it ended before its answer
PAUSE_S = 0.1  # of a client who was not answered
Outcomes = collections.Counter[int | str]


class Load:
    """Each photo goes over a connection of its own; whatever was sent has an outcome, once the load has stopped."""

    def __init__(self, address: str | httpx.URL, photo: bytes, clients: int = CLIENTS, query: str = "") -> None:
        url = httpx.URL(address)
        self._host, self._port, self._photo, self._query = url.host, url.port or 0, photo, query
        self.sent = 0
        self.outcomes: Outcomes = collections.Counter()
        self.versions: collections.Counter[int] = collections.Counter()  # that answered
        self._stopped, self._counting = threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=self._go_on) for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    @property
    def answered(self) -> int:
        return self.outcomes[200]

    @property
    def lost(self) -> int:
        """Photos that were sent, and neither answered nor refused."""
        return self.sent - sum(count for outcome, count in self.outcomes.items() if isinstance(outcome, int))

    def _go_on(self) -> None:
        while not self._stopped.is_set():
            outcome = self._post()
            with self._counting:
                self.outcomes[outcome] += 1
            if outcome != 200:
                time.sleep(PAUSE_S)

    def _post(self) -> int | str:
        connection = http.client.HTTPConnection(self._host, self._port, PATIENCE)
        try:
            connection.connect()
        except OSError:
            return REFUSED
        with self._counting:
            self.sent += 1
        try:
            connection.request("POST", f"/predict{self._query}", self._photo, {"Connection": "close"})
            answer = connection.getresponse()
            content = json.loads(answer.read())
        except (OSError, http.client.HTTPException):
            return BROKEN
        finally:
            connection.close()
        if answer.status == 200:
            with self._counting:
                self.versions[content["model"]["version"]] += 1
        return answer.status

    def wait_for(self, answered: int) -> None:
        start = time.monotonic()
        while self.outcomes[200] < answered:
            assert time.monotonic() - start < PATIENCE, self.outcomes
            time.sleep(0.01)

    def go_on(self, answered: int) -> None:
        """Waits for so many further answers."""
        self.wait_for(self.outcomes[200] + answered)

    def stop(self) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join(PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
