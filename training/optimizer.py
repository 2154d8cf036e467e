"""How weights are stepped, at a rate that warms up and then falls to zero as a cosine."""

import keras

from training.config import Config


def optimizer(config: Config) -> keras.optimizers.Optimizer:
    """The optimizer of a run.

    Muon (arXiv 2502.16982) steps kernels and dense weights by orthogonalised momentum, scaled so that the learning rate
    suits AdamW's steps of the rest too: biases, scales and the last layer. AdamW alone is for layers so large that
    orthogonalising takes longer than it saves.
    """
    steps = config.epoch_photos // config.batch
    warmup = round(config.warmup_epochs * steps)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, config.epochs * steps - warmup, warmup_target=config.learning_rate, warmup_steps=warmup
    )
    if config.optimizer == "adamw":
        return keras.optimizers.AdamW(rate, weight_decay=config.weight_decay, global_clipnorm=1.0)
    return keras.optimizers.Muon(rate, weight_decay=config.weight_decay, adam_beta_2=0.99, exclude_layers=["logits"])
