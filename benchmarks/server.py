"""The service in a process of its own, and the photo that is posted to it."""

import io
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import skimage.data
from PIL import Image

START_S = 120.0


def cat_photo() -> bytes:
    """A public-domain photo of a cat, 451 x 300 pixels, as JPEG."""
    file = io.BytesIO()
    Image.fromarray(skimage.data.chelsea()).save(file, "JPEG", quality=90)
    return file.getvalue()


@contextmanager
def served() -> Iterator[httpx.Client]:
    """A client of a service that has just become ready."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"CATSCAN_PORT": str(port), "CATSCAN_LOG_LEVEL": "error"}
    process = subprocess.Popen([sys.executable, "-m", "app"], env=os.environ | settings)
    start = time.perf_counter()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
            while not is_ready(client):
                if process.poll() is not None or time.perf_counter() - start > START_S:
                    raise RuntimeError(f"The service was not ready within {START_S} s")
                time.sleep(0.05)
            print(f"start to ready: {time.perf_counter() - start:.1f} s")
            yield client
    finally:
        process.terminate()
        process.wait(30)


def is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/health/ready").is_success
    except httpx.TransportError:
        return False
