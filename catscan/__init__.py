"""Asks a catscan service from Python: `from catscan import Client, AsyncClient`; from a shell: `catscan --help`."""

from catscan.answers import Answer, Layer, LayerStatistics, Model, Network, Prediction, ServedModel
from catscan.async_client import AsyncClient
from catscan.client import Client
from catscan.errors import (
    CatscanError,
    ConnectionLost,
    DeadlinePassed,
    KeyRefused,
    NotFound,
    NotReady,
    Overloaded,
    PhotoRefused,
    ServiceUnreachable,
)
from catscan.inside import Ablation, Explanation, Receipt, Scores, ScoresWithout, Term
from catscan.retrying import Retrying

__all__ = [
    "Ablation",
    "Answer",
    "AsyncClient",
    "CatscanError",
    "Client",
    "ConnectionLost",
    "DeadlinePassed",
    "Explanation",
    "KeyRefused",
    "Layer",
    "LayerStatistics",
    "Model",
    "Network",
    "NotFound",
    "NotReady",
    "Overloaded",
    "PhotoRefused",
    "Prediction",
    "Receipt",
    "Retrying",
    "Scores",
    "ScoresWithout",
    "ServedModel",
    "ServiceUnreachable",
    "Term",
]
