"""Bodies of the protocol, made and taken apart by hand: what its clients do, without them."""

import struct
from collections.abc import Sequence
from typing import Any

import httpx
import numpy as np
import orjson
from numpy.typing import NDArray

LENGTH = "Inference-Header-Content-Length"
Json = dict[str, Any]


def packed(photos: Sequence[bytes]) -> bytes:
    """A BYTES tensor."""
    return b"".join(struct.pack("<I", len(photo)) + photo for photo in photos)


def image(photos: Sequence[bytes]) -> tuple[Json, bytes]:
    """The input of photos, and what follows the JSON."""
    data = packed(photos)
    return tensor("image", [len(photos)], "BYTES", len(data)), data


def images(pixels: NDArray[np.uint8]) -> tuple[Json, bytes]:
    data = pixels.tobytes()
    return tensor("images", list(pixels.shape), "UINT8", len(data)), data


def tensor(name: str, shape: list[int], datatype: str, size: int) -> Json:
    return {"name": name, "shape": shape, "datatype": datatype, "parameters": {"binary_data_size": size}}


def wanted(name: str, **parameters: object) -> Json:
    return {"name": name, "parameters": parameters}


def infer(client: httpx.Client, model: str, asked: tuple[Json, bytes], **members: object) -> httpx.Response:
    """Posts a tensor as binary data."""
    text = orjson.dumps({"inputs": [asked[0]], **members})
    return client.post(f"/v2/models/{model}/infer", content=text + asked[1], headers={LENGTH: str(len(text))})


def outputs_of(response: httpx.Response) -> dict[str, NDArray[Any]]:
    """The outputs of a reply by name, in its order; JSON or binary, as each is."""
    assert response.status_code == 200, response.text
    length = int(response.headers.get(LENGTH, len(response.content)))
    rest, outputs = response.content[length:], dict[str, NDArray[Any]]()
    assert response.headers["content-type"] == (
        "application/octet-stream" if LENGTH in response.headers else "application/json"
    )
    for output in orjson.loads(response.content[:length])["outputs"]:
        size = output.get("parameters", {}).get("binary_data_size")
        if size is None:
            values: Any = output["data"]
        else:
            data, rest = rest[:size], rest[size:]
            values = np.frombuffer(data, "<f4") if output["datatype"] == "FP32" else unpacked(data)
        dtype = np.float32 if output["datatype"] == "FP32" else np.object_
        outputs[output["name"]] = np.array(values, dtype).reshape(output["shape"])
    assert not rest
    return outputs


def unpacked(data: bytes) -> list[str]:
    texts = []
    while data:
        (size,) = struct.unpack_from("<I", data)
        texts.append(data[4 : 4 + size].decode())
        data = data[4 + size :]
    return texts
