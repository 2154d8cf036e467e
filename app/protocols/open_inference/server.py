"""GET /v2…: what the server is, whether it lives and is ready, and what each model takes and gives."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app import __version__
from app.errors import NotReady
from app.problems import documented
from app.protocols.open_inference.published import MODEL, PLATFORM, VERSION, Asked, TensorFacts
from app.service import MODEL_PROBLEMS, Running

EXTENSIONS = "binary_tensor_data", "classification", "model_configuration", "model_repository", "statistics"
OF_MODEL = documented(NotReady, *MODEL_PROBLEMS, plain=True)
router = APIRouter(tags=["open inference protocol"])


class ServerFacts(BaseModel):
    name: str = "catscan"
    version: str = __version__
    extensions: tuple[str, ...] = EXTENSIONS


# The protocol asks for no body where these three say yes; KServe's own client for one.
class ServerLive(BaseModel):
    live: Literal[True] = True


class ServerReady(BaseModel):
    ready: Literal[True] = True


class ModelReady(ServerReady):
    name: str


class ModelMetadata(BaseModel):
    name: str
    versions: list[str] = Field(description="that can answer")
    platform: str = PLATFORM
    inputs: list[TensorFacts]
    outputs: list[TensorFacts]


@router.get("/v2", summary="What this server is, and which extensions it has", responses=documented(plain=True))
async def server() -> ServerFacts:
    return ServerFacts()


@router.get("/v2/health/live", summary="Does the server answer?", responses=documented(plain=True))
async def live() -> ServerLive:
    return ServerLive()


@router.get("/v2/health/ready", summary="Can the usual model answer?", responses=documented(NotReady, plain=True))
async def ready(service: Running) -> ServerReady:
    service.registry.engine(version="stable")
    return ServerReady()


@router.get(f"{MODEL}/ready", summary="Can this model answer?", responses=OF_MODEL)
@router.get(f"{VERSION}/ready", summary="Can this version of a model answer?", responses=OF_MODEL)
async def model_ready(model: Asked) -> ModelReady:
    return ModelReady(name=model.name)


@router.get(MODEL, summary="What a model takes and gives", responses=OF_MODEL)
@router.get(VERSION, summary="What a version of a model takes and gives", responses=OF_MODEL)
async def metadata(service: Running, model: Asked) -> ModelMetadata:
    """NAME takes photos as files, NAME-tensor pixels; NAME-features gives each layer's output by the layer's name."""
    tensors = model.signature
    versions = sorted(service.registry.rollout(model.engine.model.name).engines)
    return ModelMetadata(
        name=model.name,
        versions=[str(version) for version in versions],
        inputs=[tensors.input],
        outputs=list(tensors.outputs),
    )
