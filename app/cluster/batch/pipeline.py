"""The work spread over a cluster by Ray Data: numbers of chunks go in, the rows of their paths come out."""

import logging
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cluster.batch.errors import BatchRefused
from app.cluster.batch.todo import Chunks
from app.cores import cores
from app.settings import Settings

if TYPE_CHECKING:
    import pyarrow
    from numpy.typing import NDArray

CHUNK = 1024  # photos that one task predicts at most: ten seconds of a core
MOST_CHUNKS = 10_000  # Ray remembers each; of more photos than ten millions, chunks are larger
AT_LEAST = 64  # chunks, so that all nodes have something to do, and none much more than the others
OBJECTS = 256 * 2**20  # bytes of a local object store: what lies there are numbers and rows, never photos
Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Work:
    """What each node needs to know."""

    settings: Settings
    start: Path  # what relative paths are relative to
    threads: int  # of each worker


def chunk_size(photos: int, batch: int) -> int:
    """Photos in a chunk: whole batches."""
    size = max(min(CHUNK, photos // AT_LEAST), -(-photos // MOST_CHUNKS))
    return max(1, -(-size // batch)) * batch


def connect() -> None:
    """Joins the cluster that RAY_ADDRESS names, or starts one on this machine.

    Raises:
        BatchRefused: if it cannot be joined.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # nobody is told
    # Ray calls it an error each time that an actor's restart hangs on what we keep until the end.
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    address = os.environ.get("RAY_ADDRESS", "")
    if address.startswith("ray://"):
        expected = "RAY_ADDRESS: expected a cluster that this machine is a node of (host:6379)"
        raise BatchRefused(f"{expected}; received: {address}. From another machine, use `ray job submit`")
    import ray

    # Without `local`, Ray would join whatever cluster it finds on this machine.
    here: dict[str, Any] = {
        "address": "local", "num_cpus": cores(), "object_store_memory": OBJECTS, "include_dashboard": False,
    }  # fmt: skip
    try:
        ray.init(**({} if address else here), log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:  # Ray raises many kinds, and this one, too
        if not address:
            raise BatchRefused(f"Expected Ray to start on this machine; it says: {error}") from error
        hint = "A cluster that `ray start` began may want RAY_AUTH_MODE=token"
        raise BatchRefused(f"RAY_ADDRESS: expected a cluster; received: {address} ({error}). {hint}") from error
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False  # app.cluster.batch.progress counts photos
    for name in ("ray.data", "ray._private"):
        logging.getLogger(name).setLevel(logging.ERROR)


class Worker:
    """One on a node; Ray makes as many as there are CPUs for, and others in the place of those that are lost."""

    def __init__(self, work: Work, artifact: Any, chunks: Any) -> None:
        """Loads the artifact.

        Args:
            work: what to do.
            artifact: a reference to its files: each node has the same, whatever lies on its disk.
            chunks: a handle of the `Chunks`.
        """
        import ray

        from app.cluster.batch.predictor import Predictor

        self._chunks, self._size = chunks, ray.get(chunks.size.remote())
        files: Files = ray.get(artifact)
        with tempfile.TemporaryDirectory(prefix="catscan-") as folder:
            for name, content in files.items():
                file = Path(folder) / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
            self._predictor = Predictor(work.settings, Path(folder), work.start, work.threads)

    def __call__(self, batch: dict[str, "NDArray[Any]"]) -> "pyarrow.Table":
        """The rows of one chunk, with the number of each path."""
        import pyarrow as pa
        import ray

        (chunk,) = batch["chunk"].tolist()
        rows = list(self._predictor.rows(ray.get(self._chunks.chunk.remote(chunk))))
        first = chunk * self._size
        columns: dict[str, Any] = {"number": pa.array(range(first, first + len(rows)), pa.int64())}
        columns |= {
            name: pa.array(values, pa.float32() if name.endswith("score") else pa.string())
            for name, values in zip(rows[0]._fields, zip(*rows, strict=True), strict=True)
        }
        columns["computed_on"] = pa.array([self._predictor.computed_on] * len(rows))
        return pa.table(columns)


def tables(todo: Path, paths: int, size: int, work: Work, artifact: Files) -> Iterator["pyarrow.Table"]:
    """Rows of all paths, in no order. What a lost node had done may come once more.

    Args:
        todo: the file of a complete `Todo`.
        paths: in it.
        size: of a chunk.
        work: what each node needs to know.
        artifact: the files of it, by their names.
    """
    import pyarrow as pa
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)  # where the file is
    chunks = (
        ray.remote(Chunks)
        .options(num_cpus=0, max_restarts=-1, max_task_retries=-1, scheduling_strategy=here)
        .remote(str(todo), size)
    )
    count = -(-paths // size)
    numbers = ray.data.from_arrow([pa.table({"chunk": [number]}) for number in range(count)])
    gpus = 1 if work.settings.device == "gpu" else 0
    there = int(ray.cluster_resources().get("CPU", 1)) // work.threads
    rows = numbers.map_batches(
        Worker,
        batch_size=1,
        compute=ray.data.ActorPoolStrategy(
            min_size=1, max_size=count, initial_size=max(1, min(there, count)), max_tasks_in_flight_per_actor=2
        ),
        num_cpus=work.threads,
        num_gpus=gpus,
        fn_constructor_kwargs={"work": work, "artifact": ray.put(artifact), "chunks": chunks},
    )
    yield from rows.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=1)
