"""What a client raises: the service's own stable code and sentence, or what kept it from answering.

CatscanError
├── PhotoRefused         what was posted is no photo that the service takes: asking again does not help
├── NotFound             no such photo (any more), layer or path
├── KeyRefused           401: the service wants a key, or another one
├── Overloaded           429, and still so when the client's patience was at its end
├── NotReady             503, the same
├── DeadlinePassed       no answer within the client's timeout
└── ServiceUnreachable   nobody listens at the address
    └── ConnectionLost   somebody does, but went away before the answer was whole
"""

from collections.abc import Mapping
from typing import Any, TypeVar

import httpx

PROBLEM = {"type", "title", "status", "detail", "code"}  # members that every problem document has (RFC 9457)
OF_THE_BODY = {"photo_missing", "multipart_malformed"}  # codes of status 400 that are about the photo


class CatscanError(Exception):
    """A question that was not answered.

    Attributes:
        code: stable, such as `image_unknown`; programs go by it.
        status: of the HTTP response; None if there was none.
        detail: one sentence for people: what was expected and what came.
        facts: further members of the service's problem document, such as `max_bytes`.
    """

    def __init__(
        self, detail: str, *, code: str, status: int | None = None, facts: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(detail)
        self.detail, self.code, self.status, self.facts = detail, code, status, dict(facts or {})


class PhotoRefused(CatscanError):
    pass


class NotFound(CatscanError):
    pass


class KeyRefused(CatscanError):
    pass


class Overloaded(CatscanError):
    pass


class NotReady(CatscanError):
    pass


class DeadlinePassed(CatscanError):
    pass


class ServiceUnreachable(CatscanError):
    pass


class ConnectionLost(ServiceUnreachable):
    pass


AnyError = TypeVar("AnyError", bound=CatscanError)
BY_STATUS: dict[int, type[CatscanError]] = {
    401: KeyRefused, 404: NotFound, 429: Overloaded, 503: NotReady, 504: DeadlinePassed,
}  # fmt: skip


def refusal(response: httpx.Response) -> CatscanError:
    """The error that a response which is no success says."""
    status, problem = response.status_code, problem_in(response)
    if problem is None:
        came = f"{status} {response.reason_phrase}".strip()
        detail = f"Expected an answer of a catscan service from {place(response)}; received: {came}"
        return BY_STATUS.get(status, CatscanError)(detail, code="http_error", status=status)
    code, posted = str(problem["code"]), response.request.method == "POST"
    about_photo = posted and (status in (413, 415, 422) or code in OF_THE_BODY)
    return said(problem, status, PhotoRefused if about_photo else BY_STATUS.get(status, CatscanError))


def said(problem: Mapping[str, Any], status: int, kind: type[AnyError]) -> AnyError:
    """The error of this kind that a problem document says."""
    code = str(problem["code"])
    facts = {name: value for name, value in problem.items() if name not in PROBLEM}
    return kind(str(problem.get("detail", code)), code=code, status=status, facts=facts)


def problem_in(response: httpx.Response) -> dict[str, Any] | None:
    """The problem document of a response; None if it holds none, as when a proxy answered."""
    try:
        document = response.json()
    except ValueError:
        return None
    return document if isinstance(document, dict) and "code" in document else None


def unreadable(response: httpx.Response, error: Exception) -> CatscanError:
    """For a success that is not what was asked for: another service's, or one of another time."""
    kind = response.headers.get("content-type", "nothing that says its type")
    detail = (
        f"Expected what a catscan service answers from {place(response)}; received: {response.status_code}, {kind}, "
        f"which cannot be read ({type(error).__name__}: {error})"
    )
    return CatscanError(detail, code="answer_unreadable", status=response.status_code)


def place(response: httpx.Response) -> str:
    """Where it came from, without a password and the question itself."""
    return str(response.url.copy_with(userinfo=b"", query=None))
