"""What a request for inference asks: a JSON document, perhaps with a tensor after it as it is, or a tensor alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.errors import ParameterInvalid
from app.photos.uploads import too_many
from app.protocols.open_inference.documents import (
    InferenceRequest,
    InputParameters,
    InputTensor,
    OutputParameters,
    RequestedOutput,
    read_document,
)
from app.protocols.open_inference.elements import (
    Photos,
    Pixels,
    photos_from_binary,
    photos_from_json,
    pixels_from_binary,
    pixels_from_json,
)
from app.protocols.open_inference.published import Signature, TensorFacts
from app.protocols.open_inference.refusals import TensorInvalid

HEADER = "Inference-Header-Content-Length"  # how much of a body is JSON


@dataclass(frozen=True)
class Wanted:
    """An output that shall be in the reply."""

    tensor: TensorFacts
    binary: bool
    classes: int = 0  # that many, the likeliest first, in the place of all numbers; 0: the numbers


@dataclass(frozen=True)
class Inference:
    """A request that is in order."""

    id: str | None
    elements: Photos | Pixels
    wanted: list[Wanted]


def json_length(header: str | None) -> int | None:
    """How many bytes of a body are JSON, as its header says; None: all.

    Raises:
        ParameterInvalid: if that is no number.
    """
    if header is None:
        return None
    if not (header.isascii() and header.isdecimal() and len(header) < 16):
        raise ParameterInvalid(f"{HEADER}: expected a number of bytes; received: {header[:100]!r}", parameter=HEADER)
    return int(header)


def read_inference(body: bytes, length: int | None, signature: Signature, most: int) -> Inference:
    """What a body asks of a model.

    Args:
        body: not compressed any more.
        length: of the JSON at its start; None if all of it is; 0 if none is, and all of it is the input of one photo.
        signature: of the model that is asked.
        most: photos that there may be.

    Raises:
        JsonInvalid, TensorInvalid, ParameterInvalid, TooManyPhotos, UploadError: if it is not in order.
    """
    if length == 0:
        return Inference(
            None, alone(body, signature.input), [Wanted(output, binary=True) for output in signature.outputs]
        )
    if length is not None and length > len(body):
        received = f"{HEADER}: expected at most {len(body)}, the size of the body; received: {length}"
        raise ParameterInvalid(received, parameter=HEADER)
    request = read_document(InferenceRequest, body[:length])
    if len(request.inputs) != 1:
        received = ", ".join(repr(tensor.name[:50]) for tensor in request.inputs[:10]) or "none"
        raise TensorInvalid(f"Expected one input, {signature.input.name!r}; received: {received}")
    by_default = bool(request.parameters and request.parameters.binary_data_output)
    wanted = wanted_outputs(request.outputs or [], signature.outputs, by_default)
    tail = memoryview(body)[len(body) if length is None else length :]
    return Inference(request.id, elements_of(request.inputs[0], tail, signature.input, most), wanted)


def wanted_outputs(requested: Sequence[RequestedOutput], outputs: Sequence[TensorFacts], binary: bool) -> list[Wanted]:
    """The outputs of a reply, in its order: all, if none is requested; `binary` where a request does not say.

    Raises:
        TensorInvalid: if the model has no such output, or cannot give it so.
    """
    known = {output.name: output for output in outputs}
    wanted: dict[str, Wanted] = {}
    for output in requested:
        if output.name not in known or output.name in wanted:
            received = f"{output.name[:100]!r}{' twice' if output.name in wanted else ''}"
            raise TensorInvalid(f"Expected outputs among {', '.join(known)}, each once; received: {received}")
        tensor, asked = known[output.name], output.parameters or OutputParameters()
        if asked.shared_memory_region is not None:
            raise TensorInvalid(f"{tensor.name}: expected to be given in the reply; received: a shared memory region")
        classes = asked.classification or 0
        if classes and len(tensor.shape) != 2:
            expected = "expected to classify by an output of the shape [-1, classes]"
            raise TensorInvalid(f"{tensor.name}: {expected}; received: one of {list(tensor.shape)}")
        wanted[tensor.name] = Wanted(tensor, binary if asked.binary_data is None else asked.binary_data, classes)
    return list(wanted.values()) or [Wanted(output, binary) for output in outputs]


def elements_of(given: InputTensor, tail: memoryview, expected: TensorFacts, most: int) -> Photos | Pixels:
    """The photos or pixels of the one input; `tail` is what comes after the JSON.

    Raises:
        TensorInvalid, TooManyPhotos, UploadError: if they are not as the model takes them.
    """
    check_description(given, expected, most)
    shape, parameters = given.shape, given.parameters or InputParameters()
    size, is_photos = parameters.binary_data_size, expected.datatype == "BYTES"
    if parameters.shared_memory_region is not None:
        raise TensorInvalid(f"{given.name}: expected its data in the request; received: a shared memory region")
    if len(tail) != (size or 0) or (size is not None and given.data is not None):
        promised = f"{'`data`' if size is None else 'no `data`'}, and {size or 0} bytes after the JSON"
        received = f"{'no `data`' if given.data is None else '`data`'}, and {len(tail)} bytes after the JSON"
        raise TensorInvalid(f"{given.name}: expected {promised}; received: {received}")
    if size is not None:
        return photos_from_binary(tail, shape[0]) if is_photos else pixels_from_binary(tail, shape)
    return photos_from_json(given.data, shape) if is_photos else pixels_from_json(given.data, shape)


def check_description(given: InputTensor, expected: TensorFacts, most: int) -> None:
    """Raises TensorInvalid or TooManyPhotos if an input's name, datatype or shape is not as the model takes it."""
    if (given.name, given.datatype) != (expected.name, expected.datatype):
        received = f"{given.name[:100]!r} of {given.datatype[:20]!r}"
        raise TensorInvalid(f"Expected the input {expected.name!r} of {expected.datatype!r}; received: {received}")
    # Triton's own models of text have a dimension more than they need, and so do their clients.
    allowed = [list(expected.shape[1:]), *([[1]] if expected.datatype == "BYTES" else [])]
    if not given.shape or not given.shape[0] or given.shape[1:] not in allowed:
        received = f"at least one photo; received: {given.shape}"
        raise TensorInvalid(f"{given.name}: expected the shape {list(expected.shape)}, with {received}")
    if given.shape[0] > most:
        raise too_many(most, given.shape[0])


def alone(body: bytes, expected: TensorFacts) -> Photos | Pixels:
    """The input of one photo that is a whole body; raises TensorInvalid if it is none."""
    if expected.datatype != "BYTES":
        return pixels_from_binary(memoryview(body), (1, *expected.shape[1:]))
    if not body:
        raise TensorInvalid(f"{expected.name}: expected a photo's file as the whole body; received: nothing")
    return [body]
