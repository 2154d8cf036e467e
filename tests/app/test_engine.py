import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from app.engine import Answer, Engine
from app.errors import NotReady
from app.loading import BFLOAT16_TOLERANCE
from app.scheduling.lanes import Lanes
from app.settings import Settings
from app.timings import Timings
from model.errors import ArtifactChanged, ArtifactMissing
from model.golden import golden_images
from model.precision import CPU_FLAGS, cpu_flags
from model.versions import newest_version


def versions(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).mkdir()
        (folder / name / "saved_model.pb").touch()
    return folder


@pytest.mark.parametrize(
    ("names", "newest"),
    [(["1"], "1"), (["9", "10"], "10"), (["2", "1", "latest", "3.bak", ".tmp-7", "007"], "2")],
)
def test_the_version_with_the_highest_number_serves(tmp_path: Path, names: list[str], newest: str) -> None:
    assert newest_version(versions(tmp_path, *names)).name == newest


def test_a_version_itself_can_be_served(tmp_path: Path) -> None:
    assert newest_version(versions(tmp_path, "1", "2") / "1") == tmp_path / "1"


@pytest.mark.parametrize("names", [[], ["latest"]])
def test_a_folder_without_versions_is_refused_by_name(tmp_path: Path, names: list[str]) -> None:
    with pytest.raises(ArtifactMissing, match=str(tmp_path)):
        newest_version(versions(tmp_path, *names))


def engine_of(settings: Settings, began: Callable[[int], None] = lambda _: None) -> Engine:
    return Engine(settings, Lanes(settings.lanes, "core"), began=began)


BLANK = np.zeros((128, 128, 3), np.uint8)
RINGS = golden_images(128, 128)["rings"]


def test_an_engine_that_has_not_loaded_answers_nothing(tmp_path: Path) -> None:
    engine = engine_of(Settings(artifact=tmp_path))
    with pytest.raises(NotReady):
        asyncio.run(engine.predict(BLANK, Timings()))
    with pytest.raises(NotReady):
        asyncio.run(engine.layers(BLANK, [], Timings()))
    engine.close()


def test_an_engine_does_not_become_ready_with_a_changed_artifact(tmp_path: Path) -> None:
    shutil.copytree(newest_version(Settings().artifact), tmp_path / "1")
    manifest = tmp_path / "1" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"dog"', '"fog"'))
    engine = engine_of(Settings(artifact=tmp_path))
    with pytest.raises(ArtifactChanged, match="expected files with digest"):
        asyncio.run(engine.load())
    with pytest.raises(NotReady):
        _ = engine.loaded
    engine.close()


def test_photos_that_are_predicted_together_get_the_answers_that_they_get_alone() -> None:
    photos = list(golden_images(128, 128).values()) * 3
    sizes = list[int]()

    async def ask() -> tuple[list[Answer], list[Answer], list[int]]:
        engine = engine_of(Settings(lanes=1, max_batch=8), sizes.append)
        await engine.load()
        alone = [await engine.predict(photo, Timings()) for photo in photos]
        timings = [Timings() for _ in photos]
        together = await asyncio.gather(*map(engine.predict, photos, timings))
        engine.close()
        return alone, together, [timing.batch_size for timing in timings]

    alone, together, told = asyncio.run(ask())
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_allclose(one.logits, other.logits, atol=1e-4)
        assert one.probabilities.sum() == pytest.approx(1, abs=1e-6)
    assert told == [1] + [8] * 16 + [1]
    assert sizes == [1] * len(photos) + [1, 8, 8, 1]


def test_a_batch_may_be_no_larger_than_the_setting_says_and_is_a_power_of_two() -> None:
    async def ask() -> list[int]:
        engine = engine_of(Settings(lanes=1, max_batch=7))
        await engine.load()
        timings = [Timings() for _ in range(8)]
        await asyncio.gather(*(engine.predict(BLANK, timing) for timing in timings))
        engine.close()
        return [timing.batch_size for timing in timings]

    assert asyncio.run(ask()) == [1, 4, 4, 4, 4, 2, 2, 1]


@pytest.mark.skipif(not CPU_FLAGS & cpu_flags(), reason="this processor has no bfloat16")
def test_predictions_in_bfloat16_are_close_and_what_looks_inside_stays_in_float32() -> None:
    async def ask(precision: Literal["float32", "bfloat16"]) -> tuple[Answer, NDArray[np.float32]]:
        engine = engine_of(Settings(lanes=1, precision=precision))
        await engine.load()
        assert engine.loaded.precision == precision
        answer = await engine.predict(RINGS, Timings())
        inside = await engine.layers(RINGS, ["logits"], Timings())
        engine.close()
        return answer, inside["logits"]

    float32, inside = asyncio.run(ask("float32"))
    bfloat16, inside_too = asyncio.run(ask("bfloat16"))
    np.testing.assert_allclose(inside, float32.logits, atol=1e-4)
    np.testing.assert_allclose(inside_too, float32.logits, atol=1e-4)
    difference = np.abs(bfloat16.logits - float32.logits).max()
    assert 1e-4 < difference < BFLOAT16_TOLERANCE  # else it did not compute in bfloat16


LOAD = """\
import asyncio, sys

from app.engine import Engine
from app.scheduling.lanes import Lanes
from app.settings import Settings

settings = Settings(lanes=1)
engine = Engine(settings, Lanes(1, "core"))
asyncio.run(engine.load())
print(engine.manifest.name, "tensorflow" in sys.modules, "keras" in sys.modules)
"""


def test_an_engine_needs_no_keras() -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    done = subprocess.run([sys.executable, "-c", LOAD], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["cat", "True", "False"]
