"""The ceiling: the service's own decoding and forward pass in one process, without HTTP, queue, store or answer.

Threads that each decode a batch of photos and then run the network on it, as many as cores. It runs in a process of its
own, that shares nothing with what is compared to it: `ceiling` starts it, and an `Asker` asks it in lines of JSON.
"""

import argparse
import contextlib
import itertools
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from app.cores import cores
from app.photos.image_decoder import decode
from app.registry.registry import first_to_serve
from app.settings import Settings
from benchmarks.child import child
from benchmarks.photos import photo_set

if TYPE_CHECKING:
    from model.precision import Precision

BATCH = 16
WARMUP_S = 0.3
Work = Literal["decode and forward", "decode", "forward"]


@dataclass(frozen=True)
class Question:
    work: Work
    photos: str  # name of a set
    batch: int
    callers: int  # threads
    seconds: float
    rest_s: float = 0.0  # between two calls, which counts as no time


@dataclass(frozen=True)
class Ceiling:
    """What the machine can do."""

    per_second: float  # photos
    p50_ms: float  # of one call
    cpu_ms: float  # for each photo


class Asker:
    """Asks the process."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def measure(self, question: Question) -> Ceiling:
        """Raises RuntimeError if the process has ended."""
        assert self._process.stdin and self._process.stdout
        with contextlib.suppress(BrokenPipeError):  # then nothing comes back, either
            print(json.dumps(asdict(question)), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("Expected the ceiling's process to answer; it ended")
        return Ceiling(**json.loads(line))


@contextlib.contextmanager
def ceiling(precision: str, lanes: int) -> Iterator[Asker]:
    """The process; `lanes` as for `choose_device`: 0 spreads each batch over all cores."""
    arguments = ("-m", "benchmarks.ceiling", "--precision", precision, "--lanes", str(lanes))
    with child(*arguments, pipes=subprocess.PIPE) as process:
        yield Asker(process)


class Bare:
    """The network and the photos."""

    def __init__(self, precision: "Precision", lanes: int) -> None:
        from model.artifact import Artifact  # TensorFlow: seconds, and hundreds of MB that those who ask do not need
        from model.device import by_one_thread, choose_device
        from model.precision import predict_in

        device = choose_device("auto", lanes)
        self._computing = partial(by_one_thread, device) if lanes else contextlib.nullcontext
        settings = Settings()
        predict_in("float32")  # this thread compares with the golden answers
        self.artifact = Artifact.load(first_to_serve(settings).folder)
        predict_in(precision)  # threads to come
        self.max_pixels = settings.max_pixels

    def decoded(self, photos: Sequence[bytes]) -> NDArray[np.uint8]:
        height, width = self.artifact.manifest.height, self.artifact.manifest.width
        return np.stack([decode(photo, self.max_pixels, height, width).pixels for photo in photos])

    def predicted(self, pixels: NDArray[np.uint8]) -> object:
        with self._computing():
            return self.artifact.predict(pixels)

    def measure(self, question: Question) -> Ceiling:
        files = photo_set(question.photos)
        pixels = self.decoded(list(itertools.islice(itertools.cycle(files), question.batch)))
        steps: dict[Work, Callable[[Sequence[bytes]], object]] = {
            "decode and forward": lambda photos: self.predicted(self.decoded(photos)),
            "decode": self.decoded,
            "forward": lambda _: self.predicted(pixels),
        }
        step = steps[question.work]

        def call_for(seconds: float) -> list[float]:
            times, photos = [], itertools.cycle(files)
            until = time.perf_counter() + seconds
            while (start := time.perf_counter()) < until:
                step(list(itertools.islice(photos, question.batch)))
                times.append(time.perf_counter() - start)
                time.sleep(question.rest_s)
            return times

        with ThreadPoolExecutor(question.callers) as pool:
            list(pool.map(call_for, [WARMUP_S] * question.callers))
            cpu = time.process_time()
            times = list(pool.map(call_for, [question.seconds] * question.callers))
            cpu = time.process_time() - cpu
        calls = [duration for caller in times for duration in caller]
        return Ceiling(
            per_second=sum(question.batch * len(caller) / sum(caller) for caller in times),
            p50_ms=statistics.median(calls) * 1e3,
            cpu_ms=cpu * 1e3 / (question.batch * len(calls)),
        )


def main() -> None:
    parser = argparse.ArgumentParser("python -m benchmarks.ceiling")
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--lanes", type=int, default=cores())
    options = parser.parse_args()
    bare = Bare(options.precision, options.lanes)
    for line in sys.stdin:
        print(json.dumps(asdict(bare.measure(Question(**json.loads(line))))), flush=True)


if __name__ == "__main__":
    main()
