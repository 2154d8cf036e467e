"""GET /docs: all paths to be tried out, without internet; the files of that page come with fastapi-offline."""

import base64
import hashlib
import re
from functools import cache

from fastapi import APIRouter, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html

FILES = "/static-offline-docs"
SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
router = APIRouter(include_in_schema=False)


@router.api_route("/docs", methods=["GET", "HEAD"])
async def docs(request: Request) -> Response:
    """The page, and a policy that lets its own scripts run and no other."""
    page = page_of(request.app.title, request.app.openapi_url)
    return Response(page, headers={"Content-Security-Policy": policy_of(page)}, media_type="text/html")


@cache
def page_of(title: str, document: str) -> bytes:
    """Swagger UI's page for an OpenAPI document at some path."""
    page = get_swagger_ui_html(
        openapi_url=document,
        title=title,
        swagger_js_url=f"{FILES}/swagger-ui-bundle.js",
        swagger_css_url=f"{FILES}/swagger-ui.css",
        swagger_favicon_url=f"{FILES}/favicon.png",
    )
    return bytes(page.body)


def policy_of(page: bytes) -> str:
    """Scripts and styles of this service, and the script that is written into the page, by its hash."""
    hashes = [base64.b64encode(hashlib.sha256(script).digest()).decode() for script in SCRIPT.findall(page)]
    scripts = " ".join(["'self'", *(f"'sha256-{each}'" for each in hashes)])
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    )
