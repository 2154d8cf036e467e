"""Measures speed: `make bench`, on a machine that does nothing else. Some minutes.

Everything is a ratio of things measured side by side, in turn. `python -m benchmarks.soak` (some minutes) and
`python -m benchmarks.pipeline` (training) are measured on their own.
"""

import argparse
import time

from benchmarks import inside, maps, overload, serving, starting
from benchmarks.processes import PROC

PARTS = {
    "starting": starting.measure, "serving": serving.measure, "overload": overload.measure, "maps": maps.measure,
    "inside": inside.measure,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("parts", nargs="*", metavar="part", help=f"some of {', '.join(PARTS)}; all without it")
    parser.add_argument("--rounds", type=int, default=3, help="how often each thing is measured [3]")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long one load is measured [3]")
    parser.add_argument("--precision", choices=["auto", "float32", "bfloat16"], default="auto", help="[auto]")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"expected some of {', '.join(PARTS)}; received: {', '.join(sorted(unknown))}")
    if not PROC.is_dir():
        parser.error("expected Linux: CPU time and memory are read from /proc")
    start = time.perf_counter()
    for name in options.parts or PARTS:
        PARTS[name](options.rounds, options.seconds, options.precision)
    print(f"\nAll this took {time.perf_counter() - start:.0f} s.")


if __name__ == "__main__":
    main()
