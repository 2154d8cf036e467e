"""Which version a request names, and who asks."""

import re

from starlette.requests import HTTPConnection

from app.errors import ParameterInvalid
from app.registry.registry import Version
from app.registry.rollout import Label

NUMBER = re.compile("[1-9][0-9]{0,8}", re.ASCII)
LABELS: tuple[Label, ...] = "stable", "canary"
STICKY = "catscan-sticky"


def asked_version(text: str | None) -> Version | None:
    """The number or label of a version; None if the request leaves it to the service.

    Raises:
        ParameterInvalid: if it is neither.
    """
    for label in LABELS:
        if text == label:
            return label
    if text is None:
        return None
    if NUMBER.fullmatch(text):
        return int(text)
    expected = f"version: expected a number, `stable` or `canary`; received: {text!r}"
    raise ParameterInvalid(expected, parameter="version")


def caller_of(request: HTTPConnection) -> str:
    """What the header `Catscan-Sticky` says, such as a user's number; else the address that the request comes from.

    All clients of a proxy have its address, unless uvicorn trusts its `X-Forwarded-For` (FORWARDED_ALLOW_IPS).
    """
    return request.headers.get(STICKY) or (request.client.host if request.client else "")
