"""A real Ray cluster on this machine: a head, which only leads, and nodes that are killed as a machine is, at once."""

import contextlib
import importlib
import os
import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.app.loopback import PATIENCE

with warnings.catch_warnings():
    # Ray Serve 2.60's own configuration, read by Pydantic 2: once, here, before any test imports it.
    warnings.filterwarnings("ignore", "Using extra keyword arguments on `Field` is deprecated", DeprecationWarning)
    importlib.import_module("ray.serve")

ROOT = Path(__file__).resolve().parents[3]
OBJECTS = 80 * 2**20  # bytes of each node's object store: the least that Ray takes is 75 MiB
NODES, CPUS = 2, 2
ENVIRONMENT = {
    "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "2",
    "RAY_USAGE_STATS_ENABLED": "0", "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": "app.cluster.front:around",
    "SERVE_SOCKET_REUSE_PORT_ENABLED": "1",  # the nodes are one machine here: their proxies share a port
    "RAY_AUTH_MODE": "disabled",  # else it hangs on whether this user ever started Ray before
}  # fmt: skip


class LocalCluster:
    """Starts with a head that has no CPUs; what works on it finds it by the variables in `environment`."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        self.folder = Path(tempfile.mkdtemp(prefix="ray-"))  # short: the names of Ray's sockets stand below it
        self._cluster = Cluster()
        self._start(num_cpus=0, include_dashboard=False, temp_dir=str(self.folder))
        self.address: str = self._cluster.address
        self.environment = os.environ | {"RAY_ADDRESS": self.address}

    def start_node(self, cpus: int = CPUS) -> Any:
        """One more; gives Ray's own `Node`."""
        return self._start(num_cpus=cpus)

    def _start(self, **options: Any) -> Any:
        started = time.monotonic()
        while True:
            try:
                return self._cluster.add_node(object_store_memory=OBJECTS, **options)
            except Exception as error:  # Ray has no class for it: a raylet waits 15 s for its agents, and then gives up
                assert time.monotonic() - started < PATIENCE, error

    @property
    def nodes(self) -> list[Any]:
        """Those that live, without the head."""
        return list(self._cluster.worker_nodes)

    def processes(self, node: Any) -> dict[int, str]:
        """The command line of each process of a node, by its id: the raylet's, and of all that came from it."""
        (raylet,) = node.all_processes["raylet"]
        found, commands = [raylet.process.pid], {}
        for process in found:
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
                commands[process] = Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
                for thread in Path(f"/proc/{process}/task").iterdir():
                    found += map(int, (thread / "children").read_text().split())
        return commands

    def kill(self, node: Any) -> None:
        """What happens to a machine that loses its power: SIGKILL for everything on it."""
        for process in self.processes(node):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._cluster.remove_node(node, allow_graceful=False)

    def close(self) -> None:
        self._cluster.shutdown()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """A head and two nodes with two CPUs each, which are this machine's own, so that they are only numbers."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in ENVIRONMENT.items():
            environment.setenv(name, value)
        # Ray's many processes import much, some of them against the clock: without its cache each compiles all of it.
        environment.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        running = LocalCluster()
        try:
            for _ in range(NODES):
                running.start_node()
            yield running
        finally:
            running.close()
