from collections.abc import Iterator

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from model.network import NETWORKS, build
from tests.training.networks import TINY
from training.config import Config, Stage
from training.optimizer import ADAM_WEIGHT_DECAY, optimizer

Floats = NDArray[np.float64]


@pytest.fixture(autouse=True, scope="module")
def tiny_network() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(NETWORKS, "tiny", TINY)
        yield


def config_of(epochs: int = 4, **changes: object) -> Config:
    """Eight batches an epoch."""
    stages = (Stage(epochs=epochs, side=16, smallest_area=0.5),)
    small = {"photos": "nowhere", "network": "tiny", "epoch_photos": 130, "batch": 16, "stages": stages}
    return Config.model_validate({**small, "learning_rate": 0.01, "weight_decay": 0, **changes})


def rate(config: Config, step: int) -> float:
    chosen = optimizer(config)
    chosen.iterations.assign(step)
    return float(chosen.learning_rate)


@pytest.mark.parametrize(
    ("epochs", "warmup_epochs", "expected"),
    [
        (4, 1, {0: 0, 4: 0.005, 8: 0.01, 20: 0.005, 32: 0, 40: 0}),
        (2, 0.5, {0: 0, 1: 0.0025, 4: 0.01, 8: 0.0075, 10: 0.005, 12: 0.0025, 16: 0}),
        (2, 0, {0: 0.01, 8: 0.005, 16: 0}),
    ],
)
def test_the_rate_warms_up_to_its_peak_and_falls_to_zero(
    epochs: int, warmup_epochs: float, expected: dict[int, float]
) -> None:
    config = config_of(epochs, warmup_epochs=warmup_epochs)
    for step, value in expected.items():
        assert rate(config, step) == pytest.approx(value, abs=1e-7), step


def test_no_step_of_a_run_but_the_first_has_a_rate_of_zero() -> None:
    rates = [rate(config_of(), step) for step in range(32)]
    assert rates[0] == 0
    assert min(rates[1:]) > 1e-5
    assert (np.diff(rates[:9]) > 0).all()
    assert (np.diff(rates[8:]) < 0).all()


def test_a_warm_up_may_leave_a_single_step() -> None:
    config = config_of(epochs=2, warmup_epochs=1.9)
    assert config.steps - config.warmup_steps == 1
    assert [rate(config, step) for step in (0, 15, 16)] == pytest.approx([0, 0.01, 0], abs=1e-7)


@pytest.mark.parametrize("name", ["muon", "adamw"])
def test_either_optimizer_has_this_rate(name: str) -> None:
    rates = [rate(config_of(optimizer=name, warmup_epochs=1), step) for step in (0, 4, 8, 20, 32)]
    assert rates == pytest.approx([0, 0.005, 0.01, 0.005, 0], abs=1e-7)


def network_of(name: str) -> keras.Model:
    keras.utils.set_random_seed(1)
    return build(NETWORKS[name], 3, 16, 16, normalised=True)


def stepped(config: Config, network: keras.Model, gradients: list[Floats], at: int) -> dict[str, Floats]:
    """How far one step with these gradients, when so many have been done, moves each variable."""
    chosen, variables = optimizer(config), network.trainable_variables
    chosen.build(variables)
    chosen.iterations.assign(at)
    before = [np.asarray(variable, np.float64) for variable in variables]
    chosen.apply([keras.ops.convert_to_tensor(gradient, "float32") for gradient in gradients], variables)
    return {
        variable.path.removeprefix("network/"): np.asarray(variable, np.float64) - old
        for variable, old in zip(variables, before, strict=True)
    }


def random_gradients(network: keras.Model) -> list[Floats]:
    random = np.random.default_rng(2)
    return [random.normal(0, 1, variable.shape) for variable in network.trainable_variables]


MATRICES = {"tiny": {"conv1/kernel", "conv2/kernel"}, "dense": {"dense1/kernel", "dense2/kernel"}}


@pytest.mark.parametrize("name", MATRICES)
def test_kernels_are_stepped_by_orthogonal_matrices_and_all_else_as_by_adam(name: str) -> None:
    network = network_of(name)
    gradients = random_gradients(network)
    steps = stepped(config_of(warmup_epochs=0), network, gradients, at=0)
    assert set(steps) > MATRICES[name] | {"logits/kernel", "logits/bias"}
    for (variable, step), gradient in zip(steps.items(), gradients, strict=True):
        if variable in MATRICES[name]:
            left, spread, right = np.linalg.svd(gradient, full_matrices=False)
            assert spread.max() / spread.min() > 1.5
            along = left.T @ -step @ right.T  # diagonal, as a step along the gradient's own directions is
            values = np.diagonal(along) / (0.01 * 0.2 * np.sqrt(max(step.shape)))
            # Five Newton-Schulz iterations end anywhere between 0.68 and 1.13 (kellerjordan.github.io/posts/muon).
            assert 0.65 < values.min() < values.max() < 1.2
            assert np.abs(along - np.diag(np.diagonal(along))).max() < 0.01 * np.abs(along).max()
            assert np.sqrt((step**2).mean()) == pytest.approx(0.2 * 0.01, rel=0.25)  # as large as AdamW's
        else:
            # Adam's first step is the rate, whatever the gradient; a decay comes with it.
            np.testing.assert_allclose(step, -0.01 * np.sign(gradient), rtol=0.02, err_msg=variable)


