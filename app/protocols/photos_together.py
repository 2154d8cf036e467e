"""Several photos of one request through one engine: an answer to each, or what is wrong with the first bad one."""

import asyncio
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from app.engine import Answer, Engine, Pixels
from app.errors import ServiceError
from app.service import Service
from app.timings import Timings

AnyError = TypeVar("AnyError", bound=ServiceError)
Posted = bytes | Pixels  # a photo's file, or what the network is to see


async def answers_to(photos: Sequence[Posted], service: Service, engine: Engine) -> list[Answer]:
    """What the engine says of the photos, in their order; nothing of them is kept.

    Raises:
        PhotoError: of the first photo that is none, with its place.
    """
    timings = [Timings() for _ in photos]
    inputs = await pixels_of(photos, service, engine, timings)
    answers = await asyncio.gather(
        *(service.predict(pixels, engine, each) for pixels, each in zip(inputs, timings, strict=True))
    )
    for each in timings:
        service.metrics.stages(each.stages)
    return answers


async def pixels_of(
    photos: Sequence[Posted], service: Service, engine: Engine, timings: Sequence[Timings]
) -> list[Pixels]:
    """What the network sees of the photos, in their order; raises as `answers_to` does."""
    tasks = [seen(photo, service, engine, each) for photo, each in zip(photos, timings, strict=True)]
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for number, outcome in enumerate(outcomes):
        if isinstance(outcome, ServiceError):
            raise placed(outcome, f"photo {number}")
    return [raised_or(outcome) for outcome in outcomes]


async def seen(photo: Posted, service: Service, engine: Engine, timings: Timings) -> Pixels:
    """What the network sees of a photo."""
    return (await service.decode(photo, engine, timings)).pixels if isinstance(photo, bytes) else photo


def raised_or(outcome: Pixels | BaseException) -> Pixels:
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def placed(error: AnyError, where: str) -> AnyError:
    """The same error, which says where in the request it is."""
    return type(error)(f"{where}: {error.detail}", **error.facts)


def ranked(labels: Sequence[str], numbers: NDArray[np.floating[Any]]) -> list[tuple[str, float]]:
    """Each label with its number, the largest first."""
    return sorted(zip(labels, numbers.tolist(), strict=True), key=lambda pair: -pair[1])
