"""GET …/config: a model in the words of Triton's configuration, which its clients look at before they send pixels."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.protocols.open_inference.published import MODEL, PLATFORM, VERSION, Asked, TensorFacts
from app.protocols.open_inference.server import OF_MODEL
from app.service import Running

TYPES = {"BYTES": "TYPE_STRING", "UINT8": "TYPE_UINT8", "FP32": "TYPE_FP32"}
router = APIRouter(tags=["open inference protocol"])


class OutputConfig(BaseModel):
    name: str
    data_type: str = Field(examples=["TYPE_FP32"])
    dims: tuple[int, ...] = Field(description="of one photo")


class InputConfig(OutputConfig):
    format: Literal["FORMAT_NONE", "FORMAT_NHWC"]


class Batching(BaseModel):
    max_queue_delay_microseconds: int = Field(0, description="no photo waits for others to come")


class ModelConfig(BaseModel):
    """What of Triton's ModelConfig says something here."""

    name: str
    platform: str = PLATFORM
    max_batch_size: int = Field(description="photos in one request at most")
    input: list[InputConfig]
    output: list[OutputConfig]
    dynamic_batching: Batching = Batching()


@router.get(f"{MODEL}/config", summary="A model in the words of Triton's configuration", responses=OF_MODEL)
@router.get(f"{VERSION}/config", summary="A version of a model in these words", responses=OF_MODEL)
async def config(service: Running, model: Asked) -> ModelConfig:
    outputs = [
        OutputConfig(name=out.name, data_type=TYPES[out.datatype], dims=out.shape[1:])
        for out in model.signature.outputs
    ]
    return ModelConfig(
        name=model.name,
        max_batch_size=service.settings.most_photos,
        input=[input_config(model.signature.input)],
        output=outputs,
    )


def input_config(tensor: TensorFacts) -> InputConfig:
    layout: Literal["FORMAT_NONE", "FORMAT_NHWC"] = "FORMAT_NHWC" if tensor.datatype == "UINT8" else "FORMAT_NONE"
    return InputConfig(name=tensor.name, data_type=TYPES[tensor.datatype], dims=tensor.shape[1:], format=layout)
