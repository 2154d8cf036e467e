"""What a manifest tells of the runs that made the weights."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from tests.training.shapes import cache_of
from training.checkpoints import Checkpoints
from training.config import Config, Stage
from training.provenance import counted, provenance, told


def config_of(photos: Path, **changes: object) -> Config:
    stages = (Stage(epochs=1, side=16, smallest_area=0.5),)
    known = {"photos": str(photos), "stages": stages, "warmup_epochs": 0, **changes}
    return Config.model_validate(known)


def test_the_record_holds_the_configuration_of_the_run_it_started_from_and_no_path(tmp_path: Path) -> None:
    first = tmp_path / "first"
    config_of(tmp_path / "photos", watched=str(tmp_path / "cat.jpg")).save(first)
    (Checkpoints(first / "checkpoints").folder / "epoch-0012.weights.h5").touch()
    record = told(config_of(tmp_path / "photos", start=str(first), seed=2, watched=str(tmp_path / "cat.jpg")))
    assert record["seed"] == 2
    assert isinstance(record["start"], dict)
    assert (record["start"]["seed"], record["start"]["epochs"]) == (1, 12)
    assert "start" not in record["start"]
    assert str(tmp_path) not in str(record)


def test_the_record_of_a_run_from_random_weights_is_its_whole_configuration_but_for_paths() -> None:
    config = config_of(Path("photos"), watched="cat.jpg", left_out=("web",), shares={"grey": 1}, seed=7)
    record = told(config)
    assert set(record) == set(Config.model_fields) - {"photos", "watched", "start"}
    assert Config.model_validate({**record, "photos": "photos", "watched": "cat.jpg"}) == config


def test_a_manifest_says_how_many_photos_of_each_class_and_source_trained() -> None:
    photos = [np.zeros((1, 1, 3), np.uint8)] * 5
    cache = cache_of(photos, [0, 1, 1, 0, 1], ["web", "web", "phone", "web", "web"])
    record = provenance(config_of(Path("photos")), cache, np.array([0, 2, 4]), 12)
    assert record.photos == {"class 0": 1, "class 1": 2}
    assert record.sources == {"phone": 1, "web": 2}
    assert record.epochs == 12
    assert abs(datetime.now(UTC).date() - date.fromisoformat(record.date)) <= timedelta(days=1)


def test_names_are_counted() -> None:
    assert counted(["dog", "cat", "dog"]) == {"cat": 1, "dog": 2}
