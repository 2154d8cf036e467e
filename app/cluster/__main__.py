"""Serves on a Ray of this machine until Ctrl-C: `python -m app.cluster`, set by the variables of `python -m app`.

On a real cluster, `serve deploy deploy/ray/serve.yaml` does the same.
"""

import argparse
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import ray
import yaml
from ray.serve.scripts import run

from app.cores import cores
from app.registry.registry import check_readable
from app.settings import PREFIX, Settings, SettingsInvalid, load_settings
from model.errors import ArtifactError

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "deploy" / "ray" / "serve.yaml"
# Of all of Ray's processes: it reports to nobody, and each of its proxies stands behind ours.
ENVIRONMENT = {
    "PYTHONPATH": str(ROOT),
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": "app.cluster.front:around",
}
OBJECTS = 100 * 2**20  # bytes: requests and answers do not go through Ray's object store


def main() -> None:
    parser = argparse.ArgumentParser("python -m app.cluster", description=__doc__)
    parser.add_argument("--config", type=Path, default=CONFIG, help="for `serve deploy` [%(default)s]")
    arguments = parser.parse_args()
    try:
        settings = load_settings()
        check_readable(settings)
    except (SettingsInvalid, ArtifactError) as error:
        sys.exit(f"catscan: {error}")
    os.environ.update(ENVIRONMENT)
    ray.init(address="local", namespace="serve", include_dashboard=False, object_store_memory=OBJECTS)
    for number in signal.SIGINT, signal.SIGTERM:  # after Ray, which has set its own; `&` in a shell ignores the first
        signal.signal(number, signal.default_int_handler)
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as config:
        yaml.safe_dump(on_this_machine(yaml.safe_load(arguments.config.read_text()), settings, cores()), config)
        config.flush()
        try:
            run.main(args=[config.name], standalone_mode=False)
        finally:
            ray.shutdown()


def on_this_machine(config: dict[str, Any], settings: Settings, cpus: int) -> dict[str, Any]:
    """The same for a machine with so many CPUs, which is asked at the settings' address.

    The environment's settings go before the file's, and the photos' store is this machine's.
    """
    (application,) = config["applications"]
    (deployment,) = application["deployments"]
    variables = application["runtime_env"]["env_vars"]
    own = {PREFIX + name.upper() for name in settings.model_fields_set | {"store"}}
    each = min(deployment["ray_actor_options"]["num_cpus"], cpus)
    scaling = deployment["autoscaling_config"]
    here = deployment | {
        "ray_actor_options": {"num_cpus": each},
        "autoscaling_config": scaling | {"max_replicas": min(scaling["max_replicas"], cpus // each)},
    }
    kept = {name: value for name, value in variables.items() if name not in own}
    return config | {
        "http_options": config["http_options"] | {"host": settings.host, "port": settings.port},
        "applications": [application | {"runtime_env": {"env_vars": kept}, "deployments": [here]}],
    }


if __name__ == "__main__":
    main()
