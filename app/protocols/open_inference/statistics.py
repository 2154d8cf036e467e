"""GET …/stats: what each loaded version has done so far, in the words of Triton's statistics."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.engine import Engine
from app.errors import NotReady
from app.problems import documented
from app.protocols.open_inference.published import MODEL, VERSION, Asked
from app.protocols.open_inference.server import OF_MODEL
from app.service import Running

router = APIRouter(tags=["open inference protocol"])


class Duration(BaseModel):
    count: int = 0
    ns: int = 0


class InferenceStatistics(BaseModel):
    """Of photos, not of requests; preparing a photo is not the model's work here, and failures are in GET /metrics."""

    success: Duration
    fail: Duration = Duration()
    queue: Duration
    compute_input: Duration = Duration()
    compute_infer: Duration = Field(description="a batch counts for each of its photos")
    compute_output: Duration = Duration()
    cache_hit: Duration = Duration()
    cache_miss: Duration = Duration()


class VersionStatistics(BaseModel):
    name: str
    version: str
    last_inference: int = Field(description="when, in Unix milliseconds; 0: never")
    inference_count: int = Field(description="photos")
    execution_count: int = Field(description="batches")
    inference_stats: InferenceStatistics
    batch_stats: list[object] = Field([], description="none are kept: GET /metrics has the sizes of batches")


class Statistics(BaseModel):
    """Of the worker process that answers; GET /metrics is of all together."""

    model_stats: list[VersionStatistics]


ALL = "What all loaded versions of all models have done so far"


@router.get("/v2/models/stats", summary=ALL, responses=documented(NotReady, plain=True))
async def statistics(service: Running) -> Statistics:
    """A model's photos count under its own name; NAME-tensor and NAME-features share its numbers."""
    _ = service.registry.default
    return Statistics(model_stats=[statistics_of(engine.model.name, engine) for engine in service.registry.engines])


@router.get(f"{MODEL}/stats", summary="What the loaded versions of a model have done so far", responses=OF_MODEL)
async def model_statistics(service: Running, model: Asked) -> Statistics:
    loaded = service.registry.rollout(model.engine.model.name).engines
    return Statistics(model_stats=[statistics_of(model.name, engine) for _, engine in sorted(loaded.items())])


@router.get(f"{VERSION}/stats", summary="What a version of a model has done so far", responses=OF_MODEL)
async def version_statistics(model: Asked) -> Statistics:
    return Statistics(model_stats=[statistics_of(model.name, model.engine)])


def statistics_of(name: str, engine: Engine) -> VersionStatistics:
    counts = engine.counts
    waited, computed = round(counts.waited_s * 1e9), round(counts.computed_s * 1e9)
    return VersionStatistics(
        name=name,
        version=str(engine.model.version),
        last_inference=round(counts.last * 1e3),
        inference_count=counts.photos,
        execution_count=counts.batches,
        inference_stats=InferenceStatistics(
            success=Duration(count=counts.photos, ns=waited + computed),
            queue=Duration(count=counts.photos, ns=waited),
            compute_infer=Duration(count=counts.photos, ns=computed),
        ),
    )
