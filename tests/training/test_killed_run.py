"""Runs repeat; and runs that are killed in earnest, whenever that is, end as if nothing had happened."""

import csv
import multiprocessing
import os
import pkgutil
import random
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import h5py
import pytest

from tests.training.tiny_run import tiny_config, tiny_network
from training.__main__ import main
from training.config import Stage

PATIENCE = 300.0  # seconds until a busy machine counts as a failure
EPOCHS = 7
INTERVAL = 1  # epochs from one checkpoint to the next
KILLS = 4  # at times by chance

FORKING = multiprocessing.get_context("forkserver")  # from one process that has imported TensorFlow, for speed
FORKING.set_forkserver_preload([__name__])

# Where a process dies by its own hand: at the first call of a function with such arguments. The next one resumes there.
MOMENTS: dict[str, tuple[str, Callable[..., bool]]] = {
    "photos are decoded for the cache": ("training.cache.decode", lambda photo, _: photo.name.endswith("1009.png")),
    "the cache is whole and not in its place": ("pathlib.Path.replace", lambda _, to: to.name == "index.json"),
    "the first epoch is running": ("training.batches.EpochBatches.__getitem__", lambda _, index: index == 4),
    "the first epoch is about to be logged": ("keras.callbacks.CSVLogger.on_epoch_end", lambda *_, **__: True),
    "the first epoch is logged and not saved": ("training.checkpoints.Checkpoints.save", lambda *_: True),
    "the first checkpoint is half written": ("h5py.Group.create_dataset", lambda group, *_, **__: "opt" in group.name),
    "the settings are not in their place": ("pathlib.Path.replace", lambda _, to: to.name == "config.json"),
    "the log is about to forget": ("pathlib.Path.replace", lambda _, to: to.name == "log.csv"),
    "the second checkpoint is not in its place": ("pathlib.Path.replace", lambda _, to: "epoch-0002.w" in to.name),
    "a snapshot is half written": ("zipfile.ZipFile.open", lambda _, name, *__, **___: "logits" in str(name)),
    "the oldest checkpoint is about to go": ("pathlib.Path.unlink", lambda *_: True),
    "a later epoch is running": ("training.batches.EpochBatches.__getitem__", lambda batches, _: batches.epoch == 4),
}


def trainer(folder: Path, moment: str | None) -> None:
    """The process that is killed: `python -m training train --resume`."""
    with (folder / "output").open("ab") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    if moment:
        function, fatal = MOMENTS[moment]
        place, _, name = function.rpartition(".")
        owner = pkgutil.resolve_name(place)
        whole = getattr(owner, name)

        def deadly(*arguments: object, **options: object) -> object:
            if fatal(*arguments, **options):
                os.kill(os.getpid(), signal.SIGKILL)
            return whole(*arguments, **options)

        setattr(owner, name, deadly)
    with tiny_network():
        sys.exit(main(["train", "--resume", "--config", str(folder / "config.json"), "--run", str(folder / "run")]))


def started(folder: Path, moment: str | None = None) -> ForkServerProcess:
    process = FORKING.Process(target=trainer, args=(folder, moment))
    process.start()
    return process


def exit_code(process: ForkServerProcess, folder: Path) -> int:
    process.join(PATIENCE)
    assert process.exitcode is not None, (folder / "output").read_text()
    return process.exitcode


def finish(folder: Path) -> None:
    assert exit_code(started(folder), folder) == 0, (folder / "output").read_text()


@pytest.fixture(scope="module")
def folders(shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes folders, each with the settings of a run in it."""

    def folder(seed: int = 1) -> Path:
        made = tmp_path_factory.mktemp("run")
        stages = (Stage(epochs=EPOCHS - 2, side=16, smallest_area=0.6), Stage(epochs=2, side=24, smallest_area=0.6))
        with tiny_network():
            config = tiny_config(shapes).model_copy(update={"stages": stages, "seed": seed})
        (made / "config.json").write_text(config.model_dump_json())
        return made

    return folder


@pytest.fixture(scope="module")
def unbroken(folders: Callable[..., Path]) -> tuple[Path, float]:
    """The folder of a run that nothing stopped, and how many seconds it took."""
    folder, start = folders(), time.monotonic()
    finish(folder)
    return folder, time.monotonic() - start


def checkpoints(folder: Path) -> list[Path]:
    return sorted((folder / "run" / "checkpoints").glob("epoch-*"))


def epochs_saved(folder: Path) -> int:
    return max((int(file.name[6:10]) for file in checkpoints(folder)), default=0)


def epochs_logged(folder: Path) -> int:
    log = folder / "run" / "log.csv"
    lines = log.read_text().splitlines() if log.exists() else []
    return max((1 + int(row["epoch"]) for row in csv.DictReader(lines)), default=0)


def results(folder: Path) -> dict[str, bytes]:
    """Every number that a run ended with: weights, what the optimizer remembers, the log."""
    found = {"log": (folder / "run" / "log.csv").read_bytes()}
    with h5py.File(checkpoints(folder)[-1]) as file:

        def keep(name: str, item: h5py.Group | h5py.Dataset) -> None:
            if isinstance(item, h5py.Dataset):
                found[name] = item[()].tobytes()

        file.visititems(keep)
    return found


def test_the_same_seed_gives_the_same_run_and_another_seed_another(
    unbroken: tuple[Path, float], folders: Callable[..., Path]
) -> None:
    again, other = folders(), folders(seed=2)
    processes = {folder: started(folder) for folder in (again, other)}
    assert [exit_code(process, folder) for folder, process in processes.items()] == [0, 0]
    first, different = results(unbroken[0]), results(other)
    assert epochs_saved(again) == epochs_logged(again) == EPOCHS
    assert results(again) == first
    learnt = [name for name in first if name.startswith("layers/")]
    assert len(learnt) >= 12  # two normalised convolutions and the logits
    assert [name for name in ("log", *learnt) if different[name] == first[name]] == []


def test_a_run_that_is_killed_at_its_worst_moments_ends_as_an_unbroken_one(
    unbroken: tuple[Path, float], folders: Callable[..., Path]
) -> None:
    folder, saved = folders(), 0
    for moment in MOMENTS:
        assert exit_code(started(folder, moment), folder) == -signal.SIGKILL, moment
        assert epochs_logged(folder) - epochs_saved(folder) <= INTERVAL, moment
        assert epochs_saved(folder) >= saved, moment
        saved = epochs_saved(folder)
    assert 0 < saved < EPOCHS
    finish(folder)
    assert results(folder) == results(unbroken[0])


def test_a_run_that_is_killed_at_any_time_ends_as_an_unbroken_one(
    unbroken: tuple[Path, float], folders: Callable[..., Path]
) -> None:
    folder, saved, chance = folders(), 0, random.Random(1)
    whole, duration = unbroken
    for _ in range(KILLS):
        process = started(folder)
        process.join(chance.uniform(0, duration))
        process.kill()
        process.join(PATIENCE)
        assert epochs_logged(folder) - epochs_saved(folder) <= INTERVAL
        assert epochs_saved(folder) >= saved
        saved = epochs_saved(folder)
    finish(folder)
    assert results(folder) == results(whole)
