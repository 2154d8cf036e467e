"""What a client may keep of an answer, and whether it has it already."""

import hashlib
from collections.abc import Sequence
from typing import Annotated

from fastapi import Header

from app import __version__
from app.engine import Engine
from app.service import Recalled

IfNoneMatch = Annotated[str | None, Header(include_in_schema=False)]


def cached(recalled: Recalled, decides: Sequence[object], if_none_match: str | None) -> tuple[dict[str, str], bool]:
    """The headers that say how long an answer about a photo may be kept, and whether the client has this very answer.

    If it has, answer with `Response(status_code=304, headers=headers)` before anything is computed.

    Args:
        recalled: the photo that the answer is about, and what answers: its network, device and precision decide, too.
        decides: all of the query that decides the answer's bytes.
        if_none_match: the request's header: entity tags, or `*` for any (RFC 9110, 13.1.2).
    """
    keep, decides = int(recalled.keep.total_seconds()), (recalled.photo.image_id, *decides)
    return tagged(recalled.engine, decides, f"private, max-age={keep}, immutable", if_none_match)


def cached_until_the_model_changes(
    engine: Engine, decides: Sequence[object], if_none_match: str | None
) -> tuple[dict[str, str], bool]:
    """The same for an answer about no photo, which another version of the network would give differently."""
    return tagged(engine, decides, "no-cache", if_none_match)


def tagged(
    engine: Engine, decides: Sequence[object], keep: str, if_none_match: str | None
) -> tuple[dict[str, str], bool]:
    known = etag(engine, decides)
    had = {tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")}
    return {"ETag": known, "Vary": "Accept", "Cache-Control": keep}, bool(had & {known, "*"})


def etag(engine: Engine, decides: Sequence[object]) -> str:
    """Strong: a hash of all that decides the bytes."""
    everything = (__version__, engine.model.digest, engine.device, engine.precision, *decides)
    return f'"{hashlib.blake2b(repr(everything).encode(), digest_size=16).hexdigest()}"'
