"""What answers say of the network that gave them."""

from typing import Literal

from pydantic import BaseModel, Field


class ModelFacts(BaseModel):
    """Which network answered."""

    name: str
    version: int
    digest: str


class PrecisionFacts(BaseModel):
    """In which numbers the network is computed, where it answers and where it is looked at."""

    predict: Literal["float32", "bfloat16"] = Field(description="by POST /predict")
    here: Literal["float32"] = "float32"
    predicted: dict[str, float] | None = Field(
        description="the logits of POST /predict by label, where they are computed in other numbers than those here"
    )
