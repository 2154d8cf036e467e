"""GET /metrics: what happened so far, in numbers, for Prometheus; of all workers together."""

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from fastapi import APIRouter, Request, Response
from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics import MetricWrapperBase

from app.errors import ServiceError
from app.observing.loaded_models import LoadedModel, LoadedModels
from app.observing.observed import OTHER, Observation
from app.observing.shared_metrics import Place, Workers

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
REQUEST_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
STAGE_S = (0.0001, 0.00025, 0.0005, *REQUEST_S)
STORE_OPERATIONS = "put", "get", "count"
BATCHES = (1, 2, 4, 8, 16, 32)
AnyMetric = TypeVar("AnyMetric", bound=MetricWrapperBase)
router = APIRouter(tags=["health"])


class Children(dict[tuple[object, ...], AnyMetric]):
    """A metric's children by their labels' values: found faster than by the metric itself."""

    def __init__(self, metric: AnyMetric) -> None:
        super().__init__()
        self._metric = metric

    def __missing__(self, labels: tuple[object, ...]) -> AnyMetric:
        child = self[labels] = self._metric.labels(*labels)
        return child


class Metrics:
    """Counts what happens in this process. Labels are bounded: nobody outside can make up a new value."""

    def __init__(self, folder: Path | None = None) -> None:
        """Begins at nothing.

        Args:
            folder: where several workers count together; None if this process is the only one.
        """
        disable_created_metrics()  # several workers cannot have them, and they double the answer
        self._registry = CollectorRegistry()
        self._place = None if folder is None else Place(folder)
        own = self._registry if folder is None else None
        if folder is None:
            ProcessCollector(registry=own)
        else:
            self._registry.register(Workers(folder))
        self._requests = Children(
            Counter("catscan_http_requests", "Requests answered", ("method", "route", "status"), registry=own)
        )
        self._durations = Children(
            Histogram(
                "catscan_http_request_duration_seconds", "From a request's headers to the last byte of its answer",
                ("route",), buckets=REQUEST_S, registry=own,
            )
        )  # fmt: skip
        worker = Counter("catscan_worker_requests", "Requests answered by each worker", ("worker",), registry=own)
        self._worker_requests = worker.labels(self.place)
        self._stages = Children(
            Histogram(
                "catscan_stage_duration_seconds", "Of one stage of a request's work", ("stage",), buckets=STAGE_S,
                registry=own,
            )
        )  # fmt: skip
        self._batches = Histogram("catscan_batch_size", "Photos computed together", buckets=BATCHES, registry=own)
        self._photos = Children(
            Counter(
                "catscan_photos",
                "Photos answered, by the most probable label and by what answered",
                ("label", "model", "version"),
                registry=own,
            )
        )
        self._rejected = Children(
            Counter("catscan_rejected", "Requests refused, by the problem's code", ("code",), registry=own)
        )
        self._store_failures = Children(
            Counter(
                "catscan_store_failures", "Photos that a store away could not take (put), give (get) or count (count)",
                ("operation",), registry=own,
            )
        )  # fmt: skip
        self._in_flight = Gauge(
            "catscan_photos_in_flight", "Photos taken in and not answered", multiprocess_mode="liveall", registry=own
        )
        self._queue = Gauge(
            "catscan_queue_length", "Photos that wait for the network", multiprocess_mode="liveall", registry=own
        )
        self._models = LoadedModels(own)
        for code in sorted(codes(ServiceError)):
            self._rejected[code,]  # at 0: the first refusal is then seen to be one more
        for operation in STORE_OPERATIONS:
            self._store_failures[operation,]  # likewise

    @property
    def place(self) -> str:
        """The name of this process among the workers."""
        return self._place.name if self._place else "0"

    def observe(self, observation: Observation) -> None:
        """Counts a request that is over, with its stages and its problem."""
        self.request(observation.method, observation.route, observation.status, observation.duration_s)
        if observation.problem is not None:
            self.rejected(observation.problem)
        self.stages(observation.timings)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests[method if method in METHODS else OTHER, route, status].inc()
        self._durations[route,].observe(seconds)
        self._worker_requests.inc()

    def stages(self, timings: dict[str, float]) -> None:
        """Takes the stages of one request, in milliseconds."""
        for stage, milliseconds in timings.items():
            self._stages[stage,].observe(milliseconds / 1e3)

    def batch(self, size: int) -> None:
        self._batches.observe(size)

    def photo(self, label: str, model: str, version: int) -> None:
        self._photos[label, model, version].inc()

    def rejected(self, code: str) -> None:
        self._rejected[code,].inc()

    def store_failed(self, operation: str) -> None:
        self._store_failures[operation,].inc()

    def photos_in_flight(self, photos: int) -> None:
        self._in_flight.set(photos)

    def queue_length(self, photos: int) -> None:
        self._queue.set(photos)

    def models(self, loaded: Iterable[LoadedModel]) -> None:
        """Takes all that are loaded now."""
        self._models.set(loaded)

    def text(self) -> bytes:
        """All workers' numbers in Prometheus' text format."""
        return generate_latest(self._registry)


def codes(error: type[ServiceError]) -> set[str]:
    """Of this kind of error and all that are below it."""
    own = {error.code} if hasattr(error, "code") else set()
    return own.union(*(codes(kind) for kind in error.__subclasses__()))


@router.get("/metrics", include_in_schema=False)
def metrics(request: Request) -> Response:  # not async: adding up many workers' files may take some milliseconds
    counted: Metrics = request.app.state.metrics
    return Response(counted.text(), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})
