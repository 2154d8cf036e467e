"""What is to be explained, and by which method."""

from dataclasses import dataclass
from typing import Literal, get_args

from model.explanations.baselines import Baseline
from model.explanations.occlusion import Pair

Method = Literal["grad-cam", "occlusion", "integrated-gradients", "gradient", "smooth-gradient"]
METHODS: tuple[Method, ...] = get_args(Method)


@dataclass(frozen=True)
class Question:
    """What is to be explained, and how; each method goes by the parameters that it knows."""

    method: Method
    label: int | None = None  # the most probable one
    layer: str | None = None  # of Grad-CAM: `default_layer`
    baseline: Baseline | None = None  # the method's own
    window: Pair | None = None  # of occlusion, as `stride`
    stride: Pair | None = None
    steps: int = 64  # of integrated gradients
    samples: int = 32  # of SmoothGrad, as the two below
    noise: float = 0.15
    seed: int = 0
