"""What is written: a folder of Parquet files, each whole from the moment it has its name; one process writes it."""

import contextlib
import fcntl
import os
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from app.cluster.batch.errors import BatchRefused
from app.cluster.batch.places import Stores, is_uri

if TYPE_CHECKING:
    import pyarrow

UNFINISHED = "_unfinished-"  # readers of Parquet leave out names that begin so
PREFIX = "catscan."
MODEL, VERSION, DIGEST = PREFIX + "model", PREFIX + "version", PREFIX + "digest"


def schema() -> "pyarrow.Schema":
    """Of each part."""
    import pyarrow as pa

    return pa.schema(
        [
            pa.field("path", pa.string(), nullable=False),
            pa.field("label", pa.string()),
            pa.field("score", pa.float32()),
            pa.field("cat_score", pa.float32()),
            pa.field("error", pa.string()),
        ]
    )


class Parts:
    """The parts of one output; a folder of this machine is locked as long as this process lives."""

    def __init__(self, out: str, facts: Mapping[str, str]) -> None:
        """Makes or opens an output.

        Args:
            out: a folder, or the URI of one; it is made.
            facts: of what predicts; they stand in each part, and the `DIGEST` must agree with that of the parts there.

        Raises:
            BatchRefused: if there is something else at this place, or another process writes there.
            OSError: if it cannot be read or written.
        """
        from pyarrow import fs

        self.out, self._facts, self._lock = out, dict(facts), -1
        self._local = not is_uri(out)
        if self._local:
            folder = Path(out).absolute()
            if folder.exists() and not folder.is_dir():
                raise BatchRefused(f"--out: expected a folder, for the parts; received: {out!r}, which is a file")
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = locked(folder)
            self._system, self._folder = fs.LocalFileSystem(), str(folder)
        else:
            self._system, path = Stores().find(out)
            self._folder = path.rstrip("/")
            self._system.create_dir(self._folder, recursive=True)
        self._names = self._found()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock >= 0:
            os.close(self._lock)

    def _found(self) -> list[str]:
        """The parts that are there; what a killed run was writing is deleted."""
        from pyarrow import fs

        names = []
        for info in self._system.get_file_info(fs.FileSelector(self._folder)):
            if info.base_name.startswith(UNFINISHED):
                self._system.delete_file(info.path)
            elif info.base_name.endswith(".parquet"):
                names.append(info.path)
        return sorted(names)

    def done(self) -> Iterator[str]:
        """The paths that have a row.

        Raises:
            BatchRefused: if another artifact answered some of them, or a part is none.
        """
        import pyarrow
        from pyarrow import parquet

        for name in self._names:
            with self._system.open_input_file(name) as file:
                try:
                    part = parquet.ParquetFile(file)
                    self._check(name, part.schema_arrow.metadata or {})
                    for batch in part.iter_batches(columns=["path"]):
                        yield from batch.column(0).to_pylist()
                except pyarrow.ArrowInvalid as error:
                    raise BatchRefused(f"--out: expected parts of a batch; received: {name} ({error})") from error

    def _check(self, name: str, metadata: Mapping[bytes, bytes]) -> None:
        there = {key.decode(): value.decode() for key, value in metadata.items() if key.startswith(PREFIX.encode())}
        if DIGEST not in there:
            raise BatchRefused(f"--out: expected parts of a batch; received: {name}, which says no artifact")
        if there[DIGEST] != self._facts[DIGEST]:
            ours, theirs = (f"{at[MODEL]} {at[VERSION]}, digest {at[DIGEST][:12]}" for at in (self._facts, there))
            raise BatchRefused(
                f"--out: expected predictions of {ours}; received: {name} with those of {theirs}. "
                "Take another --out, or the artifact of before (CATSCAN_MODELS)"
            )

    def write(self, rows: Mapping[str, list[Any]], **facts: str) -> None:
        """Writes one part; `facts` stand in it, too. On an object store, too, it is there as a whole or not at all."""
        import pyarrow as pa
        from pyarrow import parquet

        said = {key.encode(): value.encode() for key, value in {**self._facts, **facts}.items()}
        table = pa.table(dict(rows), schema().with_metadata(said))
        name = f"part-{len(self._names):06}-{uuid.uuid4().hex[:8]}.parquet"
        # Readers of a folder leave out the one, and those of `*.parquet`, too.
        unfinished, finished = f"{self._folder}/{UNFINISHED}{uuid.uuid4().hex}", f"{self._folder}/{name}"
        content = pa.BufferOutputStream()
        parquet.write_table(table, content)
        if self._local:
            with Path(unfinished).open("wb") as file:
                file.write(content.getvalue())
                file.flush()
                os.fsync(file.fileno())  # else a machine that loses its power could keep the name without the rows
            Path(unfinished).replace(finished)
        else:
            with self._system.open_output_stream(finished) as stream:  # an object appears when it is closed
                stream.write(content.getvalue())
        self._names.append(finished)


def locked(folder: Path) -> int:
    """A lock on a folder that ends with this process, however it ends; none where the file system has none.

    Raises:
        BatchRefused: if another process has it.
    """
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(opened)
        raise BatchRefused(f"--out: expected a folder nobody writes; received: {folder}, where a batch runs") from error
    except OSError:
        with contextlib.suppress(OSError):
            os.close(opened)
        return -1
    return opened
