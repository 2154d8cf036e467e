"""Integrated gradients: the logit's change from a baseline to the photo, shared out among the pixels."""

import numpy as np
from numpy.typing import NDArray

from model.explanations.baselines import Baseline, colour
from model.explanations.explanation import Explanation, Grid
from model.explanations.sensitivity import BATCH, gradients
from model.tail import Tail


def integrated_gradients(
    tail: Tail, photo: NDArray[np.uint8], label: int, baseline: Baseline = "grey", steps: int = 64
) -> Explanation:
    """Each pixel's share of the logit (Sundararajan et al. 2017, arXiv 1703.01365).

    Each number's distance from the baseline, times the mean gradient on the straight way from there to the photo, which
    is taken at the middle of each step.

    Args:
        tail: the network from the images on, up to the logits.
        photo: [height, width, 3].
        label: the index of the logit in question.
        baseline: the colour the way begins at; a pixel of that colour gets nothing.
        steps: on the way.

    Returns:
        [height, width]: the sum over red, green and blue, signed. All of it together is the logit less the baseline's,
        but for `completeness_error`, which more steps make smaller.

    Raises:
        ValueError: if there is no such label, or no step.
    """
    if steps < 1:
        raise ValueError(f"Expected at least one step; received: {steps}")
    start = np.broadcast_to(colour(photo, baseline), photo.shape).astype(np.float32)
    way = photo - start
    total = np.zeros(photo.shape)
    for first in range(0, steps, BATCH):
        middles = (np.arange(first, min(first + BATCH, steps), dtype=np.float32) + 0.5) / np.float32(steps)
        points = start + middles[:, None, None, None] * way
        total += gradients(tail, points, label)[1].sum(axis=0, dtype=np.float64)
    shares = (way * total / steps).sum(axis=-1)
    logit, baseline_logit = (float(one) for one in tail(np.stack([photo.astype(np.float32), start])).numpy()[:, label])
    facts: dict[str, object] = {
        "baseline": baseline,
        "baseline_colour": start[0, 0].astype(int).tolist(),
        "steps": steps,
        "baseline_logit": baseline_logit,
        "completeness_error": float(shares.sum()) - (logit - baseline_logit),
        "meaning": "logits: how much this pixel, beside one of the baseline's colour, adds to the label's",
    }
    return Explanation(shares.astype(np.float32), logit, Grid(), facts)
