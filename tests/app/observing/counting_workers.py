"""Two workers that do nothing but count: `python -m tests.app.observing.counting_workers FOLDER`."""

import os
import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from app.observing.loaded_models import LoadedModel
from app.observing.metrics import Metrics, router
from app.observing.observed import Observed
from app.observing.shared_metrics import counting_together, shared_folder

IN_FLIGHT = 7
DIGEST = "48107507"


def create() -> ASGIApp:
    metrics = Metrics(shared_folder())
    old, new = (LoadedModel("cat", version, DIGEST, "cpu", "float32", version - 1) for version in (1, 2))
    metrics.models([old])
    metrics.models([new])
    app = FastAPI()
    app.state.metrics = metrics
    app.include_router(router)

    @app.get("/pid")
    async def pid() -> int:
        metrics.photos_in_flight(IN_FLIGHT)
        return os.getpid()

    return Observed(app, [metrics.observe])


if __name__ == "__main__":
    with counting_together(Path(sys.argv[1])):
        uvicorn.run("tests.app.observing.counting_workers:create", factory=True, workers=2, port=0)
