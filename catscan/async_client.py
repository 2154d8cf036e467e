"""The client for programs that run on asyncio."""

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Self

import httpx

from catscan import questions
from catscan.answers import Answer, LayerStatistics, Network, Outcome, ServedModel
from catscan.channels import Channels
from catscan.connection import DEFAULT_URL, Connection
from catscan.errors import PhotoRefused
from catscan.inside import Ablation, Explanation, Receipt
from catscan.photo_files import Photo, chunks
from catscan.questions import Option, Question, T, Version
from catscan.retrying import USUAL, Attempts, Retrying

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class AsyncClient:
    """As `catscan.Client`, method for method, but each one is awaited."""

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        api_key: str | None = None,
        timeout_s: float = 30.0,
        retrying: Retrying = USUAL,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._to = Connection(url, timeout_s, retrying, api_key)
        self._http = http or httpx.AsyncClient(**self._to.options)
        self._is_ours = http is None

    async def predict(self, photo: Photo, *, model: str | None = None, version: Version = None) -> Answer:
        # In a thread, for it may read a file.
        return await self._ask(await asyncio.to_thread(questions.predict, photo, model, version))

    async def predict_many(
        self, photos: Iterable[Photo], *, model: str | None = None, version: Version = None
    ) -> list[Outcome]:
        outcomes: list[Outcome] = []
        waiting = chunks(photos)
        while chunk := await asyncio.to_thread(next, waiting, None):
            outcomes += await self._predict_chunk(chunk, model, version)
        return outcomes

    async def models(self) -> tuple[ServedModel, ...]:
        return await self._ask(questions.models())

    async def layers(self, *, model: str | None = None, version: Version = None) -> Network:
        return await self._ask(questions.layers(model, version))

    async def statistics(self, image_id: str) -> tuple[LayerStatistics, ...]:
        return await self._ask(questions.statistics(image_id))

    async def feature_maps(self, image_id: str, layer: str, channels: Channels | None = None) -> "NDArray[np.float32]":
        return await self._ask(questions.feature_maps(image_id, layer, channels))

    async def receipt(
        self,
        image_id: str,
        layer: str,
        *,
        channel: int | None = None,
        y: int | None = None,
        x: int | None = None,
        unit: int | None = None,
    ) -> Receipt:
        return await self._ask(questions.receipt(image_id, layer, channel, y, x, unit))

    async def explain(self, image_id: str, method: str, label: str | None = None, **options: Option) -> Explanation:
        return await self._ask(questions.explain(image_id, method, label, options))

    async def kernels(
        self,
        layer: str,
        channels: Channels | None = None,
        inputs: Channels | None = None,
        epoch: int | None = None,
        *,
        model: str | None = None,
        version: Version = None,
    ) -> "NDArray[np.float32]":
        return await self._ask(questions.kernels(layer, channels, inputs, epoch, model, version))

    async def ablate(self, image_id: str, layer: str, channels: Channels, each: bool = False) -> Ablation:
        return await self._ask(questions.ablate(image_id, layer, channels, each))

    async def picture(
        self,
        image_id: str | None = None,
        layer: str | None = None,
        method: str | None = None,
        channels: Channels | None = None,
        **options: Option,
    ) -> bytes:
        return await self._ask(questions.picture(image_id, layer, method, channels, options))

    async def close(self) -> None:
        if self._is_ours:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _predict_chunk(self, photos: list[bytes], model: str | None, version: Version) -> list[Outcome]:
        try:
            return await self._ask(questions.predict_many(photos, model, version))
        except PhotoRefused as error:
            if len(photos) == 1:
                return [error]
        return [outcome for photo in photos for outcome in await self._predict_chunk([photo], model, version)]

    async def _ask(self, question: Question[T]) -> T:
        request = self._to.request(question, self._http)
        attempts = Attempts(self._to.retrying)
        while True:
            with self._to.errors(request):
                response = await self._http.send(request)
            pause = attempts.pause_s(response)
            if pause is None:
                return question.answer(response)
            await asyncio.sleep(pause)
