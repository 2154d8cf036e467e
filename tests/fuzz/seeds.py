"""Small photos of every kind that is read, to begin fuzzing from."""

from pathlib import Path

import numpy as np
from PIL import Image

from tests.conftest import encoded

SIZES = ((1, 1), (23, 17), (64, 48))


def photos() -> dict[str, bytes]:
    """Files by name: formats, modes, metadata, progressive and interlaced ones, animations."""
    random = np.random.default_rng(5)
    found: dict[str, bytes] = {}
    for width, height in SIZES:
        noise = Image.fromarray(random.integers(0, 256, (height, width, 4), np.uint8))
        for mode, formats in KINDS.items():
            for file_format in formats:
                found[f"{file_format}-{mode}-{width}"] = encoded(noise.convert("RGB").convert(mode), file_format)
    noise = noise.convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6
    frames = [noise.rotate(angle) for angle in (0, 90, 180)]
    deep = Image.fromarray(random.integers(0, 65536, (48, 64), np.uint16))
    found |= {
        "16-bit": encoded(deep, "PNG"),
        "progressive": encoded(noise, "JPEG", progressive=True),
        "turned": encoded(noise, "JPEG", exif=exif),
        "profiled": encoded(noise, "JPEG", icc_profile=bytes(300)),
        "lossless": encoded(noise, "WEBP", lossless=True),
        "animated-gif": encoded(noise, "GIF", save_all=True, append_images=frames),
        "animated-png": encoded(noise, "PNG", save_all=True, append_images=frames),
        "animated-webp": encoded(noise, "WEBP", save_all=True, append_images=frames),
        "transparent": encoded(noise.quantize(16), "PNG", transparency=3),
    }
    return found


KINDS = {
    "RGB": ("JPEG", "PNG", "WEBP", "BMP", "AVIF"),
    "L": ("JPEG", "PNG", "GIF", "BMP"),
    "CMYK": ("JPEG",),
    "RGBA": ("PNG", "WEBP", "AVIF"),
    "P": ("PNG", "GIF", "BMP"),
    "1": ("PNG", "BMP"),
    "LA": ("PNG",),
}


def write_seeds(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, file in photos().items():
        (folder / name).write_bytes(file)
