"""Why a version is not loaded, switched to, or let go of; they stand in the tree of `app.errors`."""

from collections.abc import Mapping

from app.errors import ServiceError


class AdminClosed(ServiceError):
    status, code, title = 403, "admin_closed", "Nobody may change here which versions answer"


class KeyWrong(ServiceError):
    status, code, title = 401, "key_wrong", "The key is missing or wrong"
    headers: Mapping[str, str] = {"WWW-Authenticate": "Bearer"}


class Conflict(ServiceError):
    status = 409


class VersionDiffers(Conflict):
    code, title = "version_differs", "The version answers too differently from the stable one"


class VersionServes(Conflict):
    code, title = "version_serves", "The version answers callers"


class VersionUnusable(Conflict):
    code, title = "version_unusable", "The version cannot serve"


class PreviousMissing(Conflict):
    code, title = "previous_missing", "There is no version to roll back to"
