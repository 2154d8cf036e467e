"""The options that every command has: where the service is, and how long to wait for it."""

import argparse
import os

from catscan.async_client import AsyncClient
from catscan.client import Client
from catscan.connection import DEFAULT_URL
from catscan.retrying import Retrying


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
    return parent


def client_for(options: argparse.Namespace) -> Client:
    """Raises ValueError if the options make no sense."""
    return Client(options.url, timeout_s=options.timeout, retrying=Retrying(patience_s=options.patience))


def async_client_for(options: argparse.Namespace) -> AsyncClient:
    return AsyncClient(options.url, timeout_s=options.timeout, retrying=Retrying(patience_s=options.patience))
