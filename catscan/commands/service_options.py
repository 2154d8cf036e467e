"""The options that every command has: where the service is, how long to wait for it, and which network is meant."""

import argparse
import os
from typing import TypedDict

from catscan.async_client import AsyncClient
from catscan.client import Client
from catscan.connection import DEFAULT_URL
from catscan.retrying import Retrying


class ClientSettings(TypedDict):
    timeout_s: float
    retrying: Retrying
    api_key: str | None


def service_options() -> argparse.ArgumentParser:
    """A parent of each command's parser."""
    parent = argparse.ArgumentParser(add_help=False)
    service = parent.add_argument_group("the service")
    url = os.environ.get("CATSCAN_URL") or DEFAULT_URL
    service.add_argument("--url", default=url, help="where it is [%(default)s]")
    timeout = "seconds that an answer may take [%(default)s]"
    service.add_argument("--timeout", type=float, default=30.0, metavar="S", help=timeout)
    patience = "seconds to wait, in all, for a service that is overloaded or not ready [%(default)s]"
    service.add_argument("--patience", type=float, default=60.0, metavar="S", help=patience)
    network = parent.add_argument_group("the network")
    network.add_argument("--model", metavar="NAME", help="another than the usual one")
    network.add_argument("--model-version", metavar="V", help="its number, stable or canary")
    return parent


def network_of(options: argparse.Namespace) -> dict[str, str | None]:
    """What the client's methods take to ask the network that was chosen."""
    return {"model": options.model, "version": options.model_version}


def client_for(options: argparse.Namespace) -> Client:
    """Raises ValueError if the options make no sense."""
    return Client(options.url, **settings_of(options))


def async_client_for(options: argparse.Namespace) -> AsyncClient:
    return AsyncClient(options.url, **settings_of(options))


def settings_of(options: argparse.Namespace) -> ClientSettings:
    """The key is no option: everybody on this machine sees those of a command while it runs."""
    retrying = Retrying(patience_s=options.patience)
    return {"timeout_s": options.timeout, "retrying": retrying, "api_key": os.environ.get("CATSCAN_KEY")}
