"""ASGI: what every answer tells a browser: guess no type, run and frame nothing, give nothing to other sites."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = b"content-security-policy"
ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),  # an address may hold an image_id
    (b"cross-origin-resource-policy", b"same-origin"),  # a page that CORS lets ask says `crossorigin` of its pictures
)
# Of what is no page; the pages have their own. Styles are the browser's, around a picture that it shows by itself.
NO_PAGE = b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
OF_NO_PAGE = (*ALWAYS, (POLICY, NO_PAGE))


class SecurityHeaders:
    """Wraps the application, refusals and all."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.get("headers", ())
                message["headers"] = [*headers, *(ALWAYS if POLICY in dict(headers) else OF_NO_PAGE)]
            await send(message)

        await self._app(scope, receive, send_with_headers)
