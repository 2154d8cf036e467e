"""The service with a leak of its own: `python -m tests.benchmarks.leaking PORT` keeps something of every photo."""

import os
import sys
import threading

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from app.main import create_app

KEPT_BYTES = 500_000
EVERY = 10  # requests, from one thread that stays to the next


class Leaking:
    def __init__(self, app: ASGIApp) -> None:
        self._app, self._kept, self._requests = app, list[bytes](), 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self._requests += 1
            self._kept.append(os.urandom(KEPT_BYTES))
            if self._requests % EVERY == 0:
                os.open("/dev/null", os.O_RDONLY)
                threading.Thread(target=threading.Event().wait, daemon=True).start()
        await self._app(scope, receive, send)


if __name__ == "__main__":
    uvicorn.run(Leaking(create_app()), port=int(sys.argv[1]), log_level="error", access_log=False)