def test_what_matters_of_a_kernels_gradient_is_its_direction() -> None:
    network = network_of("tiny")
    gradients = random_gradients(network)
    small = stepped(config_of(warmup_epochs=0), network, gradients, at=0)
    large = stepped(config_of(warmup_epochs=0), network_of("tiny"), [one / 1000 for one in gradients], at=0)
    for name in MATRICES["tiny"]:
        np.testing.assert_allclose(small[name], large[name], rtol=0, atol=1e-5)


def test_adamw_alone_steps_and_decays_everything_as_adam_does() -> None:
    network = network_of("tiny")
    before = [np.asarray(variable, np.float64) for variable in network.trainable_variables]
    gradients = [np.sign(gradient) for gradient in random_gradients(network)]
    steps = stepped(config_of(optimizer="adamw", warmup_epochs=0, weight_decay=0.5), network, gradients, at=0)
    for (variable, step), gradient, old in zip(steps.items(), gradients, before, strict=True):
        np.testing.assert_allclose(step, -0.01 * (gradient + 0.5 * old), rtol=1e-3, err_msg=variable)


def test_adamw_alone_holds_a_gradient_to_length_one() -> None:
    network = network_of("tiny")
    lengths = []
    for size in (1e-2, 1e3):
        chosen, variables = optimizer(config_of(optimizer="adamw")), network.trainable_variables
        chosen.build(variables)
        gradients = random_gradients(network)
        length = np.sqrt(sum((gradient**2).sum() for gradient in gradients))
        scaled = [keras.ops.convert_to_tensor(size * gradient / length, "float32") for gradient in gradients]
        chosen.apply(scaled, variables)
        moments = [np.asarray(one, np.float64) for one in chosen.variables if "momentum" in one.path]
        assert len(moments) == len(gradients)
        lengths.append(np.sqrt(sum((moment**2).sum() for moment in moments)) / 0.1)  # 1 - beta
    assert lengths == pytest.approx([1e-2, 1], rel=1e-3)


def test_adams_second_step_is_as_computed_by_hand() -> None:
    network = network_of("tiny")
    config, variables = config_of(warmup_epochs=0, epochs=1000), network.trainable_variables
    chosen = optimizer(config)
    chosen.build(variables)
    (bias,) = (variable for variable in variables if variable.path.endswith("logits/bias"))
    steps = []
    for gradient in (1.0, 3.0):
        before = np.asarray(bias)
        chosen.apply([keras.ops.full(variable.shape, gradient) for variable in variables], variables)
        steps.append(np.asarray(bias) - before)
    # Means 0.39 / 0.19 of the gradients (beta 0.9) and 0.0999 / 0.0199 of their squares (beta 0.99).
    assert steps[1] == pytest.approx(-0.01 * (0.39 / 0.19) / np.sqrt(0.0999 / 0.0199), rel=1e-3)


@pytest.mark.parametrize("decay", [0, 0.5])
def test_kernels_decay_by_the_rate_times_the_decay(decay: float) -> None:
    network = network_of("tiny")
    kernel = np.asarray(network.get_layer("conv2").kernel, np.float64)
    nothing = [np.zeros(variable.shape) for variable in network.trainable_variables]
    steps = stepped(config_of(weight_decay=decay), network, nothing, at=8)
    np.testing.assert_allclose(steps["conv2/kernel"], -0.01 * decay * kernel, rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize("decay", [0, 0.5])
def test_what_muon_leaves_to_adam_decays_little_whatever_the_decay_of_kernels(decay: float) -> None:
    network = network_of("tiny")
    for variable in network.trainable_variables:
        variable.assign(keras.ops.full(variable.shape, 100.0))  # so that so small a decay shows in float32
    nothing = [np.zeros(variable.shape) for variable in network.trainable_variables]
    steps = stepped(config_of(weight_decay=decay), network, nothing, at=8)
    left = {name: step for name, step in steps.items() if name not in MATRICES["tiny"]}
    assert {"logits/kernel", "logits/bias"} < left.keys()
    assert any(name.endswith("gamma") for name in left)
    for name, step in left.items():
        np.testing.assert_allclose(step, -0.01 * ADAM_WEIGHT_DECAY * 100, rtol=1e-2, err_msg=name)
