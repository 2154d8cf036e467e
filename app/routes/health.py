"""GET /health/live: the process answers. GET /health/ready: the network is verified and warmed, too."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.errors import NotReady
from app.formats.model_facts import ModelFacts
from app.problems import documented
from app.service import Running

router = APIRouter(prefix="/health", tags=["health"])


class Live(BaseModel):
    live: Literal[True] = True


class Ready(BaseModel):
    ready: Literal[True] = True
    model: ModelFacts
    device: str
    precision: Literal["float32", "bfloat16"] = Field(description="of predictions")


@router.get("/live", summary="Does the process answer?", responses=documented())
async def live() -> Live:
    return Live()


@router.get("/ready", summary="Is the network loaded, verified and warmed?", responses=documented(NotReady))
async def ready(service: Running) -> Ready:
    engine = service.registry.engine(version="stable")
    return Ready(model=engine.model, device=engine.device, precision=engine.precision)
