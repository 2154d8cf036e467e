"""How weights are stepped, at a rate that warms up and then falls to zero as a cosine."""

import keras

from training.config import Config
from training.muon import Muon

# Of what Muon leaves to AdamW: biases, normalisation's scales and shifts, the last layer. Keras' default, with which
# all networks so far were trained; `Config.weight_decay`, for kernels, is a dozen times as much. Scales and shifts are
# usually spared decay altogether (arXiv 1812.01187), and this comes close: at a rate of 6e-3, 2.4e-5 of them a step.
ADAM_WEIGHT_DECAY = 0.004


def optimizer(config: Config) -> keras.optimizers.Optimizer:
    """The optimizer of a run.

    Muon (arXiv 2502.16982) steps kernels and dense weights by orthogonalised momentum, scaled so that the learning rate
    suits AdamW's steps of the rest too: biases, scales and the last layer. AdamW alone is for layers so large that
    orthogonalising takes longer than it saves; then everything decays by `config.weight_decay`.
    """
    warmup = config.warmup_steps
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, config.steps - warmup, warmup_target=config.learning_rate, warmup_steps=warmup
    )
    if config.optimizer == "adamw":
        return keras.optimizers.AdamW(rate, weight_decay=config.weight_decay, global_clipnorm=1.0)
    return Muon(
        rate,
        weight_decay=config.weight_decay,
        adam_weight_decay=ADAM_WEIGHT_DECAY,
        adam_beta_2=0.99,
        exclude_layers=["logits"],
    )
