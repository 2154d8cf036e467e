"""The one place where errors become answers: problem documents, RFC 9457, or what clients of other protocols read."""

import asyncio
import contextlib
import logging
import re
from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from app.errors import BodyTooLarge, InternalError, MethodNotAllowed, ParameterInvalid, PathUnknown, ServiceError

MEDIA_TYPE = "application/problem+json"
# Paths of published protocols: their clients read `{"error": "…"}`, and no status that their protocol does not have.
PLAIN = re.compile(r"/(?:$|(?:v1|v2|hf)(?:/|$))")
PLAIN_STATUS = {406: 400, 415: 400, 422: 400}
LINGER_S, LINGER_BYTES = 5.0, 2**25  # as long as nginx's lingering_timeout, and no more than a few photos
logger = logging.getLogger("catscan")


class Problem(BaseModel):
    """An RFC 9457 problem document; some problems have further members."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str


class PlainProblem(BaseModel):
    """The same for clients of other protocols."""

    error: str = Field(description="what was expected and what came")


class Refusal(Response):
    """What is said instead of an answer; it leaves its code where `app.observing.observed` finds it."""

    def __init__(self, path: str, problem: Problem, facts: Mapping[str, object], headers: Mapping[str, str]) -> None:
        """Makes it in the form that clients of this path read; the facts are further members of a problem document."""
        self._code = problem.code
        content: dict[str, object] = {"error": f"{problem.title}. {problem.detail}"}
        media_type, status = "application/json", PLAIN_STATUS.get(problem.status, problem.status)
        if not PLAIN.match(path):
            content, media_type, status = {**problem.model_dump(), **facts}, MEDIA_TYPE, problem.status
        super().__init__(orjson.dumps(content), status, headers, media_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["problem"] = self._code
        if self._code == BodyTooLarge.code:
            send = lingering(receive, send)
        await super().__call__(scope, receive, send)


def lingering(receive: Receive, send: Send) -> Send:
    """Sends an answer, and only ends it when the request's body is over, or has come for long enough.

    A connection that is closed while its client still sends is reset, and most clients then never see the answer.
    """

    async def send_and_drain(message: Message) -> None:
        if message["type"] != "http.response.body" or message.get("more_body"):
            await send(message)
            return
        await send({**message, "more_body": True})
        drained = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_S):
                while drained < LINGER_BYTES and (received := await receive()).get("more_body"):
                    drained += len(received["body"])
        await send({"type": "http.response.body"})

    return send_and_drain


def problem_of(error: ServiceError) -> Problem:
    return Problem(title=error.title, status=error.status, detail=error.detail, code=error.code)


def answer(path: str, error: ServiceError, headers: Mapping[str, str] | None = None) -> Response:
    """What a request for this path gets instead of an answer."""
    return Refusal(path, problem_of(error), error.facts, headers or error.headers)


async def service_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceError)
    return answer(request.url.path, error)


async def validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    name = str(first["loc"][-1])
    received = "nothing" if first["type"] == "missing" else repr(first["input"])
    invalid = ParameterInvalid(f"{name}: {first['msg']}; received: {received}", parameter=name)
    return answer(request.url.path, invalid)


async def http_error(request: Request, error: Exception) -> Response:
    """What the framework itself raises: an unknown path, or a method that a path does not take."""
    assert isinstance(error, HTTPException)
    path = request.url.path
    if error.status_code == MethodNotAllowed.status:
        allowed = (error.headers or {}).get("Allow", "")
        return answer(path, MethodNotAllowed(f"Expected {allowed}; received: {request.method}"), error.headers)
    if error.status_code == PathUnknown.status:
        return answer(path, PathUnknown(f"Expected a path that GET /docs lists; received: {path}"))
    problem = Problem(title=error.detail, status=error.status_code, detail=error.detail, code="http_error")
    return Refusal(path, problem, {}, error.headers or {})


async def client_gone(request: Request, _: Exception) -> Response:
    logger.info("%s %s: the client went away before its request was whole", request.method, request.url.path)
    return Response(status_code=400)  # nobody reads it


async def unforeseen_error(request: Request, error: Exception) -> Response:
    logger.error("%s %s failed", request.method, request.url.path, exc_info=error)
    error = InternalError("It was logged; nothing is known to be wrong with the request")
    return answer(request.url.path, error)


def handle_errors(app: FastAPI) -> None:
    """Makes a problem document of every error."""
    app.add_exception_handler(ServiceError, service_error)
    app.add_exception_handler(RequestValidationError, validation_error)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(ClientDisconnect, client_gone)
    app.add_exception_handler(Exception, unforeseen_error)


def documented(*errors: type[ServiceError], plain: bool = False) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that can end in these errors, for OpenAPI; `plain` ones at `PLAIN` paths."""
    content = {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}
    if plain:
        content = {"application/json": {"schema": PlainProblem.model_json_schema()}}
    # Beside this, FastAPI does not add a 422 of its own, which would never come.
    other = {"content": content, "description": f"Any other problem, such as `{InternalError.code}`"}
    responses: dict[int | str, dict[str, Any]] = {"default": other}
    for error in errors:
        status = PLAIN_STATUS.get(error.status, error.status) if plain else error.status
        known = responses.setdefault(status, {"content": content})
        known["description"] = ", ".join(filter(None, [known.get("description"), f"`{error.code}`"]))
    return responses
