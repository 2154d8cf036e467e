"""What a request to TensorFlow Serving's REST API holds: photos as `{"b64": …}` or as pixels, in rows or columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from app.errors import JsonInvalid, PhotoMissing, TooManyPhotos, UploadError
from app.photos.json_bodies import base64_of, document, kind_of
from app.protocols.json_pixels import PixelArrays
from app.protocols.photos_together import Posted, placed
from model.manifest import IMAGES, Manifest

SERVING, TENSOR, CLASSIFICATION = "serving_default", "tensor", "classification"
ENCODED = "image"  # the input that takes a photo's file
OUTPUTS: Mapping[str, Sequence[Literal["probabilities", "logits"]]] = {
    SERVING: ("probabilities",),
    TENSOR: ("probabilities", "logits"),
}


@dataclass(frozen=True)
class Asked:
    """Photos and how to answer: `column` as `outputs`, else in rows, as `predictions`."""

    photos: Sequence[Posted]
    signature: str
    column: bool = False


class Reader:
    """Reads bodies for one network."""

    def __init__(self, manifest: Manifest, most: int) -> None:
        """Makes a reader of bodies with at most so many photos."""
        self._manifest, self._most = manifest, most

    def predict(self, body: bytes) -> Asked:
        """What `:predict` is asked.

        Raises:
            UploadError: saying what was expected and what came.
        """
        arrays = PixelArrays(body, self._most)
        whole = members(arrays.rest)
        signature = chosen(whole, OUTPUTS)
        column = "inputs" in whole
        if column == ("instances" in whole):
            came = "both" if column else "neither"
            raise JsonInvalid(f"Expected either `instances`, for rows, or `inputs`, for columns; received: {came}")
        names = {ENCODED, IMAGES} if signature == SERVING else {IMAGES}
        if column:
            entries = self._entries(unnamed(whole["inputs"], names, "inputs"), "inputs")
        else:
            rows = self._entries(whole["instances"], "instances")
            entries = [unnamed(row, names, f"instances[{number}]") for number, row in enumerate(rows)]
        key = "inputs" if column else "instances"
        photos = [self._photo(entry, arrays, signature, f"{key}[{n}]") for n, entry in enumerate(entries)]
        return Asked(photos, signature, column)

    def classify(self, body: bytes) -> Asked:
        """What `:classify` is asked; raises as `predict` does."""
        whole = members(body)
        signature = chosen(whole, (SERVING, CLASSIFICATION))
        if "examples" not in whole:
            raise JsonInvalid("Expected `examples`; received: none")
        common = features(whole.get("context", {}), "context")
        photos = []
        for number, example in enumerate(self._entries(whole["examples"], "examples")):
            where = f"examples[{number}]"
            photos.append(encoded(unnamed({**common, **features(example, where)}, {ENCODED}, where), where))
        return Asked(photos, signature)

    def _entries(self, value: object, name: str) -> list[object]:
        if not isinstance(value, list):
            raise JsonInvalid(f"{name}: expected an array, an entry for each photo; received: {kind_of(value)}")
        if not value:
            raise PhotoMissing(f"{name}: expected at least one photo; received: none")
        if len(value) > self._most:
            expected = f"{name}: expected at most {self._most} photos in a request; received: {len(value)}"
            raise TooManyPhotos(expected, max_photos=self._most)
        return value

    def _photo(self, entry: object, arrays: PixelArrays, signature: str, where: str) -> Posted:
        if isinstance(entry, dict) and signature == SERVING:
            return encoded(entry, where)
        file = ', or {"b64": "…"} with a photo\'s file' if signature == SERVING else ""
        try:
            return arrays.at(entry, self._manifest.height, self._manifest.width, file)
        except JsonInvalid as error:
            raise placed(error, where) from error


def members(body: bytes) -> dict[str, object]:
    """Those of the JSON object in a body."""
    whole = document(body)
    if not isinstance(whole, dict):
        raise JsonInvalid(f"Expected a JSON object; received: {kind_of(whole)}")
    return whole


def chosen(whole: Mapping[str, object], known: Sequence[str] | Mapping[str, object]) -> str:
    """The signature that a request names; the usual one if it names none."""
    name = whole.get("signature_name", SERVING)
    if not isinstance(name, str) or name not in known:
        raise JsonInvalid(f"signature_name: expected one of {', '.join(known)}; received: {str(name)[:80]!r}")
    return name


def features(value: object, where: str) -> dict[str, object]:
    """Those of an example, or of all."""
    if not isinstance(value, dict) or value.keys() == {"b64"}:
        came = "'b64'" if isinstance(value, dict) else kind_of(value)
        raise JsonInvalid(f'{where}: expected an object of features, {{"image": {{"b64": "…"}}}}; received: {came}')
    return value


def unnamed(value: object, names: set[str], where: str) -> object:
    """A value that may be written with its input's name, `{"image": …}`, without it."""
    if not isinstance(value, dict) or value.keys() == {"b64"}:
        return value
    if len(value) != 1 or not names >= value.keys():
        came = ", ".join(map(repr, sorted(value)[:10])) or "none"
        raise JsonInvalid(f"{where}: expected one input, {' or '.join(sorted(names))}; received: {came[:200]}")
    (only,) = value.values()
    return only


def encoded(entry: object, where: str) -> bytes:
    """The file in `{"b64": "…"}`."""
    if not isinstance(entry, dict) or entry.keys() != {"b64"}:
        raise JsonInvalid(f'{where}: expected {{"b64": "…"}} with a photo\'s file; received: {kind_of(entry)}')
    try:
        return base64_of(entry["b64"])
    except UploadError as error:
        raise placed(error, where) from error
