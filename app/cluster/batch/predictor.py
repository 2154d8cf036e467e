"""What runs on each node: an artifact, loaded once, and as many threads as it has cores, from paths to rows."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from app.cluster.batch.errors import NoPhoto
from app.cluster.batch.photo_files import PhotoFiles
from app.engine import Pixels, predict
from app.errors import PhotoError, UploadError
from app.loading import choose_hardware, compute_in, open_artifact, warm
from app.photos.decoders import Decoders
from app.settings import Settings
from model.errors import ArtifactDisagrees

READERS = 16  # files on their way at the same time: an object store takes tens of milliseconds for each
CAT = "cat"


class Row(NamedTuple):
    """What came of one path: an answer, or what is wrong with its file; or why nobody knows, which is `unread`."""

    path: str
    label: str | None = None
    score: float | None = None
    cat_score: float | None = None
    error: str | None = None
    unread: str | None = None


class Predictor:
    """Decodes as the service does, in processes that may die, and predicts in batches of the same sizes."""

    def __init__(self, settings: Settings, folder: Path, start: Path, threads: int) -> None:
        """Loads, verifies and warms an artifact.

        Args:
            settings: the limits, the device and the precision.
            folder: the artifact's.
            start: what relative paths are relative to.
            threads: that decode and predict; each keeps one core busy.

        Raises:
            ArtifactError, DeviceMissing, PrecisionMissing: if it cannot predict.
        """
        # Powers of two: no batch is padded.
        self._sizes = [2**power for power in reversed(range(settings.max_batch.bit_length()))]
        self._threads = threads
        self._files = PhotoFiles(start, settings.max_body_bytes)
        self._decoders = Decoders(settings)
        self._readers = ThreadPoolExecutor(READERS, "reading")
        with ThreadPoolExecutor(1) as loading:  # TensorFlow keeps the precision by thread
            self._device, precision = loading.submit(choose_hardware, settings).result()
            loading.submit(compute_in, "float32").result()
            self.artifact = loading.submit(open_artifact, folder).result()
        self._cores = self._ready(precision)
        try:
            self._cores.submit(warm, self.artifact, self._device, precision, self._sizes).result()
        except ArtifactDisagrees:
            if settings.precision != "auto":
                raise
            precision = "float32"
            self._cores = self._ready(precision)
        self.computed_on = f"{self._device}, {precision}"

    def _ready(self, precision: Any) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._threads, "core", initializer=partial(compute_in, precision))

    def rows(self, paths: Sequence[str]) -> Iterator[Row]:
        """What comes of each path, in their order."""
        waiting: deque[Future[list[Row]]] = deque()
        left = iter(paths)
        while group := list(islice(left, self._sizes[0])):
            files = deque(self._readers.submit(self._files.read, path) for path in group)
            waiting.append(self._cores.submit(self._answered, group, files))
            if len(waiting) > self._threads:  # one group is read while the others are computed
                yield from waiting.popleft().result()
        for future in waiting:
            yield from future.result()

    def _answered(self, group: Sequence[str], files: "deque[Future[bytes]]") -> list[Row]:
        """Runs in a core's thread."""
        rows: list[Row | None] = []
        seen: list[Pixels] = []
        for path in group:
            try:
                pixels = self._decoders.photo(files.popleft().result(), self.artifact.manifest).pixels
            except (NoPhoto, PhotoError, UploadError) as error:
                rows.append(Row(path, error=f"{error.code}: {error.detail}"))
            except OSError as error:
                rows.append(Row(path, unread=f"{type(error).__name__}: {error}"))
            else:
                seen.append(pixels)
                rows.append(None)
        scores = self._scores(seen)
        return [row or self._row(path, next(scores)) for path, row in zip(group, rows, strict=True)]

    def _scores(self, seen: Sequence[Pixels]) -> Iterator[Any]:
        """The probabilities of each photo, in the largest batches that can be filled."""
        at = 0
        while at < len(seen):
            size = next(size for size in self._sizes if size <= len(seen) - at)
            for answer in predict(self.artifact, self._device, seen[at : at + size]):
                yield answer.probabilities
            at += size

    def _row(self, path: str, probabilities: Any) -> Row:
        labels = self.artifact.manifest.labels
        best = int(probabilities.argmax())
        cat = float(probabilities[labels.index(CAT)]) if CAT in labels else None
        return Row(path, labels[best], float(probabilities[best]), cat)

    def close(self) -> None:
        self._readers.shutdown()
        self._cores.shutdown()
        self._decoders.close()
