"""Says what an image holds that it should not; reads it from its standard input, as `podman export` writes it.

Expected is one program, Python; nothing that installs; nothing that gives its user more rights, or lets him write.
"""

import stat
import sys
import tarfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO

PROGRAM = "python3.11"
WRITABLE = {"tmp"}
SHELLS = {"sh", "ash", "bash", "busybox", "csh", "dash", "fish", "ksh", "perl", "toybox", "zsh"}
INSTALLERS = {
    "apk", "apt", "apt-get", "conda", "dnf", "dpkg", "easy_install", "ensurepip", "pip", "pip3", "rpm", "setuptools",
    "uv", "wheel", "yum",
}  # fmt: skip
NVIDIA = "/nvidia/"  # its wheels bring their compilers' programs


def faults(image: IO[bytes]) -> Iterator[str]:
    """A line for each thing that should not be there."""
    programs = 0
    with tarfile.open(fileobj=image, mode="r|") as files:
        for each in files:
            name, path = each.name.removeprefix("./"), PurePosixPath(each.name)
            if path.name in SHELLS:
                yield f"a shell: {name}"
            if path.name in INSTALLERS and not name.startswith("var/lib/dpkg"):
                yield f"an installer: {name}"
            if each.mode & (stat.S_ISUID | stat.S_ISGID):
                yield f"a file that gives its user other rights: {name}"
            if not each.issym() and each.mode & stat.S_IWOTH and name.rstrip("/") not in WRITABLE:
                yield f"everybody may write: {name}"
            if is_program(files, each):
                programs += path.name == PROGRAM
                if path.name != PROGRAM and NVIDIA not in name:
                    yield f"a program: {name}"
    if programs != 1:
        yield f"expected one {PROGRAM}; received: {programs}"


def is_program(files: tarfile.TarFile, each: tarfile.TarInfo) -> bool:
    """Whether a file of an image can be run by itself, and is no library."""
    if not each.isreg() or not each.mode & 0o111 or ".so" in PurePosixPath(each.name).suffixes:
        return False
    opened = files.extractfile(each)
    return opened is not None and opened.read(4) == b"\x7fELF"


if __name__ == "__main__":
    found = list(faults(sys.stdin.buffer))
    sys.exit("\n".join(["The image holds what it should not:", *found]) if found else 0)
