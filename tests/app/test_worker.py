"""A worker that dies at a ping."""

import os
import signal
import time
from socket import socket

import uvicorn

from app.worker import Worker

LONG_S = 60.0  # that its parent would wait for the answer


class Dying(Worker):
    """It never answers: it is killed while its parent waits."""

    def target(self, sockets: list[socket] | None = None) -> None:
        del sockets
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGKILL)


def test_the_parent_of_a_worker_that_dies_at_a_ping_does_not_wait_for_its_answer() -> None:
    worker = Dying(uvicorn.Config("app.main:create_app"), [])
    worker.start()
    start = time.monotonic()
    assert not worker.ping(LONG_S)
    assert time.monotonic() - start < LONG_S / 2
    worker.join()
    assert worker.exitcode == -signal.SIGKILL
    worker.kill()  # as its parent does before it begins another
