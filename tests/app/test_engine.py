import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from app.engine import Answer, Engine
from app.loading import BFLOAT16_TOLERANCE, Loader
from app.registry.registry import first_to_serve
from app.scheduling.lanes import Lanes
from app.settings import Settings
from app.timings import Timings
from model.golden import golden_images
from model.precision import CPU_FLAGS, WORTHWHILE, cpu_flags


@contextlib.asynccontextmanager
async def engine_of(settings: Settings, began: Callable[[int], None] = lambda _: None) -> AsyncIterator[Engine]:
    """What runs the shipped artifact with these settings."""
    cores = Lanes(settings.lanes, "core")
    loader = Loader(settings, cores, began=began)
    try:
        yield await loader.load(first_to_serve(settings).folder)
    finally:
        loader.close()
        cores.close()


# TensorFlow computes in it, or leaves the graph as it is: elsewhere there is nothing to compare.
wants_bfloat16 = pytest.mark.skipif(not CPU_FLAGS & cpu_flags(), reason="this processor has no bfloat16")
BLANK = np.zeros((128, 128, 3), np.uint8)
RINGS = golden_images(128, 128)["rings"]


def test_photos_that_are_predicted_together_get_the_answers_that_they_get_alone() -> None:
    photos = list(golden_images(128, 128).values()) * 3
    sizes = list[int]()

    async def ask() -> tuple[list[Answer], list[Answer], list[int]]:
        async with engine_of(Settings(lanes=1, max_batch=8), sizes.append) as engine:
            alone = [await engine.predict(photo, Timings()) for photo in photos]
            timings = [Timings() for _ in photos]
            together = await asyncio.gather(*map(engine.predict, photos, timings))
            assert (engine.counts.photos, engine.counts.batches) == (2 * len(photos), len(sizes))
            return alone, together, [timing.batch_size for timing in timings]

    alone, together, told = asyncio.run(ask())
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_allclose(one.logits, other.logits, atol=1e-4)
        assert one.probabilities.sum() == pytest.approx(1, abs=1e-6)
    assert told == [1] + [8] * 16 + [1]
    assert sizes == [1] * len(photos) + [1, 8, 8, 1]


def test_a_batch_may_be_no_larger_than_the_setting_says_and_is_a_power_of_two() -> None:
    async def ask() -> list[int]:
        async with engine_of(Settings(lanes=1, max_batch=7)) as engine:
            timings = [Timings() for _ in range(8)]
            await asyncio.gather(*(engine.predict(BLANK, timing) for timing in timings))
            return [timing.batch_size for timing in timings]

    assert asyncio.run(ask()) == [1, 4, 4, 4, 4, 2, 2, 1]


@wants_bfloat16
def test_predictions_in_bfloat16_are_close_and_what_looks_inside_stays_in_float32() -> None:
    async def ask(precision: Literal["float32", "bfloat16"]) -> tuple[Answer, NDArray[np.float32]]:
        async with engine_of(Settings(lanes=1, precision=precision)) as engine:
            assert engine.precision == precision
            answer = await engine.predict(RINGS, Timings())
            inside = await engine.layers(RINGS, ["logits"], Timings())
            return answer, inside["logits"]

    float32, inside = asyncio.run(ask("float32"))
    bfloat16, inside_too = asyncio.run(ask("bfloat16"))
    np.testing.assert_allclose(inside, float32.logits, atol=1e-4)
    np.testing.assert_allclose(inside_too, float32.logits, atol=1e-4)
    difference = np.abs(bfloat16.logits - float32.logits).max()
    assert 1e-4 < difference < BFLOAT16_TOLERANCE  # else it did not compute in bfloat16


@wants_bfloat16
@pytest.mark.parametrize("loaded_before", [0, 1])
def test_a_network_that_bfloat16_is_too_coarse_for_predicts_in_float32(
    loaded_before: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.precision.bfloat16_gain", lambda: WORTHWHILE)
    settings = Settings(lanes=1, precision="auto")

    async def ask() -> tuple[list[Engine], list[Answer]]:
        cores = Lanes(1, "core")
        loader = Loader(settings, cores)
        folder = first_to_serve(settings).folder
        engines = [await loader.load(folder) for _ in range(loaded_before)]
        monkeypatch.setattr("app.loading.BFLOAT16_TOLERANCE", 1e-5)
        engines.append(await loader.load(folder))
        answers = [await engine.predict(RINGS, Timings()) for engine in engines]
        loader.close()
        cores.close()
        return engines, answers

    engines, answers = asyncio.run(ask())
    assert [engine.precision for engine in engines] == ["bfloat16"] * loaded_before + ["float32"]
    golden = next(example for example in engines[-1].manifest.golden.examples if example.image == "rings")
    differences = [float(np.abs(answer.logits - golden.logits).max()) for answer in answers]
    assert differences[-1] < 1e-4
    assert all(difference > 1e-4 for difference in differences[:-1])


LOAD = """\
import asyncio, sys

from app.loading import Loader
from app.registry.registry import first_to_serve
from app.scheduling.lanes import Lanes
from app.settings import Settings

async def load():
    settings = Settings(lanes=1)
    return await Loader(settings, Lanes(1, "core")).load(first_to_serve(settings).folder)

engine = asyncio.run(load())
print(engine.manifest.name, "tensorflow" in sys.modules, "keras" in sys.modules)
"""


def test_an_engine_needs_no_keras() -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    done = subprocess.run([sys.executable, "-c", LOAD], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["cat", "True", "False"]
