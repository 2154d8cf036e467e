import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.artifact import Artifact
from model.network import NETWORKS
from tests.training.tiny_run import exported, tiny_config, tiny_network, trained
from training.cache import Cache
from training.comparison import experiments as experiments_module
from training.comparison.comparison import Comparison
from training.comparison.experiments import CROPS, RATES, SIDES, experiment, experiments, sample, trained_alike
from training.comparison.growth import cost
from training.comparison.section import load
from training.config import Config
from training.split import split
from training.train import stage_of


@pytest.fixture(autouse=True, scope="module")
def short_experiment() -> Iterator[None]:
    """Two steps of a tiny network."""
    with tiny_network(), pytest.MonkeyPatch.context() as patched:
        patched.setitem(RATES, "tiny", 0.02)
        patched.setitem(SIDES, "tiny", 72)
        for name in set(RATES) - {"tiny"}:
            patched.delitem(RATES, name)
        patched.setattr(experiments_module, "PHOTOS", 64)
        patched.setattr(experiments_module, "EPOCHS", 2)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("compared") / "experiments"


@pytest.fixture(scope="module")
def comparison(shapes: Path, folder: Path) -> Comparison:
    shipped = {"tiny, shipped": Artifact.load(exported(shapes))}
    return experiments(trained(shapes), shipped, folder, limit=10)


def test_networks_that_learnt_alike_stand_beside_those_shipped_at_their_own_sizes(
    comparison: Comparison, folder: Path
) -> None:
    sizes = {name: (network.height, network.width) for name, network in comparison.networks.items()}
    assert sizes == {"tiny": (72, 72), "tiny, shipped": (24, 20)}
    assert (comparison.photos, comparison.training_photos) == (10, 10)
    assert load(folder) == comparison
    assert {"damages.png", "endurance.png", "gap.png", "growth.png"} <= {file.name for file in folder.iterdir()}


@pytest.mark.usefixtures("comparison")
def test_networks_that_are_trained_and_exported_are_taken_as_they_are(shapes: Path, folder: Path) -> None:
    def written() -> dict[Path, int]:
        return {file: file.stat().st_mtime_ns for file in folder.rglob("*") if file.suffix in (".h5", ".npz", ".pb")}

    before = written()
    assert len(before) > 2 + 3 + 3  # checkpoints, snapshots, and those of the artifact
    assert list(trained_alike(trained(shapes), folder)) == ["tiny"]
    assert written() == before


@pytest.mark.usefixtures("comparison")
def test_a_folder_of_an_experiment_done_otherwise_is_refused(
    shapes: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SIDES, "tiny", 80)
    message = f"Expected another folder than {folder}, or none: {folder / 'tiny'} is of an experiment done otherwise"
    with pytest.raises(ValueError, match=re.escape(message)):
        experiments(trained(shapes), {}, folder, limit=1)


def test_without_a_photo_to_judge_by_nothing_is_trained(shapes: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^limit: expected at least 1 photo; received: 0$"):
        experiments(trained(shapes), {}, tmp_path / "new", limit=0)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("changes", [{}, {"left_out": ("phone",)}, {"test_share": 0.4, "validation_share": 0.05}])
def test_what_judges_the_run_trains_no_network_of_the_experiment(shapes: Path, changes: dict[str, object]) -> None:
    cache = Cache.load(trained(shapes) / "cache")
    run = tiny_config(shapes).model_copy(update=changes)
    judging, learning = split(cache, run), split(cache, experiment("tiny", run))
    assert len(learning.training)
    assert not set(learning.training) & {*judging.test, *judging.validation, *judging.left_out}
    assert set(learning.training) <= set(judging.training)


def test_only_a_network_that_takes_any_size_trains_on_smaller_crops(monkeypatch: pytest.MonkeyPatch) -> None:
    for network in ("convolutional", "dense"):
        monkeypatch.setitem(RATES, network, 1e-3)
    run = Config(photos="nowhere")
    convolutional, dense = experiment("convolutional", run), experiment("dense", run)
    assert (convolutional.height, convolutional.width) == (72, 72)
    assert (dense.height, dense.width) == (128, 128)
    assert (stage_of(convolutional, 0).side, stage_of(dense, 0).side) == (CROPS, 128)
    # A crop of a share s of the area shows things larger by 1 / sqrt(s): on average over s from 0.7 to 1, by 1.09.
    stage = convolutional.stages[0]
    larger = 2 * (1 - stage.smallest_area**0.5) / (1 - stage.smallest_area)
    assert pytest.approx(CROPS * larger, rel=0.05) == convolutional.height


def test_the_dense_network_has_about_as_many_parameters_as_the_convolutional_one() -> None:
    dense, convolutional = (cost(NETWORKS[name], 4, SIDES[name]).parameters for name in ("dense", "convolutional"))
    assert dense == pytest.approx(convolutional, rel=0.1)


@given(photos=st.integers(0, 300), limit=st.integers(1, 300))
def test_a_sample_has_each_photo_once_and_is_the_same_again(photos: int, limit: int) -> None:
    all_of_them = np.arange(photos) * 3
    chosen = sample(all_of_them, limit).tolist()
    assert len(chosen) == min(photos, limit)
    assert chosen == sorted(set(chosen)) == sample(all_of_them, limit).tolist()
    assert set(chosen) <= set(all_of_them.tolist())


def test_a_sample_is_from_everywhere() -> None:
    chosen = sample(np.arange(10_000), 1000)
    assert np.histogram(chosen, 10, (0, 10_000))[0].min() > 70  # of 100 expected in each tenth
