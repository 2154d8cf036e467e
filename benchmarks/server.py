"""The servers that are measured, each in a process of its own, from its start to its first answer."""

import json
import os
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.settings import PREFIX
from benchmarks.child import child
from benchmarks.photos import cat_photo
from benchmarks.wire import HOST, Wire, post

START_S = 300.0
ASK_AGAIN_S = 0.02
SHARED_MEMORY = Path("/dev/shm")


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    name: str
    port: int
    pid: int
    start_s: float  # from the start of the process to the first photo answered with 200
    precision: str  # that it says it predicts in


@contextmanager
def catscan(precision: str = "auto") -> Iterator[Server]:
    """The service, with its own defaults but for the place of its photos."""
    place = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=place, prefix="catscan-bench-") as folder:
        port = free_port()
        settings = {"PORT": str(port), "LOG_LEVEL": "error", "PRECISION": precision}
        settings["STORE"] = str(Path(folder) / "photos.sqlite")
        environment = {PREFIX + name: value for name, value in settings.items()}
        with started("catscan", port, "-m", "app", **environment) as server:
            yield server


@contextmanager
def naive() -> Iterator[Server]:
    """The same network behind FastAPI as tutorials show it."""
    port = free_port()
    with started("naive", port, "-m", "benchmarks.naive", str(port)) as server:
        yield server


@contextmanager
def started(name: str, port: int, *arguments: str, **environment: str) -> Iterator[Server]:
    """A server's process, once it has answered.

    Raises:
        RuntimeError: if it ends before, or does not answer in time.
    """
    start = time.perf_counter()
    with child(*arguments, environment=environment) as process:
        photo = post("/predict", cat_photo())
        while not (answer := answer_of(port, photo)):
            if process.poll() is not None or time.perf_counter() - start > START_S:
                raise RuntimeError(f"Expected {name} to answer within {START_S:.0f} s; it did not")
            time.sleep(ASK_AGAIN_S)
        yield Server(name, port, process.pid, time.perf_counter() - start, answer.get("precision", "float32"))


def free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        port: int = free.getsockname()[1]
        return port


def answer_of(port: int, request: bytes) -> dict[str, Any]:
    """What a server says with status 200; nothing if it says something else, or nothing."""
    try:
        with Wire(port) as wire:
            answer = wire.ask(request)
    except OSError:
        return {}
    return dict(json.loads(answer.body)) if answer.head.status == 200 else {}
