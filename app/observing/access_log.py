"""One JSON line for each request, by the logger catscan.access."""

import logging
import os
from datetime import UTC, datetime
from typing import Any

import orjson

from app.observing.observed import Observation

LOGGER = "catscan.access"
LONGEST = 256  # characters kept of what a client may make as long as it likes
logger = logging.getLogger(LOGGER)


def log_request(observation: Observation) -> None:
    logger.info(line(observation))


def line(observation: Observation) -> str:
    """All that is known of a request; what it does not have, such as a problem, is left out."""
    scope, client = observation.scope, observation.scope.get("client")
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
        "client": client[0] if client else None,
        "user_agent": observation.headers.get(b"user-agent", b"")[:LONGEST].decode("latin-1"),
        "pid": os.getpid(),
    }
    if scope["query_string"]:
        entry["query"] = scope["query_string"][:LONGEST].decode("latin-1")
    if observation.problem is not None:
        entry["problem"] = observation.problem
    if observation.timings:
        entry["timings_ms"] = {stage: round(duration, 3) for stage, duration in observation.timings.items()}
    if observation.client_gone:
        entry["client_gone"] = True
    return orjson.dumps(entry, option=orjson.OPT_UTC_Z).decode()
