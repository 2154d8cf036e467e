import keras
import numpy as np

from benchmarks.pipeline import plain_learner
from model.normalised_convolution import NormalisedConvolution
from training.config import Config
from training.train import compiled


def test_the_plain_network_is_the_same_network_of_keras_own_layers() -> None:
    config = Config(photos="nowhere")
    ours, plain = compiled(config, 4), plain_learner(config, 4)
    assert not any(isinstance(layer, NormalisedConvolution) for layer in plain.layers)
    assert isinstance(plain.optimizer, keras.optimizers.AdamW)
    plain.set_weights(
        [weight.reshape(own.shape) for weight, own in zip(ours.get_weights(), plain.weights, strict=True)]
    )
    photos = np.random.default_rng(1).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    np.testing.assert_allclose(plain.predict(photos, verbose=0), ours.predict(photos, verbose=0), rtol=1e-4, atol=1e-4)
