"""The protocol's JSON as clients send it."""

import reprlib
from typing import Annotated, Any, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.errors import JsonInvalid

MAX_VALUES = 2**18  # of a document: five photos' pixels; more objects of Python's would stop everything else
Size = Annotated[int, Field(ge=0, lt=2**31)]


class Part(BaseModel):
    """Members that nobody here knows are ignored, and null is as good as nothing."""

    model_config = ConfigDict(frozen=True, strict=True)


Document = TypeVar("Document", bound=Part)


class InputParameters(Part):
    binary_data_size: Size | None = None
    shared_memory_region: Any = None


class InputTensor(Part):
    name: str
    datatype: str
    shape: Annotated[list[Size], Field(max_length=8)]
    parameters: InputParameters | None = None
    data: Any = None


class OutputParameters(Part):
    binary_data: bool | None = None
    classification: Size | None = None
    shared_memory_region: Any = None


class RequestedOutput(Part):
    name: str
    parameters: OutputParameters | None = None


class InferenceParameters(Part):
    binary_data_output: bool | None = None


class InferenceRequest(Part):
    id: str | None = None
    parameters: InferenceParameters | None = None
    inputs: list[InputTensor]
    outputs: list[RequestedOutput] | None = None


def read_document(kind: type[Document], text: bytes) -> Document:
    """A JSON document of this kind.

    Raises:
        JsonInvalid: if it is none.
    """
    if sum(map(text.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise JsonInvalid(f"Expected JSON of at most {MAX_VALUES} values, or the tensor as binary data; received: more")
    try:
        return kind.model_validate(orjson.loads(text))
    except orjson.JSONDecodeError as error:
        where = f"{error.msg}, line {error.lineno}, column {error.colno}" if text else "nothing"
        raise JsonInvalid(f"Expected JSON; received: {where}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"])) or "the document"
        received = "nothing" if first["type"] == "missing" else reprlib.repr(first["input"])
        problem = f"{place}: {first['msg']}; received: {received}"
        raise JsonInvalid(f"Expected JSON as the protocol has it: {problem}") from error
