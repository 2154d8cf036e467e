"""The naive server reads the same artifact, and finds the cat."""

import json

from benchmarks.photos import cat_photo
from benchmarks.server import naive
from benchmarks.wire import Wire, post


def test_the_naive_server_finds_the_cat() -> None:
    with naive() as server, Wire(server.port) as wire:
        answer = json.loads(wire.ask(post("/predict", cat_photo())).body)
    assert answer["label"] == "cat"
    assert answer["probability"] == max(answer["predictions"].values()) > 0.5
    assert server.start_s > 0
