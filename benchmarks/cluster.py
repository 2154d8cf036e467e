"""What Ray Serve costs, and what replicas give: `python -m benchmarks.cluster`, the same photos by four kinds of it.

Each is started for its turn, and stopped after it: a Ray that nobody asks takes CPU time, too.
"""

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

import yaml

from app.cluster.__main__ import CONFIG
from app.cores import cores
from benchmarks.goals import Figures, print_ratio, print_table
from benchmarks.processes import warn_about
from benchmarks.server import Server, free_port, started
from benchmarks.serving import loaded

LOADS = {f"web photos, {count} connection{'s' * (count > 1)}": count for count in (1, 16, 64)}
PLAIN, WORKERS, RAY, REPLICAS = "one process", "two workers", "Ray Serve, one replica", "Ray Serve, two replicas"


@contextmanager
def plain(workers: int) -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        own = environment(folder, port) | {"CATSCAN_WORKERS": str(workers)}
        with started("catscan", port, "-m", "app", **own) as server:
            yield server


@contextmanager
def on_ray(replicas: int) -> Iterator[Server]:
    """So many replicas, which share the cores."""
    with tempfile.TemporaryDirectory() as folder:
        config, file, port = yaml.safe_load(CONFIG.read_text()), Path(folder) / "serve.yaml", free_port()
        (deployment,) = config["applications"][0]["deployments"]
        deployment["ray_actor_options"]["num_cpus"] = max(1, cores() // replicas)
        deployment["autoscaling_config"] |= {"min_replicas": replicas, "max_replicas": replicas}
        file.write_text(yaml.safe_dump(config))
        own = environment(folder, port)
        with started("Ray Serve", port, "-m", "app.cluster", "--config", str(file), **own) as server:
            yield server


def environment(folder: str, port: int) -> dict[str, str]:
    """In float32: what a start finds faster, another may not."""
    settings = {"PORT": str(port), "LOG_LEVEL": "error", "PRECISION": "float32", "STORE": f"{folder}/photos.sqlite"}
    return {f"CATSCAN_{name}": value for name, value in settings.items()} | {"RAY_AUTH_MODE": "disabled"}


def main() -> None:
    parser = argparse.ArgumentParser("python -m benchmarks.cluster", description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=8.0, help="of each load")
    arguments = parser.parse_args()
    kinds = {
        PLAIN: partial(plain, 1),
        WORKERS: partial(plain, 2),
        RAY: partial(on_ray, 1),
        REPLICAS: partial(on_ray, 2),
    }
    found: dict[str, dict[str, list[Figures]]] = {title: defaultdict(list) for title in LOADS}
    for number in range(1, arguments.rounds + 1):
        for name, kind in kinds.items():
            for title, figures in measured(kind(), arguments.seconds).items():
                found[title][name].append(figures)
            print(f"round {number} of {arguments.rounds}: {name}", flush=True)
    report({title: {name: Figures.median(each) for name, each in rows.items()} for title, rows in found.items()})
    warn_about(max(each.others for rows in found.values() for several in rows.values() for each in several))


def measured(server: AbstractContextManager[Server], seconds: float) -> dict[str, Figures]:
    """What one service does with each load."""
    with server as running:
        print(f"{running.name}: first answer after {running.start_s:.1f} s")
        return {title: loaded(running, "web", count, seconds) for title, count in LOADS.items()}


def report(tables: dict[str, dict[str, Figures]]) -> None:
    """Prints each table and the ratios that matter."""
    for title, rows in tables.items():
        print_table(title, rows)
        for one, other in ((RAY, PLAIN), (REPLICAS, RAY), (WORKERS, PLAIN)):
            print_ratio(f"photos/s, {one} / {other}", rows[one].per_second / rows[other].per_second)
        print_ratio(f"p50, {RAY} / {PLAIN}", rows[RAY].p50_ms / rows[PLAIN].p50_ms)
        print_ratio(f"CPU time, {RAY} / {PLAIN}", rows[RAY].cpu_ms / rows[PLAIN].cpu_ms)


if __name__ == "__main__":
    main()
