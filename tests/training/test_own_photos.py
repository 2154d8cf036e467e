"""What the README says of one's own photos, by its own commands: shapes of any colour, so that only form tells."""

import io
import subprocess
import sys
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from tests.app.conftest import answer_of, wait_until_ready
from tests.app.loopback import PATIENCE
from tests.app.service_process import ROOT, start
from tests.conftest import encoded

EACH = 300  # photos a class
CORNERS = {"square": 4, "triangle": 3}


def shape_photo(label: str, random: np.random.Generator) -> Image.Image:
    """A photo of 60 to 100 pixels a side: a disc, square or triangle of any colour, however turned, on noise."""
    height, width = random.integers(60, 101, size=2)
    noise = random.normal(random.uniform(0, 255, 3), random.uniform(5, 40), (height, width, 3))
    image = Image.fromarray(noise.clip(0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(random.uniform(0, 2)))
    background, colour = np.asarray(image).mean(axis=(0, 1)), random.integers(0, 256, 3)
    while np.abs(colour - background).max() < 60:  # or nobody could see it
        colour = random.integers(0, 256, 3)
    radius = random.uniform(0.3, 0.5) * min(height, width)
    x, y = random.uniform(radius, width - radius), random.uniform(radius, height - radius)
    draw, fill = ImageDraw.Draw(image), tuple(colour.tolist())
    if label in CORNERS:
        draw.regular_polygon((x, y, radius), CORNERS[label], random.uniform(0, 360), fill)
    else:
        draw.circle((x, y), radius * 0.8, fill)
    return image


def write_photos(folder: Path) -> None:
    random = np.random.default_rng(1)
    for label in ("disc", *CORNERS):
        (folder / label).mkdir(parents=True)
        for number in range(EACH):
            shape_photo(label, random).save(folder / label / f"{number}.png")


def command(*arguments: str | Path) -> str:
    """What `python -m training …` prints."""
    done = subprocess.run(
        [sys.executable, "-m", "training", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `photos`, a `run` on them, and its artifact in `saved/shapes`."""
    folder = tmp_path_factory.mktemp("own")
    write_photos(folder / "photos")
    command("train", "--photos", folder / "photos", "--run", folder / "run", "--quick")
    command("export", "--run", folder / "run", "--artifacts", folder / "saved", "--name", "shapes")
    return folder


def test_a_quick_run_tells_shapes_from_each_other(place: Path) -> None:
    shown = command("evaluate", "--run", place / "run", "--artifacts", place / "saved", "--name", "shapes")
    figures = dict(line.split()[:2] for line in shown.splitlines())
    assert float(figures["accuracy"]) >= 0.95, shown


def test_the_service_answers_for_it_and_shows_its_layers(place: Path, tmp_path: Path) -> None:
    process = start(tmp_path / "served", CATSCAN_MODELS=place / "saved" / "shapes")
    try:
        with httpx.Client(base_url=process.address(), timeout=PATIENCE, trust_env=False) as client:
            wait_until_ready(client)
            answer = answer_of(client, encoded(shape_photo("triangle", np.random.default_rng(2)), "PNG"))
            layers = client.get("/layers").json()["layers"]
            maps = client.get(f"{answer['feature_maps']}&layer=relu1&format=npy")
    finally:
        process.running.terminate()
        process.exit_code()
    assert answer["label"] == "triangle"
    assert answer["model"]["name"] == "shapes"
    assert sorted(prediction["label"] for prediction in answer["predictions"]) == ["disc", "square", "triangle"]
    shape = next(layer["shape"] for layer in layers if layer["name"] == "relu1")
    assert list(np.load(io.BytesIO(maps.content)).shape) == shape
