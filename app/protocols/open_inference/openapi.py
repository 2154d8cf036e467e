"""How the protocol's bodies look, for OpenAPI: the routes read and write them themselves, for most are not JSON."""

from typing import Any

Schema = dict[str, Any]


def shaped(properties: Schema, *required: str) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required)}


def parameters(**types: str) -> Schema:
    """An object of parameters; others than these are ignored."""
    return {"type": "object", "properties": {name: {"type": kind} for name, kind in types.items()}}


def listed(item: Schema) -> Schema:
    return {"type": "array", "items": item}


TEXT: Schema = {"type": "string"}
TENSOR = shaped(
    {
        "name": TEXT,
        "shape": listed({"type": "integer"}),
        "datatype": {"type": "string", "enum": ["BYTES", "UINT8", "FP32"]},
        "parameters": parameters(binary_data_size="integer"),
        "data": {"type": "array", "items": {}, "description": "row-major, nested or flat; photos in base64"},
    },
    "name", "shape", "datatype",
)  # fmt: skip
WANTED = shaped({"name": TEXT, "parameters": parameters(binary_data="boolean", classification="integer")}, "name")
QUESTION = shaped(
    {
        "id": TEXT,
        "parameters": parameters(binary_data_output="boolean"),
        "inputs": listed(TENSOR),
        "outputs": listed(WANTED),
    },
    "inputs",
)
ANSWER = shaped(
    {
        "model_name": TEXT,
        "model_version": TEXT,
        "id": TEXT,
        "parameters": parameters(digest="string", device="string", precision="string"),
        "outputs": listed(TENSOR),
    },
    "model_name", "model_version", "outputs",
)  # fmt: skip
EXAMPLE: Schema = {
    "inputs": [{"name": "image", "shape": [1], "datatype": "BYTES", "data": ["/9j/4AAQSkZJRg…"]}],
    "outputs": [{"name": "probabilities", "parameters": {"classification": 2}}],
}
BINARY: Schema = {"schema": {"type": "string", "format": "binary", "description": "JSON, and what follows it"}}
INFERENCE_BODY: Schema = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": QUESTION, "example": EXAMPLE},
            "application/octet-stream": BINARY,
        },
    }
}
INFERENCE_ANSWER: dict[int | str, Schema] = {
    200: {
        "description": "The outputs, in the order that was asked for",
        "content": {"application/json": {"schema": ANSWER}, "application/octet-stream": BINARY},
    }
}
