import csv
import importlib.util
import io
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.logs import forget_from, loggers

VALUES = st.one_of(st.floats(allow_nan=False).map(str), st.sampled_from(["NA", "nan", "inf", '"[1, 2]"', "a,b", ""]))


def lines_of(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines as Keras writes them."""
    lines = []
    for row in (header, *rows):
        text = io.StringIO(newline="")
        csv.writer(text).writerow(row)
        lines.append(text.getvalue())
    return lines


@given(
    epochs=st.lists(st.integers(0, 300), max_size=8), values=st.lists(VALUES, min_size=8, max_size=8),
    column=st.integers(0, 1), epoch=st.integers(0, 301),
)  # fmt: skip
def test_lines_of_unfinished_epochs_go_and_all_others_stay_byte_for_byte(
    epochs: list[int], values: list[str], column: int, epoch: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    log = tmp_path_factory.mktemp("run") / "log.csv"
    header, *lines = lines_of(
        ["loss", "epoch"][:: 1 if column else -1],
        [[value, str(one)][:: 1 if column else -1] for one, value in zip(epochs, values, strict=False)],
    )
    log.write_bytes("".join([header, *lines]).encode())
    forget_from(log, epoch)
    kept = [line for one, line in zip(epochs, lines, strict=True) if one < epoch]
    assert log.read_bytes() == "".join([header, *kept]).encode()
    assert [path.name for path in log.parent.iterdir()] == ["log.csv"]


def test_a_log_that_is_not_there_or_still_empty_is_no_error(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    forget_from(log, 0)
    assert list(tmp_path.iterdir()) == []
    log.touch()  # as a run that is killed in its first epoch leaves it
    forget_from(log, 0)
    assert log.read_bytes() == b""


def test_a_log_is_whole_even_if_taking_lines_out_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log.csv"
    log.write_text("epoch,loss\r\n0,2.5\r\n1,2.0\r\n", newline="")

    def killed(_path: Path, _target: Path) -> Path:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Path, "replace", killed)
        forget_from(log, 1)
    assert log.read_bytes() == b"epoch,loss\r\n0,2.5\r\n1,2.0\r\n"
    forget_from(log, 1)
    assert log.read_bytes() == b"epoch,loss\r\n0,2.5\r\n"
    assert [path.name for path in tmp_path.iterdir()] == ["log.csv"]


def fit(run: Path, epochs_done: int, epochs: int) -> None:
    """Some epochs of a network of one weight, logged."""
    learner = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    learner.compile("sgd", "mse")
    callbacks = loggers(run, epochs_done)
    for epoch in range(epochs_done, epochs):
        photos = np.ones((4, 1))
        learner.fit(
            photos, photos, validation_data=(photos, photos), initial_epoch=epoch, epochs=epoch + 1,
            callbacks=callbacks, verbose=0,
        )  # fmt: skip


def test_a_run_that_goes_on_has_one_line_an_epoch_and_the_first_ones_as_they_were(tmp_path: Path) -> None:
    fit(tmp_path, 0, 3)
    first = (tmp_path / "log.csv").read_bytes().splitlines()
    assert len(first) == 4  # a head and three epochs
    fit(tmp_path, 2, 5)  # the third epoch has a line, but no checkpoint
    log = (tmp_path / "log.csv").read_bytes().splitlines()
    assert log[:3] == first[:3]
    rows = list(csv.DictReader(line.decode() for line in log))
    assert [row["epoch"] for row in rows] == ["0", "1", "2", "3", "4"]
    assert {*rows[0]} == {"epoch", "loss", "val_loss"}
    assert all(np.isfinite(float(value)) for row in rows for value in row.values())


def test_a_run_killed_in_its_first_epoch_begins_its_log_anew(tmp_path: Path) -> None:
    (tmp_path / "log.csv").touch()
    fit(tmp_path, 0, 1)
    head, line = (tmp_path / "log.csv").read_text().splitlines()
    assert head.split(",")[0] == "epoch"
    assert line.split(",")[0] == "0"


def test_tensorboard_has_files_of_training_and_validation(tmp_path: Path) -> None:
    fit(tmp_path, 0, 1)
    for part in ("train", "validation"):
        (events,) = (tmp_path / "tensorboard" / part).glob("events.*")
        assert b"epoch_loss" in events.read_bytes()


@pytest.mark.parametrize("missing", ["tensorflow", "tensorboard"])
def test_without_tensorflow_or_tensorboard_there_is_the_plain_log(
    missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_spec(name: str) -> ModuleSpec | None:
        return None if name == missing else ModuleSpec(name, None)

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    (only,) = loggers(tmp_path, 0)
    assert isinstance(only, keras.callbacks.CSVLogger)
