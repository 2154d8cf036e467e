"""A folder as people have them: photos, and what is none."""

import os
from pathlib import Path

from PIL import Image

from tests.conftest import encoded, photo_of

LIMITS = {"CATSCAN_MAX_BODY_BYTES": "200000", "CATSCAN_MAX_PIXELS": "400000"}
NAMES = "chelsea", "coffee", "astronaut", "rocket"
BAD = {
    "notes.txt": "not_an_image",
    "empty.jpg": "photo_missing",
    "truncated.jpg": "photo_truncated",
    "bomb.png": "too_many_pixels",
    "large.jpg": "body_too_large",
    "scan.tiff": "format_unsupported",
    "torn.png": "photo_undecodable",
}


def make_folder(folder: Path, photos: int) -> None:
    """So many good photos below a folder, of four kinds, and each kind of bad file."""
    files = [encoded(photo_of(name), "JPEG", quality=80) for name in NAMES]
    (folder / "deep" / "er").mkdir(parents=True)
    for number in range(photos):
        (folder / "deep" / "er" / f"{number:04}.jpg").write_bytes(files[number % len(files)])
    noise = encoded(Image.effect_noise((64, 48), 50), "PNG")
    bad = {
        "notes.txt": b"buy cat food",
        "empty.jpg": b"",
        "truncated.jpg": files[0][:-2000],
        "bomb.png": encoded(Image.new("1", (20_000, 20_000)), "PNG"),
        "large.jpg": files[0] + bytes(200_001 - len(files[0])),
        "scan.tiff": encoded(Image.new("L", (9, 9)), "TIFF"),
        "torn.png": noise[:80] + bytes(len(noise) - 80),
    }
    assert bad.keys() == BAD.keys()
    for name, content in bad.items():
        (folder / name).write_bytes(content)
    (folder / "large enough.jpg").write_bytes(files[0] + bytes(200_000 - len(files[0])))
    (folder / ".hidden.jpg").write_bytes(files[0])
    (folder / ".thumbnails").mkdir()
    (folder / ".thumbnails" / "cat.jpg").write_bytes(files[0])
    os.mkfifo(folder / "pipe.jpg")
    (folder / "gone.jpg").symlink_to(folder / "nowhere.jpg")


def latin_1(folder: Path, file: bytes) -> str:
    """A photo whose name is no text; gives the URI that names it."""
    name = os.fsencode(folder) + "/Kätzchen 1%.jpg".encode("latin-1")
    Path(os.fsdecode(name)).write_bytes(file)
    return f"file://{folder}/K%E4tzchen%201%25.jpg"
