"""Copies what the service needs of Debian and Python, and nothing else, into a folder that becomes an image's root.

python image_root.py /opt/venv /image
"""

import compileall
import os
import py_compile
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

USER = "catscan:x:10001:10001::/nonexistent:/usr/sbin/nologin\n"
GROUP = "catscan:x:10001:\n"
# What is told of the system; NVIDIA's container toolkit puts the driver where the first one says that Debian has it.
FACTS = "/etc/debian_version", "/etc/os-release", "/etc/nsswitch.conf", "/etc/protocols", "/etc/services"
# Of the standard library: pip, tests, and what asks for a terminal or a window.
UNUSED = (
    "__pycache__", "config-*", "dist-packages", "ensurepip", "idlelib", "lib2to3", "pydoc_data", "site-packages",
    "test", "tests", "tkinter", "turtledemo", "_curses*", "_dbm*", "_gdbm*", "_test*", "_tkinter*", "readline*",
)  # fmt: skip
FOUND = re.compile(r"(?<=\s)(/\S+) \(0x")  # a library in a line of ldd's


def main(environment: Path, root: Path) -> None:
    """Makes the root of an image that has this virtual environment beside it."""
    python = (environment / "bin" / "python").resolve()
    standard = Path(sysconfig.get_path("stdlib"))
    copied = within(root, standard)
    shutil.copytree(standard, copied, ignore=shutil.ignore_patterns(*UNUSED), ignore_dangling_symlinks=True)
    keep_only(python, environment)
    libraries = system_libraries([python, *copied.rglob("*"), *environment.rglob("*")], (environment, root))
    for file in (python, *libraries, *map(Path, FACTS)):
        if file.exists():
            within(root, file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, within(root, file))  # what a link leads to, by the link's name
    compileall.compile_dir(
        copied, quiet=1, stripdir=str(root), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
    )
    (root / "etc" / "passwd").write_text(USER)
    (root / "etc" / "group").write_text(GROUP)
    (root / "tmp").mkdir()
    (root / "tmp").chmod(0o1777)
    tell_scanners(libraries, root)
    subprocess.run(["ldconfig", "-r", root], check=True)


def within(root: Path, path: Path) -> Path:
    return root / path.relative_to("/")


def keep_only(python: Path, environment: Path) -> None:
    """Leaves no other program in an environment than Python itself."""
    for program in (environment / "bin").iterdir():
        program.unlink()
    (environment / "bin" / "python").symlink_to(python)
    (environment / ".lock").unlink(missing_ok=True)  # uv's; everybody may write it


def system_libraries(files: Iterable[Path], elsewhere: Iterable[Path] = ()) -> list[Path]:
    """The libraries that programs and libraries ask for, directly or not, but for those within some folders."""
    elf = [str(file) for file in files if file.is_file() and is_elf(file)]
    told = subprocess.run(["ldd", *elf], capture_output=True, text=True, check=False)  # 1 if one is not dynamic
    found = {Path(os.path.normpath(path)) for path in FOUND.findall(told.stdout)}
    return sorted(path for path in found if not any(path.is_relative_to(folder) for folder in elsewhere))


def is_elf(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(4) == b"\x7fELF"


def tell_scanners(libraries: Iterable[Path], root: Path) -> None:
    """Writes which Debian packages the libraries are of, and their versions, where scanners of images look for it."""
    status = root / "var" / "lib" / "dpkg" / "status.d"
    status.mkdir(parents=True)
    for package in sorted({package for library in libraries if (package := package_of(library))}):
        told = subprocess.run(["dpkg-query", "--status", package], capture_output=True, text=True, check=True).stdout
        (status / package.partition(":")[0]).write_text(told)


def package_of(library: Path) -> str | None:
    """The Debian package that a library is of; None of Python's own, which is of no package in Docker's image."""
    target = library.resolve()
    # Debian 12 has moved /lib into /usr/lib, and its packages name some files by the one and some by the other.
    for path in (library, target, Path("/usr", *library.parts[1:]), Path("/", *target.parts[2:])):
        told = subprocess.run(["dpkg-query", "--search", path], capture_output=True, text=True, check=False)
        if told.returncode == 0:
            return told.stdout.partition(": ")[0]
    return None


if __name__ == "__main__":
    os.umask(0o022)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
