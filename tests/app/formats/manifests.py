"""A small network's manifest, for what only reads one."""

from model.geometry import describe
from model.layers import Convolution, Dense, Flatten, ReLU, Softmax
from model.manifest import Golden, GoldenExample, Manifest

MANIFEST = Manifest(
    name="flat",
    version=1,
    digest="",
    labels=("yes", "no"),
    height=5,
    width=7,
    layers=describe(
        (Convolution("conv", filters=4), ReLU("relu"), Flatten("flatten"), Dense("logits"), Softmax("probabilities")),
        2, 5, 7,
    ),
    golden=Golden(tolerance=1, examples=(GoldenExample(image="grey", logits=(0, 0), probabilities=(0.5, 0.5)),)),
)  # fmt: skip
