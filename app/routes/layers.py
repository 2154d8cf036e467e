"""GET /layers: the network as data."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.errors import NotReady
from app.formats.model_facts import ModelFacts
from app.problems import documented
from app.service import MODEL_PROBLEMS, Answering
from model.manifest import LayerRecord

router = APIRouter(tags=["inside"])


class Input(BaseModel):
    """What the network sees."""

    height: int = Field(description="pixels")
    width: int
    channels: int = 3
    dtype: str = "uint8"
    layout: str = "HWC"


class Network(BaseModel):
    model: ModelFacts
    input: Input
    labels: list[str] = Field(description="the classes, in the order of the last layers' units")
    parameters: int
    multiply_adds: int = Field(description="for one photo; a multiplication and its addition count once")
    layers: list[LayerRecord] = Field(
        description="from the photo to the probabilities; each one's input is the one before"
    )


@router.get("/layers", summary="The network, layer by layer", responses=documented(*MODEL_PROBLEMS, NotReady))
async def layers(engine: Answering) -> Network:
    """Kind, kernel, stride, padding, output shape, parameters, multiply-adds and receptive field of every layer."""
    manifest = engine.manifest
    return Network(
        model=engine.model,
        input=Input(height=manifest.height, width=manifest.width),
        labels=list(manifest.labels),
        parameters=manifest.parameters,
        multiply_adds=manifest.multiply_adds,
        layers=list(manifest.layers),
    )
