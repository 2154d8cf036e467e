"""Convolutions that train as three parallel branches and fold into one: RepVGG, arXiv 2101.03697."""

import keras
import numpy as np
from numpy.typing import NDArray

EPSILON = 1e-3  # added to the variance in each batch normalisation


class BranchedConvolution(keras.layers.Layer):
    """A convolution beside a 1x1 convolution and the identity, each normalised over the batch, and summed.

    The 1x1 branch is there only where the stride is 1 and the size odd: with "same" padding, a strided window's
    centre depends on the size of the input, so that no one kernel could take the branch in. The identity
    also needs as many filters as input channels.
    """

    def __init__(self, filters: int, size: int, stride: int, padding: str, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.filters, self.size, self.stride, self.padding = filters, size, stride, padding

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        foldable = self.stride == 1 and self.size % 2 == 1 and self.size > 1 and self.padding == "same"
        window = keras.layers.Conv2D(
            self.filters, self.size, self.stride, self.padding, use_bias=False,
            kernel_initializer="he_normal", dtype=self.dtype_policy, name="window",
        )  # fmt: skip
        self.convolutions = [window]
        if foldable:
            self.convolutions.append(
                keras.layers.Conv2D(self.filters, 1, use_bias=False, dtype=self.dtype_policy, name="point")
            )
        for convolution in self.convolutions:
            convolution.build(input_shape)
        shape = (*self.compute_output_shape(input_shape),)
        self.normalisations = [self._normalisation(shape) for _ in self.convolutions]
        self.identity = self._normalisation(shape) if foldable and input_shape[-1] == self.filters else None

    def _normalisation(self, shape: tuple[int | None, ...]) -> keras.layers.BatchNormalization:
        layer = keras.layers.BatchNormalization(epsilon=EPSILON, momentum=0.98, dtype=self.dtype_policy)
        layer.build(shape)
        return layer

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return tuple(self.convolutions[0].compute_output_shape(input_shape))

    def call(self, maps: keras.KerasTensor, training: bool | None = None) -> keras.KerasTensor:
        branches = [
            normalisation(convolution(maps), training=training)
            for convolution, normalisation in zip(self.convolutions, self.normalisations, strict=True)
        ]
        if self.identity is not None:
            branches.append(self.identity(maps, training=training))
        return sum(branches[1:], branches[0])

    def fold(self) -> list[NDArray[np.float32]]:
        """Kernel [size, size, channels, filters] and bias [filters] of the one convolution that equals the branches."""
        window = np.asarray(self.convolutions[0].kernel, np.float64)
        kernel, bias = np.zeros_like(window), np.zeros(self.filters)
        centre = self.size // 2
        for convolution, normalisation in zip(self.convolutions, self.normalisations, strict=True):
            scale, shift = scale_and_shift(normalisation)
            if convolution is self.convolutions[0]:
                kernel += window * scale
            else:
                kernel[centre, centre] += np.asarray(convolution.kernel, np.float64)[0, 0] * scale
            bias += shift
        if self.identity is not None:
            scale, shift = scale_and_shift(self.identity)
            kernel[centre, centre] += np.diag(scale)
            bias += shift
        return [kernel.astype(np.float32), bias.astype(np.float32)]


def scale_and_shift(layer: keras.layers.BatchNormalization) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What a batch normalisation does to each channel at inference: value * scale + shift."""
    gamma, beta, mean, variance = (np.asarray(weight, np.float64) for weight in layer.get_weights())
    scale = gamma / np.sqrt(variance + layer.epsilon)
    return scale, beta - mean * scale
