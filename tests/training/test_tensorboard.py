import csv
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray

from tests.training.tiny_run import trained


def curve(folder: Path, name: str) -> dict[int, float]:
    """A quantity by epoch, as TensorBoard reads it."""
    events = EventAccumulator(str(folder))
    events.Reload()
    return {event.step: float(make_ndarray(event.tensor_proto)) for event in events.Tensors(name)}


@pytest.mark.parametrize(
    ("part", "name", "column"),
    [
        ("train", "epoch_loss", "loss"),
        ("train", "epoch_accuracy", "accuracy"),
        ("validation", "epoch_loss", "val_loss"),
        ("validation", "epoch_accuracy", "val_accuracy"),
    ],
)
def test_tensorboard_reads_what_the_log_says(shapes: Path, part: str, name: str, column: str) -> None:
    run = trained(shapes)
    with (run / "log.csv").open(newline="") as lines:
        logged = {int(row["epoch"]): float(row[column]) for row in csv.DictReader(lines)}
    assert sorted(logged) == [0, 1]
    assert curve(run / "tensorboard" / part, name) == pytest.approx(logged, rel=1e-6)
