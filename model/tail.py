"""The network from any layer on, recomputed from its records and weights, so that it can be differentiated."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from model.manifest import IMAGES, LayerRecord


class Tail:
    """The layers after one layer, in TensorFlow: what looks inside differentiates them, or changes what goes in."""

    def __init__(
        self,
        records: Sequence[LayerRecord],
        weights: Mapping[str, Mapping[str, NDArray[np.float32]]],
        *,
        after: str,
        until: str | None = None,
        dtype: str = "float32",
    ) -> None:
        """Makes a tail.

        Args:
            records: of the whole network, as its manifest has them.
            weights: `kernel` and `bias` of each layer that has any, by the layer's name.
            after: the layer whose output goes in; "images" for the photo's pixels, as numbers 0 to 255.
            until: the layer whose output comes out; None for the logits, which is what softmax takes in.
            dtype: what is computed in; "float64" to check it.

        Raises:
            ValueError: if there are no such layers, or `until` does not come after `after`.
        """
        by_name = {record.name: record for record in records}
        self.after, self.until = after, until or next(r.name for r in reversed(records) if r.kind != "softmax")
        self.dtype = dtype
        self._layers = chain(by_name, self.after, self.until)
        self._weights = {
            record.name: {name: tf.cast(weight, dtype) for name, weight in weights[record.name].items()}
            for record in self._layers
            if record.weights
        }
        self.record = by_name.get(after)  # of the layer whose output goes in; None for the photo
        self.outputs = by_name[self.until].shape

    def __call__(self, values: tf.Tensor) -> tf.Tensor:
        """What comes out, [n, …], of what goes in, [n, …]."""
        return self._run(tf.cast(values, self.dtype))

    def gradient(self, values: tf.Tensor, direction: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """How what comes out changes with what goes in.

        Args:
            values: what goes in, [n, …].
            direction: a weight of each number that comes out, [n, …], or [1, …] for all alike: 1 for the logit in
                question and 0 for the others, say.

        Returns:
            What comes out; and the gradient, by the values, of the sum of it times the direction, [n, …].
        """
        output, gradient = self._differentiate(tf.cast(values, self.dtype), tf.cast(direction, self.dtype))
        return output, gradient

    # Graphs, each made when it is first asked for: what TensorFlow differentiates step by step takes it three times as
    # long. Concrete ones, for of many alike it warns that one might do.
    @cached_property
    def _run(self) -> Any:
        return tf.function(self._computed, autograph=False).get_concrete_function(self._taken())

    @cached_property
    def _differentiate(self) -> Any:
        direction = tf.TensorSpec((None, *self.outputs), self.dtype)
        return tf.function(self._differentiated, autograph=False).get_concrete_function(self._taken(), direction)

    def _taken(self) -> tf.TensorSpec:
        shape = self.record.shape if self.record else (None, None, 3)
        return tf.TensorSpec((None, *shape), self.dtype)

    def _computed(self, values: tf.Tensor) -> tf.Tensor:
        for record in self._layers:
            values = layer(record, self._weights.get(record.name, {}), values)
        return values

    def _differentiated(self, values: tf.Tensor, direction: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            output = self._computed(values)
            weighed = tf.reduce_sum(output * direction)
        return output, tape.gradient(weighed, values)


class Tails:
    """Every tail of one network, made once and kept, for TensorFlow takes a while to make its graph."""

    def __init__(
        self, records: Sequence[LayerRecord], weights: Mapping[str, Mapping[str, NDArray[np.float32]]]
    ) -> None:
        self.records = records
        self.weights = {
            layer: {name: tf.constant(weight) for name, weight in named.items()} for layer, named in weights.items()
        }
        self._made: dict[tuple[str, str | None], Tail] = {}

    def tail(self, after: str, until: str | None = None) -> Tail:
        """Raises ValueError as `Tail` does."""
        if (after, until) not in self._made:
            self._made[after, until] = Tail(self.records, self.weights, after=after, until=until)
        return self._made[after, until]


def chain(by_name: Mapping[str, LayerRecord], after: str, until: str) -> list[LayerRecord]:
    """The layers from behind one to another, in the order in which they are computed.

    Raises:
        ValueError: if there are none such.
    """
    if until not in by_name:
        raise ValueError(f"Expected one of {', '.join(by_name)}; received: {until!r}")
    found: list[LayerRecord] = []
    name = until
    while name != after:
        if name not in by_name:
            before = [IMAGES, *(record.name for record in reversed(found))]
            raise ValueError(f"Expected a layer from which {until!r} is computed, one of {', '.join(before)}; "
                             f"received: {after!r}")  # fmt: skip
        found.append(by_name[name])
        name = by_name[name].input
    return found[::-1]


def layer(record: LayerRecord, weights: Mapping[str, tf.Tensor], values: tf.Tensor) -> tf.Tensor:
    """What one layer makes of its input, [n, …]."""
    match record.kind:
        case "rescaling":
            return values * record.scale + record.offset
        case "convolution":
            return tf.nn.bias_add(tf.nn.conv2d(values, weights["kernel"], record.stride, padding(record)),
                                  weights["bias"])  # fmt: skip
        case "relu":
            return tf.nn.relu(values)
        case "max_pooling":
            return tf.nn.max_pool2d(values, record.kernel, record.stride, padding(record))
        case "average_pooling":
            return tf.nn.avg_pool2d(values, record.kernel, record.stride, padding(record))
        case "global_average_pooling":
            return tf.reduce_mean(values, (1, 2))
        case "flatten":
            return tf.reshape(values, (-1, *record.shape))
        case "dense":
            return values @ weights["kernel"] + weights["bias"]
        case "softmax":
            return tf.nn.softmax(values / record.temperature)


def padding(record: LayerRecord) -> str:
    """TensorFlow's name for it: what needs no zeros around it is the same by either name."""
    return "SAME" if record.padding and any(dict(record.padding).values()) else "VALID"
