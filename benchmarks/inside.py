"""What it costs to ask why: receipts and explanations against POST /predict of the same photo."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.goals import print_ratio
from benchmarks.maps import ASKED, asked, good
from benchmarks.photos import photo_set
from benchmarks.processes import warn_about, watched_others
from benchmarks.server import catscan
from benchmarks.timing import medians, report
from benchmarks.wire import Wire, get, post

RECEIPT, GRAD_CAM, OCCLUSION = 1.5, 4.0, 1.2  # at most: times POST /predict, twice; times the forward passes in it
ROUNDS = 20  # of every call, for each round of the other benchmarks
WINDOWS, BATCH = 64, 16


def measure(rounds: int, seconds: float, precision: str) -> None:
    """Asks for everything in turn, so many times, and prints medians."""
    del seconds
    with catscan(precision) as server, Wire(server.port) as wire, watched_others() as others:
        photo = photo_set("web")[0]
        image_id = json.loads(wire.ask(post("/predict", photo)).body)["image_id"]
        layers = json.loads(wire.ask(get("/layers")).body)["layers"]
        about = f"image_id={image_id}"
        receipts = {f"receipt of {layer['name']}": f"/receipts?{about}&{middle(layer)}" for layer in layers}
        calls: dict[str, Callable[[], object]] = {ASKED: lambda: good(wire.ask(post("/predict", photo)))}
        calls |= {name: partial(asked, wire, target) for name, target in receipts.items()}
        calls["grad-cam"] = partial(asked, wire, f"/explanations?{about}&method=grad-cam&format=f32")
        calls["grad-cam as png"] = partial(asked, wire, f"/explanations?{about}&method=grad-cam&format=png")
        times = medians(calls, rounds * ROUNDS)
    warn_about(others.cores)
    report("Asking why, one connection", times, ASKED)
    dearest = max(receipts, key=lambda name: times[name])
    print_ratio(f"the dearest, {dearest} / {ASKED}", times[dearest] / times[ASKED], most=RECEIPT)
    print_ratio(f"grad-cam / {ASKED}", times["grad-cam"] / times[ASKED], most=GRAD_CAM)
    measure_occlusion(rounds)


def middle(layer: dict[str, Any]) -> str:
    """The query for the unit in the middle of a layer's output."""
    *place, channel = (side // 2 for side in layer["shape"])
    if not place:
        return f"layer={layer['name']}&unit={channel}"
    y, x = place
    return f"layer={layer['name']}&channel={channel}&y={y}&x={x}"


def measure_occlusion(rounds: int) -> None:
    """In this process: all windows of an occlusion, and as many photos in batches, without anything else."""
    from app.registry.registry import first_to_serve
    from app.settings import Settings
    from model.artifact import Artifact
    from model.device import choose_device
    from model.explanations.explain import explain
    from model.explanations.question import Question

    settings = Settings()
    choose_device(settings.device, settings.lanes)
    artifact = Artifact.load(first_to_serve(settings).folder)
    shape = artifact.manifest.height, artifact.manifest.width, 3
    photos = np.random.default_rng(0).integers(0, 256, (BATCH, *shape), np.uint8)
    once, windows = f"a batch of {BATCH}", f"occlusion of {WINDOWS} windows"
    calls: dict[str, Callable[[], object]] = {
        once: lambda: artifact.predict(photos),
        windows: lambda: explain(artifact, photos[0], Question("occlusion")),
    }
    times = medians(calls, rounds * ROUNDS // 4, warmup=3)
    report("Occlusion, without HTTP", times, once)
    passes = WINDOWS / BATCH
    print_ratio(f"{windows} / {passes:g} batches of {BATCH}", times[windows] / times[once] / passes, most=OCCLUSION)
