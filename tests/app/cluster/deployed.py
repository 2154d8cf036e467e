"""The service on the cluster of the tests, put there by `serve run` with deploy/ray/serve.yaml; and its clients."""

import contextlib
import json
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.app.cluster.conftest import CPUS, ROOT, LocalCluster
from tests.app.loopback import PATIENCE

CONFIG = ROOT / "deploy" / "ray" / "serve.yaml"
ID = "x-request-id"
PAUSE_S = 0.1  # of a client that asks again
AGAIN = (429, 503)  # what says that asking again may help
Rows = dict[str, float]


class Deployed:
    """`replicas` on as many nodes: each takes all CPUs of one."""

    def __init__(self, cluster: LocalCluster, folder: Path, replicas: int, **variables: object) -> None:
        self._cluster, self._file = cluster, folder / "serve.yaml"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self._port}"
        self._variables = {name: str(value) for name, value in variables.items()}
        self._variables["CATSCAN_ACCESS_LOG"] = "true"
        self.deploy(replicas)

    def deploy(self, replicas: int, most: int | None = None, **autoscaling: float) -> None:
        """Applies the file again, with so many replicas, or up to `most` as the load wants, by further settings."""
        config: dict[str, Any] = yaml.safe_load(CONFIG.read_text())
        config["http_options"] |= {"host": "127.0.0.1", "port": self._port}
        (application,) = config["applications"]
        application["runtime_env"]["env_vars"] |= self._variables
        (deployment,) = application["deployments"]
        deployment["ray_actor_options"]["num_cpus"] = CPUS
        bounds = {"min_replicas": replicas, "max_replicas": most or replicas}
        deployment["autoscaling_config"] |= bounds | autoscaling
        self._file.write_text(yaml.safe_dump(config))
        command = [str(Path(sys.executable).with_name("serve")), "run", "--non-blocking", str(self._file)]
        done = subprocess.run(command, env=self._cluster.environment, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def replicas(self, node: Any) -> list[int]:
        """The processes on a node that serve."""
        return [process for process, command in self._cluster.processes(node).items() if "ServeReplica" in command]

    def wait_for(self, replicas: int) -> None:
        """Until there are so many, and each of them answers."""
        started = time.monotonic()
        while True:
            there = {process for node in self._cluster.nodes for process in self.replicas(node)}
            if len(there) == replicas and there <= self.answering():
                return
            assert time.monotonic() - started < PATIENCE, there
            time.sleep(0.5)

    def answering(self) -> set[int]:
        """The processes that answer some requests, as their access logs say."""
        with contextlib.suppress(httpx.TransportError):
            mark = secrets.token_hex()
            for _ in range(20):
                httpx.get(f"{self.address}/health/live", headers={ID: mark}, timeout=PATIENCE, trust_env=False)
        return {line["pid"] for line in self.logged() if line["request_id"] == mark}

    def logged(self) -> Iterator[dict[str, Any]]:
        """The access log's lines of all replicas."""
        for log in (self._cluster.folder / "session_latest" / "logs").glob("worker-*.out"):
            for line in log.read_text().splitlines():
                if line.startswith('{"time"'):
                    yield json.loads(line)


class Clients:
    """Several that post photo after photo, and ask again whenever HTTP lets them, until each has its answer."""

    def __init__(self, address: str, photos: list[bytes], clients: int) -> None:
        self._address, self._photos = address, photos
        self._stopped, self._counting = threading.Event(), threading.Lock()
        self.sent = 0  # photos
        self.answers: list[tuple[int, Rows]] = []  # which photo, and its score by the label
        self.again: list[str] = []  # why a photo was sent again
        self.refused: list[str] = []  # what let nobody ask again
        self._threads = [threading.Thread(target=self._go_on, args=(number,)) for number in range(clients)]
        for thread in self._threads:
            thread.start()

    def _go_on(self, client: int) -> None:
        with httpx.Client(base_url=self._address, timeout=PATIENCE, trust_env=False) as own:
            while not self._stopped.is_set():
                with self._counting:
                    self.sent += 1
                    photo = self.sent % len(self._photos)
                self._post(own, photo, b"%d %d" % (client, self.sent))

    def _post(self, client: httpx.Client, photo: int, mark: bytes) -> None:
        while True:
            try:
                response = client.post("/predict", content=self._photos[photo] + mark)
            except httpx.TransportError as error:
                outcome, response = type(error).__name__, None
            if response is not None and response.status_code == 200:
                rows = {row["label"]: row["score"] for row in response.json()["predictions"]}
                with self._counting:
                    self.answers.append((photo, rows))
                return
            if response is not None:
                outcome = f"{response.status_code} {response.text}"
            with self._counting:
                if response is not None and response.status_code not in AGAIN:
                    self.refused.append(outcome)
                    return
                self.again.append(outcome)
            time.sleep(PAUSE_S)

    def go_on(self, answers: int) -> None:
        """Waits for so many further answers."""
        started, wanted = time.monotonic(), len(self.answers) + answers
        while len(self.answers) < wanted:
            assert time.monotonic() - started < PATIENCE, (len(self.answers), self.again, self.refused)
            time.sleep(0.02)

    def stop(self) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join(PATIENCE)
