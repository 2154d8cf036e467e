"""The process that makes decoders, with a codec that does what the file says."""

import ctypes
import os
import time
from pathlib import Path

from app.photos.decoder_process import TASKS, Task, main, pixels

CLIBRARY = ctypes.CDLL(None)
HOLDING = ctypes.PyDLL(None)  # calls that keep all other threads of Python from running


def misbehave(file: bytes, task: Task) -> tuple[bytes, bytes]:
    """Does what a codec can do, or decodes what is no order."""
    match file:
        case b"crash":
            ctypes.string_at(0)
        case b"abort":
            CLIBRARY.abort()
        case b"hang":
            HOLDING.sleep(3600)
        case b"spin":
            while True:
                pass
        case b"catch everything":
            while True:
                try:
                    time.sleep(3600)
                except BaseException:
                    continue
        case b"grow":
            kept = []
            while True:
                kept.append(bytearray(2**24))
        case b"grow in C":
            while CLIBRARY.calloc(1, 2**24):
                pass
            raise OSError("no memory")
        case b"write":
            Path(os.environ["TMPDIR"], "written").write_bytes(bytes(2**20))
        case b"leave":
            os._exit(0)
    return pixels(file, task)


if __name__ == "__main__":
    TASKS["pixels"] = misbehave
    main()
