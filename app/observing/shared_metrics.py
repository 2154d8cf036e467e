"""Workers that count together: each has its numbers in files of one folder, and whoever is asked adds them all up.

This is prometheus-client's multiprocess mode, but its files are named after a worker's place and not after its pid: who
comes after a dead worker takes its place and counts on. So the files never become more, and no total goes backwards.
"""

import contextlib
import fcntl
import functools
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from prometheus_client import Metric, ProcessCollector, values
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from prometheus_client.values import MultiProcessValue

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # prometheus-client's own name for the folder
FOLDERS = "metrics-"
AT_ONCE = fcntl.LOCK_EX | fcntl.LOCK_NB
# Bytes of a worker's files by their kind; those of gauges begin anew with each worker. They are written in full at the
# start: where the memory is full that is an error, while a later write to the mapped file would be a SIGBUS.
KEPT = {"counter": 2**16, "histogram": 2**18}
ANEW = {"gauge_liveall": 2**14, "gauge_livemax": 2**16}
GONE = -1  # of a gauge: nothing has these labels any more; no entry of a file can be taken out


@contextlib.contextmanager
def counting_together(place: Path) -> Iterator[None]:
    """While this lasts, the processes that are started from here count together, in a fresh folder below `place`."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.ExitStack() as until_the_end:
        with locked(place):
            for left in place.glob(f"{FOLDERS}*"):
                with contextlib.suppress(OSError), locked(left, AT_ONCE):  # its owner was killed
                    shutil.rmtree(left)
            folder = until_the_end.enter_context(tempfile.TemporaryDirectory(prefix=FOLDERS, dir=place))
            until_the_end.enter_context(locked(Path(folder)))
        os.environ[VARIABLE] = folder
        until_the_end.callback(os.environ.pop, VARIABLE)
        yield


def shared_folder() -> Path | None:
    """Where this process shall count together with others; None if it counts alone."""
    folder = os.environ.get(VARIABLE)
    return Path(folder) if folder else None


@contextlib.contextmanager
def locked(path: Path, how: int = fcntl.LOCK_EX) -> Iterator[int]:
    """Holds a lock on a file or folder, which ends with the process, however that ends; gives its descriptor.

    Raises:
        BlockingIOError: if another holds it, and `how` is not to wait (LOCK_NB).
    """
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, how)
        yield descriptor
    finally:
        os.close(descriptor)


class Place:
    """The first place in the folder that no living worker has; metrics that are made after this count in its files."""

    def __init__(self, folder: Path) -> None:
        self._held = contextlib.ExitStack()
        for number in itertools.count():
            with contextlib.suppress(BlockingIOError):
                descriptor = self._held.enter_context(locked(folder / f"{number}.worker", AT_ONCE))
                break
        self.name = str(number)
        for kind, size in (KEPT | ANEW).items():
            file = folder / f"{kind}_{number}.db"
            if kind in ANEW or not file.exists():
                zeros = file.with_suffix(".new")
                zeros.write_bytes(bytes(size))
                zeros.replace(file)
        values.ValueClass = MultiProcessValue(lambda: self.name)
        os.pwrite(descriptor, f"{os.getpid():<20}".encode(), 0)


class Workers(Collector):
    """The numbers of all workers. What is true of a moment, such as gauges, is said of each living one by itself."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        living = self.living()
        files = [
            str(file)
            for file in sorted(self._folder.glob("*.db"))
            if not file.name.startswith("gauge") or file.stem.rpartition("_")[2] in living
        ]
        for metric in MultiProcessCollector.merge(files):
            for index, sample in enumerate(metric.samples):
                place = sample.labels.pop("pid", None)  # a gauge's: the library takes the file's name for a pid
                if place is not None:
                    metric.samples[index] = sample._replace(labels=sample.labels | worker(place, living[place]))
            metric.samples = [sample for sample in metric.samples if metric.type != "gauge" or sample.value != GONE]
            yield metric
        yield from processes(living)

    def living(self) -> dict[str, int]:
        """The pids of the living workers by their places."""
        pids: dict[str, int] = {}
        for file in sorted(self._folder.glob("*.worker")):
            try:
                with locked(file, fcntl.LOCK_SH | fcntl.LOCK_NB):
                    pass  # nobody held it; a shared lock, for another may look at the same time
            except BlockingIOError:
                if pid := file.read_text().strip():
                    pids[file.stem] = int(pid)
        return pids


def processes(living: dict[str, int]) -> Iterable[Metric]:
    """Memory, CPU time and files of each worker, as the system knows them."""
    metrics: dict[str, Metric] = {}
    for place, pid in living.items():
        for metric in ProcessCollector(pid=functools.partial(int, pid), registry=None).collect():
            known = metrics.setdefault(metric.name, Metric(metric.name, metric.documentation, metric.type))
            known.samples += [sample._replace(labels=sample.labels | worker(place, pid)) for sample in metric.samples]
    return metrics.values()


def worker(place: str, pid: int) -> dict[str, str]:
    return {"worker": place, "pid": str(pid)}
