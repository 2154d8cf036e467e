"""Coverage-guided fuzzing of multipart bodies: `python -m tests.fuzz.multipart -runs=1000000 FOLDER`.

Whatever the bytes, and however they are cut into chunks, there are the parts `file`, the same for every cut, or an
`UploadError`. Which one may differ: python-multipart finds one or another fault first.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["python_multipart", "app.photos"]):
    from app.errors import UploadError
    from app.photos.forms import parts_named_file

BOUNDARY = b"cut"
SEEDS = {
    "one": b'--cut\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nphoto\r\n--cut--\r\n',
    "two": b'--cut\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--cut\r\n'
    b"Content-Disposition: form-data; name=file\r\nContent-Type: image/png\r\n\r\nphoto\r\n--cut--\r\n",
    "endless": b"--cut\r\nContent-Disposition: form-data; name=file\r\n\r\nphoto",
    "empty": b"--cut--\r\n",
}


async def chunks(body: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


def outcome(body: bytes, size: int) -> list[bytes] | None:
    try:
        return asyncio.run(parts_named_file(chunks(body, size), BOUNDARY, most=3))
    except UploadError:
        return None


def parse_any(data: bytes) -> None:
    whole = outcome(data, max(1, len(data)))
    cut = outcome(data, 1 + len(data) % 7)
    assert whole == cut, (whole, cut)


def main() -> None:
    folder = Path(next((word for word in sys.argv[1:] if not word.startswith("-")), "fuzzed"))
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in SEEDS.items():
        (folder / name).write_bytes(body)
    given = [word for word in sys.argv[1:] if word.startswith("-")]
    atheris.Setup([sys.argv[0], "-timeout=20", "-max_len=4096", *given, str(folder)], parse_any)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
