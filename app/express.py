"""ASGI: the way to POST /predict past what FastAPI does for every route, and this one does not need.

Its routing, dependencies and middlewares took a quarter of the event loop's time for a photo, by a sampling profiler.
The same function answers here and there: FastAPI's own route documents it, and takes what is asked in another way.
"""

from starlette.datastructures import State
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import ServiceError
from app.problems import answer, client_gone, unforeseen_error
from app.routes.predict import predict
from app.service import Service, answering

PATH = "/predict"


class Express:
    """Wraps the application."""

    def __init__(self, app: ASGIApp, state: State) -> None:
        """Goes past it; `state` is the application's, which has the service once that runs."""
        self._app, self._state = app, state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == PATH and scope["method"] == "POST":
            response = await self._answer(Request(scope, receive))
            await response(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        service: Service = self._state.service
        asked = request.query_params
        try:
            engine = await answering(request, service, asked.get("model"), asked.get("version"))
            return await predict(request, service, engine)
        except ServiceError as error:
            return answer(PATH, error)
        except ClientDisconnect as error:
            return await client_gone(request, error)
        except Exception as error:
            return await unforeseen_error(request, error)
