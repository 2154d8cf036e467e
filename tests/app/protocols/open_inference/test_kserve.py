"""KServe's own client with the protocol, from the environment that it has to itself."""

import base64

import httpx
import numpy as np

from model.manifest import Manifest
from tests.app.conftest import Looker, answer_of
from tests.app.protocols.kserve_environment import in_kserve

SCRIPT = """
import asyncio, base64, json, sys
import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput

async def ask(url, photo, pixels, shape):
    client = InferenceRESTClient(RESTConfig(protocol="v2", timeout=300, verify=False))
    said = {
        "live": await client.is_server_live(url), "ready": await client.is_server_ready(url),
        "model": await client.is_model_ready(url, "cat"), "lion": await client.is_model_ready(url, "lion"),
    }
    async def infer(name, tensor, value, binary, outputs=None, binary_out=None):
        tensor.set_data_from_numpy(value, binary_data=binary)
        parameters = None if binary_out is None else {"binary_data_output": binary_out}
        request = InferRequest(name, [tensor], request_outputs=outputs, parameters=parameters)
        reply = await client.infer(url, request, model_name=name)
        assert reply.model_name == name and reply.id, reply
        return {output.name: output.as_numpy().tolist() for output in reply.outputs}
    one = lambda: InferInput("image", [1], "BYTES")
    array = lambda content: np.array([content], dtype=np.object_)
    for out in (None, True, False):
        said[f"binary {out}"] = await infer("cat", one(), array(photo), True, binary_out=out)
        said[f"json {out}"] = await infer("cat", one(), array(base64.b64encode(photo)), False, binary_out=out)
        tensor = InferInput("images", list(shape), "UINT8")
        said[f"pixels {out}"] = await infer("cat-tensor", tensor, pixels, True, binary_out=out)
    wanted = [RequestedOutput("logits", {"binary_data": False}), RequestedOutput("conv1", {"binary_data": True})]
    said["layers"] = await infer("cat-features", one(), array(photo), True, wanted)
    try:
        await infer("cat", one(), array(b"a cat"), True)
    except Exception as error:
        said["refused"] = f"{type(error).__name__}: {error}"
    await client.close()
    return said

url, photo, pixels, *shape = sys.argv[1:]
shape = [int(size) for size in shape]
pixels = np.frombuffer(base64.b64decode(pixels), np.uint8).reshape(shape)
print(json.dumps(asyncio.run(ask(url, base64.b64decode(photo), pixels, shape))))
"""


def test_it_finds_the_server_and_gets_what_the_services_own_paths_give(
    client: httpx.Client, chelsea: bytes, looker: Looker, manifest: Manifest
) -> None:
    pixels = looker.tensor("images")[None].astype(np.uint8)
    given = [base64.b64encode(content).decode() for content in (chelsea, pixels.tobytes())]
    said = in_kserve(SCRIPT, str(client.base_url), *given, *map(str, pixels.shape))
    assert (said["live"], said["ready"], said["model"], said["lion"]) == (True, True, True, False)
    scores = {each["label"]: each["score"] for each in answer_of(client, chelsea)["predictions"]}
    expected = np.array([[scores[label] for label in manifest.labels]], np.float32)
    for form in ("binary", "json", "pixels"):
        for out in (None, True, False):
            found = np.array(said[f"{form} {out}"]["probabilities"], np.float32)
            np.testing.assert_array_equal(found, expected)
    for name, values in said["layers"].items():
        np.testing.assert_array_equal(np.array(values, np.float32), looker.tensor(name)[None])
    assert list(said["layers"]) == ["logits", "conv1"]
    assert "HTTPStatusError: This is not an image. photo 0: Expected an image" in said["refused"]
    assert "400 Bad Request" in said["refused"]
