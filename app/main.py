"""The service put together: settings in, an ASGI application out."""

import asyncio
import logging
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from fastapi_offline import FastAPIOffline

from app import __version__
from app.access.documented import document_access
from app.access.key_holders import KeyHolders
from app.access.rated_photos import RatedPhotos
from app.access.rates import rates_of
from app.express import Express
from app.observing import metrics
from app.observing.access_log import log_request
from app.observing.metrics import Metrics
from app.observing.observed import Observed
from app.observing.shared_metrics import shared_folder
from app.problems import handle_errors
from app.protocols import hugging_face, tensorflow_serving
from app.protocols.open_inference import paths as open_inference
from app.routes import (
    ablations,
    admin,
    batch,
    docs,
    explanations,
    feature_maps,
    health,
    kernels,
    layers,
    models,
    page,
    predict,
    preprocessing,
    receipts,
    receptive_fields,
    statistics,
)
from app.scheduling.admission import Admission
from app.scheduling.admitted import AdmittedPhotos, route_of_photos
from app.security_headers import SecurityHeaders
from app.service import Service
from app.settings import Settings, load_settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from app.observing.tracing import Tracing

DESCRIPTION = """\
Says whether there is a cat in a photo, and shows what each layer of the network made of it. The page at `/`
shows it to everybody, and asks the paths below for all that it shows.

    curl -F file=@cat.jpg http://127.0.0.1:8000/predict

The answer's `image_id` names the photo in `GET /feature-maps?image_id=…&layer=conv1`. Errors are problem documents
(RFC 9457) with a stable `code`.
"""
# Tells the parent of several workers not to start them again: a signal that uvicorn leaves to us, unlike SIGUSR1.
WORKER_FAILED = signal.SIGURG
# FastAPI's own spans, if there were any, would come on top of those of app/observing/tracing.py.
NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
logger = logging.getLogger("catscan")


def create_app(settings: Settings | None = None) -> FastAPI:
    """Makes the application; without settings, those of the environment."""
    settings = settings or load_settings()
    counted = Metrics(shared_folder())
    admission = Admission(settings, counted.photos_in_flight)
    tracing = begin_tracing() if settings.tracing else None

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        service = app.state.service = Service(settings, counted)
        app.state.rates = rates_of(settings, shared_folder(), counted.store_failed)
        tasks = [asyncio.create_task(load_or_stop(app, service)), asyncio.create_task(service.models.keep_up())]
        yield
        for task in tasks:
            task.cancel()
        await service.close()
        await app.state.rates.close()
        if tracing is not None:
            await tracing.close()

    app = FastAPIOffline(
        title="catscan", version=__version__, description=DESCRIPTION, lifespan=lifespan, docs_url=None,
        redoc_url=None, telemetry=NO_TELEMETRY,
    )  # fmt: skip
    app.state.failed, app.state.metrics, app.state.page = False, counted, page.read_page()
    handle_errors(app)
    answers = predict, batch, models, preprocessing
    inside = feature_maps, statistics, receipts, receptive_fields, explanations, ablations, layers, kernels
    protocols = open_inference, tensorflow_serving, hugging_face
    for part in (*answers, *inside, *protocols, admin, docs, health, metrics, page):
        app.include_router(part.router)
    observers = [counted.observe, log_request] if settings.access_log else [counted.observe]
    # Around all of FastAPI's own: a refusal is cheap, and what answers for a failure is observed, too. No middleware
    # can be added after this.
    admitted: ASGIApp = AdmittedPhotos(Express(app.build_middleware_stack(), app.state), admission, settings)
    if settings.rate_per_key or settings.rate_per_address:
        admitted = RatedPhotos(admitted, settings)
    if settings.api_keys:
        admitted = KeyHolders(admitted, settings.api_keys + settings.admin_keys)
    document_access(app, settings)
    if tracing is not None:
        admitted = tracing.noting(admitted)
        observers.append(tracing.observe)
    told = SecurityHeaders(settings.cors_origins.around(admitted))
    app.middleware_stack = Observed(told, observers, route_of_photos)
    return app


def begin_tracing() -> "Tracing":
    """OpenTelemetry comes with an extra, and takes a while to import: only who wants traces has it."""
    from app.observing.tracing import Tracing

    return Tracing()


async def load_or_stop(app: FastAPI, service: Service) -> None:
    """Loads the models beside the running service; if the usual one cannot serve, all processes stop, and say why."""
    try:
        await service.models.start()
    except Exception as error:
        logger.error("Cannot serve: %s: %s", type(error).__name__, error)
        app.state.failed = True
        parent = multiprocessing.parent_process()
        if parent is not None and parent.pid is not None:
            os.kill(parent.pid, WORKER_FAILED)
        signal.raise_signal(signal.SIGTERM)
