"""Runs all benchmarks: `make bench`, on a machine that does nothing else."""

from benchmarks import maps, overhead
from benchmarks.server import served


def main() -> None:
    with served() as client:
        overhead.measure(client)
        maps.measure(client)


if __name__ == "__main__":
    main()
