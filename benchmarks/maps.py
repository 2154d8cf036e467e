"""What it costs to look inside: each format of a layer's maps against POST /predict of the same photo."""

import math
from functools import partial

import httpx

from benchmarks.server import cat_photo
from benchmarks.timing import medians, report


def measure(client: httpx.Client) -> None:
    photo = cat_photo()
    answer = client.post("/predict", content=photo).json()
    layers = client.get(answer["feature_maps"]).json()["layers"]
    largest = max(layers, key=lambda layer: math.prod(layer["shape"]))
    calls = {"POST /predict": partial(client.post, "/predict", content=photo)}
    for name in ("f32", "npy", "png"):
        calls[f"{largest['layer']} as {name}"] = partial(client.get, f"{largest['href']}&format={name}")
    calls["statistics of all layers"] = partial(client.get, answer["feature_maps"])
    report("Looking inside", medians(calls), "POST /predict")
