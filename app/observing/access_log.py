"""One JSON line for each request, by the logger catscan.access.

Who reads it learns nothing of anybody but the names that the settings give to keys: no address, no key, and no id of a
photo, which would be enough to see it.
"""

import logging
import os
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

import orjson
from starlette.types import Scope

from app.observing.observed import Observation

LOGGER = "catscan.access"
PHOTO = "image_id"  # the parameter that names one
LONGEST = 256  # characters kept of what a client may make as long as it likes
logger = logging.getLogger(LOGGER)


def log_request(observation: Observation) -> None:
    logger.info(line(observation))


def line(observation: Observation) -> str:
    """All that is known of a request; what it does not have, such as a problem, is left out."""
    scope = observation.scope
    entry: dict[str, Any] = {
        "time": datetime.fromtimestamp(observation.arrived, UTC),
        "request_id": observation.request_id,
        "method": observation.method[:LONGEST],
        "path": scope["path"][:LONGEST],
        "route": observation.route,
        "status": observation.status,
        "duration_ms": round(observation.duration_s * 1e3, 3),
        "bytes_in": observation.bytes_in,
        "bytes_out": observation.bytes_out,
        "user_agent": observation.headers.get(b"user-agent", b"")[:LONGEST].decode("latin-1"),
        "pid": os.getpid(),
    }
    if query := shown_query(scope):
        entry["query"] = query
    if "holder" in scope["state"]:
        entry["holder"] = scope["state"]["holder"]
    if observation.problem is not None:
        entry["problem"] = observation.problem
    if observation.timings:
        entry["timings_ms"] = {stage: round(duration, 3) for stage, duration in observation.timings.items()}
    if observation.client_gone:
        entry["client_gone"] = True
    return orjson.dumps(entry, option=orjson.OPT_UTC_Z).decode()


def shown_query(scope: Scope) -> str:
    """A request's query without what names a photo, which whoever knows it may look into."""
    query: str = scope["query_string"].decode("latin-1")
    return "&".join(part for part in query.split("&") if not names_photo(part))[:LONGEST]


def names_photo(part: str) -> bool:
    """Whether a part of a query, `name=value`, is an id, as the routes would read it."""
    return unquote_plus(part.partition("=")[0]) == PHOTO
