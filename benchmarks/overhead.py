"""What HTTP, queueing and bookkeeping cost: POST /predict against the same work done in this process."""

import httpx

from app.image_decoder import decode
from app.settings import Settings
from benchmarks.server import cat_photo
from benchmarks.timing import medians, report
from model.artifact import Artifact
from model.device import choose_device
from model.versions import newest_version


def measure(client: httpx.Client) -> None:
    choose_device("auto")
    settings = Settings()
    artifact, photo = Artifact.load(newest_version(settings.artifact)), cat_photo()
    manifest = artifact.manifest

    def bare() -> None:
        decoded = decode(photo, settings.max_pixels, manifest.height, manifest.width)
        artifact.predict(decoded.pixels[None])

    calls = {"decode and forward": bare, "POST /predict": lambda: client.post("/predict", content=photo)}
    report("One photo at a time", medians(calls), "decode and forward")
