import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from model.network import NETWORKS
from training.augmentation import Shares
from training.config import Config, Stage, quick


def config_of(**changes: object) -> Config:
    return Config.model_validate({"photos": "PHOTOS", **changes})


@pytest.mark.parametrize(
    ("field", "accepted", "refused"),
    [
        ("height", 8, 7),
        ("height", 1024, 1025),
        ("width", 8, 7),
        ("width", 1024, 1025),
        ("seed", 0, -1),
        ("cache_side", 8, 7),
        ("cache_side", 2048, 2049),
        ("validation_share", 0.001, 0),
        ("validation_share", 0.499, 0.5),
        ("test_share", 0.001, 0),
        ("test_share", 0.499, 0.5),
        ("epoch_photos", 64, 63),  # one batch
        ("batch", 1, 0),
        ("batch", 25_600, 25_601),  # one epoch
        ("training_photos", 1, 0),
        ("class_balance", 0, -0.01),
        ("class_balance", 1, 1.01),
        ("source_balance", 0, -0.01),
        ("source_balance", 1, 1.01),
        ("pasted_share", 0, -0.01),
        ("pasted_share", 1, 1.01),
        ("mix_share", 0, -0.01),
        ("mix_share", 1, 1.01),
        ("learning_rate", 1e-9, 0),
        ("warmup_epochs", 0, -0.01),
        ("warmup_epochs", 23.9, 24),  # the default stages have 24 epochs
        ("weight_decay", 0, -0.01),
        ("label_smoothing", 0, -0.01),
        ("label_smoothing", 0.99, 1),
    ],
)
def test_each_number_is_accepted_at_its_limit_and_refused_over_it(field: str, accepted: float, refused: float) -> None:
    stages = [{"epochs": 24, "side": 64, "smallest_area": 0.5}]
    size = {"epoch_photos": 25_600, "batch": 64, "stages": stages}
    assert getattr(config_of(**{**size, field: accepted}), field) == accepted
    with pytest.raises(ValidationError, match=field):
        config_of(**{**size, field: refused})


@pytest.mark.parametrize(
    ("field", "accepted", "refused"),
    [
        ("epochs", 1, 0),
        ("side", 8, 7),
        ("side", 1024, 1025),
        ("smallest_area", 0.001, 0),
        ("smallest_area", 1, 1.01),
        ("strength", 0, -0.01),
        ("strength", 1, 1.01),
    ],
)
def test_each_number_of_a_stage_is_accepted_at_its_limit_and_refused_over_it(
    field: str, accepted: float, refused: float
) -> None:
    stage = {"epochs": 1, "side": 64, "smallest_area": 0.5}
    assert getattr(Stage.model_validate({**stage, field: accepted}), field) == accepted
    with pytest.raises(ValidationError, match=field):
        Stage.model_validate({**stage, field: refused})


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_there_is_can_be_trained(name: str) -> None:
    assert config_of(network=name).network == name


def test_an_unknown_network_is_refused_by_name() -> None:
    with pytest.raises(ValidationError, match=f"expected one of {', '.join(NETWORKS)}; received: 'resnet'"):
        config_of(network="resnet")


@pytest.mark.parametrize("name", ["muon", "adamw"])
def test_there_are_two_optimizers(name: str) -> None:
    assert config_of(optimizer=name).optimizer == name


def test_an_unknown_optimizer_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"optimizer\n.*'muon' or 'adamw'"):
        config_of(optimizer="sgd")


def test_a_network_that_flattens_takes_square_photos_only() -> None:
    assert config_of(network="dense", height=64, width=64).flattens
    with pytest.raises(ValidationError, match="height: expected the width, 64, for the network dense; received: 65"):
        config_of(network="dense", height=65, width=64)
    assert not config_of(network="convolutional", height=65, width=64).flattens


def test_a_misspelt_setting_is_refused() -> None:
    with pytest.raises(ValidationError, match="learning_rat"):
        config_of(learning_rat=1)
    with pytest.raises(ValidationError, match="epoch"):
        Stage.model_validate({"epoch": 3, "epochs": 3, "side": 64, "smallest_area": 0.5})
    with pytest.raises(ValidationError, match=r"shares\.gray"):
        config_of(shares={"gray": 0.5})


