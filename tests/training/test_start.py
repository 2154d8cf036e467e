"""A run that starts from another's weights."""

from pathlib import Path

import numpy as np
import pytest

from training.checkpoints import Checkpoints
from training.config import Config, Stage
from training.provenance import told
from training.train import compiled, train, weights_of

STAGES = (Stage(epochs=1, side=16, smallest_area=0.5),)


def config_of(photos: Path, **changes: object) -> Config:
    tiny = {"height": 16, "width": 16, "epoch_photos": 8, "batch": 8, "stages": STAGES, "warmup_epochs": 0}
    known = {
        "photos": str(photos),
        "validation_share": 0.2,
        "learning_rate": 1e-9,
        "weight_decay": 0,
        **tiny,
        **changes,
    }
    return Config.model_validate(known)


def test_a_run_starts_from_the_weights_that_another_ended_with(shapes: Path, tmp_path: Path) -> None:
    train(config_of(shapes), tmp_path / "first")
    config = config_of(shapes, start=str(tmp_path / "first"), seed=2)
    train(config, tmp_path / "second")
    learner = compiled(config, 2)
    assert Checkpoints(tmp_path / "second" / "checkpoints").restore(learner) == 1
    started, ended = weights_of(tmp_path / "first", 2), learner.get_weights()
    kernels = [index for index, weight in enumerate(started) if weight.ndim > 1]
    assert len(kernels) > 10
    for index in kernels:  # a learning rate of a billionth moves them by no more, whatever the gradients
        np.testing.assert_allclose(ended[index], started[index], atol=1e-6)


def test_the_record_holds_the_configuration_of_the_run_it_started_from_and_no_path(
    shapes: Path, tmp_path: Path
) -> None:
    train(config_of(shapes), tmp_path / "first")
    record = told(config_of(shapes, start=str(tmp_path / "first"), seed=2))
    assert record["seed"] == 2
    assert isinstance(record["start"], dict)
    assert (record["start"]["seed"], record["start"]["epochs"]) == (1, 1)
    assert str(tmp_path) not in str(record)
    assert str(shapes) not in str(record)


def test_a_run_without_a_checkpoint_is_no_start(shapes: Path, tmp_path: Path) -> None:
    config_of(shapes).save(tmp_path / "first")
    with pytest.raises(FileNotFoundError, match="Expected a run with a checkpoint to start from"):
        train(config_of(shapes, start=str(tmp_path / "first")), tmp_path / "second")
