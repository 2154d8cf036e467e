"""From a folder to an artifact that is ready to answer: opened on its device, verified, warmed."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.settings import Settings
from model.versions import newest_version

if TYPE_CHECKING:
    from model.artifact import Artifact
    from model.precision import Precision

# TensorFlow takes seconds to import: all of it is imported in the functions below, while the service is live already.
BFLOAT16_TOLERANCE = 0.1  # of a golden logit; the shipped network's differ by 0.016 at most


@dataclass(frozen=True)
class Opened:
    """A verified artifact, where it runs, and the precision that suits predictions there."""

    artifact: "Artifact"
    device: str
    precision: "Precision"


def open_artifact(settings: Settings) -> Opened:
    """Loads and verifies the artifact that the settings name.

    Raises:
        ArtifactError, DeviceMissing, PrecisionMissing: if it cannot serve.
    """
    # Else TensorFlow's import imports Keras: 1.4 s and 100 MB for what nobody needs to serve.
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
    from model.artifact import Artifact
    from model.device import choose_device
    from model.precision import choose_precision, predict_in

    device = choose_device(settings.device, settings.lanes)
    predict_in("float32")
    artifact = Artifact.load(newest_version(settings.artifact))
    artifact.layers(blank(artifact, 1))
    return Opened(artifact, device, choose_precision(settings.precision, device))


def warm(artifact: "Artifact", precision: "Precision", sizes: Sequence[int]) -> None:
    """Makes this thread predict in this precision, and computes a batch of each size.

    Raises:
        ArtifactDisagrees: if the golden examples come out too different.
    """
    from model.precision import predict_in

    predict_in(precision)
    if precision == "bfloat16":
        artifact.check_golden(BFLOAT16_TOLERANCE)
    for size in sizes:
        artifact.predict(blank(artifact, size))


def blank(artifact: "Artifact", size: int) -> NDArray[np.uint8]:
    return np.zeros((size, artifact.manifest.height, artifact.manifest.width, 3), np.uint8)