@pytest.mark.parametrize("field", Config.model_fields)
def test_a_configuration_cannot_be_changed(field: str) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setattr(config_of(), field, 1)


def test_a_saved_configuration_is_loaded_as_it_was(tmp_path: Path) -> None:
    stage = {"epochs": 3, "side": 40, "smallest_area": 0.1, "strength": 0.3}
    config = config_of(
        seed=7, learning_rate=1 / 3, stages=(stage,), left_out=("web", "phone"), watched="cat.jpg", scenes="street",
        shares={"grey": 1 / 7}, pasted_share=0.01,
    )  # fmt: skip
    config.save(tmp_path / "new" / "run")
    assert Config.load(tmp_path / "new" / "run") == config


def test_a_configuration_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config_of(seed=1).save(tmp_path)

    def killed(_path: Path, _target: Path) -> Path:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Path, "replace", killed)
        config_of(seed=2).save(tmp_path)
    assert Config.load(tmp_path).seed == 1
    config_of(seed=3).save(tmp_path)
    assert Config.load(tmp_path).seed == 3
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"config\.json"):
        Config.load(tmp_path)


def test_the_epochs_are_those_of_all_stages() -> None:
    stages = [{"epochs": epochs, "side": 64, "smallest_area": 0.5} for epochs in (3, 4)]
    assert config_of(stages=stages).epochs == 7


def test_the_steps_are_whole_batches() -> None:
    config = config_of(epoch_photos=130, batch=16, warmup_epochs=1.3)
    assert (config.epochs, config.epoch_steps, config.steps) == (27, 8, 27 * 8)
    assert config.warmup_steps == 10  # of 10.4


@pytest.mark.parametrize(("accepted", "refused"), [(1.87, 1.88), (1, 2), (0, float("inf"))])
def test_a_warm_up_leaves_a_step_at_least(accepted: float, refused: float) -> None:
    stages = [{"epochs": 2, "side": 64, "smallest_area": 0.5}]
    short = {"epoch_photos": 64, "batch": 16, "stages": stages}
    config = config_of(**short, warmup_epochs=accepted)
    assert config.warmup_steps < config.steps == 8
    message = f"warmup_epochs: expected to leave one of the 8 steps of 2 epochs at least; received: {refused}"
    with pytest.raises(ValidationError, match=re.escape(message)):
        config_of(**short, warmup_epochs=refused)


def test_what_a_configuration_does_not_say_is_at_full_strength_with_every_source_and_all_changes() -> None:
    config = config_of(shares={"grey": 1})
    assert (config.left_out, config.watched, config.scenes) == ((), "", "other")
    assert Stage(epochs=1, side=64, smallest_area=0.5).strength == 1
    assert config.shares == Shares().model_copy(update={"grey": 1})
    assert all(share > 0 for share in dict(config.shares).values())


def test_a_quick_run_is_short_and_small_and_otherwise_the_same() -> None:
    config = config_of(seed=7, warmup_epochs=5)
    short = quick(config)
    assert (short.epochs, short.epoch_photos, short.batch) == (2, 6144, 32)
    assert (short.height, short.width) == (80, 80)
    assert {name for name in Config.model_fields if getattr(config, name) != getattr(short, name)} == {
        "stages", "epoch_photos", "batch", "warmup_epochs", "height", "width",
    }  # fmt: skip


@pytest.mark.parametrize(("size", "quick_size"), [((80, 80), (80, 80)), ((160, 81), (80, 40)), ((20, 24), (20, 24))])
def test_a_quick_runs_network_keeps_its_proportions(size: tuple[int, int], quick_size: tuple[int, int]) -> None:
    short = quick(config_of(height=size[0], width=size[1]))
    assert (short.height, short.width) == quick_size


def test_a_quick_run_is_never_longer_than_the_run_itself() -> None:
    assert quick(config_of(epoch_photos=100)).epoch_photos == 100


def test_a_quick_run_of_few_photos_still_fills_a_batch() -> None:
    short = quick(config_of(batch=5000, epoch_photos=5000))
    assert short.epoch_photos >= short.batch
