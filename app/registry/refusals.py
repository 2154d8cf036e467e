"""Why a version is not loaded, switched to, or let go of; they stand in the tree of `app.errors`."""

from app.errors import ServiceError


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
