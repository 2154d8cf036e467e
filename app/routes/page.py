"""GET / and /page/…: the web page, which asks the public API for everything that it shows."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from app.errors import PathUnknown
from app.formats.tensor_formats import media_ranges, preference
from app.pictures.colours import COLORMAPS, INK_RGB, NOT_FINITE_RGB, default_colormap, table
from app.routes.caching import IfNoneMatch

FOLDER = Path(__file__).resolve().parents[1] / "page"
INDEX, COLOURS = "index.html", "colormaps.json"
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
# Nothing from elsewhere, nothing written into the page itself, and no other site may frame it.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-cache",  # asked again each time, and answered with 304: a new version is seen at once
}
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class File:
    """A file of the page as it goes out."""

    content: bytes
    headers: dict[str, str]


def read_page() -> dict[str, File]:
    """All files of the page by name; to be called once, at the start."""
    found = {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.suffix in MEDIA_TYPES}
    found[COLOURS] = colours()
    return {name: prepared(name, content) for name, content in found.items()}


def prepared(name: str, content: bytes) -> File:
    tag = hashlib.blake2b(content, digest_size=16).hexdigest()
    return File(content, HEADERS | {"Content-Type": MEDIA_TYPES[Path(name).suffix], "ETag": f'"{tag}"'})


def colours() -> bytes:
    """The tables that the PNGs are drawn with, as JSON, so that the page's pictures have the same colours."""
    tables = {
        each.name: {"diverging": each.diverging, "sign": each.sign, "colours": table(each).ravel().tolist()}
        for each in COLORMAPS
    }
    defaults = {
        "input": default_colormap("input", False),
        "signed": default_colormap("", True),
        "unsigned": default_colormap("", False),
    }
    return json.dumps({"tables": tables, "defaults": defaults, "ink": INK_RGB, "not_finite": NOT_FINITE_RGB}).encode()


@router.api_route("/", methods=["GET", "HEAD"])
async def front_page(request: Request, if_none_match: IfNoneMatch = None) -> Response:
    """The page; to what would rather have JSON, as KServe's clients ask whether a server lives, that it does."""
    response = answer(request, INDEX, if_none_match)
    ranges = media_ranges(request.headers.get("accept", "*/*"))
    if preference("application/json", ranges) > preference("text/html", ranges):
        response = JSONResponse({"status": "alive"})
    response.headers["Vary"] = "Accept"
    return response


@router.api_route("/page/{name}", methods=["GET", "HEAD"])
async def page_file(request: Request, name: str, if_none_match: IfNoneMatch = None) -> Response:
    return answer(request, name, if_none_match)


def answer(request: Request, name: str, if_none_match: str | None) -> Response:
    """One of the files that were read at the start: no path of the request's reaches the disk.

    Raises:
        PathUnknown: if there is none of that name.
    """
    files: dict[str, File] = request.app.state.page
    file = files.get(name)
    if file is None:
        raise PathUnknown(f"Expected one of the page's files, {', '.join(sorted(files))}; received: {name[:80]!r}")
    had = {tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")}
    if had & {file.headers["ETag"], "*"}:
        return Response(status_code=304, headers=file.headers)
    return Response(file.content, headers=file.headers)
