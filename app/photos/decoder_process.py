"""A process that decodes strangers' files, and dies of whatever a codec does wrong with one.

`python -m app.photos.decoder_process` only makes children, one for each socket that comes over its standard input, for
that takes a few milliseconds where a new process would take hundreds. A child answers one request after the other on
its socket. It writes no file, and Linux itself ends it when a file takes too long, and gives it no more memory than is
allowed: no codec can do anything about that.
"""

import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import orjson
from pydantic import BaseModel, ConfigDict, TypeAdapter

from app.errors import PhotoError
from app.photos.image_decoder import decode
from app.photos.messages import receive, send
from app.pictures.preprocessing import Film
from model.preprocessing import AnyStep

STEPS = TypeAdapter(tuple[AnyStep, ...])
READY = b"ready"  # what a child says first
GOOD, BAD = b"+", b"-"  # the first byte of an answer


class Task(BaseModel):
    """What to do with the file that comes next; its limits are those of `app.settings`."""

    model_config = ConfigDict(frozen=True)

    wanted: Literal["pixels", "film"]
    height: int  # of the network's input
    width: int
    max_pixels: int
    seconds: float
    memory: int  # bytes beyond those that the process has at its start


def pixels(file: bytes, task: Task) -> tuple[bytes, bytes]:
    """The steps as JSON, and the network's input: uint8 [height, width, 3]."""
    decoded = decode(file, task.max_pixels, task.height, task.width)
    return STEPS.dump_json(decoded.steps), decoded.pixels.tobytes()


def film(file: bytes, task: Task) -> tuple[bytes, bytes]:
    """Nothing, and a picture of the steps as a PNG."""
    watched = Film()
    done = decode(file, task.max_pixels, task.height, task.width, watched.watch)
    return b"", watched.draw(done.steps[3])


TASKS: dict[str, Callable[[bytes, Task], tuple[bytes, bytes]]] = {"pixels": pixels, "film": film}


def answer(task: Task, file: bytes) -> tuple[bytes, bytes]:
    """What a task makes of a file, or the error that it ends in, as JSON."""
    try:
        words, content = TASKS[task.wanted](file, task)
    except PhotoError as error:
        return BAD + orjson.dumps({"code": error.code, "detail": error.detail, "facts": error.facts}), b""
    return GOOD + words, content


def serve(service: socket.socket) -> None:
    """Answers until nobody asks any more."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # whose default is death, whatever runs
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    send(service, READY, b"")
    allowed = False
    while True:
        try:
            told, file = receive(service, sys.maxsize)
        except EOFError:
            return
        task = Task.model_validate_json(told)
        if not allowed:
            allow(task.memory)
            allowed = True
        signal.setitimer(signal.ITIMER_REAL, task.seconds)
        words, content = answer(task, bytes(file))
        signal.setitimer(signal.ITIMER_REAL, 0)
        send(service, words, content)


def allow(memory: int) -> None:
    """Lets this process have so many bytes more than it has now."""
    has = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (has + memory, resource.RLIM_INFINITY))


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
    Path("/proc/self/oom_score_adj").write_text("1000")  # should memory end, this ends first; its children likewise
    control = socket.socket(fileno=0)
    while True:
        _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not descriptors:
            return  # the service is gone
        if os.fork() == 0:
            control.close()
            serve(socket.socket(fileno=descriptors[0]))
            return
        os.close(descriptors[0])


if __name__ == "__main__":
    main()
