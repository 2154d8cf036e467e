"""What can go wrong with a batch: the run as a whole, or one file, which then gets a row that says so."""


class BatchRefused(Exception):
    """The run cannot begin, or cannot go on; the message says what was expected and what came."""


class NoPhoto(Exception):
    """At a path there is nothing that could be a photo; `code` is as stable as those of `app.errors`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


def no_such_file(path: str) -> NoPhoto:
    return NoPhoto("file_not_found", f"Expected a file; received: {path!r}, where there is none")


def not_a_file(path: str) -> NoPhoto:
    return NoPhoto("not_a_file", f"Expected a file; received: {path!r}, which is something else")
