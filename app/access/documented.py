"""What OpenAPI says of keys and rates, where the settings want them; without these it is the document as it was."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI

from app.access.key_holders import is_open
from app.access.refusals import KeyWrong, RateExceeded
from app.problems import PLAIN, documented
from app.scheduling.admitted import FRONT, PATHS, TEMPLATES
from app.settings import Settings

WITH_A_KEY: list[dict[str, list[str]]] = [
    {"HTTPBearer": []},
    {"APIKeyHeader": []},
]  # as `app.administrators` names them; one is enough
RATED = {*PATHS, *TEMPLATES, FRONT}


def document_access(app: FastAPI, settings: Settings) -> None:
    """Has the application's document say which paths want a key, and which count photos."""
    make, made = app.openapi, list[dict[str, Any]]()

    def openapi() -> dict[str, Any]:
        if not made:
            document = make()
            for path, operations in document["paths"].items():
                for method, operation in operations.items():
                    describe(operation, path, method.upper(), settings)
            made.append(document)
        return made[0]

    vars(app)["openapi"] = openapi  # FastAPI's own way to extend it; but types know no method that is replaced


def describe(operation: dict[str, Any], path: str, method: str, settings: Settings) -> None:
    """Adds to one operation what the settings ask for before it."""
    plain = PLAIN.match(path) is not None
    if settings.api_keys and not is_open(method, path):
        operation["security"] = WITH_A_KEY
        add(operation["responses"], documented(KeyWrong, plain=plain))
    if (settings.rate_per_key or settings.rate_per_address) and path in RATED:
        add(operation["responses"], documented(RateExceeded, plain=plain))


def add(responses: dict[str, Any], more: Mapping[int | str, Mapping[str, Any]]) -> None:
    """Documents further refusals; where there are others of the same status, beside them."""
    for status, response in more.items():
        known = responses.setdefault(str(status), dict(response))
        if response["description"] not in known["description"]:
            known["description"] += f", {response['description']}"
