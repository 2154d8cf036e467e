"""A small application that does what ours does: reads, answers, streams, refuses, fails; watched by some observers."""

from collections.abc import AsyncIterator, Callable, Sequence

from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import ASGIApp

from app.observing.metrics import Metrics, router
from app.observing.observed import Observation, Observed

STAGES = {"receive": 0.25, "compute": 40.0}  # milliseconds
CHUNKS = [b"one", b"two", b"three"]
EARLY = "/early"  # a path that something before the routes may answer


def observed_app(observers: Sequence[Callable[[Observation], None]], metrics: Metrics | None = None) -> ASGIApp:
    app = FastAPI()
    app.state.metrics = metrics
    app.include_router(router)

    @app.post("/read")
    async def read(request: Request) -> int:
        request.state.timings = STAGES
        return len(await request.body())

    @app.get("/things/{name}")
    async def thing(request: Request, name: str) -> list[str]:
        return [name, request.state.request_id]

    @app.get("/stream")
    async def stream() -> Response:
        return StreamingResponse(chunks())

    @app.get("/refused")
    async def refused(request: Request) -> Response:
        request.state.problem = "image_unknown"
        return Response(status_code=404)

    @app.get("/failing")
    async def failing() -> None:
        raise RuntimeError("this is meant to happen")

    return Observed(app, observers, {EARLY: EARLY}.get)


async def chunks() -> AsyncIterator[bytes]:
    for chunk in CHUNKS:
        yield chunk
