"""That each thing that an image should not hold is found, in images made here."""

import io
import tarfile

import pytest

from supply_chain.image_check import faults

ELF = b"\x7fELF and so on"
GOOD: dict[str, tuple[int, bytes]] = {
    "usr/bin/python3.11": (0o755, ELF),
    "lib/x86_64-linux-gnu/libc.so.6": (0o755, ELF),
    "opt/venv/lib/python3.11/site-packages/numpy/_core.cpython-311-x86_64-linux-gnu.so": (0o755, ELF),
    "opt/venv/lib/python3.11/site-packages/nvidia/cuda_nvcc/bin/ptxas": (0o755, ELF),
    "usr/lib/python3.11/base64.py": (0o755, b"#! /usr/bin/python3"),
    "var/lib/dpkg/status.d/libc6": (0o644, b"Package: libc6"),
    "srv/catscan/app/main.py": (0o644, b"pass"),
}


def image(files: dict[str, tuple[int, bytes]], prefix: str = "") -> io.BytesIO:
    """An image's files, and its two folders and a link that everybody may write, as they are in good ones."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        folder, link = tarfile.TarInfo(f"{prefix}tmp"), tarfile.TarInfo(f"{prefix}opt/venv/bin/python")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o1777
        link.type, link.mode, link.linkname = tarfile.SYMTYPE, 0o777, "/usr/bin/python3.11"
        archive.addfile(folder)
        archive.addfile(link)
        for name, (mode, content) in files.items():
            entry = tarfile.TarInfo(prefix + name)
            entry.mode, entry.size = mode, len(content)
            archive.addfile(entry, io.BytesIO(content))
    written.seek(0)
    return written


@pytest.mark.parametrize("prefix", ["", "./"])
def test_python_its_libraries_and_its_files_are_right(prefix: str) -> None:
    assert list(faults(image(GOOD, prefix))) == []


@pytest.mark.parametrize(
    ("name", "mode", "content", "fault"),
    [
        ("bin/sh", 0o755, ELF, "a shell"),
        ("usr/bin/bash", 0o644, b"", "a shell"),
        ("usr/bin/apt", 0o755, b"#!", "an installer"),
        ("usr/local/lib/python3.11/site-packages/pip", 0o644, b"", "an installer"),
        ("usr/bin/dpkg", 0o755, ELF, "an installer"),
        ("opt/venv/bin/uv", 0o755, ELF, "an installer"),
        ("usr/bin/passwd", 0o4755, b"", "other rights"),
        ("usr/bin/wall", 0o2755, b"", "other rights"),
        ("opt/venv/.lock", 0o666, b"", "everybody may write"),
        ("srv/catscan/app/main.py", 0o602, b"", "everybody may write"),
        ("usr/bin/cat", 0o755, ELF, "a program"),
        ("opt/curl", 0o700, ELF, "a program"),
        ("opt/venv/bin/python3.11", 0o755, ELF, "expected one python3.11; received: 2"),
    ],
)
def test_whatever_else_is_there_is_named(name: str, mode: int, content: bytes, fault: str) -> None:
    found = list(faults(image(GOOD | {name: (mode, content)})))
    assert any(fault in line for line in found), found
    assert all(name in line or "received: 2" in line for line in found)


def test_an_image_without_python_is_none() -> None:
    without = {name: entry for name, entry in GOOD.items() if name != "usr/bin/python3.11"}
    assert list(faults(image(without))) == ["expected one python3.11; received: 0"]
