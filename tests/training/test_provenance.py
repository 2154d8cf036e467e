"""What a manifest tells of the runs that made the weights."""

from pathlib import Path

from training.checkpoints import Checkpoints
from training.config import Config, Stage
from training.provenance import counted, told


def config_of(photos: Path, **changes: object) -> Config:
    stages = (Stage(epochs=1, side=16, smallest_area=0.5),)
    known = {"photos": str(photos), "stages": stages, "warmup_epochs": 0, **changes}
    return Config.model_validate(known)


def test_the_record_holds_the_configuration_of_the_run_it_started_from_and_no_path(tmp_path: Path) -> None:
    first = tmp_path / "first"
    config_of(tmp_path / "photos").save(first)
    (Checkpoints(first / "checkpoints").folder / "epoch-0012.weights.h5").touch()
    record = told(config_of(tmp_path / "photos", start=str(first), seed=2))
    assert record["seed"] == 2
    assert isinstance(record["start"], dict)
    assert (record["start"]["seed"], record["start"]["epochs"]) == (1, 12)
    assert "start" not in record["start"]
    assert str(tmp_path) not in str(record)


def test_names_are_counted() -> None:
    assert counted(["dog", "cat", "dog"]) == {"cat": 1, "dog": 2}
