"""A process that a benchmark starts and stops; what it says is shown only if something went wrong."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator

STOP_S = 30.0
COMPILE_ANEW = "PYTHONDONTWRITEBYTECODE"  # where it is set, TensorFlow's files are compiled in every process
SHOWN = 4000  # of the last characters that it said
BAD_SIGNS = (b"Traceback", b"ERROR", b"Error:", b"WARNING:  ")  # not TensorFlow's own, which has one space


@contextlib.contextmanager
def child(
    *arguments: str, environment: dict[str, str] | None = None, pipes: int | None = None
) -> Iterator["subprocess.Popen[str]"]:
    """Python with these arguments, until the end of the block.

    Args:
        arguments: such as "-m", "app".
        environment: variables besides this process'.
        pipes: `subprocess.PIPE` for one that is talked to; without it, what it prints is kept with its errors.
    """
    inherited = {name: value for name, value in os.environ.items() if name != COMPILE_ANEW}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, *arguments], env=inherited | (environment or {}), stdin=pipes or subprocess.DEVNULL,
            stdout=pipes or said, stderr=said, text=True,
        )  # fmt: skip
        failed = True
        try:
            yield process
            failed = process.poll() is not None
        finally:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                print(f"WARNING: {' '.join(arguments)} did not stop within {STOP_S:.0f} s")
                process.kill()
                process.wait()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(BrokenPipeError):  # what it did not read any more
                    if pipe:
                        pipe.close()
            said.seek(0)
            text = said.read()
            if failed or any(sign in text for sign in BAD_SIGNS):
                print(f"{' '.join(arguments)} said:\n{text.decode(errors='replace')[-SHOWN:]}")
