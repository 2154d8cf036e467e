"""A replica's health, with the real service in it; and what `serve deploy` and `python -m app.cluster` are told."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import tensorflow as tf
import yaml
from fastapi import FastAPI
from ray.serve.config import AutoscalingConfig
from ray.serve.schema import ServeDeploySchema

from app.cluster.__main__ import on_this_machine
from app.cluster.deployment import CannotServe, check_health, on_cpus
from app.failures import DeviceFailed
from app.main import create_app
from app.settings import Settings, load_settings
from model.artifact import Artifact
from tests.app.cluster.deployed import CONFIG
from tests.app.conftest import answer_of
from tests.app.loopback import PATIENCE, on_loopback

CONFIGURED: dict[str, Any] = yaml.safe_load(CONFIG.read_text())


@contextlib.contextmanager
def application(tmp_path: Path, models: Path) -> Iterator[tuple[FastAPI, httpx.Client]]:
    app = create_app(Settings(store=tmp_path / "photos.sqlite", models=models))
    with on_loopback(app) as client:
        client.get("/health/live")
        yield app, client


def test_a_replica_is_healthy_once_its_network_is_loaded_and_until_its_device_fails(
    tmp_path: Path, manifest_folder: Path, chelsea: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with application(tmp_path, manifest_folder) as (app, client):
        asyncio.run(asyncio.wait_for(check_health(app), PATIENCE))
        answer_of(client, chelsea)

        def fail(*_: object) -> None:
            raise tf.errors.InternalError(None, None, "CUDA_ERROR_ILLEGAL_ADDRESS")

        monkeypatch.setattr(Artifact, "predict", fail)
        assert client.post("/predict", content=chelsea).status_code == DeviceFailed.status
        with pytest.raises(DeviceFailed):
            asyncio.run(check_health(app))


def test_a_replica_that_cannot_serve_says_so_instead_of_waiting(tmp_path: Path, manifest_folder: Path) -> None:
    with application(tmp_path, manifest_folder) as (app, _):
        app.state.failed = True
        with pytest.raises(CannotServe):
            asyncio.run(check_health(app))


@pytest.mark.parametrize(("cpus", "lanes"), [(1, 2), (4, 5), (0.5, 2)])
def test_a_replica_has_a_thread_more_than_cpus(cpus: float, lanes: int) -> None:
    assert on_cpus(Settings(), cpus).lanes == lanes
    assert on_cpus(Settings(lanes=7), cpus).lanes == 7
    assert on_cpus(Settings(), 0) == Settings()


def lost(said: Any, understood: Any) -> list[str]:
    """What of a document is not in what was understood of it."""
    if isinstance(said, dict):
        return [
            f"{name} {inner}"
            for name, value in said.items()
            for inner in (lost(value, understood[name]) if name in understood else ["is unknown"])
        ]
    if isinstance(said, list):
        return [inner for pair in zip(said, understood, strict=True) for inner in lost(*pair)]
    return [] if said == understood else [f"is {understood!r}"]


def understood(config: dict[str, Any]) -> dict[str, Any]:
    """The same as Ray Serve takes it, which leaves out in silence what it does not know."""
    return ServeDeploySchema.model_validate(config).model_dump(mode="json", exclude_unset=True)


def test_ray_serve_understands_every_word_of_its_file() -> None:
    assert lost(CONFIGURED, understood(CONFIGURED)) == []
    (deployment,) = CONFIGURED["applications"][0]["deployments"]
    assert set(deployment["autoscaling_config"]) <= set(AutoscalingConfig.model_fields)
    AutoscalingConfig.model_validate(deployment["autoscaling_config"])


def test_a_word_that_ray_serve_would_leave_out_is_found() -> None:
    (application,) = CONFIGURED["applications"]
    unknown = {"applications": [application | {"import": "app"}], "port": 8000}
    assert lost(unknown, understood(unknown)) == ["applications import is unknown", "port is unknown"]


def test_replicas_refuse_themselves_and_end_when_their_last_answer_is_sent() -> None:
    (application,), settings = CONFIGURED["applications"], Settings()
    (deployment,) = application["deployments"]
    assert deployment["max_ongoing_requests"] > settings.queue_photos + settings.request_photos
    assert deployment["graceful_shutdown_timeout_s"] > settings.deadline_s
    assert CONFIGURED["http_options"]["request_timeout_s"] > settings.deadline_s


def test_the_variables_of_the_file_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = CONFIGURED["applications"][0]["runtime_env"]["env_vars"]
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert {f"CATSCAN_{name.upper()}" for name in load_settings().model_fields_set} == set(variables)


def test_on_one_machine_the_environment_goes_first_and_no_more_is_asked_for_than_there_is() -> None:
    for cpus, each, most in ((1, 1, 1), (2, 2, 1), (9, 4, 2), (64, 4, 10)):
        config = on_this_machine(CONFIGURED, Settings(host="127.0.0.9", port=8123, precision="auto"), cpus)
        (application,) = config["applications"]
        (deployment,) = application["deployments"]
        assert deployment["ray_actor_options"]["num_cpus"] == each
        assert deployment["autoscaling_config"]["max_replicas"] == most
        assert (config["http_options"]["host"], config["http_options"]["port"]) == ("127.0.0.9", 8123)
        assert application["runtime_env"]["env_vars"] == {}
        assert lost(config, understood(config)) == []
    kept = on_this_machine(CONFIGURED, Settings(), 4)["applications"][0]["runtime_env"]["env_vars"]
    assert kept == {"CATSCAN_PRECISION": "float32"}
