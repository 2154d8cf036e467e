"""A network that trains in seconds."""

from model.layers import Convolution, Dense, GlobalAveragePooling, ReLU, Rescaling, Softmax, Table

TINY: Table = (
    Rescaling("rescale"),
    Convolution("conv1", filters=8, stride=2),
    ReLU("relu1"),
    Convolution("conv2", filters=8),
    ReLU("relu2"),
    GlobalAveragePooling("average"),
    Dense("logits"),
    Softmax("probabilities"),
)
