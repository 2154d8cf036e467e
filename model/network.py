"""The networks as tables, one line a layer, and the Keras network that a table describes."""

import keras

from model.layers import (
    AveragePooling,
    Convolution,
    Dense,
    Flatten,
    GlobalAveragePooling,
    Layer,
    MaxPooling,
    ReLU,
    Rescaling,
    Softmax,
    Table,
)
from model.normalised_convolution import NormalisedConvolution

# At 128x128: 1.3 million parameters, 395 million multiplications and additions.
CONVOLUTIONAL: Table = (
    Rescaling("rescale"),
    Convolution("conv1", filters=32, stride=2),
    ReLU("relu1"),
    MaxPooling("pool1"),
    Convolution("conv2", filters=64),
    ReLU("relu2"),
    Convolution("conv3", filters=64),
    ReLU("relu3"),
    MaxPooling("pool2"),
    Convolution("conv4", filters=112),
    ReLU("relu4"),
    Convolution("conv5", filters=112),
    ReLU("relu5"),
    Convolution("conv6", filters=112),
    ReLU("relu6"),
    MaxPooling("pool3"),
    Convolution("conv7", filters=208),
    ReLU("relu7"),
    Convolution("conv8", filters=208),
    ReLU("relu8"),
    Convolution("conv9", filters=208),
    ReLU("relu9"),
    GlobalAveragePooling("average"),
    Dense("logits"),
    Softmax("probabilities"),
)

# The article's "ordinary neural network": it sees the photo as one long list of numbers. As many parameters as the
# convolutional one, for which the photo has to shrink first.
DENSE: Table = (
    Rescaling("rescale"),
    AveragePooling("shrink", size=4, stride=4),
    Flatten("flatten"),
    Dense("dense1", units=384),
    ReLU("relu1"),
    Dense("dense2", units=128),
    ReLU("relu2"),
    Dense("logits"),
    Softmax("probabilities"),
)

# The same without a bound: every neuron of the first layer sees every number of the photo. 25 million parameters.
DENSE_LARGE: Table = (
    Rescaling("rescale"),
    Flatten("flatten"),
    Dense("dense1", units=512),
    ReLU("relu1"),
    Dense("dense2", units=128),
    ReLU("relu2"),
    Dense("logits"),
    Softmax("probabilities"),
)

NETWORKS: dict[str, Table] = {"convolutional": CONVOLUTIONAL, "dense": DENSE, "dense_large": DENSE_LARGE}


def check_table(table: Table) -> None:
    """Refuses a table that no artifact could be made of.

    Raises:
        ValueError: if two layers share a name, or the last two layers are not Dense (the logits) and Softmax.
    """
    names = [layer.name for layer in table]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"Every layer needs a name of its own; received twice: {', '.join(twice)}")
    match table[-2:]:
        case (Dense(units=None), Softmax()):
            pass
        case last:
            raise ValueError(f"Expected a network to end with Dense (without units) and Softmax; received: {last}")


def build(table: Table, labels: int, height: int | None, width: int | None, *, normalised: bool) -> keras.Model:
    """Builds the Keras network of a table.

    Args:
        table: the layers, from the photo to the probabilities.
        labels: how many classes there are.
        height: of the input in pixels; None for any (a network with Flatten needs a number).
        width: likewise.
        normalised: with the batch normalisation that training wants; without, the plain stack that is served.

    Returns:
        A network from images [n, height, width, 3] (uint8 values, any dtype) to every layer's output by name.
    """
    check_table(table)
    image = keras.Input((height, width, 3), name="images")
    outputs = {}
    tensor = image
    for layer in table:
        tensor = outputs[layer.name] = keras_layer(layer, labels, normalised)(tensor)
    return keras.Model(image, outputs, name="network")


def keras_layer(layer: Layer, labels: int, normalised: bool) -> keras.Layer:
    """The Keras layer that one row of a table describes."""
    match layer:
        case Rescaling(name, scale, offset):
            return keras.layers.Rescaling(scale, offset, name=name)
        case Convolution(name, filters, size, stride, padding) if normalised:
            return NormalisedConvolution(filters, size, stride, padding, name=name)
        case Convolution(name, filters, size, stride, padding):
            return keras.layers.Conv2D(filters, size, stride, padding, name=name)
        case ReLU(name):
            return keras.layers.ReLU(name=name)
        case MaxPooling(name, size, stride, padding):
            return keras.layers.MaxPooling2D(size, stride, padding, name=name)
        case AveragePooling(name, size, stride, padding):
            return keras.layers.AveragePooling2D(size, stride, padding, name=name)
        case GlobalAveragePooling(name):
            return keras.layers.GlobalAveragePooling2D(name=name)
        case Flatten(name):
            return keras.layers.Flatten(name=name)
        case Dense(name, units):
            return keras.layers.Dense(labels if units is None else units, name=name)
        case Softmax(name, temperature):
            return TemperedSoftmax(temperature, name=name, dtype="float32")


class TemperedSoftmax(keras.layers.Layer):
    """exp(logit / temperature), divided by its sum: one temperature calibrates (arXiv 1706.04599)."""

    def __init__(self, temperature: float, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.temperature = temperature

    def call(self, logits: keras.KerasTensor) -> keras.KerasTensor:
        return keras.ops.softmax(logits / self.temperature)


def fold(network: keras.Model, table: Table, labels: int, height: int, width: int) -> keras.Model:
    """The plain network that computes what a trained, normalised one computes at inference."""
    plain = build(table, labels, height, width, normalised=False)
    for layer in plain.layers:
        trained = network.get_layer(layer.name)
        folded = trained.fold() if isinstance(trained, NormalisedConvolution) else trained.get_weights()
        layer.set_weights(folded)
    return plain
