"""Coverage-guided fuzzing of decoding: `python -m tests.fuzz.decoding -runs=1000000 FOLDER` keeps what it finds there.

Whatever the bytes, there is a network's input or a `PhotoError`, within the time and memory of libFuzzer's limits. The
decoding is done in this very process: a codec that crashes ends it, and its input is left behind.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["PIL", "app.photos", "model.preprocessing"]):
    from app.errors import PhotoError
    from app.photos.image_decoder import decode

from tests.fuzz.seeds import write_seeds

SIDE, MAX_PIXELS = 32, 2_000_000
LIMITS = ["-timeout=20", "-rss_limit_mb=2048", "-max_len=20000", "-use_value_profile=0", "-print_final_stats=1"]


def decode_any(data: bytes) -> None:
    try:
        decoded = decode(data, MAX_PIXELS, SIDE, SIDE)
    except PhotoError as error:
        assert error.detail, error
        return
    assert decoded.pixels.shape == (SIDE, SIDE, 3)
    assert len(decoded.steps) == 5


def main() -> None:
    folder = Path(next((word for word in sys.argv[1:] if not word.startswith("-")), "fuzzed"))
    write_seeds(folder)
    given = [word for word in sys.argv[1:] if word.startswith("-")]
    atheris.Setup([sys.argv[0], *LIMITS, *given, str(folder)], decode_any)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
