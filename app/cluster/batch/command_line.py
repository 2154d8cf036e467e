"""The command `catscan-batch`: predicts a folder, a list or a bucket of photos, on this machine or on a cluster."""

import argparse
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from app import __version__
from app.cluster.batch import parts
from app.cluster.batch.errors import BatchRefused
from app.cluster.batch.parts import Parts
from app.cluster.batch.photo_paths import photo_paths
from app.cluster.batch.pipeline import Files, Work, chunk_size, connect, tables
from app.cluster.batch.progress import Progress
from app.cluster.batch.recording import Recording
from app.cluster.batch.todo import Todo
from app.keys import Keys
from app.registry.registry import first_to_serve
from app.settings import SettingsInvalid, load_settings
from model.errors import ArtifactError
from model.manifest import Manifest

EPILOG = """\
OUT is a folder of Parquet files with the columns path, label, score, cat_score and error, as pandas, DuckDB, Polars,
Spark and Arrow read it: pandas.read_parquet("predictions.parquet"). A file that is no photo gets a row whose error
says so. The same command again goes on where it stopped: a path that has a row is skipped.

RAY_ADDRESS names the cluster, whose nodes must see the photos under the same paths; without it, this machine is one.
Each worker process takes 700 MB, for one CPU or, with --threads 4, for four.
Photos are decoded and predicted as the service does it: CATSCAN_MODELS, CATSCAN_MODEL, CATSCAN_DEVICE,
CATSCAN_PRECISION, CATSCAN_MAX_BODY_BYTES, CATSCAN_MAX_PIXELS, CATSCAN_DECODE_S and CATSCAN_MAX_BATCH are read here.

Ends with 0 when every path has a row; with 1 when some have none, and on stderr, why; with 2 when the command is wrong.
"""
INTERRUPTED = 130  # as shells say it: 128 and SIGINT's number


def parser() -> argparse.ArgumentParser:
    command = argparse.ArgumentParser("catscan-batch", description=__doc__, epilog=EPILOG)
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.add_argument(
        "images", metavar="IMAGES",
        help="a folder; a text file with a path or URI a line, '-' for standard input; or a URI such as s3://bucket/cats",
    )  # fmt: skip
    command.add_argument("--out", required=True, help="folder of the parts, or the URI of one; made if it is not there")
    command.add_argument(
        "--threads", type=int, default=1, metavar="N", help="CPUs that each worker process keeps busy [%(default)s]"
    )
    return command


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    whole = parser()
    options = whole.parse_args(arguments)
    if options.threads < 1:
        whole.error(f"--threads: expected at least 1; received: {options.threads}")
    try:
        return predict(options.images, options.out, options.threads)
    except (BatchRefused, SettingsInvalid, ArtifactError, OSError) as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say(f"stopped. What is done is in {options.out}; the same command goes on from there")
        return INTERRUPTED


def predict(images: str, out: str, threads: int) -> int:
    """From the images to the last line; returns the exit code."""
    # The service's only: no worker needs to know who may ask or change it.
    service_only = {"admin_keys": Keys(), "api_keys": Keys(), "store": Path()}
    settings = load_settings().model_copy(update=service_only | {"lanes": threads})
    found = first_to_serve(settings)
    manifest = Manifest.load(found.folder)
    facts = {
        parts.MODEL: manifest.name, parts.VERSION: str(manifest.version), parts.DIGEST: manifest.digest,
        "catscan.software": __version__,
    }  # fmt: skip
    with Parts(out, facts) as writing, tempfile.TemporaryDirectory(prefix="catscan-batch-") as folder:
        todo = Todo(Path(folder) / "todo.sqlite")
        todo.leave_out(writing.done())
        todo.add(photo_paths(images))
        todo.close()
        progress, start = Progress(todo.paths), Path.cwd()
        recording = Recording(writing, progress, start)
        if todo.paths:
            run(todo, Work(settings, start, threads), files_of(found.folder), recording, progress)
    return summary(recording, progress, todo.skipped)


def run(todo: Todo, work: Work, artifact: Files, recording: Recording, progress: Progress) -> None:
    """Has all paths predicted; what has come is written, however this ends.

    Raises:
        BatchRefused: if the cluster cannot do it.
    """
    import ray

    size = chunk_size(todo.paths, work.settings.max_batch)
    try:
        connect()
        for number in signal.SIGINT, signal.SIGTERM:  # Ray has put its own; `&` in a shell ignores the first
            signal.signal(number, interrupt)
        progress.show()
        for table in tables(todo.file, todo.paths, size, work, artifact):
            recording.take(table)
            progress.show()
    except ray.exceptions.RayError as error:
        raise BatchRefused(f"the cluster failed: {error}") from error
    finally:
        recording.flush()
        progress.hide()
        ray.shutdown()


def summary(recording: Recording, progress: Progress, skipped: int) -> int:
    say(
        f"{progress.predicted} predicted, {progress.cats} of them cats; {progress.errors} errors, "
        f"{skipped} skipped, in {progress.seconds:.1f} s"
    )
    if progress.unread:
        say(f"{progress.unread} could not be read, and have no row; the same command tries them again. The first: "
            f"{recording.first_unread}")  # fmt: skip
    if recording.missing:
        say(f"{recording.missing} got no answer, and have no row; the same command tries them again")
    return int(bool(progress.unread or recording.missing))


def files_of(folder: Path) -> Files:
    """All of an artifact's, by their names in its folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def say(line: str) -> None:
    sys.stderr.write(f"catscan-batch: {line}\n")
