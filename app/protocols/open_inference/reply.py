"""An inference's outputs as the protocol gives them: numbers or classes, in JSON or as they are after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import orjson
from numpy.typing import NDArray

from app.errors import TooManyNumbers
from app.formats.tensor_formats import MAX_JSON_NUMBERS, as_f32
from app.protocols.open_inference.elements import LENGTH
from app.protocols.open_inference.published import Published
from app.protocols.open_inference.refusals import AnswerTooLarge
from app.protocols.open_inference.request import Inference, Wanted

MAX_BYTES = 2**25  # of numbers in a reply: all layers of nine photos
Numbers = NDArray[np.float32]  # one photo's, of one output
Outputs = Mapping[str, Sequence[Numbers]]  # by the output's name, photo by photo


@dataclass(frozen=True)
class Reply:
    body: bytes
    json_length: int | None  # None: all of it is JSON


def check_size(wanted: Sequence[Wanted], photos: int) -> int:
    """How many numbers a reply will hold; a class counts as one.

    Raises:
        TooManyNumbers, AnswerTooLarge: if that is too much, in JSON or at all.
    """
    sizes = [(each.binary, photos * numbers_in(each)) for each in wanted]
    total, in_json = sum(size for _, size in sizes), sum(size for binary, size in sizes if not binary)
    if in_json > MAX_JSON_NUMBERS:
        expected = f"Expected at most {MAX_JSON_NUMBERS} numbers in JSON; received a request for {in_json}"
        hint = 'Ask for fewer outputs, or for binary ones: "parameters": {"binary_data": true}'
        raise TooManyNumbers(f"{expected}. {hint}", max_numbers=MAX_JSON_NUMBERS)
    if total * 4 > MAX_BYTES:
        expected = f"Expected at most {MAX_BYTES} bytes of outputs; received a request for {total * 4}"
        raise AnswerTooLarge(f"{expected}. Name fewer in `outputs`, or send fewer photos", max_bytes=MAX_BYTES)
    return total


def numbers_in(wanted: Wanted) -> int:
    """How many numbers of one photo an output has in a reply."""
    shape = wanted.tensor.shape[1:]
    return min(wanted.classes, *shape) if wanted.classes else prod(shape)


def rendered(model: Published, asked: Inference, outputs: Outputs) -> Reply:
    """The reply to a request, its outputs in the order in which they were requested."""
    described, pieces = [], list[bytes]()
    for wanted in asked.wanted:
        output, data = one_output(model, wanted, outputs[wanted.tensor.name])
        described.append(output)
        pieces += data
    engine = model.engine
    precision = "float32" if model.kind == "features" else engine.precision
    facts = {"digest": engine.model.digest, "device": engine.device, "precision": precision}
    whole: dict[str, object] = {"model_name": model.name, "model_version": str(engine.model.version)}
    if asked.id is not None:
        whole["id"] = asked.id
    text = orjson.dumps(whole | {"parameters": facts, "outputs": described}, option=orjson.OPT_SERIALIZE_NUMPY)
    if not any(wanted.binary for wanted in asked.wanted):
        return Reply(text, None)
    return Reply(b"".join([text, *pieces]), len(text))


def one_output(model: Published, wanted: Wanted, photos: Sequence[Numbers]) -> tuple[dict[str, object], list[bytes]]:
    """What the JSON says of an output, and what comes after it."""
    output: dict[str, object] = {"name": wanted.tensor.name}
    if wanted.classes:
        rows = [best(numbers, wanted.classes, model.labels(wanted.tensor.name)) for numbers in photos]
        output |= {"datatype": "BYTES", "shape": [len(rows), len(rows[0])]}
        texts = [text.encode() for row in rows for text in row]
        data = [len(text).to_bytes(LENGTH, "little") + text for text in texts]
        values: object = [text for row in rows for text in row]
    else:
        output |= {"datatype": "FP32", "shape": [len(photos), *wanted.tensor.shape[1:]]}
        data = [as_f32(numbers) for numbers in photos] if wanted.binary else []
        values = None if wanted.binary else np.concatenate([numbers.ravel() for numbers in photos])
    if wanted.binary:
        return output | {"parameters": {"binary_data_size": sum(map(len, data))}}, data
    return output | {"data": values}, []


def best(numbers: Numbers, classes: int, labels: Sequence[str]) -> list[str]:
    """The highest numbers as `number:index:label`, without the label where there are none; equals in their order.

    Each number is the shortest text that gives the same float32 again.
    """
    order = np.argsort(-numbers, kind="stable")[:classes].tolist()
    texts = [f"{np.format_float_positional(numbers[index], trim='0')}:{index}" for index in order]
    return [f"{text}:{labels[index]}" for text, index in zip(texts, order, strict=True)] if labels else texts
