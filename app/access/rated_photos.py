"""ASGI: a client that asks about more photos a minute than it may is refused, before anything else is done for it."""

import math

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access.ledger import Balance
from app.access.rates import Rates
from app.access.refusals import RateExceeded
from app.clients import client_of
from app.errors import NotReady, Overloaded, TooManyPhotos
from app.problems import answer
from app.scheduling.admitted import takes_photos
from app.settings import Settings

ALLOWANCE = "allowance"  # in the request's state
# What was refused for these was not asked about: it is not the client's fault.
NOT_COUNTED = {Overloaded.code, NotReady.code}


class RatedPhotos:
    """Wraps the application.

    Each answer says what is left, in RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-10).
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._per_key, self._per_address = settings.rate_per_key, settings.rate_per_address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = scope.setdefault("state", {})
        rate = self._per_key if "holder" in state else self._per_address
        if not rate or scope["type"] != "http" or not takes_photos(scope["method"], scope["path"]):
            await self._app(scope, receive, send)
            return
        allowance = state[ALLOWANCE] = Allowance(scope["app"].state.rates, client_of(scope), rate)

        async def send_with_rate(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *allowance.headers()]
            await send(message)

        try:
            await allowance.take(1)
        except RateExceeded as error:
            await answer(scope["path"], error)(scope, receive, send_with_rate)
            return
        await self._app(scope, receive, send_with_rate)
        if state.get("problem") in NOT_COUNTED:
            await allowance.give_back()


class Allowance:
    """What one request takes of what its client has left."""

    def __init__(self, rates: Rates, client: str, rate: int) -> None:
        self._rates, self._client, self._rate = rates, client, rate
        self._taken = 0  # photos
        self._balance = Balance(rate, 0, True)

    async def take(self, photos: int) -> None:
        """Counts photos, until it is so many in all.

        Raises:
            TooManyPhotos: if they are more than there may be in a minute.
            RateExceeded: if there are not as many left; none of this request's are counted then.
        """
        if photos > self._rate:
            await self.give_back()
            expected = f"at most {self._rate} photos, as many as there may be in a minute"
            raise TooManyPhotos(f"Expected {expected}; received: {photos}", max_photos=self._rate)
        more = photos - self._taken
        if more <= 0:
            return
        self._balance = await self._rates.spend(self._client, self._rate, more)
        if not self._balance.granted:
            received, wait_s = "one more" if photos == 1 else f"{photos} more", self._balance.wait_s(more)
            await self.give_back()
            raise RateExceeded(self._rate, received, wait_s)
        self._taken = photos

    async def give_back(self) -> None:
        """As if this request had not been made."""
        if self._taken:
            self._balance = await self._rates.spend(self._client, self._rate, -self._taken)
            self._taken = 0

    def headers(self) -> list[tuple[bytes, bytes]]:
        left, again_s = self._balance.photos, math.ceil(self._balance.paid_s)
        return [
            (b"ratelimit-policy", b'"photos";q=%d;w=60' % self._rate),
            (b"ratelimit", b'"photos";r=%d;t=%d' % (left, again_s)),
        ]


async def count_photos(request: Request, photos: int) -> None:
    """Counts all photos of a request that turned out to hold several.

    Raises:
        TooManyPhotos, RateExceeded: as `Allowance.take`.
    """
    allowance: Allowance | None = getattr(request.state, ALLOWANCE, None)
    if allowance is not None:
        await allowance.take(photos)
