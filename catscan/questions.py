"""Every question as a request, and how its answer is read: the same for both clients."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import quote

import httpx

from catscan.answers import Answer, Document, LayerStatistics, Network, Outcome, ServedModel, outcomes_of
from catscan.channels import Channels, channels_text
from catscan.errors import refusal, unreadable
from catscan.inside import Ablation, Explanation, Receipt
from catscan.photo_files import Photo, photo_bytes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

T = TypeVar("T")
Option = str | int | float | bool | None
Version = str | int | None  # of a network: its number, "stable" or "canary"


@dataclass(frozen=True)
class Question(Generic[T]):
    """A GET request, or a POST of a photo or of several, and what reads the body of its answer."""

    path: str
    read: Callable[[httpx.Response], T]
    query: Mapping[str, Option] = field(default_factory=dict)  # None: left out
    photo: bytes | None = None
    photos: Sequence[bytes] = ()

    def request(self, http: httpx.Client | httpx.AsyncClient, url: str, timeout_s: float) -> httpx.Request:
        """The request to the service at this URL; it says how long the client waits (RFC 7240, section 4.3)."""
        wait = f"{max(timeout_s, 0.001):.3f}".rstrip("0").rstrip(".")
        parts = [("file", ("photo", photo)) for photo in self.photos]
        return http.build_request(
            "GET" if self.photo is None and not parts else "POST",
            url + self.path,
            params={name: text_of(value) for name, value in self.query.items() if value is not None},
            content=self.photo,
            files=parts or None,
            headers={"Prefer": f"wait={wait}", "Accept": "*/*"},
            # Longer than the service has, so that its own word of a passed deadline comes first.
            timeout=httpx.Timeout(timeout_s, read=timeout_s + 1),
        )

    def answer(self, response: httpx.Response) -> T:
        """What the response says; raises CatscanError if it is a refusal, or cannot be read."""
        if not response.is_success:
            raise refusal(response)
        try:
            return self.read(response)
        except (AttributeError, KeyError, TypeError, ValueError) as error:  # JSON, npy, or their members
            raise unreadable(response, error) from error


def text_of(value: Option) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def json_as(read: Callable[[Document], T]) -> Callable[[httpx.Response], T]:
    return lambda response: read(response.json())


def as_png(response: httpx.Response) -> bytes:
    if not response.content.startswith(b"\x89PNG\r\n\x1a\n"):
        raise ValueError("it is not a PNG")
    return response.content


def as_array(response: httpx.Response) -> "NDArray[np.float32]":
    import numpy as np  # takes longer to import than all the rest: only arrays need it

    if not response.content.startswith(b"\x93NUMPY"):
        raise ValueError("it is not an npy file")
    array: NDArray[np.float32] = np.load(io.BytesIO(response.content), allow_pickle=False)
    return array


def chosen(channels: Channels | None) -> str | None:
    return None if channels is None else channels_text(channels)


def kernels_path(layer: str) -> str:
    return f"/layers/{quote(layer, safe='')}/kernels"


def predict(photo: Photo, model: str | None, version: Version) -> Question[Answer]:
    return Question("/predict", json_as(Answer.of), {"model": model, "version": version}, photo_bytes(photo))


def predict_many(photos: Sequence[bytes], model: str | None, version: Version) -> Question[list[Outcome]]:
    return Question("/predict/batch", json_as(outcomes_of), {"model": model, "version": version}, photos=photos)


def models() -> Question[tuple[ServedModel, ...]]:
    return Question("/models", json_as(ServedModel.all_of))


def layers(model: str | None, version: Version) -> Question[Network]:
    return Question("/layers", json_as(Network.of), {"model": model, "version": version})


def statistics(image_id: str) -> Question[tuple[LayerStatistics, ...]]:
    return Question("/feature-maps", json_as(LayerStatistics.all_of), {"image_id": image_id})


def feature_maps(image_id: str, layer: str, channels: Channels | None) -> "Question[NDArray[np.float32]]":
    query = {"image_id": image_id, "layer": layer, "channels": chosen(channels), "format": "npy"}
    return Question("/feature-maps", as_array, query)


def kernels(
    layer: str,
    channels: Channels | None,
    inputs: Channels | None,
    epoch: int | None,
    model: str | None,
    version: Version,
) -> "Question[NDArray[np.float32]]":
    query = {
        "channels": chosen(channels), "inputs": chosen(inputs), "epoch": epoch, "model": model, "version": version,
        "format": "npy",
    }  # fmt: skip
    return Question(kernels_path(layer), as_array, query)


def receipt(
    image_id: str, layer: str, channel: int | None, y: int | None, x: int | None, unit: int | None
) -> Question[Receipt]:
    query = {"image_id": image_id, "layer": layer, "channel": channel, "y": y, "x": x, "unit": unit}
    return Question("/receipts", json_as(Receipt.of), query)


def explain(image_id: str, method: str, label: str | None, options: Mapping[str, Option]) -> Question[Explanation]:
    query = {"image_id": image_id, "method": method, "label": label, **options, "format": "json"}
    return Question("/explanations", json_as(Explanation.of), query)


def ablate(image_id: str, layer: str, channels: Channels, each: bool) -> Question[Ablation]:
    query = {"image_id": image_id, "layer": layer, "channels": channels_text(channels), "each": each or None}
    return Question("/ablations", json_as(Ablation.of), query)


def picture(
    image_id: str | None,
    layer: str | None,
    method: str | None,
    channels: Channels | None,
    options: Mapping[str, Option],
) -> Question[bytes]:
    """A PNG: of an explanation if a method is named, else of a photo's maps, else of a layer's kernels.

    Raises:
        ValueError: if these name nothing that there is a picture of.
    """
    query = {"image_id": image_id, "layer": layer, "method": method, "channels": chosen(channels), **options}
    query["format"] = "png"
    if image_id is not None and method is not None:
        return Question("/explanations", as_png, query)
    if image_id is not None and layer is not None:
        return Question("/feature-maps", as_png, query)
    if layer is not None and method is None:
        del query["layer"]
        return Question(kernels_path(layer), as_png, query)
    raise ValueError("Expected an image_id with a layer or a method, or a layer alone; received less")
