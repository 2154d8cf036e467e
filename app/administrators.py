"""Who may change what the service does: the holder of a key that the settings name."""

import logging
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from app.access.refusals import AdminClosed, KeyWrong
from app.service import Running

BEARER = HTTPBearer(auto_error=False, description="A key from `python -m app.new_key NAME`")
HEADER = APIKeyHeader(name="X-Api-Key", auto_error=False, description="The same key, for who has no Authorization")
ADMIN_PROBLEMS = AdminClosed, KeyWrong
logger = logging.getLogger("catscan")


async def administrator(
    request: Request,
    service: Running,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)],
    header: Annotated[str | None, Security(HEADER)],
) -> None:
    """Lets in who holds a key; the holder's name is logged with what is asked.

    Raises:
        AdminClosed: if no key is set.
        KeyWrong: if this is none of those that are.
    """
    keys = service.settings.admin_keys
    if not keys:
        raise AdminClosed("Expected CATSCAN_ADMIN_KEYS to be set, to what `python -m app.new_key NAME` prints; "
                          "received: nothing")  # fmt: skip
    key = bearer.credentials if bearer else header
    holder = keys.holder(key) if key else None
    if holder is None:
        raise KeyWrong(key)
    logger.info("%s: %s %s", holder, request.method, request.url.path)
