"""What it costs to look inside: every layer's picture, and exact numbers, against POST /predict of the same photo.

Exact numbers of the largest layer are also set against the least that any server could do: send as many bytes over the
loopback, from memory to memory.
"""

import itertools
import json
import math
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from benchmarks.goals import print_ratio
from benchmarks.photos import photo_set
from benchmarks.processes import warn_about, watched_others
from benchmarks.server import catscan
from benchmarks.timing import medians, report
from benchmarks.wire import END, HOST, Answer, Wire, get, post

MOST = 2.5  # times POST /predict, for any layer's PNG
ROUNDS = 20  # of every call, for each round of the other benchmarks
ASKED, COPIED = "POST /predict", "a copy over the loopback"


def measure(rounds: int, seconds: float, precision: str) -> None:
    """Asks for everything in turn, so many times, and prints medians."""
    del seconds
    with catscan(precision) as server, Wire(server.port) as wire, watched_others() as others:
        photo, numbers = photo_set("web")[0], itertools.count(1)
        answer = json.loads(wire.ask(post("/predict", photo)).body)
        listed = answer["feature_maps"]
        layers = json.loads(wire.ask(get(listed)).body)["layers"]
        largest = max(layers, key=lambda layer: math.prod(layer["shape"]))
        size = 4 * math.prod(largest["shape"])  # bytes: float32
        exact = [f"{largest['layer']} as {name}, {size} bytes" for name in ("f32", "npy")]
        pictures = {f"{layer['layer']} as png": f"{layer['href']}&format=png" for layer in layers}
        with sender(size) as copier:
            calls: dict[str, Callable[[], object]] = {
                ASKED: lambda: good(wire.ask(post("/predict", photo, next(numbers)))),
                COPIED: partial(copier.ask, get("/")),
                "statistics of all layers": partial(asked, wire, listed),
            }
            for name, kind in zip(exact, ("f32", "npy"), strict=True):
                calls[name] = partial(asked, wire, f"{largest['href']}&format={kind}")
            calls |= {name: partial(asked, wire, target) for name, target in pictures.items()}
            times = medians(calls, rounds * ROUNDS)
    warn_about(others.cores)
    report("Looking inside, one connection", times, ASKED)
    slowest = max(pictures, key=lambda name: times[name])
    print_ratio(f"the slowest picture, {slowest} / {ASKED}", times[slowest] / times[ASKED], most=MOST)
    print_ratio(f"{largest['layer']} as f32 / {COPIED} of {size} bytes", times[exact[0]] / times[COPIED])


def asked(wire: Wire, target: str) -> None:
    good(wire.ask(get(target)))


def good(answer: Answer) -> None:
    if answer.head.status != 200:
        raise RuntimeError(f"Expected an answer with status 200; received {answer.head.status}: {answer.body!r}")


@contextmanager
def sender(size: int) -> Iterator[Wire]:
    """A connection whose other end answers whatever comes with so many bytes from memory."""
    content = f"HTTP/1.1 200 OK\r\ncontent-length: {size}".encode() + END + bytes(size)

    def send() -> None:
        connection, _ = listening.accept()
        with connection:
            while connection.recv(2**16):
                connection.sendall(content)

    with socket.create_server((HOST, 0)) as listening:
        thread = threading.Thread(target=send)
        thread.start()
        with Wire(listening.getsockname()[1]) as wire:
            yield wire
        thread.join()
