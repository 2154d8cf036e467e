"""The client for ordinary programs."""

import time
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


class Client:
    """Asks a catscan service; threads may share one.

    Every method raises a CatscanError where there is no answer: see `catscan.errors`.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        api_key: str | None = None,
        timeout_s: float = 30.0,
        retrying: Retrying = USUAL,
        http: httpx.Client | None = None,
    ) -> None:
        """Makes a client, which asks nothing yet.

        Args:
            url: of the service; it may have a path.
            api_key: for a service that wants one; None or "" shows none.
            timeout_s: seconds that an answer may take; the service is told, and drops a photo that is late.
            retrying: how often and how long it asks again when the service is overloaded or not ready.
            http: for certificates, a proxy or a password of one's own; it stays open when the client is closed.

        Raises:
            ValueError: if the URL is none, the timeout not above zero, or the key none that a header can carry.
        """
        self._to = Connection(url, timeout_s, retrying, api_key)
        self._http = http or httpx.Client(**self._to.options)
        self._is_ours = http is None

    def predict(self, photo: Photo, *, model: str | None = None, version: Version = None) -> Answer:
        """What the network says of a photo: a path, its bytes, or a file opened with mode "rb".

        `model`, here and below, is the name of another network than the usual one, as `models` gives them; `version`
        is its number, or "stable" or "canary".

        Raises:
            PhotoRefused: if the service does not take it.
            OSError, TypeError: if there is nothing to read at the path, or `photo` is something else.
        """
        return self._ask(questions.predict(photo, model, version))

    def predict_many(
        self, photos: Iterable[Photo], *, model: str | None = None, version: Version = None
    ) -> list[Outcome]:
        """The same of several photos, in their order; in the place of one that is refused, the PhotoRefused.

        Raises:
            OSError, TypeError: as `predict`.
        """
        return [outcome for chunk in chunks(photos) for outcome in self._predict_chunk(chunk, model, version)]

    def models(self) -> tuple[ServedModel, ...]:
        """The networks that answer here, the usual one first."""
        return self._ask(questions.models())

    def layers(self, *, model: str | None = None, version: Version = None) -> Network:
        """The network as data, layer by layer."""
        return self._ask(questions.layers(model, version))

    def statistics(self, image_id: str) -> tuple[LayerStatistics, ...]:
        """Every layer's output for a photo predicted before, in numbers: range, mean, share of zeros."""
        return self._ask(questions.statistics(image_id))

    def feature_maps(self, image_id: str, layer: str, channels: Channels | None = None) -> "NDArray[np.float32]":
        """A layer's output for a photo predicted before, [height, width, channels] or [units].

        `channels`, here and below, are numbers, one number, or text such as "0,5-9"; all without them.
        """
        return self._ask(questions.feature_maps(image_id, layer, channels))

    def receipt(
        self,
        image_id: str,
        layer: str,
        *,
        channel: int | None = None,
        y: int | None = None,
        x: int | None = None,
        unit: int | None = None,
    ) -> Receipt:
        """How one number of a layer came about: of maps by `channel`, `y` and `x`, of a vector by `unit`."""
        return self._ask(questions.receipt(image_id, layer, channel, y, x, unit))

    def explain(self, image_id: str, method: str, label: str | None = None, **options: Option) -> Explanation:
        """Which parts of a photo spoke for a label, the most probable one if none is named.

        `method` is "grad-cam", "occlusion", "integrated-gradients", "gradient" or "smooth-gradient"; the options are
        those of GET /explanations, such as `layer`, `steps` or `window`.
        """
        return self._ask(questions.explain(image_id, method, label, options))

    def kernels(
        self,
        layer: str,
        channels: Channels | None = None,
        inputs: Channels | None = None,
        epoch: int | None = None,
        *,
        model: str | None = None,
        version: Version = None,
    ) -> "NDArray[np.float32]":
        """A layer's weights, [height, width, inputs, channels] or [inputs, units]; as they were after an epoch."""
        return self._ask(questions.kernels(layer, channels, inputs, epoch, model, version))

    def ablate(self, image_id: str, layer: str, channels: Channels, each: bool = False) -> Ablation:
        """What the network says with these channels switched off: all together, or `each` alone."""
        return self._ask(questions.ablate(image_id, layer, channels, each))

    def picture(
        self,
        image_id: str | None = None,
        layer: str | None = None,
        method: str | None = None,
        channels: Channels | None = None,
        **options: Option,
    ) -> bytes:
        """A PNG: `image_id` and `method` for an explanation, `image_id` and `layer` for maps, `layer` for kernels.

        The options are those of the service, such as `scale`, `colormap` or `label`.

        Raises:
            ValueError: if these name nothing that there is a picture of.
        """
        return self._ask(questions.picture(image_id, layer, method, channels, options))

    def close(self) -> None:
        """Closes the connections."""
        if self._is_ours:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _predict_chunk(self, photos: list[bytes], model: str | None, version: Version) -> list[Outcome]:
        try:
            return self._ask(questions.predict_many(photos, model, version))
        except PhotoRefused as error:
            if len(photos) == 1:
                return [error]
        # Together they are more than this service takes.
        return [outcome for photo in photos for outcome in self._predict_chunk([photo], model, version)]

    def _ask(self, question: Question[T]) -> T:
        request = self._to.request(question, self._http)
        attempts = Attempts(self._to.retrying)
        while True:
            with self._to.errors(request):
                response = self._http.send(request)
            pause = attempts.pause_s(response)
            if pause is None:
                return question.answer(response)
            time.sleep(pause)
