"""A run's logs: `log.csv`, a line an epoch, and TensorBoard's files."""

import csv
import importlib.util
from pathlib import Path

import keras


def loggers(run: Path, epochs_done: int) -> list[keras.callbacks.Callback]:
    """What writes the logs of a run that has done so many epochs; TensorBoard's only where TensorFlow is installed."""
    forget_from(run / "log.csv", epochs_done)
    callbacks = [keras.callbacks.CSVLogger(run / "log.csv", append=True)]
    if importlib.util.find_spec("tensorflow") and importlib.util.find_spec("tensorboard"):
        callbacks.append(keras.callbacks.TensorBoard(run / "tensorboard", write_graph=False))
    return callbacks


def forget_from(log: Path, epoch: int) -> None:
    """Takes the lines of an epoch and of later ones out: a run may be killed between its log and its checkpoint."""
    if not log.exists() or not log.stat().st_size:  # empty: it was killed in its first epoch
        return
    with log.open(newline="") as lines:
        header, *rows = csv.reader(lines)
    column = header.index("epoch")
    unfinished = log.with_suffix(".unfinished")
    with unfinished.open("w", newline="") as lines:
        csv.writer(lines).writerows([header, *(row for row in rows if int(row[column]) < epoch)])
    unfinished.replace(log)
