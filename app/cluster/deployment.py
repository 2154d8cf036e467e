"""The service as a Ray Serve deployment: each replica is what `python -m app` is with one worker."""

import asyncio
import logging.config
from math import ceil
from typing import TYPE_CHECKING

import ray
from ray import serve
from ray.serve import Application, Deployment

if TYPE_CHECKING:
    from fastapi import FastAPI

    from app.settings import Settings

STARTS = 3  # that may fail before a deployment has failed: settings and artifacts that cannot serve get no better
LOOK_S = 0.1  # between two looks whether the network is loaded


class CannotServe(Exception):
    """This replica will never answer."""


class Replica:
    """One process that serves; Ray Serve calls both methods."""

    _app: "FastAPI"

    def __serve_build_asgi_app__(self) -> "FastAPI":
        """The application, before Ray Serve runs its lifespan.

        Raises:
            SettingsInvalid: naming each variable that is wrong.
        """
        from app.__main__ import log_config
        from app.main import create_app

        settings = own_settings()
        logging.config.dictConfig(log_config(settings.log_level))
        self._app = create_app(settings)
        return self._app

    async def check_health(self) -> None:
        await check_health(self._app)


async def check_health(app: "FastAPI") -> None:
    """Ends when the network is loaded: the first time that is before any request comes, and then every few seconds.

    Raises:
        CannotServe: if it cannot be loaded.
        DeviceFailed: if what computes it works no longer. Only a new start helps, and Ray Serve makes one.
    """
    from app.errors import NotReady
    from app.routes.health import check_devices

    while True:
        if app.state.failed:
            raise CannotServe("Expected a network that can be loaded; received: what this replica's log says")
        check_devices(app.state.service)
        try:
            app.state.service.registry.engine(version="stable")
        except NotReady:
            await asyncio.sleep(LOOK_S)
        else:
            return


def own_settings() -> "Settings":
    """Those of the environment, for the CPUs that Ray gave this replica."""
    from app.settings import load_settings

    return on_cpus(load_settings(), ray.get_runtime_context().get_assigned_resources().get("CPU", 0))


def on_cpus(settings: "Settings", cpus: float) -> "Settings":
    """The same, but without CATSCAN_LANES with as many threads as a worker has on a machine with so many CPUs."""
    if not cpus or "lanes" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"lanes": ceil(cpus) + 1})


def app(_: dict[str, str]) -> Application:
    """What `import_path: app.cluster.deployment:app` names; how many replicas, and with what, is said there."""
    deployment: Deployment = serve.deployment(name="catscan", max_constructor_retry_count=STARTS)(
        serve.ingress()(Replica)
    )
    application: Application = deployment.bind()
    return application
