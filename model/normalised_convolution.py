"""Convolutions that train with batch normalisation and fold into plain ones for serving."""

import keras
import numpy as np
from numpy.typing import NDArray

from model.batch_normalisation import EPSILON, BatchNormalization


class NormalisedConvolution(keras.layers.Layer):
    """A convolution without bias, each channel then normalised over the batch.

    Its kernel is kept as the matrix [size * size * channels, filters] that each window is multiplied with: Muon
    (arXiv 2502.16982), which orthogonalises the steps of matrices, then knows it for one.
    """

    def __init__(self, filters: int, size: int, stride: int, padding: str, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.filters, self.size, self.stride, self.padding = filters, size, stride, padding

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.kernel_shape = (self.size, self.size, int(input_shape[-1] or 0), self.filters)
        inputs = int(np.prod(self.kernel_shape[:3]))
        self.kernel = self.add_weight(
            shape=(inputs, self.filters), initializer="he_normal", name="kernel"
        )  # fmt: skip
        self.normalisation = BatchNormalization(dtype=self.dtype_policy, name="normalisation")
        self.normalisation.build((None, None, None, self.filters))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        plain = keras.layers.Conv2D(self.filters, self.size, self.stride, self.padding)
        return tuple(plain.compute_output_shape(input_shape))

    def call(self, maps: keras.KerasTensor, training: bool | None = None) -> keras.KerasTensor:
        kernel = keras.ops.reshape(self.kernel, self.kernel_shape)
        summed = keras.ops.conv(maps, kernel, self.stride, self.padding)
        return self.normalisation(summed, training=training)

    def fold(self) -> list[NDArray[np.float32]]:
        """Kernel [size, size, channels, filters] and bias [filters] of the plain convolution that does the same."""
        gamma, beta, mean, variance = (np.asarray(weight, np.float64) for weight in self.normalisation.get_weights())
        scale = gamma / np.sqrt(variance + EPSILON)
        kernel = np.asarray(self.kernel, np.float64).reshape(self.kernel_shape) * scale
        return [kernel.astype(np.float32), (beta - mean * scale).astype(np.float32)]
