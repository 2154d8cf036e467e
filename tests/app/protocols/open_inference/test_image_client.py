"""NVIDIA's example `image_client.py`: its calls in its order, and all that it demands of a model.

Written anew from what it does: https://github.com/triton-inference-server/client, src/python/examples/image_client.py.
"""

from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput
from tritonclient.utils import InferenceServerException, triton_to_np_dtype

from tests.app.loopback import PATIENCE
from tests.app.protocols.open_inference.test_tritonclient import address
from tests.conftest import photo_of


@pytest.fixture
def triton(client: httpx.Client) -> Iterator[Any]:
    with InferenceServerClient(address(client), concurrency=20, network_timeout=PATIENCE) as asked:
        yield asked


def suitable(triton: Any, model: str) -> tuple[dict[str, Any], str, int]:
    """The input and the output's name of an image classifier, and how many photos it takes at once at most."""
    metadata, config = triton.get_model_metadata(model, ""), triton.get_model_config(model, "")
    (inputs,), (output,), (configured,) = metadata["inputs"], metadata["outputs"], config["input"]
    assert output["datatype"] == "FP32"
    assert config["max_batch_size"] > 0
    assert sum(size > 1 for size in output["shape"][1:]) <= 1, "a vector"
    assert len(inputs["shape"]) == 3 + 1
    assert configured["format"] == "FORMAT_NHWC"
    return inputs, output["name"], config["max_batch_size"]


def preprocessed(image: Image.Image, described: dict[str, Any]) -> np.ndarray[Any, Any]:
    _, height, width, channels = described["shape"]
    assert channels == 3
    small = image.convert("RGB").resize((width, height), Image.Resampling.BILINEAR)
    return np.array(small).astype(triton_to_np_dtype(described["datatype"]))


@pytest.mark.parametrize(("batch", "at_once"), [(1, False), (4, False), (3, True)])
def test_it_classifies_images_that_it_prepares_itself(triton: Any, batch: int, at_once: bool) -> None:
    described, output, most = suitable(triton, "cat-tensor")
    assert batch <= most
    cat = preprocessed(photo_of("chelsea").crop((75, 0, 375, 300)), described)
    pixels = np.stack([cat] * batch, axis=0)
    tensor = InferInput(described["name"], pixels.shape, described["datatype"])
    tensor.set_data_from_numpy(pixels)
    outputs = [InferRequestedOutput(output, class_count=3)]
    if at_once:
        requests = [triton.async_infer("cat-tensor", [tensor], request_id=str(n), outputs=outputs) for n in range(5)]
        results = [request.get_result() for request in requests]
    else:
        results = [triton.infer("cat-tensor", [tensor], request_id="0", outputs=outputs)]
    for number, result in enumerate(results):
        assert result.get_response()["id"] == str(number)
        rows = result.as_numpy(output)
        assert len(rows) == batch
        for row in rows:
            found = ["".join(chr(byte) for byte in text).split(":") for text in row]
            assert [len(parts) for parts in found] == [3] * 3
            assert found[0][2] == "cat"
            scores = [float(score) for score, _, _ in found]
            assert scores == sorted(scores, reverse=True)
            assert scores[0] > 0.5


def test_a_model_of_other_inputs_is_none_for_it(triton: Any) -> None:
    for model in ("cat", "cat-features"):
        with pytest.raises((AssertionError, ValueError)):
            suitable(triton, model)
    with pytest.raises(InferenceServerException, match="received: 'lion'"):
        suitable(triton, "lion")
