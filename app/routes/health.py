"""GET /health/live: the process answers. GET /health/ready: the network is verified and warmed, too."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.errors import NotReady
from app.failures import DeviceFailed
from app.formats.model_facts import ModelFacts
from app.problems import documented
from app.service import Running, Service

router = APIRouter(prefix="/health", tags=["health"])


class Live(BaseModel):
    live: Literal[True] = True


class Ready(BaseModel):
    ready: Literal[True] = True
    model: ModelFacts
    device: str
    precision: Literal["float32", "bfloat16"] = Field(description="of predictions")


@router.get("/live", summary="Does the process answer, and compute?", responses=documented(DeviceFailed))
async def live(service: Running) -> Live:
    """False where only a new start helps."""
    check_devices(service)
    return Live()


@router.get(
    "/ready", summary="Is the network loaded, verified and warmed?", responses=documented(NotReady, DeviceFailed)
)
async def ready(service: Running) -> Ready:
    check_devices(service)
    engine = service.registry.engine(version="stable")
    return Ready(model=engine.model, device=engine.device, precision=engine.precision)


def check_devices(service: Service) -> None:
    """Raises DeviceFailed if a device works no longer."""
    for engine in service.registry.engines:
        if engine.failure is not None:
            raise DeviceFailed(f"Expected {engine.device} to compute; received: {engine.failure}")
