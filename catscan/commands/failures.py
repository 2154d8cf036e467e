"""What went wrong, in one sentence."""

import os

from catscan.errors import CatscanError
from catscan.photo_files import SUFFIXES


def sentence(error: CatscanError | OSError) -> str:
    """The error's own words; of a file its name, and what the system says."""
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        nothing_in_it = f"expected a photo, or a folder with some ({' '.join(sorted(SUFFIXES))}); found none in it"
        said = nothing_in_it if isinstance(error, IsADirectoryError) else error.strerror
        return f"{os.fsdecode(error.filename)}: {said}"
    return str(error)
