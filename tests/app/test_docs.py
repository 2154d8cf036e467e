import re
from typing import Any

import httpx
import pytest
from fastapi.openapi.models import OpenAPI

from app.errors import MethodNotAllowed, PathUnknown
from app.problems import PLAIN
from app.routes.predict import PredictAnswer
from app.settings import Settings
from tests.app.conftest import Looker, answer_of
from tests.app.test_errors import REQUESTS

V1 = "/v1/models/{model}", "/v1/models/{model}/versions/{version}", "/v1/models/{model}/labels/{label}"
TENSORFLOW_SERVING = {
    ("get", "/v1/models"),
    *(("get", place + about) for place in V1 for about in ("", "/metadata")),
    *(("post", place + verb) for place in V1 for verb in (":predict", ":classify")),
}
ROUTES = TENSORFLOW_SERVING | {
    ("post", "/predict"),
    ("post", "/predict/batch"),
    ("post", "/hf"),
    ("get", "/feature-maps"),
    ("post", "/feature-maps"),
    ("get", "/feature-maps/statistics"),
    ("get", "/preprocessing"),
    ("post", "/preprocessing"),
    ("get", "/receipts"),
    ("get", "/receptive-fields"),
    ("get", "/explanations"),
    ("get", "/ablations"),
    ("get", "/layers"),
    ("get", "/models"),
    ("get", "/layers/{layer}/kernels"),
    ("get", "/snapshots"),
    ("get", "/v2"),
    ("get", "/v2/health/live"),
    ("get", "/v2/health/ready"),
    ("get", "/v2/models/stats"),
    *(
        (method, f"/v2/models/{model}{path}")
        for model in ("{model}", "{model}/versions/{version}")
        for method, path in (("get", ""), ("get", "/ready"), ("get", "/config"), ("get", "/stats"), ("post", "/infer"))
    ),
    ("post", "/v2/repository/index"),
    ("post", "/v2/repository/models/{model}/load"),
    ("post", "/v2/repository/models/{model}/unload"),
    ("post", "/admin/models/{name}/{version}/load"),
    ("post", "/admin/models/{name}/{version}/unload"),
    ("post", "/admin/models/{name}/canary"),
    ("post", "/admin/models/{name}/rollback"),
    ("get", "/health/live"),
    ("get", "/health/ready"),
}


@pytest.fixture(scope="module")
def openapi(client: httpx.Client) -> dict[str, Any]:
    document: dict[str, Any] = client.get("/openapi.json").json()
    return document


def test_the_page_needs_nothing_from_another_host(client: httpx.Client) -> None:
    page = client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "//" not in re.sub(r"^\s*//.*$", "", page.text, flags=re.MULTILINE)  # no URL with a host
    sources = re.findall(r"""(?:src|href|url)\s*[=:]\s*["']([^"']+)["']""", page.text)
    assert "/openapi.json" in sources
    assert len(sources) >= 3
    for source in sources:
        assert client.get(source).status_code == 200


def test_the_front_page_leads_to_it(client: httpx.Client) -> None:
    response = client.get("/")
    assert response.status_code == 200
    assert 'href="/docs"' in response.text


def test_every_route_is_described_in_a_valid_document(openapi: dict[str, Any]) -> None:
    assert OpenAPI.model_validate(openapi).openapi.startswith("3.1")
    assert {(method, path) for path, methods in openapi["paths"].items() for method in methods} == ROUTES
    for reference in re.findall(r"'\$ref': '([^']+)'", str(openapi)):
        place = openapi
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]
    assert all(openapi["paths"][path][method]["summary"] for method, path in ROUTES)


def test_every_refusal_that_is_documented_is_a_problem_document_or_what_its_protocol_has(
    openapi: dict[str, Any],
) -> None:
    for method, path in ROUTES:
        responses = openapi["paths"][path][method]["responses"]
        refusals = {status: response for status, response in responses.items() if status != "200"}
        assert refusals, path
        for response in refusals.values():
            ((media_type, content),) = response["content"].items()
            if PLAIN.match(path):
                assert (media_type, list(content["schema"]["properties"])) == ("application/json", ["error"])
            else:
                assert media_type == "application/problem+json"
                assert {"title", "status", "detail", "code"} <= set(content["schema"]["properties"])


def test_every_refusal_that_comes_is_documented_where_it_comes(strict: httpx.Client, openapi: dict[str, Any]) -> None:
    elsewhere = (PathUnknown, MethodNotAllowed)  # where there is no route
    for error, ask in REQUESTS:
        if error not in elsewhere:
            request = ask(strict).request
            responses = openapi["paths"][request.url.path][request.method.lower()]["responses"]
            assert f"`{error.code}`" in responses[str(error.status)]["description"]


def test_the_photo_is_described_as_a_form_a_raw_body_and_base64(openapi: dict[str, Any]) -> None:
    for path in ("/predict", "/feature-maps"):
        content = openapi["paths"][path]["post"]["requestBody"]["content"]
        assert content["multipart/form-data"]["schema"]["required"] == ["file"]
        assert "image/*" in content
        assert content["application/json"]["schema"]["required"] == ["image"]


def test_the_example_of_an_answer_has_the_shape_of_a_real_one(
    client: httpx.Client, chelsea: bytes, openapi: dict[str, Any]
) -> None:
    (example,) = openapi["components"]["schemas"]["PredictAnswer"]["examples"]
    real = answer_of(client, chelsea)
    PredictAnswer.model_validate(example)
    assert example.keys() == real.keys()
    assert example["model"].keys() == real["model"].keys()
    for step, real_step in zip(example["preprocessing"], real["preprocessing"], strict=True):
        assert step["step"] == real_step["step"]
        assert step.keys() == real_step.keys()
    assert [prediction.keys() for prediction in example["predictions"]] == [
        prediction.keys() for prediction in real["predictions"]
    ]


def test_the_examples_of_parameters_work(looker: Looker, openapi: dict[str, Any]) -> None:
    for method in ("get", "post"):
        parameters = openapi["paths"]["/feature-maps"][method]["parameters"]
        examples = {each["name"]: each["schema"]["examples"][0] for each in parameters if "examples" in each["schema"]}
        assert {"layer", "channels"} <= set(examples)
        assert looker.ask(**examples).status_code == 200


def test_the_command_in_the_description_is_for_the_default_address(openapi: dict[str, Any]) -> None:
    default = Settings()
    command = f"    curl -F file=@cat.jpg http://{default.host}:{default.port}/predict\n"
    assert command in openapi["info"]["description"]
